"""Use cases of deployments: put a version to work, go back, look at what answers where."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event
from perenne.hub.deployments import queries
from perenne.hub.deployments.errors import DeployedMeanwhile, NothingDeployed, NothingToUndo
from perenne.hub.deployments.loaded import loaded_models
from perenne.hub.deployments.rules import DeploymentState, check_transition, merge_thresholds
from perenne.hub.deployments.tables import DeploymentRow
from perenne.hub.evaluation import evaluations_of_model
from perenne.hub.infra.services import Hub
from perenne.hub.models import ModelVersionRow, get_model_version, lineage_of
from perenne.hub.sites import SiteRow, StationRow, get_site, get_station
from perenne.kit.errors import NotFound
from perenne.kit.ids import new_id
from perenne.kit.paging import Page, decode_cursor, encode_cursor
from perenne.wire.models import ModelDeployment, ModelEvaluation, ModelLineage
from perenne.wire.predictions import ModelName


@dataclass(frozen=True)
class Setup:
    """What answers at a station now: deployment, model version, thresholds and template."""

    site_id: str
    site: str
    station_id: str
    station: str
    line_id: str | None
    deployment_id: str
    thresholds: dict[str, Any]
    model: ModelName
    reference_image_id: str | None
    reference_sha256: str | None


def find_setup(session: Session, actor: Actor, *, site: str, station: str) -> Setup:
    """Return what answers at a station, by one query. Raises: NotFound, NothingDeployed."""
    found = queries.setup_of(session, actor, site=site, station=station)
    if found is None:
        site_row = get_site(session, actor, site)
        station_row = get_station(session, actor, site=site_row, name=station)
        raise NothingDeployed(
            f"Station '{station_row.slug}' of '{site_row.slug}' has no model version deployed to it.",
            remedy=f"Deploy one: perenne deploy set MODEL {site_row.slug} --reason '…'.",
        )
    return Setup(
        site_id=found.site_id,
        site=found.site_slug,
        station_id=found.station_id,
        station=found.station_slug,
        line_id=found.line_id,
        deployment_id=found.deployment_id,
        thresholds=found.thresholds,
        model=ModelName(
            id=found.model_id,
            name=found.name,
            number=found.number,
            problem=found.problem,
            artefact_sha256=found.artefact_sha256,
        ),
        reference_image_id=found.reference_image_id,
        reference_sha256=found.reference_sha256,
    )


def find_place(
    session: Session, actor: Actor, *, site: str, station: str | None
) -> tuple[SiteRow, StationRow | None]:
    """Return a site and, if named, one of its stations. Raises: NotFound."""
    site_row = get_site(session, actor, site)
    return site_row, get_station(session, actor, site=site_row, name=station) if station else None


def deploy_version(
    session: Session,
    actor: Actor,
    *,
    site: SiteRow,
    station: StationRow | None,
    model: ModelVersionRow,
    thresholds: dict[str, Any],
    reason: str,
    now: datetime,
) -> DeploymentRow:
    """The version answers at the site (or the one station) from this transaction's end on.

    `model` has been proven before, outside the transaction: see `prove_model`. What it replaces is kept
    for the undo. Raises: BadThresholds.
    """
    own = model.manifest.get("thresholds", {})
    merge_thresholds(own, overrides=thresholds, problem=model.problem, classes=model.classes)
    scope_id = station.id if station else site.id
    before = queries.active_in_scope(session, actor, scope_id=scope_id)
    if before is not None:
        _end(session, before, state=DeploymentState.SUPERSEDED, reason=reason, now=now)
    row = DeploymentRow(
        id=new_id("dep"),
        organisation_id=actor.organisation_id,
        site_id=site.id,
        station_id=station.id if station else None,
        scope_id=scope_id,
        model_version_id=model.id,
        previous_id=before.id if before else None,
        thresholds=thresholds,
        state=DeploymentState.ACTIVE,
        reason=reason,
        by=actor.name,
        at=now,
    )
    _activate(session, row, place=site.slug)
    detail = {"site": site.slug, "model": f"{model.name}:{model.number}", "reason": reason}
    record_event(session, actor, "deployment.started", "deployment", row.id, detail)
    return row


def prove_model(hub: Hub, *, organisation_id: str, model: ModelVersionRow) -> None:
    """The artefact is whole, signed by this hub, loads and answers sensibly; it is ready beside the others.

    Raises: ModelUnusable; every model that answers now goes on answering.
    """
    loaded_models(hub).get(organisation_id=organisation_id, artefact_sha256=model.artefact_sha256)


def deployment_to_restore(
    session: Session, actor: Actor, *, site: SiteRow, station: StationRow | None
) -> tuple[DeploymentRow, DeploymentRow | None]:
    """Return the active deployment of a place and the one that an undo goes back to.

    None for the second: the place is a station and the version of its site will answer again.
    Raises: NothingToUndo.
    """
    place = f"station '{station.slug}' of site '{site.slug}'" if station else f"site '{site.slug}'"
    active = queries.active_in_scope(session, actor, scope_id=station.id if station else site.id)
    if active is None:
        raise NothingToUndo(
            f"No version was deployed to {place} itself.",
            remedy="Look at the history of the site; name the station whose deployment is to be undone.",
        )
    if active.previous_id is not None:
        previous = queries.deployment_by_id(session, actor, active.previous_id)
        if previous is not None:
            return active, previous
    if station is not None and queries.active_in_scope(session, actor, scope_id=site.id) is not None:
        return active, None
    raise NothingToUndo(
        f"The active deployment of {place} is the first one there: nothing would answer after an undo.",
        remedy="Deploy another version instead.",
    )


def undo_deployment(
    session: Session,
    actor: Actor,
    *,
    site: SiteRow,
    station: StationRow | None,
    reason: str,
    now: datetime,
) -> DeploymentRow:
    """The deployment before the present one answers again; return it (a new row, the history stays).

    Undone twice, it goes back two steps. Raises: NothingToUndo.
    """
    active, previous = deployment_to_restore(session, actor, site=site, station=station)
    _end(session, active, state=DeploymentState.UNDONE, reason=reason, now=now)
    record_event(session, actor, "deployment.undone", "deployment", active.id, {"reason": reason})
    if previous is None:
        shared = queries.active_in_scope(session, actor, scope_id=site.id)
        assert shared is not None
        return shared
    row = DeploymentRow(
        id=new_id("dep"),
        organisation_id=actor.organisation_id,
        site_id=previous.site_id,
        station_id=previous.station_id,
        scope_id=previous.scope_id,
        model_version_id=previous.model_version_id,
        previous_id=previous.previous_id,
        thresholds=previous.thresholds,
        state=DeploymentState.ACTIVE,
        reason=f"Undo: {reason}",
        by=actor.name,
        at=now,
    )
    _activate(session, row, place=site.slug)
    return row


def get_deployment(session: Session, actor: Actor, deployment_id: str) -> DeploymentRow:
    """Return one deployment. Raises: NotFound."""
    row = queries.deployment_by_id(session, actor, deployment_id)
    if row is None:
        raise NotFound.of("deployment", deployment_id)
    return row


def list_deployments(
    session: Session,
    actor: Actor,
    *,
    site: str | None,
    state: str | None,
    cursor: str | None,
    limit: int,
) -> Page[DeploymentRow]:
    """Return deployments, newest first: the history of one site, or of all."""
    site_id = get_site(session, actor, site).id if site is not None else None
    before = decode_cursor(cursor, parts=1)[0] if cursor else None
    rows = queries.deployments_before(
        session, actor, before_id=before, limit=limit, site_id=site_id, state=state
    )
    return Page(rows, encode_cursor(rows[-1].id) if len(rows) == limit else None)


@dataclass(frozen=True)
class PlaceNames:
    """What the ids in deployments are called, and at how many sites each model version is active."""

    sites: dict[str, str]
    stations: dict[str, str]
    models: dict[str, ModelVersionRow]
    shared: dict[str, int]


def name_places(session: Session, actor: Actor, rows: Sequence[DeploymentRow]) -> PlaceNames:
    """Return the names of every site, station and model version in `rows`."""
    models = {row.model_version_id for row in rows}
    return PlaceNames(
        sites=queries.site_slugs(session, actor, {row.site_id for row in rows}),
        stations=queries.station_slugs(session, actor, {row.station_id for row in rows if row.station_id}),
        models=queries.models_by_id(session, actor, models),
        shared=queries.count_active_sites(session, actor, model_version_ids=models),
    )


def find_model(session: Session, actor: Actor, name: str) -> ModelVersionRow:
    """Return the model version called `name` (id, name:number, name). Raises: NotFound."""
    return get_model_version(session, actor, name)


def lineage_with_use(session: Session, actor: Actor, model: ModelVersionRow) -> ModelLineage:
    """Return what a version was made of, and where it is used as far as the actor may see."""
    deployed = queries.deployments_of_model(session, actor, model_id=model.id)
    measured = evaluations_of_model(session, actor, model_id=model.id)
    return ModelLineage(
        model_version_id=model.id,
        name=model.name,
        number=model.number,
        steps=lineage_of(session, actor, model),
        deployments=[
            ModelDeployment(
                id=row.id, site=site, station=station, state=row.state, at=row.at, ended_at=row.ended_at
            )
            for row, site, station in deployed
            if actor.may("deployments:read")
        ],
        evaluations=[
            ModelEvaluation(
                id=row.id, dataset=slug, dataset_number=number, split=row.split, finished_at=row.finished_at
            )
            for row, slug, number in measured
            if actor.may("evaluations:read")
        ],
    )


def _activate(session: Session, row: DeploymentRow, *, place: str) -> None:
    """The row is the active one of its place. Raises: DeployedMeanwhile when another one became it."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise DeployedMeanwhile(
            f"Somebody else changed what answers at site '{place}' at the same moment; nothing was changed.",
            remedy="Look at the history of the site, and ask again if it is still wanted.",
        ) from error


def _end(session: Session, row: DeploymentRow, *, state: DeploymentState, reason: str, now: datetime) -> None:
    check_transition(row.state, wanted=state)
    row.state, row.ended_at, row.end_reason = state, now, reason
    session.flush()

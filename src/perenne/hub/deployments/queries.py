"""All SQL of deployments."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, load_only

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.deployments.rules import DeploymentState
from perenne.hub.deployments.tables import DeploymentRow
from perenne.hub.images import ImageRow
from perenne.hub.models import ModelVersionRow
from perenne.hub.sites import SiteRow, StationRow


def active_in_scope(session: Session, actor: Actor, *, scope_id: str) -> DeploymentRow | None:
    wanted = select(DeploymentRow).where(
        *visible_to(actor, DeploymentRow),
        DeploymentRow.scope_id == scope_id,
        DeploymentRow.state == DeploymentState.ACTIVE,
    )
    return session.scalar(wanted)


def setup_of(session: Session, actor: Actor, *, site: str, station: str) -> Any:
    """Return what answers at a station (slugs or ids) as one row: its own deployment before its site's."""
    return session.connection().execute(_setup_statement(actor), {"site": site, "station": station}).first()


@lru_cache(maxsize=256)
def _setup_statement(actor: Actor) -> Select[Any]:
    """Return the question of `setup_of`; kept, because making it takes longer than answering it."""
    site: BindParameter[str] = bindparam("site")
    station: BindParameter[str] = bindparam("station")
    return (
        select(
            SiteRow.id.label("site_id"),
            SiteRow.slug.label("site_slug"),
            StationRow.id.label("station_id"),
            StationRow.slug.label("station_slug"),
            StationRow.line_id,
            DeploymentRow.id.label("deployment_id"),
            DeploymentRow.thresholds,
            ModelVersionRow.id.label("model_id"),
            ModelVersionRow.name,
            ModelVersionRow.number,
            ModelVersionRow.problem,
            ModelVersionRow.artefact_sha256,
            StationRow.reference_image_id,
            ImageRow.sha256.label("reference_sha256"),
        )
        .join(StationRow, StationRow.site_id == SiteRow.id)
        .join(DeploymentRow, DeploymentRow.site_id == SiteRow.id)
        .join(ModelVersionRow, ModelVersionRow.id == DeploymentRow.model_version_id)
        .outerjoin(ImageRow, ImageRow.id == StationRow.reference_image_id)
        .where(
            *visible_to(actor, SiteRow),
            *visible_to(actor, DeploymentRow),
            or_(SiteRow.slug == site, SiteRow.id == site),
            or_(StationRow.slug == station, StationRow.id == station),
            DeploymentRow.state == DeploymentState.ACTIVE,
            or_(DeploymentRow.station_id.is_(None), DeploymentRow.station_id == StationRow.id),
        )
        .order_by(DeploymentRow.station_id.is_(None))
        .limit(1)
    )


def deployment_by_id(session: Session, actor: Actor, deployment_id: str) -> DeploymentRow | None:
    wanted = select(DeploymentRow).where(*visible_to(actor, DeploymentRow), DeploymentRow.id == deployment_id)
    return session.scalar(wanted)


def deployments_before(
    session: Session,
    actor: Actor,
    *,
    before_id: str | None,
    limit: int,
    site_id: str | None = None,
    state: str | None = None,
) -> Sequence[DeploymentRow]:
    """Return deployments, newest first: their ids grow with time."""
    wanted = select(DeploymentRow).where(*visible_to(actor, DeploymentRow))
    if before_id is not None:
        wanted = wanted.where(DeploymentRow.id < before_id)
    if site_id is not None:
        wanted = wanted.where(DeploymentRow.site_id == site_id)
    if state is not None:
        wanted = wanted.where(DeploymentRow.state == state)
    return session.scalars(wanted.order_by(DeploymentRow.id.desc()).limit(limit)).all()


def active_everywhere(session: Session, actor: Actor) -> Sequence[Any]:
    """Return (deployment, station slug or None, model version) of all that answers now, the latest first."""
    wanted = (
        select(DeploymentRow, StationRow.slug, ModelVersionRow)
        .join(ModelVersionRow, ModelVersionRow.id == DeploymentRow.model_version_id)
        .outerjoin(StationRow, StationRow.id == DeploymentRow.station_id)
        .options(load_only(ModelVersionRow.name, ModelVersionRow.number))
        .where(*visible_to(actor, DeploymentRow), DeploymentRow.state == DeploymentState.ACTIVE)
    )
    return session.execute(wanted.order_by(DeploymentRow.at.desc(), DeploymentRow.id.desc())).all()


def deployments_of_model(session: Session, actor: Actor, *, model_id: str) -> Sequence[Any]:
    """Return (deployment, site slug, station slug or None) of a model version, newest first."""
    wanted = (
        select(DeploymentRow, SiteRow.slug, StationRow.slug)
        .join(SiteRow, SiteRow.id == DeploymentRow.site_id)
        .outerjoin(StationRow, StationRow.id == DeploymentRow.station_id)
        .where(*visible_to(actor, DeploymentRow), DeploymentRow.model_version_id == model_id)
    )
    return session.execute(wanted.order_by(DeploymentRow.at.desc(), DeploymentRow.id)).all()


def all_sites(session: Session, actor: Actor) -> Sequence[SiteRow]:
    return session.scalars(select(SiteRow).where(*visible_to(actor, SiteRow)).order_by(SiteRow.slug)).all()


def stations_by_site(session: Session, actor: Actor) -> dict[str, int]:
    """Return how many stations each visible site has."""
    wanted = select(StationRow.site_id, func.count()).where(*visible_to(actor, StationRow))
    rows = session.execute(wanted.group_by(StationRow.site_id))
    return {row[0]: row[1] for row in rows}


def count_active_sites(session: Session, actor: Actor, *, model_version_ids: set[str]) -> dict[str, int]:
    """Return at how many visible sites each of the model versions is active."""
    wanted = (
        select(DeploymentRow.model_version_id, func.count(func.distinct(DeploymentRow.site_id)))
        .where(
            *visible_to(actor, DeploymentRow),
            DeploymentRow.state == DeploymentState.ACTIVE,
            DeploymentRow.model_version_id.in_(sorted(model_version_ids)),
        )
        .group_by(DeploymentRow.model_version_id)
    )
    return {model_id: int(count) for model_id, count in session.execute(wanted)}


def site_slugs(session: Session, actor: Actor, ids: set[str]) -> dict[str, str]:
    wanted = select(SiteRow.id, SiteRow.slug).where(*visible_to(actor, SiteRow), SiteRow.id.in_(sorted(ids)))
    return {str(key): str(slug) for key, slug in session.execute(wanted)}


def station_slugs(session: Session, actor: Actor, ids: set[str]) -> dict[str, str]:
    wanted = select(StationRow.id, StationRow.slug).where(
        *visible_to(actor, StationRow), StationRow.id.in_(sorted(ids))
    )
    return {str(key): str(slug) for key, slug in session.execute(wanted)}


def models_by_id(session: Session, actor: Actor, ids: set[str]) -> dict[str, ModelVersionRow]:
    wanted = select(ModelVersionRow).where(
        *visible_to(actor, ModelVersionRow), ModelVersionRow.id.in_(sorted(ids))
    )
    return {row.id: row for row in session.scalars(wanted)}

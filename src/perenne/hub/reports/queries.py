"""All SQL of reports: what a site's month holds, from the tables of the other rooms."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.deployments import DeploymentRow
from perenne.hub.images import ImageSignalRow, StationGateRow, in_portions
from perenne.hub.models import ModelVersionRow
from perenne.hub.monitoring import (
    AlarmRow,
    IncidentRow,
    IncidentStepRow,
    WatchContextRow,
    WatchPointRow,
    WatchReferenceRow,
)
from perenne.hub.performance import ClaimRow, InspectedWeekRow
from perenne.hub.predictions import PredictionRow
from perenne.hub.sites import ProductRow, StationRow

DAY_S = 86_400


def station_names(session: Session, actor: Actor, *, site_id: str) -> dict[str, str]:
    """Return what people call the stations of a site, by slug."""
    wanted = select(StationRow.slug, StationRow.name).where(
        *visible_to(actor, StationRow), StationRow.site_id == site_id
    )
    return {row.slug: row.name for row in session.execute(wanted.order_by(StationRow.slug))}


def product_names(session: Session, actor: Actor, *, slugs: Iterable[str]) -> dict[str, str]:
    """Return what people call these products, by slug."""
    wanted = select(ProductRow.slug, ProductRow.name).where(
        *visible_to(actor, ProductRow), ProductRow.slug.in_(sorted(slugs))
    )
    return {row.slug: row.name for row in session.execute(wanted.order_by(ProductRow.slug))}


def weeks_inspected(session: Session, actor: Actor, *, site_id: str) -> Sequence[date]:
    wanted = select(InspectedWeekRow.week).where(
        *visible_to(actor, InspectedWeekRow), InspectedWeekRow.site_id == site_id
    )
    return session.scalars(wanted.distinct().order_by(InspectedWeekRow.week)).all()


def is_inspected(session: Session, actor: Actor, *, site_id: str, since: datetime, until: datetime) -> bool:
    """Say whether anything was inspected at a site between two moments."""
    row = PredictionRow
    wanted = select(row.id).where(
        *visible_to(actor, row), row.site_id == site_id, row.at >= since, row.at < until
    )
    return session.scalar(wanted.limit(1)) is not None


def moments_of_acts(session: Session, actor: Actor, *, site_id: str) -> list[datetime]:
    """Return when versions were deployed, claims stated and alarms raised at a site."""
    found: list[datetime] = []
    for row, at in ((DeploymentRow, DeploymentRow.at), (ClaimRow, ClaimRow.created_at)):
        found += session.scalars(select(at).where(*visible_to(actor, row), row.site_id == site_id))
    raised = select(AlarmRow.raised_at).where(*visible_to(actor, AlarmRow), AlarmRow.site_id == site_id)
    return [*found, *session.scalars(raised)]


def versions_inspecting(
    session: Session, actor: Actor, *, site_id: str, since: datetime, until: datetime
) -> Sequence[Any]:
    """Return (model version, images, last moment) of a site's answers, the latest first."""
    row = PredictionRow
    counted = (
        select(
            row.model_version_id,
            func.count(func.distinct(row.image_id)).label("n"),
            func.max(row.at).label("last_at"),
        )
        .where(*visible_to(actor, row), row.site_id == site_id, row.at >= since, row.at < until)
        .group_by(row.model_version_id)
        .subquery()
    )
    wanted = (
        select(ModelVersionRow, counted.c.n, counted.c.last_at)
        .join(counted, counted.c.model_version_id == ModelVersionRow.id)
        .where(*visible_to(actor, ModelVersionRow))
    )
    return session.execute(wanted.order_by(counted.c.last_at.desc(), ModelVersionRow.id)).all()


def alarms_until(session: Session, actor: Actor, *, site_id: str, until: datetime) -> Sequence[Any]:
    """Return (alarm, incident, station slug) of a site's alarms raised before a moment, oldest first."""
    wanted = (
        select(AlarmRow, IncidentRow, StationRow.slug)
        .join(IncidentRow, IncidentRow.id == AlarmRow.incident_id)
        .join(WatchContextRow, WatchContextRow.id == AlarmRow.context_id)
        .join(StationRow, StationRow.id == WatchContextRow.station_id)
        .options(
            load_only(
                AlarmRow.detector,
                AlarmRow.raised_at,
                AlarmRow.onset_at,
                AlarmRow.delay_images,
                AlarmRow.main_channel,
                AlarmRow.main_group,
                AlarmRow.promise,
            )
        )
        .where(*visible_to(actor, AlarmRow), AlarmRow.site_id == site_id, AlarmRow.raised_at < until)
    )
    return session.execute(wanted.order_by(AlarmRow.raised_at, AlarmRow.id)).all()


def steps_until(
    session: Session, actor: Actor, *, incident_ids: Iterable[str], until: datetime
) -> dict[str, list[IncidentStepRow]]:
    """Return the steps of each incident before a moment, oldest first."""
    found: dict[str, list[IncidentStepRow]] = {}
    for some in in_portions(sorted(incident_ids)):
        wanted = select(IncidentStepRow).where(
            *visible_to(actor, IncidentStepRow),
            IncidentStepRow.incident_id.in_(some),
            IncidentStepRow.at < until,
        )
        for step in session.scalars(wanted.order_by(IncidentStepRow.at, IncidentStepRow.id)):
            found.setdefault(step.incident_id, []).append(step)
    return found


def gate_counts(
    session: Session, actor: Actor, *, site_id: str, since: datetime, until: datetime
) -> Sequence[Any]:
    """Return (verdict, code of the first reason, images, last moment) of what came to a site."""
    row = ImageSignalRow
    columns = (row.verdict, row.reasons[0]["code"].as_string())
    wanted = select(*columns, func.count(), func.max(row.measured_at)).where(
        *visible_to(actor, row),
        row.site_id == site_id,
        row.measured_at >= since,
        row.measured_at < until,
    )
    return session.execute(wanted.group_by(*columns).order_by(*columns)).all()


def contexts_at(session: Session, actor: Actor, *, site_id: str) -> Sequence[Any]:
    """Return (context, station slug, product slug, model name, its number) of a site."""
    wanted = (
        select(
            WatchContextRow, StationRow.slug, ProductRow.slug, ModelVersionRow.name, ModelVersionRow.number
        )
        .join(StationRow, StationRow.id == WatchContextRow.station_id)
        .join(ModelVersionRow, ModelVersionRow.id == WatchContextRow.model_version_id)
        .outerjoin(ProductRow, ProductRow.id == WatchContextRow.product_id)
        .where(*visible_to(actor, WatchContextRow), WatchContextRow.site_id == site_id)
    )
    return session.execute(wanted.order_by(StationRow.slug, WatchContextRow.id)).all()


def days_between(
    session: Session, actor: Actor, *, site_id: str, since: datetime, until: datetime
) -> dict[str, list[Any]]:
    """Return (at, channels) of the days of a site by context, oldest first."""
    row = WatchPointRow
    wanted = select(row.context_id, row.at, row.channels).where(
        *visible_to(actor, row),
        row.site_id == site_id,
        row.bucket_s == DAY_S,
        row.at >= since,
        row.at < until,
    )
    found: dict[str, list[Any]] = {}
    for point in session.execute(wanted.order_by(row.at)):
        found.setdefault(point.context_id, []).append(point)
    return found


def references_until(
    session: Session, actor: Actor, *, site_id: str, until: datetime
) -> Sequence[WatchReferenceRow]:
    """Return the references of a site that came into force before a moment, oldest first."""
    row = WatchReferenceRow
    wanted = select(row).where(
        *visible_to(actor, row),
        row.site_id == site_id,
        row.set_at < until,
        row.state.in_(("current", "past")),
    )
    return session.scalars(wanted.order_by(row.set_at, row.id)).all()


def deployments_between(
    session: Session, actor: Actor, *, site_id: str, since: datetime, until: datetime
) -> Sequence[Any]:
    """Return (deployment, station slug or None, model name, its number) begun between two moments."""
    row = DeploymentRow
    wanted = (
        select(row, StationRow.slug, ModelVersionRow.name, ModelVersionRow.number)
        .join(ModelVersionRow, ModelVersionRow.id == row.model_version_id)
        .outerjoin(StationRow, StationRow.id == row.station_id)
        .where(*visible_to(actor, row), row.site_id == site_id, row.at >= since, row.at < until)
    )
    return session.execute(wanted.order_by(row.at, row.id)).all()


def gates_between(
    session: Session, actor: Actor, *, site_id: str, since: datetime, until: datetime
) -> Sequence[Any]:
    """Return (calibration, station slug) of the gates calibrated between two moments."""
    row = StationGateRow
    wanted = (
        select(row, StationRow.slug)
        .join(StationRow, StationRow.id == row.station_id)
        .where(
            *visible_to(actor, row),
            row.site_id == site_id,
            row.calibrated_at >= since,
            row.calibrated_at < until,
        )
    )
    return session.execute(wanted.order_by(row.calibrated_at, row.id)).all()

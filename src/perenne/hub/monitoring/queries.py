"""All SQL of watching that answers people: contexts, references, points, alarms, incidents, probes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.images import ImageRow, ImageSignalRow
from perenne.hub.models import ModelVersionRow
from perenne.hub.monitoring.rules import IncidentState
from perenne.hub.monitoring.tables import (
    AlarmRow,
    GoldenPartRow,
    IncidentRow,
    IncidentStepRow,
    ProbeRow,
    WatchContextRow,
    WatchFactsRow,
    WatchPointRow,
    WatchReferenceRow,
)
from perenne.hub.predictions import PredictionRow
from perenne.hub.sites import ProductRow, SiteRow, StationRow

NAMES = (
    SiteRow.name.label("site_name"),
    StationRow.name.label("station_name"),
    ProductRow.name.label("product_name"),
)
"""What people call the places and products whose slugs stand beside."""


def all_sites(session: Session, actor: Actor) -> Sequence[SiteRow]:
    return session.scalars(select(SiteRow).where(*visible_to(actor, SiteRow)).order_by(SiteRow.slug)).all()


def contexts_named(
    session: Session,
    actor: Actor,
    *,
    site_id: str | None = None,
    station_id: str | None = None,
    context_ids: Iterable[str] | None = None,
) -> Sequence[Any]:
    """Return (context, slugs of site, station, product, model name, its number, names), by station."""
    wanted = (
        select(
            WatchContextRow,
            SiteRow.slug.label("site"),
            StationRow.slug.label("station"),
            ProductRow.slug.label("product"),
            ModelVersionRow.name.label("model_name"),
            ModelVersionRow.number.label("model_number"),
            *NAMES,
        )
        .join(SiteRow, SiteRow.id == WatchContextRow.site_id)
        .join(StationRow, StationRow.id == WatchContextRow.station_id)
        .join(ModelVersionRow, ModelVersionRow.id == WatchContextRow.model_version_id)
        .outerjoin(ProductRow, ProductRow.id == WatchContextRow.product_id)
        .where(*visible_to(actor, WatchContextRow))
    )
    if site_id is not None:
        wanted = wanted.where(WatchContextRow.site_id == site_id)
    if station_id is not None:
        wanted = wanted.where(WatchContextRow.station_id == station_id)
    if context_ids is not None:
        wanted = wanted.where(WatchContextRow.id.in_(sorted(context_ids)))
    return session.execute(wanted.order_by(StationRow.slug, WatchContextRow.id.desc())).all()


def context_by_id(session: Session, actor: Actor, context_id: str) -> WatchContextRow | None:
    wanted = select(WatchContextRow).where(
        *visible_to(actor, WatchContextRow), WatchContextRow.id == context_id
    )
    return session.scalar(wanted)


def context_of_key(session: Session, actor: Actor, key: str) -> WatchContextRow | None:
    wanted = select(WatchContextRow).where(*visible_to(actor, WatchContextRow), WatchContextRow.key == key)
    return session.scalar(wanted)


def contexts_among(session: Session, actor: Actor, ids: Iterable[str]) -> dict[str, WatchContextRow]:
    wanted = select(WatchContextRow).where(
        *visible_to(actor, WatchContextRow), WatchContextRow.id.in_(sorted(ids))
    )
    return {row.id: row for row in session.scalars(wanted)}


def sum_points(session: Session, actor: Actor, *, since: datetime) -> dict[str, Any]:
    """Return by site what its hours since then hold: n, flagged, refused, judged by the gate."""
    wanted = (
        select(
            WatchPointRow.site_id,
            func.sum(WatchPointRow.n).label("n"),
            func.sum(WatchPointRow.n_flagged).label("n_flagged"),
            func.sum(WatchPointRow.n_refused).label("n_refused"),
            func.sum(WatchPointRow.n_judged).label("n_judged"),
        )
        .where(*visible_to(actor, WatchPointRow), WatchPointRow.bucket_s == 3600, WatchPointRow.at >= since)
        .group_by(WatchPointRow.site_id)
    )
    return {row.site_id: row for row in session.execute(wanted)}


def points_between(
    session: Session,
    actor: Actor,
    *,
    context_id: str,
    bucket_s: int,
    since: datetime,
    until: datetime,
) -> Sequence[Any]:
    """Return (at, n, level, anchored level, channels) of a context's buckets, oldest first; plain rows."""
    wanted = select(
        WatchPointRow.at,
        WatchPointRow.n,
        WatchPointRow.level,
        WatchPointRow.anchored_level,
        WatchPointRow.channels,
    ).where(
        *visible_to(actor, WatchPointRow),
        WatchPointRow.context_id == context_id,
        WatchPointRow.bucket_s == bucket_s,
        WatchPointRow.at >= since,
        WatchPointRow.at < until,
    )
    return session.execute(wanted.order_by(WatchPointRow.at)).all()


def references_of(session: Session, actor: Actor, context_id: str) -> Sequence[WatchReferenceRow]:
    wanted = select(WatchReferenceRow).where(
        *visible_to(actor, WatchReferenceRow), WatchReferenceRow.context_id == context_id
    )
    return session.scalars(wanted.order_by(WatchReferenceRow.id.desc())).all()


def references_among(session: Session, actor: Actor, ids: Iterable[str]) -> dict[str, WatchReferenceRow]:
    wanted = select(WatchReferenceRow).where(
        *visible_to(actor, WatchReferenceRow), WatchReferenceRow.id.in_(sorted(ids))
    )
    return {row.id: row for row in session.scalars(wanted)}


def due_references(session: Session, actor: Actor, *, now: datetime) -> Sequence[WatchReferenceRow]:
    wanted = select(WatchReferenceRow).where(
        *visible_to(actor, WatchReferenceRow),
        WatchReferenceRow.state == "asked",
        WatchReferenceRow.due_at <= now,
    )
    return session.scalars(wanted.order_by(WatchReferenceRow.id)).all()


def reference_by_id(session: Session, actor: Actor, reference_id: str) -> WatchReferenceRow | None:
    wanted = select(WatchReferenceRow).where(
        *visible_to(actor, WatchReferenceRow), WatchReferenceRow.id == reference_id
    )
    return session.scalar(wanted)


def _seen_incidents(actor: Actor) -> "Select[IncidentRow]":
    """Return the incidents of which the actor sees an alarm."""
    seen = exists().where(*visible_to(actor, AlarmRow), AlarmRow.incident_id == IncidentRow.id)
    merged = IncidentRow.merged_into.is_not(None)
    own = visible_to(actor, IncidentRow)
    return select(IncidentRow).where(*own, seen | merged if actor.site_ids is None else seen)


def incident_by_id(session: Session, actor: Actor, reference: str) -> IncidentRow | None:
    return session.scalar(_seen_incidents(actor).where(IncidentRow.id == reference))


def incidents_before(
    session: Session,
    actor: Actor,
    *,
    states: Sequence[str] | None,
    site_id: str | None,
    before_id: str | None,
    limit: int,
) -> Sequence[IncidentRow]:
    """Return incidents, newest first: their ids grow with time."""
    wanted = _seen_incidents(actor)
    if states is not None:
        wanted = wanted.where(IncidentRow.state.in_(states))
    if site_id is not None:
        there = exists().where(
            *visible_to(actor, AlarmRow), AlarmRow.incident_id == IncidentRow.id, AlarmRow.site_id == site_id
        )
        wanted = wanted.where(there)
    if before_id is not None:
        wanted = wanted.where(IncidentRow.id < before_id)
    return session.scalars(wanted.order_by(IncidentRow.id.desc()).limit(limit)).all()


def next_incident_number(session: Session, actor: Actor) -> int:
    last = select(func.max(IncidentRow.number)).where(*visible_to(actor, IncidentRow))
    return (session.scalar(last) or 0) + 1


def alarms_named(
    session: Session,
    actor: Actor,
    *,
    incident_ids: Iterable[str] | None = None,
    context_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Sequence[Any]:
    """Return (alarm, site slug, station slug, product slug) and the three by name, oldest first."""
    wanted = (
        select(
            AlarmRow,
            SiteRow.slug.label("site"),
            StationRow.slug.label("station"),
            ProductRow.slug.label("product"),
            *NAMES,
        )
        .join(WatchContextRow, WatchContextRow.id == AlarmRow.context_id)
        .join(SiteRow, SiteRow.id == AlarmRow.site_id)
        .join(StationRow, StationRow.id == WatchContextRow.station_id)
        .outerjoin(ProductRow, ProductRow.id == WatchContextRow.product_id)
        .where(*visible_to(actor, AlarmRow))
    )
    if incident_ids is not None:
        wanted = wanted.where(AlarmRow.incident_id.in_(sorted(incident_ids)))
    if context_id is not None:
        wanted = wanted.where(AlarmRow.context_id == context_id)
    if since is not None:
        wanted = wanted.where(AlarmRow.raised_at >= since)
    if until is not None:
        wanted = wanted.where(AlarmRow.onset_at < until)
    return session.execute(wanted.order_by(AlarmRow.id)).all()


def alarms_of(session: Session, actor: Actor, incident_id: str) -> Sequence[AlarmRow]:
    wanted = select(AlarmRow).where(*visible_to(actor, AlarmRow), AlarmRow.incident_id == incident_id)
    return session.scalars(wanted.order_by(AlarmRow.id)).all()


def live_incidents(session: Session, actor: Actor) -> Sequence[Any]:
    """Return (incident, context id, site id, alarm) for every alarm of incidents that are not closed."""
    wanted = (
        select(IncidentRow, AlarmRow.context_id, AlarmRow.site_id, AlarmRow)
        .join(AlarmRow, AlarmRow.incident_id == IncidentRow.id)
        .where(
            *visible_to(actor, IncidentRow),
            *visible_to(actor, AlarmRow),
            IncidentRow.state != IncidentState.CLOSED,
        )
    )
    return session.execute(wanted.order_by(IncidentRow.number)).all()


def open_incidents_by_site(session: Session, actor: Actor) -> dict[str, int]:
    """Return how many incidents with an alarm at each site are not closed."""
    wanted = (
        select(AlarmRow.site_id, func.count(func.distinct(IncidentRow.id)))
        .join(IncidentRow, IncidentRow.id == AlarmRow.incident_id)
        .where(*visible_to(actor, AlarmRow), IncidentRow.state != IncidentState.CLOSED)
        .group_by(AlarmRow.site_id)
    )
    return {row[0]: row[1] for row in session.execute(wanted)}


def move_alarms(session: Session, actor: Actor, *, from_ids: Iterable[str], to_id: str) -> None:
    session.execute(
        update(AlarmRow)
        .where(*visible_to(actor, AlarmRow), AlarmRow.incident_id.in_(sorted(from_ids)))
        .values(incident_id=to_id)
    )


def steps_of(session: Session, actor: Actor, incident_id: str) -> Sequence[IncidentStepRow]:
    wanted = select(IncidentStepRow).where(
        *visible_to(actor, IncidentStepRow), IncidentStepRow.incident_id == incident_id
    )
    return session.scalars(wanted.order_by(IncidentStepRow.id)).all()


def probes_of(session: Session, actor: Actor, incident_id: str) -> Sequence[ProbeRow]:
    wanted = select(ProbeRow).where(*visible_to(actor, ProbeRow), ProbeRow.incident_id == incident_id)
    return session.scalars(wanted.order_by(ProbeRow.id)).all()


def probe_by_id(session: Session, actor: Actor, probe_id: str) -> ProbeRow | None:
    return session.scalar(select(ProbeRow).where(*visible_to(actor, ProbeRow), ProbeRow.id == probe_id))


def golden_part_of(session: Session, actor: Actor, station_id: str) -> GoldenPartRow | None:
    """Return the golden part of a station: the newest one, unless it was removed."""
    wanted = select(GoldenPartRow).where(
        *visible_to(actor, GoldenPartRow), GoldenPartRow.station_id == station_id
    )
    row = session.scalar(wanted.order_by(GoldenPartRow.id.desc()).limit(1))
    return row if row is None or row.removed_at is None else None


def golden_parts_of(session: Session, actor: Actor, *, site_id: str) -> list[GoldenPartRow]:
    """Return the golden part of each station of a site that has one, by station."""
    wanted = select(GoldenPartRow).where(*visible_to(actor, GoldenPartRow), GoldenPartRow.site_id == site_id)
    newest = {row.station_id: row for row in session.scalars(wanted.order_by(GoldenPartRow.id))}
    return [row for _, row in sorted(newest.items()) if row.removed_at is None]


def golden_part_ids(session: Session, actor: Actor) -> set[tuple[str, str]]:
    """Return (station id, part id) of every part that was ever golden: its captures are no production."""
    wanted = select(GoldenPartRow.station_id, GoldenPartRow.part_id).where(*visible_to(actor, GoldenPartRow))
    return {(station, part) for station, part in session.execute(wanted)}


def latest_facts(session: Session, actor: Actor, *, site_id: str, since: datetime) -> Sequence[WatchFactsRow]:
    wanted = select(WatchFactsRow).where(
        *visible_to(actor, WatchFactsRow), WatchFactsRow.site_id == site_id, WatchFactsRow.at >= since
    )
    return session.scalars(wanted.order_by(WatchFactsRow.id.desc())).all()


def captures_around(
    session: Session, actor: Actor, *, station_id: str, part_id: str, onset_at: datetime, most: int
) -> tuple[list[Any], list[Any]]:
    """Return (image id, taken at, file hash, signals) of the captures of a part at a station before a moment,
    and since: the newest of each side, at most `most`, by time."""
    wanted = (
        select(ImageRow.id, ImageRow.taken_at, ImageRow.sha256, ImageSignalRow.signals)
        .join(ImageSignalRow, ImageSignalRow.image_id == ImageRow.id)
        .where(*visible_to(actor, ImageRow), ImageRow.station_id == station_id, ImageRow.part_id == part_id)
        .order_by(ImageRow.taken_at.desc(), ImageRow.id.desc())
        .limit(most)
    )
    sides = (wanted.where(ImageRow.taken_at < onset_at), wanted.where(ImageRow.taken_at >= onset_at))
    before, since = (list(reversed(session.execute(side).all())) for side in sides)
    return before, since


def files_of_predictions(session: Session, actor: Actor, prediction_ids: Iterable[str]) -> Sequence[Any]:
    """Return (prediction, file hash, hash of its template or None, signals as text), by prediction."""
    template = aliased(ImageRow)
    wanted = (
        select(PredictionRow, ImageRow.sha256, template.sha256, ImageSignalRow.signals)
        .join(ImageRow, ImageRow.id == PredictionRow.image_id)
        .outerjoin(template, template.id == PredictionRow.reference_image_id)
        .outerjoin(ImageSignalRow, ImageSignalRow.image_id == PredictionRow.image_id)
        .where(*visible_to(actor, PredictionRow), PredictionRow.id.in_(sorted(prediction_ids)))
    )
    return session.execute(wanted.order_by(PredictionRow.id)).all()


def count_watched_sites(session: Session, actor: Actor) -> int:
    """Return at how many sites something is watched."""
    wanted = select(func.count(func.distinct(WatchContextRow.site_id)))
    return session.scalar(wanted.where(*visible_to(actor, WatchContextRow))) or 0


def signals_of_image(session: Session, actor: Actor, image_id: str) -> ImageSignalRow | None:
    wanted = select(ImageSignalRow).where(
        *visible_to(actor, ImageSignalRow), ImageSignalRow.image_id == image_id
    )
    return session.scalar(wanted)


def latest_prediction_of_image(session: Session, actor: Actor, image_id: str) -> PredictionRow | None:
    wanted = select(PredictionRow).where(
        *visible_to(actor, PredictionRow), PredictionRow.image_id == image_id
    )
    return session.scalar(wanted.order_by(PredictionRow.id.desc()).limit(1))


def incidents_among(session: Session, actor: Actor, ids: Iterable[str]) -> Sequence[IncidentRow]:
    wanted = _seen_incidents(actor).where(IncidentRow.id.in_(sorted(ids)))
    return session.scalars(wanted.order_by(IncidentRow.number)).all()


def count_behind(session: Session, actor: Actor, contexts: Sequence[WatchContextRow]) -> dict[str, int]:
    """Return how many predictions of each context came after the last one it took up."""
    if not contexts:
        return {}
    wanted = (
        select(WatchContextRow.id, func.count())
        .join(
            PredictionRow,
            (PredictionRow.station_id == WatchContextRow.station_id)
            & (PredictionRow.organisation_id == WatchContextRow.organisation_id)
            & (PredictionRow.model_version_id == WatchContextRow.model_version_id)
            & (PredictionRow.id > WatchContextRow.last_prediction_id),
        )
        .join(ImageRow, ImageRow.id == PredictionRow.image_id)
        .where(
            *visible_to(actor, WatchContextRow),
            WatchContextRow.id.in_(sorted(row.id for row in contexts)),
            func.coalesce(ImageRow.product_id, "") == func.coalesce(WatchContextRow.product_id, ""),
        )
        .group_by(WatchContextRow.id)
    )
    return {row[0]: row[1] for row in session.execute(wanted)}


def newest_captures(
    session: Session, actor: Actor, parts: Iterable[GoldenPartRow]
) -> dict[tuple[str | None, str | None], Any]:
    """Return (image id, taken at, how many captures) of each part at its station, of the newest capture."""
    wanted = sorted({(row.station_id, row.part_id) for row in parts})
    each = (ImageRow.station_id, ImageRow.part_id)
    newest_first = (ImageRow.taken_at.desc(), ImageRow.id.desc())
    ranked = (
        select(
            ImageRow.id,
            ImageRow.taken_at,
            ImageRow.station_id,
            ImageRow.part_id,
            func.row_number().over(partition_by=each, order_by=newest_first).label("place"),
            func.count().over(partition_by=each).label("captures"),
        )
        .where(
            *visible_to(actor, ImageRow),
            ImageRow.station_id.in_([station for station, _ in wanted]),
            ImageRow.part_id.in_([part for _, part in wanted]),
        )
        .subquery()
    )
    found = session.execute(select(ranked).where(ranked.c.place == 1))
    return {(row.station_id, row.part_id): row for row in found}


def stations_among(session: Session, actor: Actor, ids: Iterable[str]) -> dict[str, StationRow]:
    """Return stations by id."""
    wanted = select(StationRow).where(*visible_to(actor, StationRow), StationRow.id.in_(sorted(ids)))
    return {row.id: row for row in session.scalars(wanted)}

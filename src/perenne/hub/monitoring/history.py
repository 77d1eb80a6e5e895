"""A context over time: what a page draws, from hours and days that were summed up when the images came.

Owns the choice of buckets and the marks on the time line. Refuses to read raw images: a year is 365 rows.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.monitoring import queries, telling
from perenne.hub.monitoring.tables import WatchContextRow, WatchReferenceRow
from perenne.kit.errors import NotFound
from perenne.kit.saying import to_code
from perenne.wire import monitoring as wire
from perenne.wire.base import Said as Coded

HOUR_S, DAY_S = 3_600, 86_400
HOURLY_UP_TO = timedelta(days=10)
DEFAULT_SPAN = timedelta(days=28)


def bucket_for(span: timedelta) -> int:
    """Return the length of a bucket: hours up to ten days, days beyond.

    >>> bucket_for(timedelta(days=2)), bucket_for(timedelta(days=365))
    (3600, 86400)
    """
    return HOUR_S if span <= HOURLY_UP_TO else DAY_S


def bucket_start(at: datetime, bucket_s: int) -> datetime:
    """Return the beginning (UTC) of the bucket that `at` lies in."""
    seconds = int(at.timestamp()) // bucket_s * bucket_s
    return datetime.fromtimestamp(seconds, tz=at.tzinfo)


def tell_history(
    session: Session,
    actor: Actor,
    *,
    context_id: str,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
) -> bytes:
    """Return the JSON of a `ContextHistory`, by default of the last four weeks. Raises: NotFound.

    A year has 15,000 points: they go from the rows to the text as they are, five times faster than as
    messages.
    """
    found = queries.contexts_named(session, actor, context_ids=[context_id])
    if not found:
        raise NotFound.of("watch context", context_id)
    row: WatchContextRow = found[0][0]
    end = until or max(now, row.last_image_at + timedelta(seconds=1))
    start = since or end - DEFAULT_SPAN
    bucket_s = bucket_for(end - start)
    points = queries.points_between(
        session,
        actor,
        context_id=row.id,
        bucket_s=bucket_s,
        since=bucket_start(start, bucket_s),
        until=end,
    )
    references = queries.references_of(session, actor, row.id)
    current = next((one for one in references if one.id == row.reference_id), None)
    frame = wire.ContextHistory(
        context=telling.tell_contexts(session, actor, found)[0],
        since=start,
        until=end,
        bucket_s=bucket_s,
        series=[],
        evidence=[(point.at, max(point.level, point.anchored_level)) for point in points],
        marks=_marks(session, actor, row, references, start=start, end=end),
    )
    told = frame.model_dump(mode="json")
    told["series"] = _series(points, bands=current.bands if current else {})
    return json.dumps(told, separators=(",", ":"), allow_nan=False).encode()


def _series(points: Sequence[Any], *, bands: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one series a channel, by group and name. A point is kept as [n, q05, q50, q95]."""
    by_channel: dict[str, list[dict[str, Any]]] = {name: [] for name in bands}
    for point in points:
        at = point.at.isoformat().replace("+00:00", "Z")
        for name, (n, q05, q50, q95) in point.channels.items():
            one = {"at": at, "n": int(n), "q05": q05, "q50": q50, "q95": q95}
            if name in by_channel:
                by_channel[name].append(one)
            else:
                by_channel[name] = [one]
    series = []
    for name, made in by_channel.items():
        group, unit = telling.about_channel(name)
        whole = wire.SignalSeries(
            channel=name, group=group, unit=unit, band=telling.tell_band(bands.get(name)), points=[]
        )
        series.append({**whole.model_dump(mode="json"), "points": made})
    rank = {"acquisition": 0, "embedding": 1, "predictions": 2}
    return sorted(series, key=lambda one: (rank.get(one["group"], len(rank)), one["channel"]))


def _marks(
    session: Session,
    actor: Actor,
    row: WatchContextRow,
    references: Sequence[WatchReferenceRow],
    *,
    start: datetime,
    end: datetime,
) -> list[wire.TimeMark]:
    """Return what happened at this station to this product: versions, references, incidents; by time."""
    marks = []
    for named in queries.contexts_named(session, actor, station_id=row.station_id):
        other = named[0]
        if other.product_id == row.product_id:
            label = f"{named.model_name}:{named.model_number}"
            marks.append(
                wire.TimeMark(
                    at=other.first_image_at, kind="deployment", id=other.model_version_id, label=label
                )
            )
    for reference in references:
        if reference.state in ("current", "past"):
            why = telling.reason_of(reference)
            marks.append(
                wire.TimeMark(
                    at=reference.set_at,
                    kind="reference",
                    id=reference.id,
                    label=why,
                    label_said=Coded.of(to_code(why)),
                )
            )
    alarms = queries.alarms_named(session, actor, context_id=row.id, until=end)
    incidents = {
        incident.id: incident
        for incident in queries.incidents_among(session, actor, {found[0].incident_id for found in alarms})
    }
    for incident in incidents.values():
        onset = min(found[0].onset_at for found in alarms if found[0].incident_id == incident.id)
        marks.append(
            wire.TimeMark(
                at=onset,
                until=incident.closed_at,
                kind="incident",
                id=incident.id,
                label=f"#{incident.number} {incident.main_channel}",
            )
        )
    seen = [
        mark for mark in marks if (mark.at < end and (mark.until or mark.at) >= start) or _lasts(mark, end)
    ]
    return sorted(seen, key=lambda mark: (mark.at, mark.id))


def _lasts(mark: wire.TimeMark, end: datetime) -> bool:
    """Say whether a mark is an incident that is not over."""
    return mark.kind == "incident" and mark.until is None and mark.at < end

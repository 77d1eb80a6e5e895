"""What happens at a station now: the last inspection, those before it, counts and speed.

Owns what a screen beside the line shows; it is asked for after every piece, so it reads from indexes only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.deployments import queries
from perenne.hub.deployments.rules import percentile_of, rate_per_minute
from perenne.hub.deployments.tables import DeploymentRow
from perenne.hub.images import get_images
from perenne.hub.models import get_model_version
from perenne.hub.predictions import (
    decisions_of_station,
    get_prediction,
    latest_of_station,
    tell_prediction,
)
from perenne.hub.sites import SiteRow, StationRow
from perenne.wire.deployments import LiveDecision, LiveImage, LiveInspection
from perenne.wire.models import ModelReference

RECENT = 20
TIMED = 200
DAY = timedelta(days=1)
RATE_OVER = timedelta(minutes=5)


@dataclass(frozen=True)
class Live:
    """The state of a station at one moment."""

    deployment: DeploymentRow | None
    last: LiveInspection | None
    recent: list[LiveDecision]
    counts_24h: dict[str, int]
    per_minute: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None


def watch_station(
    session: Session, actor: Actor, *, site: SiteRow, station: StationRow, now: datetime
) -> Live:
    """Return what happens at a station now."""
    rows = latest_of_station(session, actor, station_id=station.id, limit=TIMED)
    counts, _ = decisions_of_station(session, actor, station_id=station.id, since=now - DAY)
    lately, first = decisions_of_station(session, actor, station_id=station.id, since=now - RATE_OVER)
    seconds = (now - first).total_seconds() if first else 0.0
    times = [total for row in rows if (total := _total(row)) is not None]
    return Live(
        deployment=_in_force(session, actor, site, station),
        last=_whole(session, actor, rows[0].id) if rows else None,
        recent=[_short(row) for row in rows[:RECENT]],
        counts_24h=counts,
        per_minute=rate_per_minute(sum(lately.values()), seconds=seconds),
        latency_p50_ms=percentile_of(times, 50),
        latency_p95_ms=percentile_of(times, 95),
    )


def _in_force(session: Session, actor: Actor, site: SiteRow, station: StationRow) -> DeploymentRow | None:
    own = queries.active_in_scope(session, actor, scope_id=station.id)
    return own or queries.active_in_scope(session, actor, scope_id=site.id)


def _whole(session: Session, actor: Actor, prediction_id: str) -> LiveInspection | None:
    """Return the inspection; None when its very image came from a site outside the actor's limits before."""
    row = get_prediction(session, actor, prediction_id)
    image = get_images(session, actor, [row.image_id]).get(row.image_id)
    if image is None:
        return None
    model = get_model_version(session, actor, row.model_version_id)
    return LiveInspection(
        **dict(tell_prediction(row)),
        image=LiveImage(id=image.id, width=image.width, height=image.height),
        model=ModelReference(id=model.id, name=model.name, number=model.number),
    )


def _short(row: Any) -> LiveDecision:
    return LiveDecision(
        id=row.id,
        image_id=row.image_id,
        decision=row.decision,
        verdict=(row.quality or {}).get("verdict"),
        at=row.at,
        latency_ms=_total(row),
    )


def _total(row: Any) -> float | None:
    total = row.latency_ms.get("total")
    return None if total is None else float(total)

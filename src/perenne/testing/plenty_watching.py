"""A year of watching in a hub with plenty: the last days judged by the hub's own watch, months before drawn.

Owns the days of history. Refuses to invent an alarm: what is alarmed, since when and why is what the watch
makes of the images that `plenty_measured` has measured.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import insert, select

from perenne.hub.monitoring.history import DAY_S, bucket_start
from perenne.hub.monitoring.tables import WatchContextRow, WatchPointRow, WatchReferenceRow
from perenne.hub.monitoring.ticking import tick
from perenne.kit.ids import new_id

if TYPE_CHECKING:
    from perenne.testing.plenty import Ground

FIRST_REFERENCE = 200
YEAR = timedelta(days=365)
CHUNK = 5_000


def add_watching(ground: "Ground") -> None:
    """Every context is watched up to now, and has a year behind it."""
    settings = replace(ground.hub.settings, watch_first_reference=FIRST_REFERENCE)
    hub = replace(ground.hub, settings=settings)
    while tick(hub, ground.actor.organisation_id):
        pass
    _add_year(ground)


def _add_year(ground: "Ground") -> None:
    """The days before the first measured image are there as the watch would have left them."""
    with ground.hub.database.reading() as session:
        wanted = select(WatchContextRow, WatchReferenceRow.bands).join(
            WatchReferenceRow, WatchReferenceRow.id == WatchContextRow.reference_id
        )
        contexts = [
            (row.id, row.site_id, row.first_image_at, bands) for row, bands in session.execute(wanted)
        ]
    rows: list[dict[str, Any]] = []
    for context_id, site_id, first, bands in contexts:
        rows += _days_before(ground, context_id, site_id, first=first, bands=bands)
        if len(rows) >= CHUNK:
            _write(ground, rows)
            rows = []
    _write(ground, rows)


def _days_before(
    ground: "Ground", context_id: str, site_id: str, *, first: datetime, bands: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return a row a day: every channel wanders with the seasons, within its band most of the time."""
    rng = ground.rng
    last = bucket_start(first, DAY_S)
    n_days = YEAR // timedelta(days=1)
    turns = np.arange(-n_days, 0) / n_days * 2 * np.pi
    phase, pace = rng.uniform(0, 2 * np.pi), rng.lognormal(3.6, 0.3)
    names = sorted(bands)
    season = 0.25 * np.sin(turns[:, None] + phase + np.arange(len(names)))
    wander = season + 0.12 * rng.normal(size=(n_days, len(names)))
    counts = rng.poisson(pace, n_days)
    rows = []
    for day in range(n_days):
        n = int(counts[day])
        if not n:
            continue
        rows.append(
            {
                "id": new_id("wpt"),
                "organisation_id": ground.actor.organisation_id,
                "created_at": ground.now,
                "context_id": context_id,
                "site_id": site_id,
                "bucket_s": DAY_S,
                "at": last - timedelta(days=n_days - day),
                "n": n,
                "n_flagged": int(rng.binomial(n, 0.03)),
                "n_refused": int(rng.binomial(n, 0.004)),
                "n_judged": n,
                "level": round(float(rng.beta(2, 9)), 4),
                "anchored_level": round(float(rng.beta(1.5, 12)), 4),
                "channels": {
                    name: [n, *_moved(bands[name], float(wander[day, at]))] for at, name in enumerate(names)
                },
            }
        )
    return rows


def _moved(band: Any, by: float) -> list[float]:
    """Return the band of a day: that of the reference, moved by so much of its width."""
    low, middle, high = (float(value) for value in band[-3:])
    width = high - low
    return [round(value + by * width / 2, 5) for value in (low, middle, high)]


def _write(ground: "Ground", rows: list[dict[str, Any]]) -> None:
    if rows:
        with ground.hub.database.transaction() as session:
            session.execute(insert(WatchPointRow), rows)

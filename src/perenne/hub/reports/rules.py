"""Decisions of a report: when a month begins, whose week it is, how an incident stood, what to show.

Owns pure choices. Refuses a session and a clock: `now` and rows are arguments.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from perenne.hub.reports.errors import NoSuchMonth
from perenne.wire.monitoring import SignalBand, SignalPoint
from perenne.wire.reports import MonthVerdict

LEAST_IMAGES = 10
"""A day of fewer images has no median to speak of."""
SIGNALS_SHOWN = 6
MEASURING = ("audit", "seeded")
GRAVITY: tuple[MonthVerdict, ...] = ("violated", "falling", "open", "certified")


def zone_of(time_zone: str) -> tzinfo:
    """Return a site's time zone; UTC for one that this machine has no data of."""
    try:
        return ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def bounds_of_month(month: str, *, time_zone: str) -> tuple[datetime, datetime]:
    """Return the first moment of a month at the site and that of the next one. Raises: NoSuchMonth.

    >>> [at.isoformat() for at in bounds_of_month("2026-12", time_zone="UTC")]
    ['2026-12-01T00:00:00+00:00', '2027-01-01T00:00:00+00:00']
    """
    if not re.fullmatch(r"[1-9]\d{3}-(0[1-9]|1[0-2])", month) or month == "9999-12":
        raise NoSuchMonth(f"'{month}' is no month.", remedy="Write it as year and month: 2026-11.")
    first = date.fromisoformat(f"{month}-01")
    zone = zone_of(time_zone)
    return tuple(  # type: ignore[return-value]
        datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) for day in (first, next_month(first))
    )


def next_month(first: date) -> date:
    """Return the first day of the following month."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def month_of(at: datetime, *, time_zone: str) -> str:
    """Return the month that a moment lies in, at the site.

    >>> month_of(datetime.fromisoformat("2026-10-31T23:30:00+00:00"), time_zone="Europe/Paris")
    '2026-11'
    """
    return f"{at.astimezone(zone_of(time_zone)):%Y-%m}"


def month_of_week(week: date) -> str:
    """Return the month that a week belongs to: the one in which its Sunday lies.

    >>> month_of_week(date(2026, 10, 26)), month_of_week(date(2026, 11, 30))
    ('2026-11', '2026-12')
    """
    return f"{week + timedelta(days=6):%Y-%m}"


def months_touched(weeks: Iterable[date]) -> set[str]:
    """Return the months that these weeks have a day in."""
    return {f"{day:%Y-%m}" for week in weeks for day in (week, week + timedelta(days=6))}


@dataclass(frozen=True)
class Stood:
    """How an incident stood: its state, the step that closed it, the cause proposed and its action."""

    state: Literal["open", "acknowledged", "closed"]
    closing: Any | None
    cause: str | None
    action: str | None


def stood_at(steps: Sequence[Any]) -> Stood:
    """Return how an incident stood after these steps: oldest first, those before the moment in question."""
    state: Literal["open", "acknowledged", "closed"] = "open"
    closing = cause = action = None
    for step in steps:
        if step.act == "acknowledged":
            state = "acknowledged"
        elif step.act == "closed":
            state, closing = "closed", step
        elif step.act == "reopened":
            state, closing = "open", None
        elif step.act == "cause":
            cause, action = step.detail.get("cause"), step.detail.get("action")
    return Stood(state, closing, cause, action)


def verdict_of(claims: Iterable[tuple[str, bool]], *, empty: bool) -> MonthVerdict:
    """Return the verdict on a month from its certificates (state, falling): the worst, never an average.

    >>> verdict_of([("certified", False), ("open", False)], empty=False), verdict_of([], empty=True)
    ('open', 'empty')
    >>> verdict_of([("certified", True)], empty=False)
    'falling'
    """
    found: set[MonthVerdict] = {verdict_on(state, falling=falling) for state, falling in claims}
    if empty:
        return "empty"
    return next((verdict for verdict in GRAVITY if verdict in found), "no_claim")


def verdict_on(state: str, *, falling: bool) -> MonthVerdict:
    """Return the verdict on one certificate."""
    if state == "violated":
        return "violated"
    if falling:
        return "falling"
    return "certified" if state == "certified" else "open"


def days_outside(points: Sequence[SignalPoint], *, band: SignalBand) -> list[SignalPoint]:
    """Return the days whose median lies outside the band; a day of few images does not count."""
    return [point for point in points if point.n >= LEAST_IMAGES and not band.q05 <= point.q50 <= band.q95]


def distance_outside(points: Sequence[SignalPoint], *, band: SignalBand) -> float:
    """Return how far the furthest of these medians lies outside the band, in widths of the band.

    >>> band = SignalBand(q05=1, q50=2, q95=3, n=100)
    >>> distance_outside([SignalPoint(at=datetime.now(UTC), n=10, q05=0, q50=7, q95=9)], band=band)
    2.0
    """
    width = max(band.q95 - band.q05, 1e-12)
    return max(max(band.q05 - point.q50, point.q50 - band.q95, 0.0) / width for point in points)

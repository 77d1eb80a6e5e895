"""Small charts as shapes, which HTML and PDF draw alike.

Owns the geometry: points (1/72 inch), origin top left, y down. Refuses colours (a shape has a tone, `TONES`
says what it looks like) and any chart that tells by colour alone: marks differ by shape or stand apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from perenne.hub.reports.wording import Wording
from perenne.wire.reports import ReportedSignal

Tone = Literal["ink", "muted", "faint", "band", "accent", "bad"]
TONES: dict[Tone, str] = {
    "ink": "#1c1c1c", "muted": "#5a5a5a", "faint": "#c8c8c8", "band": "#e6e6e6",
    "accent": "#0b5fa5", "bad": "#b3261e",
}  # fmt: skip
SIGNAL_SIZE = (162.0, 74.0)
WEEKS_SIZE = (500.0, 102.0)
FOOT = 32.0
"""Room below the weeks for their names: day, sample size, version."""


@dataclass(frozen=True)
class Line:
    """Points joined by a line."""

    points: tuple[tuple[float, float], ...]
    tone: Tone = "muted"
    width: float = 0.75
    dashed: bool = False


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    points: tuple[tuple[float, float], ...]
    tone: Tone = "band"


@dataclass(frozen=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    r: float
    tone: Tone = "accent"


@dataclass(frozen=True)
class Label:
    """A short text whose baseline is at y."""

    x: float
    y: float
    text: str
    tone: Tone = "muted"
    anchor: Literal["start", "middle", "end"] = "start"
    size: float = 6.5


Shape = Line | Area | Dot | Label


@dataclass(frozen=True)
class Chart:
    """A chart with what it says in words, for who does not see it."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    told: str


@dataclass(frozen=True)
class Scale:
    """From values to points, linear; also for one single value."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.5
        return round(self.start + share * (self.end - self.start), 2)


@dataclass(frozen=True)
class WeekFigure:
    """A figure of a week as it is drawn; without bounds it has no interval."""

    week: date
    version: str
    value: float
    low: float | None
    high: float | None
    n: int


def draw_weeks(
    figures: Sequence[WeekFigure], *, words: Wording, told: str, limit: float | None = None, beside: int = 1
) -> Chart:
    """Return figures of weeks, oldest first, as dots with intervals; a claimed limit is dashed."""
    width, height = WEEKS_SIZE[0] / beside - 10, WEEKS_SIZE[1]
    values = [v for one in figures for v in (one.value, one.low, one.high) if v is not None]
    values += [limit] if limit is not None else []
    low, high, bottom = min(values), max(values), height - FOOT
    room = (high - low or 0.1) * 0.12
    y = Scale(low - room, high + room, bottom, 8)
    step = (width - 60) / max(len(figures), 4)
    shapes: list[Shape] = [
        Line(((34, 4), (34, bottom)), "faint"),
        Line(((34, bottom), (width, bottom)), "faint"),
    ]
    for tick in dict.fromkeys((low, high)):
        shapes.append(Label(30, y(tick) + 2, words.number(tick), anchor="end"))
        shapes.append(Line(((34, y(tick)), (width, y(tick))), "faint", 0.4))
    if limit is not None:
        shapes.append(Line(((34, y(limit)), (width, y(limit))), "bad", 0.8, dashed=True))
        shapes.append(
            Label(
                width, y(limit) - 2.5, words.say("performance.limit", limit=words.number(limit)), "bad", "end"
            )
        )
    for index, one in enumerate(figures):
        x = round(34 + step * (index + 0.5), 2)
        if one.low is not None and one.high is not None:
            shapes.append(Line(((x, y(one.low)), (x, y(one.high))), "accent", 1.1))
            shapes += [Line(((x - 3, y(v)), (x + 3, y(v))), "accent", 1.1) for v in (one.low, one.high)]
        shapes.append(Dot(x, y(one.value), 2.4))
        shapes.append(Label(x, bottom + 9, words.day_short(one.week), anchor="middle"))
        shapes.append(
            Label(x, bottom + 17, words.say("performance.n", n=words.count(one.n)), anchor="middle")
        )
        shapes.append(Label(x, bottom + 25, one.version, anchor="middle"))
    return Chart(width, height, tuple(shapes), told)


def draw_signal(
    signal: ReportedSignal, *, words: Wording, since: datetime, until: datetime, told: str
) -> Chart:
    """Return the days of a signal over the band of its reference; those outside are larger."""
    width, height = SIGNAL_SIZE
    band = signal.band
    values = [v for p in signal.points for v in (p.q05, p.q95)] + [band.q05, band.q95]
    y = Scale(min(values), max(values), height - 14, 6)
    x = Scale(since.timestamp(), until.timestamp(), 32, width - 4)
    left, right = 32.0, width - 4
    corners = ((left, y(band.q05)), (right, y(band.q05)), (right, y(band.q95)), (left, y(band.q95)))
    shapes: list[Shape] = [
        Area(corners),
        Line(((left, y(band.q50)), (right, y(band.q50))), "muted", 0.5, dashed=True),
    ]
    shapes += [
        Label(29, y(v) + 2, words.significant(v), anchor="end")
        for v in dict.fromkeys((min(values), max(values)))
    ]
    for point in signal.points:
        at = x(point.at.timestamp() + 43_200)
        outside = not band.q05 <= point.q50 <= band.q95
        shapes.append(Line(((at, y(point.q05)), (at, y(point.q95))), "bad" if outside else "faint", 0.8))
        shapes.append(Dot(at, y(point.q50), 1.9 if outside else 1.2, "bad" if outside else "accent"))
    shapes.append(Line(((left, height - 14), (right, height - 14)), "faint"))
    first, last = since.astimezone(words.zone), (until - timedelta(hours=1)).astimezone(words.zone)
    shapes.append(Label(left, height - 5, words.day_short(first), anchor="start"))
    shapes.append(Label(right, height - 5, words.day_short(last), anchor="end"))
    return Chart(width, height, tuple(shapes), told)

"""The pure decisions of watching: states of contexts and incidents, what is promised, what goes together.

Owns the two state machines, the run length that is promised, the size of a first reference and the grouping
of alarms. Refuses to close an incident by itself: only a merge into a common one does, and it says so.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from perenne.hub.monitoring.errors import IncidentStateRefused

COMMON_SITES = 3
"""Alarms on one main channel at so many sites are one incident with a common cause."""
COMMON_WITHIN = timedelta(hours=24)
MOVED = 3
DAYS_A_YEAR = 365.25
SHORTEST_RUN, LONGEST_RUN = 10_000.0, 1e9
UNKNOWN_PACE_RUN = 1_000_000.0
AMBER_PART = 1.0 / 60.0
"""Amber is promised once a month where the alarm is promised once in five years."""
SHORTEST_SPAN = timedelta(hours=1)
MOST_REFERENCE = 5_000
"""At most so many images make a reference; two thousand are plenty where images are independent."""
CAUSE_AGAIN_AFTER = (24, 100, 400)
"""So many images after an alarm its cause is looked for again: more images, a clearer pattern."""


class WatchState(StrEnum):
    """Where the watch of a context stands."""

    COLLECTING = "collecting"
    QUIET = "quiet"
    AMBER = "amber"
    ALARM = "alarm"
    PAUSED = "paused"


BADNESS = ("alarm", "amber", "collecting", "quiet", "paused")
"""The states of a watch, the worst first."""


class IncidentState(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Act(StrEnum):
    """What a person does with an incident."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    CLOSE = "close"
    REOPEN = "reopen"
    PROBE = "probe"


TRANSITIONS: dict[tuple[IncidentState, Act], IncidentState] = {
    (IncidentState.OPEN, Act.ACKNOWLEDGE): IncidentState.ACKNOWLEDGED,
    (IncidentState.OPEN, Act.ASSIGN): IncidentState.OPEN,
    (IncidentState.OPEN, Act.CLOSE): IncidentState.CLOSED,
    (IncidentState.OPEN, Act.PROBE): IncidentState.OPEN,
    (IncidentState.ACKNOWLEDGED, Act.ASSIGN): IncidentState.ACKNOWLEDGED,
    (IncidentState.ACKNOWLEDGED, Act.CLOSE): IncidentState.CLOSED,
    (IncidentState.ACKNOWLEDGED, Act.PROBE): IncidentState.ACKNOWLEDGED,
    (IncidentState.CLOSED, Act.REOPEN): IncidentState.OPEN,
}
_WORDS = {
    Act.ACKNOWLEDGE: "acknowledged",
    Act.ASSIGN: "assigned",
    Act.CLOSE: "closed",
    Act.REOPEN: "reopened",
    Act.PROBE: "probed",
}


def after_act(state: str, act: Act, *, number: int) -> IncidentState:
    """Return the state of incident `number` after `act`. Raises: IncidentStateRefused.

    >>> str(after_act("open", Act.ACKNOWLEDGE, number=1))
    'acknowledged'
    """
    following = TRANSITIONS.get((IncidentState(state), act))
    if following is None:
        remedy = "Reopen it first." if state == IncidentState.CLOSED else "Look at its history: it was done."
        if act is Act.REOPEN:
            remedy = "It is open: act on it as it is."
        raise IncidentStateRefused(
            f"Incident {number} cannot be {_WORDS[act]}: it is {state}.", remedy=remedy
        )
    return following


def watch_state(*, has_reference: bool, alarmed: Iterable[str], amber: bool, paused: bool) -> WatchState:
    """Return where a watch stands: an alarm stays until a person closes its incident.

    >>> str(watch_state(has_reference=True, alarmed=["growing"], amber=False, paused=False))
    'alarm'
    """
    if paused:
        return WatchState.PAUSED
    if list(alarmed):
        return WatchState.ALARM
    if not has_reference:
        return WatchState.COLLECTING
    return WatchState.AMBER if amber else WatchState.QUIET


def badness_of(state: str, *, level: float, name: str) -> tuple[int, float, str]:
    """Return the sort key that puts the worst first: by state, then by level, then by name."""
    rank = BADNESS.index(state) if state in BADNESS else len(BADNESS)
    return rank, -level, name


def worst_state(states: Iterable[str]) -> str:
    """Return the worst of the states; "collecting" of none, since nothing is watched yet.

    >>> worst_state(["quiet", "amber"]), worst_state([])
    ('amber', 'collecting')
    """
    return min(states, key=lambda state: badness_of(state, level=0, name=""), default="collecting")


@dataclass(frozen=True)
class RunLengths:
    """What is promised, in units: at most one false alarm (amber) in so many on average."""

    alarm: float
    amber: float
    units_per_day: float | None


def promise_for(*, setting: int, years: float, n_units: int, span: timedelta) -> RunLengths:
    """Return the run lengths of a watch: `setting` units, or for 0 `years` of units at the reference's pace.

    The pace of a reference that was taken within an hour says nothing: then a million units are promised.

    >>> promise_for(setting=0, years=5, n_units=1440, span=timedelta(days=1)).alarm
    2629800.0
    >>> promise_for(setting=0, years=5, n_units=500, span=timedelta(minutes=5)).alarm
    1000000.0
    """
    per_day = n_units / (span / timedelta(days=1)) if span >= SHORTEST_SPAN else None
    if setting:
        alarm = float(setting)
    elif per_day is None:
        alarm = UNKNOWN_PACE_RUN
    else:
        alarm = min(max(per_day * DAYS_A_YEAR * years, SHORTEST_RUN), LONGEST_RUN)
    return RunLengths(alarm, max(alarm * AMBER_PART, 100.0), per_day)


def years_of(run_length: float, *, units_per_day: float | None) -> float | None:
    """Return how many years `run_length` units take at that pace; None when it is not known.

    >>> years_of(2629800.0, units_per_day=1440.0)
    5.0
    """
    if not units_per_day:
        return None
    return round(run_length / units_per_day / DAYS_A_YEAR, 2)


def next_attempt(n_collected: int, *, first: int) -> int:
    """Return at how many images a first reference is tried next: at `first`, then at half as many more.

    >>> next_attempt(0, first=500), next_attempt(500, first=500), next_attempt(760, first=500)
    (500, 750, 1125)
    """
    size = first
    while size <= n_collected:
        size += max(1, size // 2)
    return size


def moved_channels(main: str, effects: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Return the channels that an alarm is about: its main one, and up to three that clearly moved most.

    >>> blurred = [{"channel": "sharpness", "auc": 0.1, "auc_low": 0.05, "auc_high": 0.2},
    ...            {"channel": "noise", "auc": 0.4, "auc_low": 0.2, "auc_high": 0.6}]
    >>> sorted(moved_channels("fine_detail", blurred))
    ['fine_detail', 'sharpness']
    """
    clear = [one for one in effects if one["auc_low"] > 0.5 or one["auc_high"] < 0.5]
    farthest = sorted(clear, key=lambda one: (-abs(one["auc"] - 0.5), str(one["channel"])))
    return frozenset([main, *(str(one["channel"]) for one in farthest[:MOVED])])


@dataclass(frozen=True)
class NewAlarm:
    """An alarm to be put into an incident: `context` of `site`, and the channels that it is about."""

    context: str
    site: str
    channels: frozenset[str]
    at: datetime


@dataclass(frozen=True)
class KnownIncident:
    """An incident that is not closed: what its alarms are about."""

    id: str
    number: int
    channels: frozenset[str]
    contexts: frozenset[str]
    sites: frozenset[str]
    opened_at: datetime


@dataclass(frozen=True)
class Group:
    """Alarms that belong together: into which incident (None: a new one), which others it takes over."""

    alarms: tuple[int, ...]
    into: str | None
    takes_over: tuple[str, ...] = ()
    common: bool = False


def group_alarms(
    alarms: Sequence[NewAlarm],
    known: Sequence[KnownIncident],
    *,
    common_sites: int = COMMON_SITES,
    within: timedelta = COMMON_WITHIN,
) -> list[Group]:
    """Return where each alarm goes.

    An alarm of a context with an incident that is not closed joins it. Of the others, those about one channel
    at `common_sites` sites or more, with the incidents of the last `within`, are one incident: the eldest
    takes the others over. What is left opens an incident a context.
    """
    groups: dict[str, list[int]] = {}
    rest: list[int] = []
    for index, alarm in enumerate(alarms):
        own = next((one for one in known if alarm.context in one.contexts), None)
        if own is None:
            rest.append(index)
        else:
            groups.setdefault(own.id, []).append(index)
    found = [Group(tuple(some), into=incident) for incident, some in groups.items()]
    lately = [one for one in known if rest and max(alarms[at].at for at in rest) - one.opened_at <= within]
    while (common := _widest(alarms, rest, lately, common_sites=common_sites)) is not None:
        together, incidents = common
        ids = [one.id for one in sorted(incidents, key=lambda one: one.number)]
        into = ids[0] if ids else None
        found.append(Group(tuple(together), into=into, takes_over=tuple(ids[1:]), common=True))
        rest = [index for index in rest if index not in together]
        lately = [one for one in lately if one not in incidents]
    by_context: dict[str, list[int]] = {}
    for index in rest:
        by_context.setdefault(alarms[index].context, []).append(index)
    return found + [Group(tuple(some), into=None) for some in by_context.values()]


def _widest(
    alarms: Sequence[NewAlarm],
    rest: Sequence[int],
    lately: Sequence[KnownIncident],
    *,
    common_sites: int,
) -> tuple[list[int], list[KnownIncident]] | None:
    """Return the alarms and incidents about the channel that most sites share; None when too few do."""
    best: tuple[int, list[int], list[KnownIncident]] | None = None
    for channel in sorted({name for index in rest for name in alarms[index].channels}):
        together = [index for index in rest if channel in alarms[index].channels]
        incidents = [one for one in lately if channel in one.channels]
        sites = {alarms[index].site for index in together}.union(*(one.sites for one in incidents))
        if len(sites) >= common_sites and (best is None or len(sites) > best[0]):
            contexts = {alarms[index].context for index in together}
            whole = [index for index in rest if alarms[index].context in contexts]
            best = len(sites), whole, incidents
    return None if best is None else best[1:]


def log_threshold(run_length: float) -> float:
    """Return the logarithm of the evidence at which an alarm is raised."""
    return math.log(run_length)


def unseen_values(new: Mapping[str, str], *, told: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the new values of a fingerprint that were not reported before.

    >>> unseen_values({"camera": "B", "mode": "L"}, told={"camera": ["B"]})
    {'mode': 'L'}
    """
    return {name: value for name, value in new.items() if value not in told.get(name, ())}


def context_key(station_id: str, product_id: str | None, model_version_id: str) -> str:
    """Return the one text that names a context.

    >>> context_key("stn_1", None, "mod_1")
    'stn_1||mod_1'
    """
    return f"{station_id}|{product_id or ''}|{model_version_id}"

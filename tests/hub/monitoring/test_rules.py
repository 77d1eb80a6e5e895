"""The pure decisions of watching, case by case."""

from datetime import UTC, datetime, timedelta

import pytest

from perenne.hub.monitoring.errors import IncidentStateRefused
from perenne.hub.monitoring.rules import (
    TRANSITIONS,
    Act,
    Group,
    IncidentState,
    KnownIncident,
    NewAlarm,
    after_act,
    group_alarms,
    next_attempt,
    promise_for,
    watch_state,
    worst_state,
)

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ALLOWED = {
    ("open", "acknowledge"): "acknowledged",
    ("open", "assign"): "open",
    ("open", "probe"): "open",
    ("open", "close"): "closed",
    ("acknowledged", "assign"): "acknowledged",
    ("acknowledged", "probe"): "acknowledged",
    ("acknowledged", "close"): "closed",
    ("closed", "reopen"): "open",
}


@pytest.mark.parametrize("state", list(IncidentState))
@pytest.mark.parametrize("act", list(Act))
def test_every_act_on_every_state_is_allowed_or_refused_with_a_remedy(state: IncidentState, act: Act) -> None:
    wanted = ALLOWED.get((state, act))
    assert len(ALLOWED) == len(TRANSITIONS)
    if wanted is not None:
        assert after_act(state, act, number=7) == wanted
        return
    with pytest.raises(IncidentStateRefused, match="Incident 7 cannot be"):
        after_act(state, act, number=7)


@pytest.mark.parametrize(
    ("has_reference", "alarmed", "amber", "paused", "wanted"),
    [
        (False, [], False, False, "collecting"),
        (True, [], False, False, "quiet"),
        (True, [], True, False, "amber"),
        (True, ["frozen"], False, False, "alarm"),
        (True, ["growing"], True, False, "alarm"),
        (True, ["growing"], True, True, "paused"),
    ],
)
def test_an_alarm_stands_above_amber_until_it_is_closed(
    has_reference: bool, alarmed: list[str], amber: bool, paused: bool, wanted: str
) -> None:
    assert watch_state(has_reference=has_reference, alarmed=alarmed, amber=amber, paused=paused) == wanted


def test_a_site_is_as_bad_as_its_worst_context_and_a_retired_version_says_nothing() -> None:
    assert worst_state(["quiet", "alarm", "amber"]) == "alarm"
    assert worst_state(["paused", "quiet"]) == "quiet"
    assert worst_state(["collecting", "quiet"]) == "collecting"


def test_the_promise_is_five_years_at_the_pace_of_the_reference_or_what_was_set() -> None:
    day = timedelta(days=1)
    assert promise_for(setting=0, years=5, n_units=1440, span=day).alarm == pytest.approx(1440 * 365.25 * 5)
    assert promise_for(setting=5_000, years=5, n_units=1440, span=day).alarm == 5_000
    assert promise_for(setting=0, years=5, n_units=2, span=day).alarm == 10_000, "never less: a few a day"
    month = promise_for(setting=0, years=5, n_units=1440, span=day)
    assert month.alarm / month.amber == pytest.approx(60)


def test_a_first_reference_is_tried_again_with_half_as_many_more() -> None:
    sizes, collected = [], 0
    for _ in range(4):
        collected = next_attempt(collected, first=500)
        sizes.append(collected)
    assert sizes == [500, 750, 1125, 1687]


def _alarm(site: str, *, channel: str = "noise", context: str = "", hours: float = 0) -> NewAlarm:
    channels = frozenset(channel.split("+"))
    return NewAlarm(context or f"wct_{site}", site, channels, NOW + timedelta(hours=hours))


def _known(number: int, *sites: str, channel: str = "noise") -> KnownIncident:
    contexts = frozenset(f"wct_{site}" for site in sites)
    channels = frozenset([channel])
    return KnownIncident(f"inc_{number}", number, channels, contexts, frozenset(sites), NOW)


@pytest.mark.parametrize(
    ("alarms", "known", "wanted"),
    [
        ([_alarm("a"), _alarm("b")], [], [Group((0,), None), Group((1,), None)]),
        ([_alarm("a"), _alarm("b"), _alarm("c")], [], [Group((0, 1, 2), None, (), True)]),
        (
            [_alarm("a"), _alarm("b"), _alarm("c", channel="light")],
            [],
            [Group((0,), None), Group((1,), None), Group((2,), None)],
        ),
        (
            [
                _alarm("a", channel="noise+blur"),
                _alarm("b", channel="blur"),
                _alarm("c", channel="light+blur"),
            ],
            [],
            [Group((0, 1, 2), None, (), True)],
        ),
        ([_alarm("a", channel="light")], [_known(1, "a")], [Group((0,), "inc_1")]),
        (
            [_alarm("c")],
            [_known(2, "b"), _known(1, "a")],
            [Group((0,), "inc_1", ("inc_2",), True)],
        ),
        ([_alarm("c", hours=30)], [_known(1, "a"), _known(2, "b")], [Group((0,), None)]),
        ([_alarm("d")], [_known(1, "a", "b", "c")], [Group((0,), "inc_1", (), True)]),
        (
            [_alarm("a", context="one"), _alarm("a", context="two"), _alarm("a", context="one")],
            [],
            [Group((0, 2), None), Group((1,), None)],
        ),
    ],
    ids=[
        "two sites are two incidents",
        "three sites on one channel are one",
        "not on different channels",
        "one of several channels is enough",
        "an open incident's context joins it",
        "the third site gathers the first two",
        "not after a day",
        "a fourth joins the common one",
        "contexts of one site stay apart",
    ],
)
def test_alarms_go_together_when_they_have_a_common_cause(
    alarms: list[NewAlarm], known: list[KnownIncident], wanted: list[Group]
) -> None:
    assert group_alarms(alarms, known) == wanted

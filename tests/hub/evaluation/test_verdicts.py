"""When a slice is satisfactory, and when a challenger is worse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.hub.evaluation.rules import (
    AcceptanceRule,
    BadAcceptanceRule,
    Measure,
    images_to_decide,
    judge_difference,
    judge_slice,
    read_acceptance,
    satisfactory_everywhere,
    severity_of,
)

AT_LEAST_09 = AcceptanceRule(metric="recall", limit=0.9)
AT_MOST_02 = AcceptanceRule(metric="mae", limit=0.2, at_most=True)


def measure(value: float, low: float, high: float, n: int = 200) -> Measure:
    return Measure(value=value, low=low, high=high, n=n, n_groups=n)


@pytest.mark.parametrize(
    ("rule", "low", "value", "high", "verdict"),
    [
        (AT_LEAST_09, 0.90, 0.95, 0.98, "satisfactory"),
        (AT_LEAST_09, 0.89, 0.95, 0.98, "undecided"),
        (AT_LEAST_09, 0.70, 0.80, 0.90, "undecided"),
        (AT_LEAST_09, 0.70, 0.80, 0.899, "not_satisfactory"),
        (AT_MOST_02, 0.10, 0.15, 0.20, "satisfactory"),
        (AT_MOST_02, 0.10, 0.15, 0.21, "undecided"),
        (AT_MOST_02, 0.201, 0.25, 0.30, "not_satisfactory"),
    ],
)
def test_only_a_whole_interval_on_one_side_decides(
    rule: AcceptanceRule, low: float, value: float, high: float, verdict: str
) -> None:
    assert judge_slice(measure(value, low, high), rule=rule).verdict == verdict


def test_too_few_is_said_with_the_number_needed() -> None:
    few = Measure(
        value=None, low=None, high=None, n=3, n_groups=3, shortage="too few images: 3, at least 30 needed"
    )
    judgement = judge_slice(few, rule=AT_LEAST_09)
    assert judgement.verdict == "too_few"
    assert judgement.reason == "recall: too few images: 3, at least 30 needed."


def test_without_a_rule_nothing_is_judged() -> None:
    assert judge_slice(measure(0.1, 0.0, 0.2), rule=None).verdict == "not_judged"
    assert satisfactory_everywhere(["not_judged", "not_judged"]) is None


def test_an_undecided_slice_says_how_many_more_images_would_decide() -> None:
    judgement = judge_slice(measure(0.92, 0.86, 0.96, n=100), rule=AT_LEAST_09)
    assert judgement.more_images == 801
    assert "0.920 [0.860, 0.960]" in judgement.reason
    assert "About 801 more images" in judgement.reason


def test_a_value_on_the_limit_promises_no_number_of_images() -> None:
    judgement = judge_slice(measure(0.9, 0.8, 0.95), rule=AT_LEAST_09)
    assert judgement.more_images is None


@given(
    value=st.floats(0.0, 1.0),
    below=st.floats(0.0, 0.5),
    above=st.floats(0.0, 0.5),
    limit=st.floats(0.0, 1.0),
    n=st.integers(1, 10_000),
)
def test_more_images_are_promised_only_while_undecided(
    value: float, below: float, above: float, limit: float, n: int
) -> None:
    judgement = judge_slice(
        measure(value, value - below, value + above, n=n), rule=AcceptanceRule("f1", limit)
    )
    assert judgement.more_images is None or (judgement.verdict == "undecided" and judgement.more_images > 0)
    if judgement.verdict == "satisfactory":
        assert value >= limit


@given(n=st.integers(1, 10_000))
def test_the_promised_images_would_shrink_the_interval_past_the_limit(n: int) -> None:
    present = measure(0.95, 0.85, 0.99, n=n)
    more = images_to_decide(present, limit=0.9)
    if more is not None:
        shrunk = 0.10 * (n / (n + more)) ** 0.5
        assert 0.95 - shrunk >= 0.9


def test_one_unsatisfactory_site_is_not_averaged_away() -> None:
    assert satisfactory_everywhere(["satisfactory"] * 19 + ["undecided"]) is False
    assert satisfactory_everywhere(["satisfactory"] * 3) is True


@pytest.mark.parametrize(
    ("low", "high", "lower_is_better", "verdict"),
    [
        (0.01, 0.1, False, "better"),
        (-0.1, -0.01, False, "worse"),
        (-0.1, 0.01, False, "no_difference_seen"),
        (0.01, 0.1, True, "worse"),
        (-0.1, -0.01, True, "better"),
    ],
)
def test_a_difference_counts_only_when_its_interval_leaves_zero(
    low: float, high: float, lower_is_better: bool, verdict: str
) -> None:
    difference = measure((low + high) / 2, low, high)
    assert judge_difference(difference, lower_is_better=lower_is_better) == verdict


def test_the_worst_site_comes_first() -> None:
    sites = [
        ("satisfactory", 0.99, "a"),
        ("undecided", 0.85, "b"),
        ("not_satisfactory", 0.7, "c"),
        ("not_satisfactory", 0.6, "d"),
        ("too_few", None, "e"),
    ]
    ordered = sorted(sites, key=lambda s: severity_of(s[0], value=s[1], name=s[2]))
    assert [name for _, _, name in ordered] == ["d", "c", "e", "b", "a"]


@pytest.mark.parametrize(
    "acceptance",
    [
        {"metric": "f1"},
        {"at_least": 0.5},
        {"metric": "f1", "at_least": 0.5, "at_most": 0.6},
        {"metric": 1, "at_most": 1},
    ],
)
def test_an_acceptance_rule_without_metric_or_with_two_limits_is_refused(
    acceptance: dict[str, object],
) -> None:
    with pytest.raises(BadAcceptanceRule, match="one number"):
        read_acceptance(acceptance)

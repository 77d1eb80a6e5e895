"""Calibrators rise, say chances that come true on groups they have not seen, and admit too few labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.stats.estimation import (
    Estimate,
    TooFew,
    calibration_error,
    cross_fit,
    fit_calibrator,
    reliability,
    wilson_interval,
)

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=300)


@given(scores=SCORES, seed=st.integers(0, 999))
def test_a_calibrator_never_turns_a_higher_score_into_a_lower_chance(scores: list[float], seed: int) -> None:
    hits = np.random.default_rng(seed).random(len(scores)) < 0.4
    chances = fit_calibrator(scores, hits).apply(np.linspace(0, 1, 50))
    assert (np.diff(chances) >= -1e-12).all()
    assert chances.min() >= 0 and chances.max() <= 1


@given(scores=SCORES, seed=st.integers(0, 999))
def test_the_bins_of_a_reliability_plot_hold_every_score_once_in_rising_order(
    scores: list[float], seed: int
) -> None:
    bins = reliability(scores, np.random.default_rng(seed).random(len(scores)) < 0.5)
    assert sum(one.n for one in bins) == len(scores)
    assert [one.score for one in bins] == sorted(one.score for one in bins)
    assert all(one.low <= one.share <= one.high for one in bins)
    assert all((one.low, one.high) == wilson_interval(round(one.share * one.n), one.n) for one in bins)


@pytest.mark.parametrize(("n", "kind"), [(10, "none"), (80, "platt"), (2000, "isotonic")])
def test_more_labels_allow_a_freer_map(n: int, kind: str) -> None:
    rng = np.random.default_rng(1)
    scores = rng.random(n)
    assert fit_calibrator(scores, rng.random(n) < scores).kind == kind


def test_overconfident_scores_come_true_after_cross_fitting_by_group() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random(3000)
    hits = rng.random(3000) < 0.2 + 0.6 * scores
    groups = [str(n // 5) for n in range(3000)]
    before = calibration_error(scores, hits, groups=groups, rng=rng)
    after = calibration_error(cross_fit(scores, hits, groups=groups, rng=rng), hits, groups=groups, rng=rng)
    assert isinstance(before, Estimate) and isinstance(after, Estimate)
    assert before.low > 0.05 and after.value < 0.04 < before.value


def test_cross_fitting_shows_a_map_no_label_of_the_group_that_it_maps() -> None:
    """Groups whose labels are all equal would be told perfectly by a map that had seen them."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(200), 20)
    scores = group / 200 + rng.random(4000) / 1000
    hits = (rng.random(200) < 0.5)[group]
    chances = cross_fit(scores, hits, groups=[str(g) for g in group], rng=rng)
    seen = fit_calibrator(scores, hits).apply(scores)
    assert np.abs(seen - hits).mean() < np.abs(chances - hits).mean()
    assert np.abs(chances - hits).mean() > 0.45


def test_the_error_with_overlaps_tells_a_well_scored_box_in_the_wrong_place() -> None:
    rng = np.random.default_rng(4)
    groups = [str(n) for n in range(400)]
    hits = rng.random(400) < 0.8
    plain = calibration_error([0.8] * 400, hits, groups=groups, rng=rng)
    placed = calibration_error([0.8] * 400, hits * 0.6, groups=groups, rng=rng)
    assert isinstance(plain, Estimate) and isinstance(placed, Estimate)
    assert placed.value > plain.value + 0.2


def test_nineteen_scores_have_no_calibration_error_yet() -> None:
    found = calibration_error([0.5] * 19, [1] * 19, groups=["a"] * 19, rng=np.random.default_rng(0))
    assert isinstance(found, TooFew) and found.needed == 20


def test_the_interval_of_the_error_holds_it_in_most_of_a_hundred_cases() -> None:
    """Error budget: nominal 95 %; ECE is biased up by few labels, so 85 of 100 are asked for."""
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        scores = np.full(600, 0.7)
        found = calibration_error(
            scores, rng.random(600) < 0.5, groups=[str(n) for n in range(600)], rng=rng, n_boot=100
        )
        assert isinstance(found, Estimate)
        held += found.low <= 0.2 <= found.high
    assert held >= 85

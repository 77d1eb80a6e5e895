"""Effect sizes: known numbers, intervals that hold, lots that count as dependent."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.stats.drift import measure_auc, measure_shift, tell_apart

values = st.lists(st.integers(-3, 3), min_size=1, max_size=15)


@given(values, values)
def test_the_auc_is_the_share_of_pairs_where_the_window_is_larger(old: list[int], new: list[int]) -> None:
    pairs = [(b > a) + (b == a) / 2 for a in old for b in new]
    found = measure_auc(old, new)
    assert found.auc == pytest.approx(sum(pairs) / len(pairs))
    assert 0 <= found.low <= found.auc + 1e-12 and found.auc - 1e-12 <= found.high <= 1
    assert (found.n_reference, found.n_window) == (len(old), len(new))


@given(values, values)
def test_exchanging_sides_mirrors_the_effect(old: list[int], new: list[int]) -> None:
    one, other = measure_auc(old, new), measure_auc(new, old)
    assert one.auc == pytest.approx(1 - other.auc)
    assert one.low == pytest.approx(1 - other.high)


def test_the_interval_of_the_auc_holds_the_truth() -> None:
    """150 pairs of samples of 30 and 40 with a true AUC of 0.76. Error budget: seed fixed; at a coverage of
    95 % fewer than 133 hits have a chance of 1 in 1,000."""
    rng = np.random.default_rng(3)
    truth = 0.5 * (1 + math.erf(1.0 / 2))
    hits = 0
    for _ in range(150):
        found = measure_auc(rng.normal(size=30), rng.normal(1.0, 1, 40))
        hits += found.low <= truth <= found.high
    assert 133 <= hits <= 150


def test_lots_widen_the_interval_as_far_as_they_must() -> None:
    """100 pairs without a difference between them, of 30 lots of 10 alike images each: by image the interval
    is far too short. Error budget: seed fixed; at 93 % fewer than 83 hits have a chance of 1 in 1,000."""
    rng = np.random.default_rng(4)
    lots = np.repeat(np.arange(30), 10)
    hits = naive = 0
    for _ in range(100):
        old, new = (rng.normal(size=30)[lots] + 0.3 * rng.normal(size=300) for _ in range(2))
        with_lots = measure_auc(old, new, reference_groups=lots, window_groups=lots)
        without = measure_auc(old, new)
        hits += with_lots.low <= 0.5 <= with_lots.high
        naive += without.low <= 0.5 <= without.high
    assert hits >= 83 and naive < 70


def test_missing_values_are_left_out_and_none_left_is_said() -> None:
    assert measure_auc([1, math.nan, 2], [3, math.nan]).n_window == 1
    empty = measure_auc([math.nan], [1.0])
    assert (empty.auc, empty.low, empty.high, empty.n_reference) == (0.5, 0.0, 1.0, 0)
    assert math.isnan(measure_shift([math.nan], [1.0]))


def test_a_constant_reference_has_no_spread_to_measure_in() -> None:
    assert measure_shift([2, 2, 2], [2, 2]) == 0.0
    assert measure_shift([2, 2, 2], [3, 3]) == math.inf


def test_what_does_not_match_is_refused() -> None:
    with pytest.raises(ValueError, match="3 values"):
        measure_auc([1, 2, 3], [1], reference_groups=[0, 1])
    with pytest.raises(ValueError, match="same columns"):
        tell_apart(np.zeros((9, 2)), np.zeros((9, 3)), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="at least 2 groups"):
        tell_apart(np.zeros((9, 2)), np.zeros((9, 2)), rng=np.random.default_rng(0), window_groups=["a"] * 9)


@pytest.mark.parametrize(
    ("shift", "channels", "lot", "average"), [(0.0, 4, 1, 0.5), (0.0, 20, 4, 0.5), (0.25, 20, 1, None)]
)
def test_the_interval_of_a_classifier_covers_what_such_samples_give_on_average(
    shift: float, channels: int, lot: int, average: float | None
) -> None:
    """Two samples of 240 and 80 images, 100 times, without and with a difference, single and in lots.

    Error budget: the seed is fixed; at a coverage of 92 % fewer than 84 of 100 intervals have a chance of
    0.4 %. That of an AUC of given scores holds in some 85 without a difference: it failed here."""
    found = []
    for draw in range(100):
        rng = np.random.default_rng([7, draw])
        sides = []
        for n, moved in ((240, 0.0), (80, shift)):
            lots = np.arange(n) // lot
            of_lots = rng.normal(size=(n, channels))[lots] if lot > 1 else 0.0
            sides.append((rng.normal(moved, 1, (n, channels)) + of_lots, lots))
        (old, old_lots), (new, new_lots) = sides
        found.append(tell_apart(old, new, rng=rng, reference_groups=old_lots, window_groups=new_lots).auc)
    target = np.mean([one.auc for one in found]) if average is None else average
    assert sum(one.low <= target <= one.high for one in found) >= 84
    assert target == 0.5 or sum(one.low > 0.5 for one in found) >= 90


def test_a_classifier_finds_spread_and_missing_values_and_points_at_the_images() -> None:
    rng = np.random.default_rng(6)
    old, new = rng.normal(size=(300, 3)), rng.normal(0, [1, 3, 1], size=(150, 3))
    assert tell_apart(old, new, rng=rng).auc.low > 0.6
    new = rng.normal(size=(150, 3))
    new[:60, 2] = np.nan
    told = tell_apart(old, new, rng=rng)
    assert set(np.argsort(-told.window_M)[:50]) <= set(range(60))

"""Two samples beside each other: lots that depend on each other fool nobody, and sampling is even.

Error budget: of 40 seeded comparisons without a difference p < 0.05 in at most 7 (by chance more in one case
of 700), p < 0.5 in 10 to 30 (otherwise in one of 1,000).
"""

import numpy as np
import pytest

from perenne.monitoring import window
from perenne.monitoring.window import MIN_UNITS, Sample, compare_samples, thin_evenly

NAMES = tuple(f"predictions.c{number}" for number in range(4))


def _side(rng: np.random.Generator, *, n_lots: int, each: int, shift: float = 0.0) -> Sample:
    """Return images whose lots differ twice as much as the images of a lot."""
    groups = np.repeat(np.arange(n_lots), each)
    values = rng.normal(size=(len(groups), 4)) + 2 * rng.normal(size=(n_lots, 4))[groups]
    values[:, 2] += shift
    return Sample(NAMES, tuple(str(rng.integers(1 << 60)) for _ in groups), groups, values)


def test_without_a_difference_p_is_spread_evenly_although_lots_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(window, "PERMUTATIONS", 99)
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        sides = _side(rng, n_lots=20, each=5), _side(rng, n_lots=MIN_UNITS, each=5)
        found.append(compare_samples(*sides).discrepancy.p_value)
    assert sum(p < 0.05 for p in found) <= 7
    assert 10 <= sum(p < 0.5 for p in found) <= 30


def test_the_same_images_taken_one_by_one_would_be_fooled() -> None:
    rng = np.random.default_rng(1)
    sides = [_side(rng, n_lots=10, each=20), _side(rng, n_lots=10, each=20)]
    alone = [Sample(s.channels, s.image_ids, np.arange(len(s.image_ids)), s.values_NC) for s in sides]
    assert compare_samples(*alone).discrepancy.p_value < 0.01 < compare_samples(*sides).discrepancy.p_value


def test_a_moved_channel_is_first() -> None:
    rng = np.random.default_rng(2)
    found = compare_samples(_side(rng, n_lots=60, each=3), _side(rng, n_lots=30, each=3, shift=6.0))
    assert found.effects[0].channel == "predictions.c2"
    assert found.discrepancy.p_value < 0.01


def test_what_is_missing_is_a_value_too() -> None:
    rng = np.random.default_rng(3)
    old, new = _side(rng, n_lots=60, each=1), _side(rng, n_lots=40, each=1)
    new.values_NC[::2, 0] = np.nan
    new.values_NC[:, 1] = np.nan
    found = compare_samples(old, new)
    assert found.discrepancy.p_value < 0.01
    assert found.effects[-1].n_window == 0


def test_long_spans_are_thinned_evenly_and_alike() -> None:
    lots = np.repeat(np.arange(30), 400)
    kept, other = thin_evenly((lots, np.repeat(np.arange(50), 7)))
    assert len(kept) == 30 * 20 and len(other) == 50 * 7
    assert set(np.bincount(lots[kept]).tolist()) == {20}
    assert np.ptp(np.diff(thin_evenly((np.arange(100_000), np.arange(900)))[0])) == 0


def test_too_few_units_are_refused() -> None:
    rng = np.random.default_rng(4)
    with pytest.raises(ValueError, match="10 units each"):
        compare_samples(_side(rng, n_lots=30, each=2), _side(rng, n_lots=9, each=50))

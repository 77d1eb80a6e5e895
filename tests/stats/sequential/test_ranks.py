"""Ranks are exactly uniform and independent, also with ties and with a store that is full: by enumeration."""

from itertools import permutations

import numpy as np
import pytest

from perenne.stats.sequential import GrowingRanks, conformal_p, unit_uniforms
from perenne.stats.sequential.ranks import ordered_codes


def _density(below: int, equal: int, n: int, at: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """Density of one p-value over the chance number: flat on its interval."""
    low, high = below / (n + 1), (below + equal + 1) / (n + 1)
    return ((at >= low) & (at < high)) / (high - low)


@pytest.mark.parametrize("bag", [(1, 2, 3, 4, 5), (1, 1, 2, 2, 2), (0, 0, 0, 0, 0), (1, 2, 2, 3, 3)])
@pytest.mark.parametrize("cap", [2, 3, 10])
def test_ranks_of_exchangeable_units_are_uniform_and_independent(bag: tuple[int, ...], cap: int) -> None:
    """Two reference units, three watched: the joint density of three p-values is 1 everywhere.

    Averaged over all distinct orders and, where the store is full, over every choice of the dropped unit.
    """
    cells = {2: 3, 3: 12, 10: 60}[cap]  # a multiple of every n + 1: densities are flat within a cell
    grid = (np.arange(cells) + 0.5) / cells
    total, n_cases = np.zeros((cells, cells, cells)), 0
    for order in sorted(set(permutations(bag))):
        choices = [(a, b) for a in range(3) for b in range(cap + 1)] if cap < 4 else [(0, 0)]
        for first, second in choices:
            store = GrowingRanks(np.array(order[:2], dtype=float)[:, None], cap=cap)
            densities = []
            for value, drop in zip(order[2:], (first, second, 0), strict=True):
                codes = store.encode([value])
                below, equal = store.count(codes)
                densities.append(_density(int(below[0]), int(equal[0]), store.n, grid))
                store.add(codes, u_drop=(drop + 0.5) / (store.n + 1))
            total += np.einsum("i,j,k->ijk", *densities)
            n_cases += 1
    assert np.allclose(total / n_cases, 1.0)


def test_counts_do_not_depend_on_when_the_sorted_copy_was_made() -> None:
    rng = np.random.default_rng(0)
    reference = rng.integers(0, 40, (30, 2)).astype(float)
    store = GrowingRanks(reference, cap=300)
    for number in range(900):
        row = rng.integers(0, 40, 2).astype(float)
        codes = store.encode(row)
        if number % 50 == 0:
            fresh = GrowingRanks.from_codes(store.codes_NC, cap=300)
            assert np.array_equal(store.count(codes), fresh.count(codes))
            assert np.array_equal(store.count(codes)[0], (store.codes_NC < codes).sum(0))
        store.add(codes, u_drop=float(rng.random()))
    assert store.n == 300


def test_channels_drop_the_same_unit() -> None:
    store = GrowingRanks(np.arange(5.0)[:, None] * [1, 10], cap=5)
    store.add(store.encode([7, 70]), u_drop=0.4)
    assert store.codes_NC[:, 1].tolist() == ordered_codes(np.array([0, 10, 70, 30, 40])).tolist()
    assert store.codes_NC[:, 0].tolist() == ordered_codes(np.array([0, 1, 7, 3, 4])).tolist()


def test_codes_order_as_the_values_do() -> None:
    values = np.sort(np.concatenate([np.random.default_rng(1).normal(0, 1e3, 200), [-np.inf, 0, np.inf]]))
    assert (np.diff(ordered_codes(values).astype(np.int64)) > 0).all()


def test_chance_numbers_follow_from_the_id() -> None:
    drawn = np.array([unit_uniforms(f"img-{i}", 4) for i in range(2000)])
    assert np.array_equal(drawn[7], unit_uniforms("img-7", 4))
    assert ((drawn >= 0) & (drawn < 1)).all()
    # Standard error of a mean of 2,000 is 0.0065; of a correlation 0.022: four of them are allowed.
    assert np.abs(drawn.mean(0) - 0.5).max() < 0.026
    assert np.abs(np.corrcoef(drawn.T) - np.eye(4)).max() < 0.09


def test_a_reference_or_unit_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="raise cap"):
        GrowingRanks(np.zeros((5, 1)), cap=4)
    with pytest.raises(ValueError, match="table"):
        GrowingRanks(np.zeros(5))
    with pytest.raises(ValueError, match="2 values, one a channel"):
        GrowingRanks(np.zeros((5, 2))).encode([1.0])
    assert conformal_p(0, 0, n=1, u=0.0) == 0.0

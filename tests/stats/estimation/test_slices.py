"""Error slices: what is planted comes first, what is chance is not shown, intervals hold all at once."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.stats.estimation import TooFew
from perenne.stats.estimation.slices import SliceScan, cut_quantiles, find_error_slices


def scan_of(
    rng: np.random.Generator, *, n: int = 600, rate: float = 0.08, planted: float | None = None, **kw: bool
) -> SliceScan:
    """Return a scan over three attributes without influence; in site s0, light l1 errors are `planted`."""
    attributes = {
        "site": [f"s{v}" for v in rng.integers(5, size=n)],
        "light": [f"l{v}" for v in rng.integers(4, size=n)],
        "lot": [f"k{v}" for v in rng.integers(8, size=n)],
    }
    rates = np.full(n, rate)
    if planted is not None:
        chosen = [
            s == "s0" and v == "l1" for s, v in zip(attributes["site"], attributes["light"], strict=True)
        ]
        rates[np.array(chosen)] = planted
    losses = (rng.random(n) < rates).astype(float)
    groups = [str(i // 2) for i in range(n)]
    found = find_error_slices(losses, groups=groups, attributes=attributes, rng=rng, n_boot=200, **kw)
    assert isinstance(found, SliceScan)
    return found


def test_where_nothing_is_wrong_nothing_is_shown_and_all_intervals_hold() -> None:
    # 40 healthy data sets of 17 slices each, at most 5 % go wrong: more than 7 has 1 chance in 1,000.
    scans = [scan_of(np.random.default_rng(i), n=200, rate=0.12) for i in range(40)]
    assert sum(any(s.is_shown for s in scan.slices) for scan in scans) <= 7
    assert sum(any(not s.lost_low <= 0 <= s.lost_high for s in scan.slices) for scan in scans) <= 7


def test_a_planted_pair_comes_first_and_its_interval_holds_the_truth() -> None:
    found = scan_of(np.random.default_rng(3), n=3000, planted=0.6, pairs=True)
    worst = found.slices[0]
    assert worst.where == (("light", "l1"), ("site", "s0")) and worst.is_shown
    assert worst.rate_low < 0.6 < worst.rate_high
    share = 1 / 20
    truth = share * 0.6 / (share * 0.6 + (1 - share) * 0.08) - share
    assert worst.lost_low < truth < worst.lost_high


def test_more_slices_make_wider_intervals() -> None:
    alone = scan_of(np.random.default_rng(1))
    with_pairs = scan_of(np.random.default_rng(1), pairs=True)
    assert with_pairs.n_tested > 3 * alone.n_tested and 1.96 < alone.width < with_pairs.width < 6


def test_the_same_seed_gives_the_same_scan() -> None:
    assert scan_of(np.random.default_rng(9)) == scan_of(np.random.default_rng(9))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 50))
def test_what_is_lost_sums_to_nothing_over_an_attribute_and_does_not_depend_on_the_unit(
    seed: int, unit: float
) -> None:
    rng = np.random.default_rng(seed)
    n = 200
    losses = rng.exponential(size=n) * (rng.random(n) < 0.3)
    site = [f"s{i % 3}" for i in range(n)]
    scans = [
        find_error_slices(
            losses * scale,
            groups=[str(i) for i in range(n)],
            attributes={"site": site},
            rng=np.random.default_rng(0),
            n_boot=100,
        )
        for scale in (1.0, unit)
    ]
    for found in scans:
        assert isinstance(found, SliceScan)
        assert sum(s.lost for s in found.slices) == pytest.approx(0, abs=1e-12)
        assert all(s.lost_low <= s.lost <= s.lost_high for s in found.slices)
        assert sum(s.n for s in found.slices) == n
    first, second = scans
    assert isinstance(first, SliceScan) and isinstance(second, SliceScan)
    assert [s.lost_low for s in first.slices] == pytest.approx([s.lost_low for s in second.slices])


def test_images_of_one_lot_count_as_one() -> None:
    n = 400
    losses = np.zeros(n)
    losses[:20] = 1
    sites = ["a" if i < 100 else "b" for i in range(n)]
    widths = []
    for size in (1, 20):
        found = find_error_slices(
            losses,
            groups=[str(i // size) for i in range(n)],
            attributes={"site": sites},
            rng=np.random.default_rng(0),
        )
        assert isinstance(found, SliceScan)
        widths.append(found.slices[0].rate_high - found.slices[0].rate_low)
    assert widths[1] > 2 * widths[0]


def test_few_errors_few_groups_and_small_slices_are_said() -> None:
    rng = np.random.default_rng(0)
    common = {"attributes": {"site": ["a", "b"] * 50}, "rng": rng}
    singles = [str(i) for i in range(100)]
    none = find_error_slices([0.0] * 100, groups=singles, **common)  # type: ignore[arg-type]
    assert isinstance(none, TooFew) and "too few errors: 0" in str(none)
    board = find_error_slices([1.0] * 100, groups=["x"] * 100, **common)  # type: ignore[arg-type]
    assert isinstance(board, TooFew) and board.unit == "groups"
    small = find_error_slices([1.0] * 100, groups=singles, attributes={"n": singles}, rng=rng)
    assert isinstance(small, TooFew) and "slice" in str(small)


@pytest.mark.parametrize("losses", [[1.0] * 9, [-1.0] + [0.0] * 9, [float("nan")] * 10])
def test_losses_that_cannot_be_are_refused(losses: list[float]) -> None:
    with pytest.raises(ValueError, match="loss"):
        find_error_slices(
            losses, groups=["g"] * 10, attributes={"a": ["x"] * 10}, rng=np.random.default_rng(0)
        )


@given(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(2, 6))
def test_bins_keep_the_order_of_numbers_and_forget_none(values: list[float | None], n_bins: int) -> None:
    names = cut_quantiles(values, n_bins=n_bins)
    assert [name is None for name in names] == [v is None for v in values] or set(names) == {None}
    assert len(set(names) - {None}) <= n_bins
    pairs = sorted((v, n) for v, n in zip(values, names, strict=True) if v is not None and n is not None)
    changes = sum(a[1] != b[1] for a, b in itertools.pairwise(pairs))
    assert changes == max(0, len({n for _, n in pairs}) - 1)

"""How large a difference is: the chance that one side exceeds the other, and the shift in spreads.

Owns the two effect sizes of one channel between a reference and a window. Refuses p-values: with many images
every difference is significant, and an alarm rests on `stats.sequential`.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perenne.stats.estimation import wilson_interval

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
_TO_DEVIATION = 1.3489795003921634  # quartiles of a normal distribution are so many deviations apart


@dataclass(frozen=True)
class AucEffect:
    """The chance that a value of the window exceeds one of the reference, ties half; 0.5: no difference."""

    auc: float
    low: float
    high: float
    n_reference: int
    n_window: int
    confidence: float = CONFIDENCE


def measure_auc(
    reference_N: ArrayLike,
    window_M: ArrayLike,
    *,
    reference_groups: ArrayLike | None = None,
    window_groups: ArrayLike | None = None,
    confidence: float = CONFIDENCE,
) -> AucEffect:
    """Return the Mann-Whitney effect with its interval; images of one group (lot) count as dependent.

    The variance is that of the placements (DeLong), summed by group (Obuchowski); the interval is taken on
    the scale of the logit, so that it stays in 0..1; where all values differ one way, it is
    Wilson's of the smaller number of groups. Missing values are left out; with none left, the interval is
    0..1. Assumes: groups are independent. Error budget: coverage of the 95 % interval is 92-97 % for 30 and
    more groups a side (tested). Sources: E. DeLong et al., Biometrics 44 (1988); N. Obuchowski,
    Biometrics 53 (1997).

    >>> found = measure_auc([1, 2, 3, 4], [3, 5, 6])
    >>> round(found.auc, 4), found.n_window
    (0.875, 3)
    """
    reference, of_reference = _held(reference_N, reference_groups)
    window, of_window = _held(window_M, window_groups)
    n, m = len(reference), len(window)
    if not n or not m:
        return AucEffect(0.5, 0.0, 1.0, n, m, confidence)
    in_window = _placements(window, among=reference)  # of each image of the window: how much of reference
    in_reference = 1.0 - _placements(reference, among=window)
    auc = float(in_window.mean())
    variance = _mean_variance(in_window, of_window) + _mean_variance(in_reference, of_reference)
    smallest = min(len(set(of_reference.tolist())), len(set(of_window.tolist())))
    low, high = _interval(auc, variance, n_groups=smallest, confidence=confidence)
    return AucEffect(auc, low, high, n, m, confidence)


def measure_shift(reference_N: ArrayLike, window_M: ArrayLike) -> float:
    """Return the difference of medians in spreads of the reference (its quartiles, on a normal's scale).

    A reference whose quartiles agree is measured by its standard deviation; a constant one gives 0 or
    infinity. Missing values are left out; NaN when none is left on a side.

    >>> round(measure_shift([1, 2, 3, 4, 5], [6, 7, 8]), 4)
    2.698
    """
    reference, _ = _held(reference_N, None)
    window, _ = _held(window_M, None)
    if not reference.size or not window.size:
        return math.nan
    low, middle, high = np.quantile(reference, [0.25, 0.5, 0.75])
    spread = float(high - low) / _TO_DEVIATION or float(reference.std())
    moved = float(np.median(window) - middle)
    if spread == 0.0:
        return 0.0 if moved == 0.0 else math.copysign(math.inf, moved)
    return moved / spread


def _held(values: ArrayLike, groups: ArrayLike | None) -> tuple[Floats, NDArray[np.intp]]:
    """Return the values that are there, with the number of the group of each."""
    table = np.asarray(values, dtype=np.float64).ravel()
    if groups is not None and np.shape(groups) != table.shape:
        raise ValueError(f"{len(table)} values, but {np.shape(groups)} groups.")
    there = ~np.isnan(table)
    if groups is None:
        return table[there], np.arange(int(there.sum()))
    numbers = np.unique(np.asarray(groups).astype(str), return_inverse=True)[1].reshape(-1)
    return table[there], numbers[there]


def _placements(values: Floats, *, among: Floats) -> Floats:
    """Return for each value the part of `among` below it, ties half."""
    ordered = np.sort(among)
    below, up_to = ordered.searchsorted(values, "left"), ordered.searchsorted(values, "right")
    return np.asarray((below + up_to) / (2 * len(ordered)), dtype=np.float64)


def _mean_variance(placements: Floats, groups: NDArray[np.intp]) -> float:
    """Return the variance of the mean of placements whose groups are independent."""
    _, groups = np.unique(groups, return_inverse=True)
    n_groups = int(groups.max()) + 1
    if n_groups < 2:
        return 0.25
    sums = np.bincount(groups, weights=placements - placements.mean(), minlength=n_groups)
    return float(n_groups / (n_groups - 1) * (sums**2).sum() / len(placements) ** 2)


def _interval(auc: float, variance: float, *, n_groups: int, confidence: float) -> tuple[float, float]:
    from scipy.special import ndtri

    z = float(ndtri((1 + confidence) / 2))
    if auc in (0.0, 1.0):
        return wilson_interval(round(auc * n_groups), n_groups, z=z)
    reach = z * math.sqrt(variance) / (auc * (1 - auc))
    middle = math.log(auc / (1 - auc))
    return 1 / (1 + math.exp(min(700.0, reach - middle))), 1 / (1 + math.exp(max(-700.0, -reach - middle)))

"""Maximum mean discrepancy of two samples of vectors, by random features, with an exact test.

Owns the distance and its permutation test over lots. Refuses kernels of all pairs (they cost memory that
grows with the square), and to page anybody: this is for reports on a window.

Random Fourier features of Gaussian kernels turn the distance into one of means, so that a permutation costs
a sum over lots. Under the hypothesis that lots are exchangeable between both samples the p-value
(1 + larger ones) / (1 + permutations) is exact, whatever the features. Sources: A. Gretton et al., "A kernel
two-sample test", JMLR 13 (2012); A. Rahimi, B. Recht, "Random features for large-scale kernel machines",
NIPS 2007; exactness: B. Phipson, G. Smyth, "Permutation p-values should never be zero", SAGMB 9 (2010).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

FREQUENCIES = 256
PERMUTATIONS = 200
WIDTHS = (0.25, 0.5, 1.0, 2.0)
"""Kernels of several widths, in median distances, are added: one alone is blind to other scales."""
_WIDTH_FROM = 1000
_CHUNK = 4096


@dataclass(frozen=True)
class Discrepancy:
    """`mmd`: the distance, 0..sqrt(2); `typical`: what it is without a difference, 5 to 95 % of permutations.

    `p_value` says only whether there is a difference; how large it is, see `mmd` and the effects.
    """

    mmd: float
    typical: tuple[float, float]
    p_value: float
    n_reference: int
    n_window: int
    n_lots: int
    n_permutations: int


def measure_mmd(
    reference_ND: ArrayLike,
    window_MD: ArrayLike,
    *,
    rng: np.random.Generator,
    reference_lots: ArrayLike | None = None,
    window_lots: ArrayLike | None = None,
    n_permutations: int = PERMUTATIONS,
) -> Discrepancy:
    """Return the distance of two samples, and how it lies among those of permuted lots.

    The scale of columns and the width of the kernels (median distance) are those of images drawn from both
    samples together, so that they know nothing of which is which. 10,000 beside 10,000 of 512 numbers take
    0.5 s of CPU, 100,000 beside as many 8 s. Raises: ValueError when columns differ, a value is missing, or
    there are fewer than two lots a side. Assumes: lots are exchangeable where nothing changed; about equal
    sizes keep its power.

    >>> rng = np.random.default_rng(0)
    >>> found = measure_mmd(rng.normal(size=(400, 8)), rng.normal(0.5, 1, size=(200, 8)), rng=rng)
    >>> round(found.p_value, 3), found.mmd > found.typical[1]
    (0.005, True)
    """
    samples = [np.asarray(side, dtype=np.float32) for side in (reference_ND, window_MD)]
    if any(side.ndim != 2 for side in samples) or samples[0].shape[1] != samples[1].shape[1]:
        raise ValueError(f"Two tables of the same columns; got {samples[0].shape} and {samples[1].shape}.")
    lots = [
        _number(given, len(side)) for given, side in zip((reference_lots, window_lots), samples, strict=True)
    ]
    n_lots = [int(of.max()) + 1 if of.size else 0 for of in lots]
    if min(n_lots) < 2:
        raise ValueError(
            f"A permutation by lot takes at least 2 lots a side; got {n_lots[0]} and {n_lots[1]}."
        )
    frequencies, offset, scale = _draw_features(samples, rng=rng)
    if not np.isfinite(scale).all() or not all(np.isfinite(side.sum()) for side in samples):
        raise ValueError("A value is missing or infinite: leave such images out, or fill the value in.")
    sums = np.concatenate(
        [
            _sum_lots(side, of, frequencies * scale[:, None], offset=offset, n_lots=n)
            for side, of, n in zip(samples, lots, n_lots, strict=True)
        ]
    )
    counts = np.concatenate([np.bincount(of, minlength=n) for of, n in zip(lots, n_lots, strict=True)])
    first = np.arange(sum(n_lots)) < n_lots[0]
    seen = _distances(sums, counts, first[None])[0]
    chosen = np.array([rng.permutation(first) for _ in range(n_permutations)])
    permuted = _distances(sums, counts, chosen)
    low, high = np.quantile(permuted, [0.05, 0.95])
    return Discrepancy(
        mmd=float(seen),
        typical=(float(low), float(high)),
        p_value=float((1 + (permuted >= seen - 1e-12).sum()) / (1 + n_permutations)),
        n_reference=len(samples[0]),
        n_window=len(samples[1]),
        n_lots=sum(n_lots),
        n_permutations=n_permutations,
    )


def _number(groups: ArrayLike | None, n: int) -> NDArray[np.intp]:
    if groups is None:
        return np.arange(n)
    numbers = np.unique(np.asarray(groups).astype(str), return_inverse=True)[1].reshape(-1)
    if len(numbers) != n:
        raise ValueError(f"{n} images, but {len(numbers)} lots.")
    return numbers


def _draw_features(samples: list[Singles], *, rng: np.random.Generator) -> tuple[Singles, Singles, Singles]:
    """Return frequencies (D, F), and offset and scale (D,) of the columns; all of both samples together."""
    drawn = rng.choice(sum(map(len, samples)), min(_WIDTH_FROM, sum(map(len, samples))), replace=False)
    of_first = drawn[drawn < len(samples[0])]
    together = np.concatenate(
        [samples[0][of_first], samples[1][drawn[drawn >= len(samples[0])] - len(samples[0])]]
    )
    offset, spread = together.mean(0), together.std(0)
    scale = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0).astype(np.float32)
    scaled = (together - offset) * scale
    squares = (scaled**2).sum(1)
    apart = squares[:, None] + squares - 2 * scaled @ scaled.T
    width = float(np.sqrt(max(1e-12, np.median(apart[np.triu_indices(len(apart), 1)]))))
    frequencies = rng.normal(size=(together.shape[1], FREQUENCIES)).astype(np.float32)
    frequencies /= np.float32(width) * np.resize(np.array(WIDTHS, dtype=np.float32), FREQUENCIES)
    return frequencies, offset.astype(np.float32), scale


def _sum_lots(
    side_ND: Singles, of_N: NDArray[np.intp], frequencies: Singles, *, offset: Singles, n_lots: int
) -> Floats:
    """Return (lots, 2F): the sum of the features of each lot."""
    n_features = frequencies.shape[1]
    sums = np.zeros((n_lots, 2 * n_features))
    order = np.argsort(of_N, kind="stable")
    for at in range(0, len(order), _CHUNK):
        rows = order[at : at + _CHUNK]
        angles = (side_ND[rows] - offset) @ frequencies
        waves = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
        starts = np.flatnonzero(np.r_[True, np.diff(of_N[rows]) > 0])
        sums[of_N[rows[starts]]] += np.add.reduceat(waves, starts, axis=0)
    return np.asarray(sums / np.sqrt(n_features))


def _distances(sums_LF: Floats, counts_L: NDArray[np.intp], first_PL: NDArray[np.bool_]) -> Floats:
    """Return for each choice of the first sample's lots the distance of both means."""
    total, n = sums_LF.sum(0), counts_L.sum()
    of_first = first_PL.astype(np.float64) @ sums_LF
    n_first = (first_PL @ counts_L)[:, None]
    means = of_first / n_first - (total - of_first) / (n - n_first)
    return np.asarray(np.sqrt((means**2).sum(1)))

"""From signals to one row of features, beside what a station's images are like cell by cell.

Owns the scales on which faults add up (logarithms for light and detail) and the spatial features: an object
before the lens covers neighbouring cells, wherever it is. Judges nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perenne.quality.signals import GRID, Signals, unpack_cells

Array = NDArray[np.float64]
NAMES = (
    *("brightness", "contrast", "darkest", "brightest", "entropy", "grey levels", "sharpness", "noise"),
    *("detail where flat", "detail at edges", "fine detail", "middle detail", "diagonal detail"),
    *("8x8 blocks", "resampling", "direction of edges", "red-green cast", "yellow-blue cast"),
    *("share of black", "share of white", "share between", "detail upper left", "detail upper right"),
    *("detail lower left", "detail lower right", "flat cells (5th)", "flat cells (11th)"),
    *("flat cells (17th)", "dark cells", "bright cells", "flat region", "bright region", "dark region"),
    *("region without structure", "brightness by place", "structure by place"),
)
_REGIONS = ((3, 4), (4, 3), (3, 3), (4, 4), (2, 4), (4, 2))
_CELL_FLOORS = np.array([4.0, 0.15])[:, None, None]


@dataclass(frozen=True)
class Cells:
    """What the cells of a station's good images are like: middle and spread, shape (2, 8, 8)."""

    middle: Array
    spread: Array


def learn_cells(signals: Sequence[Signals]) -> Cells:
    """Return middle and robust spread of mean and log spread of each cell."""
    cells = np.array([_cells(one) for one in signals])
    middle = np.median(cells, axis=0)
    return Cells(middle, 1.4826 * np.median(np.abs(cells - middle), axis=0) + _CELL_FLOORS)


def describe(signals: Sequence[Signals], *, cells: Cells) -> Array:
    """Return one row of features for each image, in the order of `NAMES`."""
    if not signals:
        return np.zeros((0, len(NAMES)))
    return np.array([[*_global(one), *_spatial(one, cells)] for one in signals])


def _global(s: Signals) -> list[float]:
    between = 1.0001 - s.dark_share - s.bright_share
    logs = np.log10(
        [s.mean + 1, s.std + 1, s.p1 + 4, s.p99 + 4, s.dark_share + 1e-3, s.bright_share + 1e-3, between]
    )
    mean, std, p1, p99, dark, bright, middle = (float(value) for value in logs)
    return [
        *(mean, std, p1, p99, s.entropy, float(np.log10(s.grey_levels + 0.01)), s.log_laplacian, s.log_noise),
        *(s.detail_median, s.detail_peak, s.fine_detail, s.middle_detail, s.diagonal_detail),
        *(s.blockiness, s.resampling, s.direction, s.lab_a / 10, s.lab_b / 10),
        *(dark, bright, middle),
        *s.quadrants,
    ]


def _cells(signals: Signals) -> Array:
    return np.stack([unpack_cells(signals.cell_means), np.log(unpack_cells(signals.cell_spreads) + 2)])


def _spatial(signals: Signals, cells: Cells) -> list[float]:
    own = _cells(signals)
    means, spreads = (own - cells.middle) / cells.spread
    sorted_means, sorted_spreads = np.sort(means, axis=None), np.sort(spreads, axis=None)
    against_itself = (np.median(own[1]) - own[1]) / 0.3
    regions = _strongest_regions(np.stack([-spreads, means, -means, against_itself]))
    return [
        *(float(sorted_spreads[rank]) for rank in (4, 10, 16)),
        *(float(sorted_means[rank]) for rank in (8, -9)),
        *regions,
        float(np.minimum(np.abs(means), 6).mean()),
        float(np.minimum(np.abs(spreads), 6).mean()),
    ]


def _strongest_regions(planes: Array) -> list[float]:
    """Return for each plane of cells its strongest rectangle of a tenth to a quarter of the area."""
    sums = np.zeros((len(planes), GRID + 1, GRID + 1))
    sums[:, 1:, 1:] = planes.cumsum(axis=1).cumsum(axis=2)
    best = np.full(len(planes), -np.inf)
    for rows, columns in _REGIONS:
        totals = (
            sums[:, rows:, columns:]
            - sums[:, :-rows, columns:]
            - sums[:, rows:, :-columns]
            + sums[:, :-rows, :-columns]
        )
        best = np.maximum(best, totals.max(axis=(1, 2)) / np.sqrt(rows * columns))
    return [float(value) for value in best]

"""What a decoded image tells of the way it was taken: light, sharpness, noise, blocks, levels, colour, place.

Owns the acquisition signals, under 1 KB as JSON, the same numbers on every run of one machine. Tone and
place are read from a copy of at most 640 px a side; sharpness, noise and blocks from a window of as many in
the middle at full size, since every copy would hide them. Judges nothing: limits are `gate`'s.
"""

import base64
import json
import math
import zlib
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.quality.alignment import find_offset
from perenne.quality.decoding import difference_hash, turn_grey

LARGEST_SIDE = 640
GRID = 8
BLOCK = 8
SMALLEST_SIDE = 16
DARK, BRIGHT = 2, 253

Pixels = NDArray[np.uint8]
_LUMA_SIDE = 80


@dataclass(frozen=True)
class Signals:
    """Numbers of one image. Grey values are 0..255, shares 0..1, logarithms to base 10.

    `grey_levels`: the part of the levels between the 1st and the 99th percentile that occur at all; a comb
    left by a curve or a gain shows here. `detail_median` and `detail_peak`: the logarithm of the middle
    and of the 99th percentile of the finest detail, where the scene is flat and at its edges. `fine_detail`,
    `middle_detail` and `diagonal_detail`: how much of the detail is of a fine scale, which blur, enlargement
    and strong compression take away, whatever the scene. `blockiness`: how much larger steps are across the
    borders of 8x8 blocks than inside them. `resampling`: how strongly steps between neighbours repeat in a
    short period, as they do after an enlargement. `direction`: vertical edges against horizontal ones.
    `quadrants`: gradient of each quarter against the whole, left to right and top to bottom. `cell_means`,
    `cell_spreads`: an 8x8 grid, 64 bytes each in base64. `picture`: the checksum of the copy; `hash`: the
    perceptual one. `offset`: where a golden template lies (dx, dy, gain, correlation).
    """

    mean: float
    std: float
    p1: float
    p99: float
    dark_share: float
    bright_share: float
    entropy: float
    grey_levels: float
    log_laplacian: float
    log_noise: float
    detail_median: float
    detail_peak: float
    fine_detail: float
    middle_detail: float
    diagonal_detail: float
    blockiness: float
    resampling: float
    direction: float
    quadrants: tuple[float, float, float, float]
    lab_a: float
    lab_b: float
    cell_means: str
    cell_spreads: str
    hash: str
    picture: str
    offset: tuple[float, float, float, float] | None = None

    def to_json(self) -> str:
        """Return one line of JSON of less than 1,024 bytes."""
        return json.dumps(vars(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Signals":
        """Return the signals that `to_json` wrote. Raises: ValueError when fields are missing."""
        given = json.loads(text)
        names = {field.name for field in fields(cls)}
        if not isinstance(given, dict) or set(given) != names:
            raise ValueError(f"expected the fields {sorted(names)}, got {text[:200]}")
        offset = given["offset"]
        given["quadrants"] = tuple(given["quadrants"])
        given["offset"] = None if offset is None else tuple(offset)
        return cls(**given)


def measure_signals(
    image_HWC: Pixels, *, template_HWC: Pixels | None = None, grey_HW: Pixels | None = None
) -> Signals:
    """Return the signals of an upright image, and where `template_HWC` lies on it when it has its size.

    `grey_HW`: what `turn_grey` made of the image, for a caller that has it. 0.7 ms of CPU at 320 px, 2 ms at
    640. Raises: ValueError when the image is not uint8 of shape (height, width[, 1 or 3]).
    """
    _check(image_HWC)
    grey = _at_least(turn_grey(image_HWC) if grey_HW is None else grey_HW)
    window = _middle(grey)
    small = _shrink(grey, -(-max(grey.shape) // LARGEST_SIDE))
    half = _shrink(small, 2)
    window_half = half if window.shape == small.shape == grey.shape else _shrink(window, 2)
    means, spreads = _measure_cells(small, half)
    offset = None
    if template_HWC is not None and template_HWC.shape[:2] == image_HWC.shape[:2]:
        found = find_offset(template_HWC, image_HWC)
        offset = (float(found.dx), float(found.dy), _round(found.gain), _round(found.correlation))
    lab_a, lab_b = _measure_colour(image_HWC)
    values: dict[str, Any] = {
        **_measure_tone(small),
        **_measure_detail(window, window_half),
        **_measure_edges(half),
    }
    return Signals(
        **{name: _round(value) for name, value in values.items() if name != "quadrants"},
        quadrants=values["quadrants"],
        lab_a=_round(lab_a),
        lab_b=_round(lab_b),
        cell_means=_pack(means),
        cell_spreads=_pack(2 * spreads),
        # Halving is how the hash begins where there is enough to halve.
        hash=f"{difference_hash(half if min(small.shape) >= 128 else small):016x}",
        picture=f"{zlib.crc32(np.ascontiguousarray(small).data):08x}",
        offset=offset,
    )


def unpack_cells(text: str) -> NDArray[np.float64]:
    """Return the (8, 8) grid of a `cell_means` or, in half grey values, of a `cell_spreads`."""
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(GRID, GRID).astype(np.float64)


def _check(image_HWC: Pixels) -> None:
    good = image_HWC.ndim == 2 or (image_HWC.ndim == 3 and image_HWC.shape[2] in (1, 3))
    if image_HWC.dtype != np.uint8 or not good or min(image_HWC.shape[:2]) < 1:
        raise ValueError(
            f"expected uint8 of shape (height, width[, 1 or 3]), got {image_HWC.dtype} {image_HWC.shape}"
        )


def _at_least(plane_HW: Pixels) -> Pixels:
    """Return the plane with its edges repeated until every statistic has a neighbourhood."""
    height, width = plane_HW.shape
    if min(height, width) >= SMALLEST_SIDE:
        return plane_HW
    pads = (0, max(0, SMALLEST_SIDE - height)), (0, max(0, SMALLEST_SIDE - width))
    return np.pad(plane_HW, pads, mode="edge")


def _middle(grey_HW: Pixels) -> Pixels:
    """Return the window in the middle, its corner on the grid of 8x8 blocks that a JPEG has from (0, 0)."""
    height, width = grey_HW.shape
    top = max(0, (height - LARGEST_SIDE) // 2) // BLOCK * BLOCK
    left = max(0, (width - LARGEST_SIDE) // 2) // BLOCK * BLOCK
    return np.ascontiguousarray(grey_HW[top : top + LARGEST_SIDE, left : left + LARGEST_SIDE])


def _shrink(plane_HW: Pixels, factor: int) -> Pixels:
    import cv2

    size = (plane_HW.shape[1] // factor, plane_HW.shape[0] // factor)
    if factor == 1 or min(size) < SMALLEST_SIDE:
        return plane_HW
    # Whole factors only: averaging over fractions of a pixel is twenty times slower.
    whole = plane_HW[: size[1] * factor, : size[0] * factor]
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _measure_tone(small_HW: Pixels) -> dict[str, float]:
    import cv2

    counts = cv2.calcHist([small_HW], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    shares = counts / counts.sum()
    levels = _levels()
    mean = float(shares @ levels)
    p1, p99 = (int(at) for at in shares.cumsum().searchsorted((0.01 - 1e-12, 0.99 - 1e-12)))
    occupied = shares[shares > 0]
    return {
        "mean": mean,
        "std": math.sqrt(max(0.0, float(shares @ (levels - mean) ** 2))),
        "p1": float(p1),
        "p99": float(p99),
        "dark_share": float(shares[: DARK + 1].sum()),
        "bright_share": float(shares[BRIGHT:].sum()),
        "entropy": float(-(occupied @ np.log2(occupied))),
        "grey_levels": float(np.count_nonzero(counts[p1 : p99 + 1])) / (p99 - p1 + 1),
    }


@lru_cache(maxsize=1)
def _levels() -> NDArray[np.float64]:
    return np.arange(256, dtype=np.float64)


def _measure_detail(window_HW: Pixels, half_HW: Pixels) -> dict[str, float]:
    import cv2

    planes = (window_HW, half_HW, _shrink(half_HW, 2))
    energy, middle, coarse = (_log(_laplacian_variance(plane)) for plane in planes)
    # Immerkaer's kernel (1, -2, 1) across and down is the second derivative in both directions.
    checkered = cv2.Sobel(window_HW, cv2.CV_16S, 2, 2, ksize=3)
    counts = cv2.calcHist([cv2.convertScaleAbs(checkered)], [0], None, [256], [0, 256]).ravel()
    cumulated = counts.cumsum(dtype=np.float64)
    steps = _mean_steps(window_HW)
    height, width = window_HW.shape
    absolute = float(cv2.norm(checkered, cv2.NORM_L1)) / ((width - 2) * (height - 2))
    diagonal = float(cv2.norm(checkered, cv2.NORM_L2SQR)) / window_HW.size
    return {
        "log_laplacian": energy,
        "log_noise": _log(absolute * math.sqrt(math.pi / 2) / 6),
        "detail_median": _log(_quantile(cumulated, 0.5)),
        "detail_peak": _log(_quantile(cumulated, 0.99)),
        "fine_detail": energy - middle,
        "middle_detail": middle - coarse,
        "diagonal_detail": _log(diagonal) - energy,
        "blockiness": _blockiness(steps),
        "resampling": _resampling(steps),
    }


def _laplacian_variance(plane_HW: Pixels) -> float:
    """Return the variance of the Laplacian; from two sums, which costs a quarter of asking for it."""
    import cv2

    laplacian = cv2.Laplacian(plane_HW, cv2.CV_16S)
    mean = cv2.sumElems(laplacian)[0] / laplacian.size
    return float(max(0.0, cv2.norm(laplacian, cv2.NORM_L2SQR) / laplacian.size - mean**2))


def _quantile(cumulated_256: NDArray[np.float64], share: float) -> float:
    """Return the quantile of whole numbers, spread evenly over each, so that it moves by less than one."""
    wanted = share * float(cumulated_256[-1])
    at = int(cumulated_256.searchsorted(wanted))
    below = float(cumulated_256[at - 1]) if at else 0.0
    return at + (wanted - below) / (float(cumulated_256[at]) - below)


def _blockiness(steps_per_position: list[NDArray[np.float64]]) -> float:
    """Return the log ratio of mean steps across borders of blocks to mean steps inside blocks."""
    ratios = []
    for steps in steps_per_position:
        across, inside = (float(np.add.reduce(steps[where])) / n for where, n in _borders(len(steps)))
        ratios.append(math.log10((across + 0.01) / (inside + 0.01)))
    return sum(ratios) / len(ratios)


@lru_cache(maxsize=16)
def _borders(length: int) -> tuple[tuple[NDArray[np.bool_], int], tuple[NDArray[np.bool_], int]]:
    """Return which of `length` steps cross the border of a block and how many, and which do not."""
    across = np.arange(length) % BLOCK == BLOCK - 1
    count = int(across.sum())
    return (across, count), (~across, length - count)


def _resampling(steps_per_position: list[NDArray[np.float64]]) -> float:
    """Return the log of the strongest period of the steps against the median one, up to five pixels long.

    Interpolation mixes neighbours in proportions that repeat. Source: A. Gallagher, "Detection of linear and
    cubic interpolation in JPEG compressed images", CRV 2005. Periods of whole parts of a block of 8 belong to
    `blockiness`, two pixels excepted.
    """
    peaks = []
    for steps in steps_per_position:
        logs = np.log(steps + 0.05)
        rest = logs[1:-1] - (logs[:-2] + 2 * logs[1:-1] + logs[2:]) / 4
        rest = rest[: len(rest) // BLOCK * BLOCK]
        spectrum = np.abs(np.fft.rfft(rest)) / math.sqrt(len(rest))
        ours = np.sort(spectrum[_periods(len(rest))])
        middle = (float(ours[(len(ours) - 1) // 2]) + float(ours[len(ours) // 2])) / 2
        peaks.append(math.log10((float(ours[-1]) + 0.01) / (middle + 0.01)))
    return sum(peaks) / len(peaks)


@lru_cache(maxsize=16)
def _periods(length: int) -> NDArray[np.bool_]:
    """Return which bins of the spectrum of `length` steps are periods that `_resampling` looks at."""
    bins = np.arange(length // 2 + 1)
    of_blocks = (bins % (length // BLOCK) == 0) & (bins != len(bins) - 1)
    return np.asarray((bins >= length / 5) & ~of_blocks)


def _mean_steps(window_HW: Pixels) -> list[NDArray[np.float64]]:
    """Return the mean absolute step between neighbours at each position, across and down."""
    import cv2

    across = cv2.reduce(cv2.absdiff(window_HW[:, :-1], window_HW[:, 1:]), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    down = cv2.reduce(cv2.absdiff(window_HW[:-1], window_HW[1:]), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    height, width = window_HW.shape
    return [across.ravel() / height, down.ravel() / width]


def _measure_edges(half_HW: Pixels) -> dict[str, Any]:
    import cv2

    across, down = (cv2.Sobel(half_HW, cv2.CV_16S, *order) for order in ((1, 0), (0, 1)))
    rows, columns = half_HW.shape[0] // 2, half_HW.shape[1] // 2
    quarters = []
    total_across = total_down = 0.0
    for row in range(2):
        for column in range(2):
            part = np.s_[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns]
            sums = float(cv2.norm(across[part], cv2.NORM_L1)), float(cv2.norm(down[part], cv2.NORM_L1))
            quarters.append(sum(sums) / (rows * columns))
            total_across, total_down = total_across + sums[0], total_down + sums[1]
    whole = _log(sum(quarters) / len(quarters))
    area = 4 * rows * columns
    return {
        "direction": _log(total_across / area) - _log(total_down / area),
        "quadrants": tuple(_round(_log(value) - whole) for value in quarters),
    }


def _measure_cells(small_HW: Pixels, half_HW: Pixels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and spread of the cells of an 8x8 grid."""
    import cv2

    plane, rows, columns = half_HW, *(side // GRID for side in half_HW.shape)
    if min(rows, columns) < 1:
        plane, rows, columns = small_HW, *(side // GRID for side in small_HW.shape)
    cells = plane[: rows * GRID, : columns * GRID].astype(np.float32)
    mean, square = (
        cv2.resize(values, (GRID, GRID), interpolation=cv2.INTER_AREA).astype(np.float64)
        for values in (cells, cv2.multiply(cells, cells))
    )
    return mean, np.sqrt(np.maximum(0.0, square - mean**2))


def _measure_colour(image_HWC: Pixels) -> tuple[float, float]:
    """Return the mean of a* and b* of a tiny copy, 0 for grey."""
    import cv2

    if image_HWC.ndim == 2 or image_HWC.shape[2] == 1:
        return 0.0, 0.0
    step = max(1, max(image_HWC.shape) // _LUMA_SIDE)
    copy = image_HWC[::step].take(np.arange(0, image_HWC.shape[1], step), axis=1)
    lab = cv2.mean(cv2.cvtColor(copy, cv2.COLOR_RGB2LAB))
    return lab[1] - 128, lab[2] - 128


def _pack(grid: NDArray[np.float64]) -> str:
    return base64.b64encode(np.rint(grid).clip(0, 255).astype(np.uint8).tobytes()).decode()


def _log(value: float) -> float:
    """Return the logarithm with a floor of a hundredth, so that a flat image has a number too."""
    return math.log10(max(0.0, value) + 0.01)


def _round(value: float) -> float:
    return round(float(value), 4)

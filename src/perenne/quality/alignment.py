"""Where a reference image lies beside an image of the same scene: a translation in whole pixels.

Owns the search and the move. Refuses to guess: where no move makes the two clearly more alike, the reference
stays where it is. Both images have one size, light may differ; a turned or zoomed scene is not its case.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REACH = 1 / 40
"""How far it looks in each direction, as a part of the longer side."""
LARGEST_WORKING_SIDE = 1280
COARSE = 4
SMALLEST_SIDE = 32
LEAST_GAIN, LEAST_CORRELATION = 0.1, 0.5

Pixels = NDArray[np.uint8]
Move = tuple[int, int]


@dataclass(frozen=True)
class Offset:
    """By how many pixels a reference must move to the right and down to lie on the image.

    `gain`: the part of the mean absolute difference that this removes, 0..1. `correlation`: how alike the two
    are at their best, -1..1, seen coarsely; a reference of another scene shows here.
    """

    dx: int
    dy: int
    gain: float
    correlation: float


def find_offset(reference_HWC: Pixels, image_HWC: Pixels) -> Offset:
    """Return the offset of the reference, (0, 0) when no move within `REACH` clearly helps.

    All moves are compared by normalised correlation at a quarter of the size; the best is refined by mean
    absolute difference, to the pixel for images of up to 1,280 px a side. 2 ms at 640 px.
    Raises: ValueError when the sizes differ.
    """
    if reference_HWC.shape[:2] != image_HWC.shape[:2]:
        raise ValueError(f"expected one size, got {reference_HWC.shape[:2]} and {image_HWC.shape[:2]}")
    step = -(-max(image_HWC.shape[:2]) // LARGEST_WORKING_SIDE)
    image = _shrink(_grey(image_HWC), step)
    reference = _in_the_light_of(image, _shrink(_grey(reference_HWC), step))
    if min(image.shape) < SMALLEST_SIDE or reference is None:
        return Offset(0, 0, 0.0, 0.0)
    reach = max(COARSE, round(max(image.shape) * REACH))
    move, correlation = _search_coarsely(reference, image, reach=-(-reach // COARSE))
    half = _shrink(reference, 2), _shrink(image, 2)
    move, _ = _best_move(*half, around=(move[0] * 2, move[1] * 2))
    move, differences = _best_move(reference, image, around=(move[0] * 2, move[1] * 2))
    gain = 1 - differences[move] / max(differences[0, 0], 1e-9)
    if gain < LEAST_GAIN or correlation < LEAST_CORRELATION:
        return Offset(0, 0, 0.0, correlation)
    return Offset(move[0] * step, move[1] * step, gain, correlation)


def align_reference(reference_HWC: Pixels, image_HWC: Pixels) -> Pixels:
    """Return the reference moved onto the image, its edge repeated where nothing of it is known.

    Raises: ValueError when the sizes differ.
    """
    offset = find_offset(reference_HWC, image_HWC)
    return move_image(reference_HWC, dx=offset.dx, dy=offset.dy)


def move_image(image_HWC: Pixels, *, dx: int, dy: int) -> Pixels:
    """Return the image moved right by `dx` and down by `dy` pixels, its edge repeated."""
    if dx == 0 and dy == 0:
        return image_HWC
    height, width = image_HWC.shape[:2]
    rows = np.clip(np.arange(height) - dy, 0, height - 1)
    columns = np.clip(np.arange(width) - dx, 0, width - 1)
    return np.ascontiguousarray(image_HWC[rows][:, columns])


def _grey(image_HWC: Pixels) -> Pixels:
    import cv2

    if image_HWC.ndim == 2:
        return image_HWC
    if image_HWC.shape[2] == 1:
        return np.ascontiguousarray(image_HWC[..., 0])
    return np.asarray(cv2.cvtColor(image_HWC, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _shrink(plane_HW: Pixels, factor: int) -> Pixels:
    import cv2

    if factor == 1:
        return plane_HW
    size = (plane_HW.shape[1] // factor, plane_HW.shape[0] // factor)
    if min(size) < 1:
        return plane_HW[:1, :1]
    return np.asarray(cv2.resize(plane_HW, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _in_the_light_of(image_HW: Pixels, reference_HW: Pixels) -> Pixels | None:
    """Return the reference with the mean and the spread of the image, None when one of them is blank."""
    import cv2

    mean, spread = (float(value[0, 0]) for value in cv2.meanStdDev(image_HW))
    own_mean, own_spread = (float(value[0, 0]) for value in cv2.meanStdDev(reference_HW))
    if min(spread, own_spread) < 1:
        return None
    factor = spread / own_spread
    lit = np.clip((np.arange(256) - own_mean) * factor + mean, 0, 255).round().astype(np.uint8)
    return np.asarray(cv2.LUT(reference_HW, lit), dtype=np.uint8)


def _search_coarsely(reference_HW: Pixels, image_HW: Pixels, *, reach: int) -> tuple[Move, float]:
    """Return the best of all moves within `reach` coarse pixels, in coarse pixels, and its correlation."""
    import cv2

    reference, image = _shrink(reference_HW, COARSE), _shrink(image_HW, COARSE)
    reach = min(reach, min(image.shape) // 4)
    inner = image[reach : image.shape[0] - reach, reach : image.shape[1] - reach]
    alike = cv2.matchTemplate(reference, inner, cv2.TM_CCOEFF_NORMED)
    _, correlation, _, (left, top) = cv2.minMaxLoc(alike)
    return (reach - left, reach - top), float(correlation)


def _best_move(reference_HW: Pixels, image_HW: Pixels, *, around: Move) -> tuple[Move, dict[Move, float]]:
    """Return the move with the least mean absolute difference, and that of all that were tried."""
    x, y = around
    tried = {(0, 0), *((x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1))}
    margin = max(abs(x), abs(y)) + 1
    differences = {move: _difference(reference_HW, image_HW, move, margin=margin) for move in sorted(tried)}
    return min(differences, key=lambda move: differences[move]), differences


def _difference(reference_HW: Pixels, image_HW: Pixels, move: Move, *, margin: int) -> float:
    """Return the mean absolute difference, away from the edges by `margin`, after the move."""
    import cv2

    (dx, dy), (height, width) = move, image_HW.shape
    image = image_HW[margin : height - margin, margin : width - margin]
    reference = reference_HW[margin - dy : height - margin - dy, margin - dx : width - margin - dx]
    return float(cv2.norm(image, reference, cv2.NORM_L1)) / image.size

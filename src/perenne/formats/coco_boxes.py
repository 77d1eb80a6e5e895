"""One COCO annotation to one box: every check, and the step from `[x, y, w, h]` to upright corners.

Owns the rules on numbers, sizes and the image frame. Refuses a box that cannot be meant: the annotator's
intention is never repaired beyond one pixel.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EDGE_TOLERANCE_PX = 1.0


class BoxRefused(Exception):
    """The annotation gives no usable box. `code` is stable; the text says what was got."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code


@dataclass(frozen=True)
class Frame:
    """The frame in which boxes were drawn, and the orientation still to be applied (1 = none)."""

    width: float
    height: float
    orientation: int = 1


def box_of(annotation: Mapping[str, Any], frame: Frame) -> tuple[list[float], list[str]]:
    """Return the upright xyxy box and the codes of what was adjusted. Raises: BoxRefused."""
    notes: list[str] = []
    bbox = annotation.get("bbox")
    if bbox is None or bbox == []:
        bbox = _bounds_of(annotation.get("segmentation"))
        notes.append("box-from-polygon")
    x, y, width, height = _four_numbers(bbox)
    if width <= 0 or height <= 0:
        raise BoxRefused("box-without-area", f"the box {bbox} has width {width:g} and height {height:g}")
    box = [x, y, x + width, y + height]
    clipped = _clip(box, frame)
    if clipped != box:
        notes.append("box-clipped")
    if annotation.get("iscrowd"):
        notes.append("crowd-as-one-box")
    elif annotation.get("segmentation") and "box-from-polygon" not in notes:
        notes.append("polygon-not-kept")
    return turn_upright(clipped, frame), notes


def turn_upright(box: list[float], frame: Frame) -> list[float]:
    """Return the box in the frame after the EXIF orientation was applied.

    >>> turn_upright([0, 0, 10, 20], Frame(100, 50, 6))
    [30, 0, 50, 10]
    """
    x1, y1, x2, y2 = box
    width, height = frame.width, frame.height
    if frame.orientation == 5:
        return [y1, x1, y2, x2]
    if frame.orientation == 6:
        return [height - y2, x1, height - y1, x2]
    if frame.orientation == 7:
        return [height - y2, width - x2, height - y1, width - x1]
    if frame.orientation == 8:
        return [y1, width - x2, y2, width - x1]
    return box


def is_number(value: object) -> bool:
    """Say whether `value` is a finite number; a truth value is not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _four_numbers(bbox: object) -> list[float]:
    if not isinstance(bbox, list) or len(bbox) != 4:
        raise BoxRefused("box-malformed", f"bbox is {bbox!r:.80}, not [x, y, width, height]")
    if not all(is_number(value) for value in bbox):
        raise BoxRefused("box-not-numeric", f"bbox {bbox!r:.80} holds a value that is not a finite number")
    return [float(value) for value in bbox]


def _bounds_of(segmentation: object) -> list[float]:
    if isinstance(segmentation, dict):
        raise BoxRefused("mask-without-box", "it has a mask (RLE) but no bbox")
    polygons = segmentation if isinstance(segmentation, list) else []
    points = [value for polygon in polygons if isinstance(polygon, list) for value in polygon]
    if not points:
        raise BoxRefused("box-missing", "it has neither bbox nor segmentation")
    if len(points) % 2 or not all(is_number(value) for value in points):
        raise BoxRefused("polygon-malformed", "its polygon is not a list of finite x, y pairs")
    xs, ys = points[0::2], points[1::2]
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]


def _clip(box: list[float], frame: Frame) -> list[float]:
    limits = (frame.width, frame.height, frame.width, frame.height)
    over = max(-box[0], -box[1], box[2] - frame.width, box[3] - frame.height)
    if over > EDGE_TOLERANCE_PX:
        raise BoxRefused(
            "box-outside",
            f"the box [{', '.join(f'{v:g}' for v in box)}] reaches {over:g} px out of the "
            f"{frame.width:g} x {frame.height:g} image",
        )
    clipped = [min(max(value, 0.0), limit) for value, limit in zip(box, limits, strict=True)]
    if clipped[2] <= clipped[0] or clipped[3] <= clipped[1]:
        raise BoxRefused("box-without-area", "nothing of the box is left inside the image")
    return clipped

"""The answer of a detection: {"boxes": [{"box": [x1, y1, x2, y2], "class": "open"}]}, scores for predictions.

Owns its shape and its checks. Refuses boxes without area, outside the image, or of an unknown class.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from perenne.problems.contract import TargetInvalid

MAX_BOXES = 10_000
EDGE_TOLERANCE_PX = 1.0


@dataclass(frozen=True)
class Box:
    """One object: corners in pixels of the image, class, and a score when a model said it."""

    x1: float
    y1: float
    x2: float
    y2: float
    name: str
    score: float | None = None

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """x1, y1, x2, y2."""
        return self.x1, self.y1, self.x2, self.y2

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        shape: dict[str, Any] = {"box": list(self.corners), "class": self.name}
        return shape if self.score is None else {**shape, "score": self.score}


@dataclass(frozen=True)
class BoxesTarget:
    """All objects of one image; none means seen and empty."""

    boxes: tuple[Box, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"boxes": [box.to_json() for box in self.boxes]}


def parse_boxes(
    obj: object,
    classes: Sequence[str],
    *,
    with_scores: bool = False,
    size: tuple[int, int] | None = None,
) -> BoxesTarget:
    """Return the target that `obj` holds; with `size` (width, height) boxes are cut to the image.

    A box may stick out of the image by one pixel (rounding), not more. Raises: TargetInvalid.

    >>> parse_boxes({"boxes": [{"box": [0, 0, 4, 5], "class": "open"}]}, ["open"]).boxes[0].corners
    (0.0, 0.0, 4.0, 5.0)
    """
    if not isinstance(obj, Mapping) or set(obj) != {"boxes"} or not isinstance(obj["boxes"], list | tuple):
        raise TargetInvalid.of('an object like {"boxes": [{"box": [x1, y1, x2, y2], "class": "..."}]}', obj)
    if len(obj["boxes"]) > MAX_BOXES:
        raise TargetInvalid.of(f"at most {MAX_BOXES} boxes", len(obj["boxes"]))
    known = frozenset(classes)
    boxes = (_parse_box(entry, known, with_score=with_scores, size=size) for entry in obj["boxes"])
    return BoxesTarget(tuple(boxes))


def _parse_box(
    entry: object, classes: frozenset[str], *, with_score: bool, size: tuple[int, int] | None
) -> Box:
    expected = {"box", "class", "score"} if with_score else {"box", "class"}
    if not isinstance(entry, Mapping) or set(entry) != expected:
        raise TargetInvalid.of(f"a box with {', '.join(sorted(expected))}", entry)
    name = entry["class"]
    if not isinstance(name, str) or name not in classes:
        raise TargetInvalid.of(f"a class among {', '.join(sorted(classes))}", name)
    corners = entry["box"]
    if not isinstance(corners, list | tuple) or len(corners) != 4 or not all(map(_is_number, corners)):
        raise TargetInvalid.of("four finite pixel coordinates x1, y1, x2, y2", corners)
    x1, y1, x2, y2 = (float(value) for value in corners)
    if size is not None:
        x1, y1, x2, y2 = _inside(x1, y1, x2, y2, size=size)
    if not (x1 < x2 and y1 < y2):
        raise TargetInvalid.of("a box with x1 < x2 and y1 < y2", list(corners))
    return Box(x1, y1, x2, y2, name, _parse_score(entry["score"]) if with_score else None)


def _parse_score(score: object) -> float:
    if not _is_number(score) or not 0 <= score <= 1:
        raise TargetInvalid.of("a score in 0..1", score)
    return float(score)


def _inside(
    x1: float, y1: float, x2: float, y2: float, *, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    width, height = size
    tolerance = EDGE_TOLERANCE_PX
    if min(x1, y1) < -tolerance or x2 > width + tolerance or y2 > height + tolerance:
        raise TargetInvalid.of(f"a box inside the image of {width} x {height} pixels", [x1, y1, x2, y2])
    return max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height))


def _is_number(value: object) -> TypeGuard[float]:
    # abs() <= max also refuses NaN, and whole numbers too large for a float, on which isfinite() fails.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max

"""What is watched of a detector's answers: how many boxes, how sure, how large, where.

Owns the names of these numbers. Refuses to tell more than `MAX_CLASSES_TOLD` classes: a record stays small
whatever the label schema; the others count together as `boxes.other`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from perenne.problems.contract import MAX_CLASSES_TOLD
from perenne.problems.detection.decide import DEFAULT_SCORE
from perenne.problems.detection.target import Box, BoxesTarget

_LOW, _HIGH = 1 / 3, 2 / 3
_BORDER_PX = 1.0
_OTHER = "other"


def boxes_signals(
    prediction: BoxesTarget,
    *,
    thresholds: Mapping[str, Any],
    classes: Sequence[str],
    size: tuple[int, int],
) -> dict[str, float]:
    """Return the numbers of one image of `size` (width, height) in pixels.

    `boxes` and `boxes.<class>` count from the threshold `score` on; `score_max` and `score_sum` (which a
    calibrated model's true boxes add up to) take all boxes, `score_low`, `score_mid` and `score_high` are the
    shares of boxes below 1/3, between, and from 2/3 on. Of the boxes that count: mean `log_area` (base 10, of
    the image's area), `aspect` (base 2, width over height), `centre_x`, `centre_y` (0..1), and `border`, the
    share that touches the edge. These five are left out where no box counts.

    >>> box = Box(0, 10, 40, 20, "open", 0.8)
    >>> told = boxes_signals(BoxesTarget((box,)), thresholds={}, classes=["open"], size=(200, 200))
    >>> told["boxes.open"], told["log_area"], told["aspect"], told["border"]
    (1.0, -2.0, 2.0, 1.0)
    """
    scores = [_score(box) for box in prediction.boxes]
    from_score = float(thresholds.get("score", DEFAULT_SCORE))
    counted = [box for box, score in zip(prediction.boxes, scores, strict=True) if score >= from_score]
    of_all = max(1, len(scores))
    high = sum(score >= _HIGH for score in scores)
    low = sum(score < _LOW for score in scores)
    return {
        "boxes": float(len(counted)),
        **_count_classes(counted, classes),
        "score_max": max(scores, default=0.0),
        "score_sum": round(sum(scores), 4),
        "score_low": round(low / of_all, 4),
        "score_mid": round((len(scores) - low - high) / of_all, 4),
        "score_high": round(high / of_all, 4),
        **_measure_geometry(counted, size),
    }


def _score(box: Box) -> float:
    return 1.0 if box.score is None else box.score


def _count_classes(counted: Sequence[Box], classes: Sequence[str]) -> dict[str, float]:
    counts = {f"boxes.{name}": 0.0 for name in classes[:MAX_CLASSES_TOLD]}
    if len(classes) > MAX_CLASSES_TOLD:
        counts[f"boxes.{_OTHER}"] = 0.0
    for box in counted:
        name = f"boxes.{box.name}"
        counts[name if name in counts else f"boxes.{_OTHER}"] += 1
    return counts


def _measure_geometry(counted: Sequence[Box], size: tuple[int, int]) -> dict[str, float]:
    if not counted:
        return {}
    width, height = size
    area = aspect = across = down = border = 0.0
    for box in counted:
        box_width, box_height = box.x2 - box.x1, box.y2 - box.y1
        area += math.log10(box_width * box_height / (width * height))
        aspect += math.log2(box_width / box_height)
        across += (box.x1 + box.x2) / 2 / width
        down += (box.y1 + box.y2) / 2 / height
        nearest = min(box.x1, box.y1, width - box.x2, height - box.y2)
        border += nearest < _BORDER_PX
    values = {"log_area": area, "aspect": aspect, "centre_x": across, "centre_y": down, "border": border}
    return {name: round(value / len(counted), 4) for name, value in values.items()}

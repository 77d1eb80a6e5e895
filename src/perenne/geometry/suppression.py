"""Non-maximum suppression: one box per object and class.

Owns the greedy, class-aware suppression used by runtime and validation alike. Refuses scores without order:
NaN scores are dropped.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.geometry.boxes import Floats, iou_matrix

ALL_AT_ONCE = 400
"""Up to so many boxes one matrix of all overlaps is the faster way (0.2 ms for 50 boxes instead of 2)."""


def suppress(
    boxes_N4: Floats,
    scores_NC: Floats,
    *,
    score_floor: float = 0.02,
    iou: float = 0.5,
    maximum: int = 300,
    candidates: int = 2000,
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return (boxes_K4, scores_K, classes_K) by falling score, K <= `maximum`.

    A box may stand for several classes. Boxes of one class that overlap a better one by more than `iou` are
    dropped; only the best `candidates` above `score_floor` are looked at.
    """
    rows, classes = np.nonzero(scores_NC > score_floor)
    scores = scores_NC[rows, classes]
    order = np.argsort(-scores, kind="stable")[:candidates]
    rows, classes, scores = rows[order], classes[order], scores[order]
    boxes = boxes_N4[rows]
    kept = _keep_best(boxes, classes, iou=iou, maximum=maximum)
    return boxes[kept], scores[kept], classes[kept]


def _keep_best(
    boxes_N4: Floats, classes_N: NDArray[np.intp], *, iou: float, maximum: int
) -> NDArray[np.intp]:
    """Return the indices to keep of boxes sorted by falling score."""
    kept: list[Any] = []
    if len(boxes_N4) <= ALL_AT_ONCE:
        same = classes_N[:, None] == classes_N[None, :]
        rivals = (iou_matrix(boxes_N4, boxes_N4) > iou) & same
        alive = np.ones(len(boxes_N4), dtype=bool)
        for index in range(len(boxes_N4)):
            if alive[index]:
                kept.append(index)
                alive &= ~rivals[index]
        return np.array(kept, dtype=np.intp)[:maximum]
    for name in np.unique(classes_N):
        members = np.flatnonzero(classes_N == name)
        left = maximum
        while members.size and left:
            left -= 1
            best = members[0]
            kept.append(best)
            rest = members[1:]
            overlaps = iou_matrix(boxes_N4[best][None], boxes_N4[rest])[0]
            members = rest[overlaps <= iou]
    return np.sort(np.array(kept, dtype=np.intp))[:maximum]

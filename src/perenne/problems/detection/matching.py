"""Which predicted box found which true box, at every overlap, by the COCO rules.

Owns the call of hotcoco and the flat arrays that metrics are computed from. Refuses crowds and ignored areas:
every true box counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.geometry import area, as_boxes, iou_matrix
from perenne.problems.detection.target import BoxesTarget

IOU_THRESHOLDS = (0.33, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
AT_33, AT_50 = IOU_THRESHOLDS.index(0.33), IOU_THRESHOLDS.index(0.5)
MAX_BOXES_A_CLASS = 300
WRONG_CLASS, DOUBLE, BADLY_PLACED, BACKGROUND = "wrong_class", "double", "badly_placed", "background"
NEAR_IOU = 0.1


@dataclass(frozen=True)
class Matches:
    """D predicted boxes of N images: where, what, how sure, and whether they hit at T overlaps.

    `overlaps` is the overlap with the true box that was hit at 0.5 (0: none); `errors` says for a box that
    hit nothing at 0.5 why. `truths_NC` counts the true boxes by image and class.
    """

    images: NDArray[np.intp]
    names: NDArray[np.intp]
    scores: NDArray[np.float64]
    hits_TD: NDArray[np.bool_]
    overlaps: NDArray[np.float64]
    errors: NDArray[np.str_]
    truths_NC: NDArray[np.float64]

    def select(self, mask: NDArray[np.bool_]) -> "Matches":
        """Return the matches of the images where `mask` holds, images renumbered."""
        rows = mask[self.images]
        renumbered = np.cumsum(mask) - 1
        return Matches(
            images=renumbered[self.images[rows]].astype(np.intp),
            names=self.names[rows],
            scores=self.scores[rows],
            hits_TD=self.hits_TD[:, rows],
            overlaps=self.overlaps[rows],
            errors=self.errors[rows],
            truths_NC=self.truths_NC[mask],
        )

    def rows_by_score(self, name: int) -> NDArray[np.intp]:
        """Return the rows of one class by falling score, ties in image order."""
        rows = np.flatnonzero(self.names == name)
        return rows[np.argsort(-self.scores[rows], kind="stable")]


@dataclass(frozen=True)
class _Flat:
    """All boxes of a list of targets, one row a box, image by image."""

    images: NDArray[np.intp]
    names: NDArray[np.intp]
    boxes_N4: NDArray[np.float64]
    scores: NDArray[np.float64]


def match_all(
    truths: Sequence[BoxesTarget], predictions: Sequence[BoxesTarget], *, classes: Sequence[str]
) -> Matches:
    """Return the matches of every image; per image and class the 300 best boxes count."""
    index = {name: i for i, name in enumerate(classes)}
    true, said = _flatten(truths, index), _flatten(predictions, index)
    truths_NC = np.zeros((len(truths), len(classes)))
    np.add.at(truths_NC, (true.images, true.names), 1)
    hits_TD, partners, kept = _run_hotcoco(true, said, classes=classes)
    hit = partners >= 0
    overlaps = np.zeros(len(said.images))
    if hit.any():
        overlaps[hit] = _paired_overlap(said.boxes_N4[hit], true.boxes_N4[partners[hit]])
    return Matches(
        images=said.images[kept],
        names=said.names[kept],
        scores=said.scores[kept],
        hits_TD=hits_TD[:, kept],
        overlaps=overlaps[kept],
        errors=_explain_misses(true, said, hit)[kept],
        truths_NC=truths_NC,
    )


def _flatten(targets: Sequence[BoxesTarget], index: Mapping[str, int]) -> _Flat:
    rows = [(image, box) for image, target in enumerate(targets) for box in target.boxes]
    return _Flat(
        images=np.asarray([image for image, _ in rows], dtype=np.intp),
        names=np.asarray([index[box.name] for _, box in rows], dtype=np.intp),
        boxes_N4=as_boxes([box.corners for _, box in rows]),
        scores=np.asarray([1.0 if box.score is None else box.score for _, box in rows], dtype=np.float64),
    )


def _run_hotcoco(
    true: _Flat, said: _Flat, *, classes: Sequence[str]
) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.bool_]]:
    """Return hits (T, D), the row of the true box hit at 0.5 (-1: none), and which boxes took part.

    hotcoco numbers predictions from 1 in the order given, so an id is a row + 1.
    """
    from hotcoco import COCO, COCOeval

    hits_TD = np.zeros((len(IOU_THRESHOLDS), len(said.images)), dtype=bool)
    partners = np.full(len(said.images), -1, dtype=np.intp)
    kept = np.zeros(len(said.images), dtype=bool)
    if not len(said.images):
        return hits_TD, partners, kept
    image_ids = np.unique(np.concatenate([true.images, said.images])).tolist()
    reference = COCO(
        {
            "images": [{"id": int(i) + 1, "width": 1, "height": 1} for i in image_ids],
            "annotations": _annotations(true),
            "categories": [{"id": i + 1, "name": name} for i, name in enumerate(classes)],
        }
    )
    evaluation: Any = COCOeval(reference, reference.loadRes(_annotations(said, with_scores=True)), "bbox")
    evaluation.params.iouThrs = np.asarray(IOU_THRESHOLDS)
    evaluation.params.areaRng = [[0, 1e12]]
    evaluation.params.areaRngLbl = ["all"]
    evaluation.params.maxDets = [MAX_BOXES_A_CLASS]
    evaluation.evaluate()
    for entry in evaluation.evalImgs:
        if entry and entry["dtIds"]:
            rows = np.asarray(entry["dtIds"], dtype=np.intp) - 1
            hits_TD[:, rows] = np.asarray(entry["dtMatched"], dtype=bool)
            partners[rows] = np.asarray(entry["dtMatches"], dtype=np.intp)[AT_50] - 1
            kept[rows] = True
    return hits_TD, partners, kept


def _annotations(flat: _Flat, *, with_scores: bool = False) -> list[dict[str, Any]]:
    sides = flat.boxes_N4[:, 2:] - flat.boxes_N4[:, :2]
    placed: Any = np.concatenate([flat.boxes_N4[:, :2], sides], axis=1).tolist()
    sizes: Any = (sides[:, 0] * sides[:, 1]).tolist()
    rows: list[dict[str, Any]] = [
        {"id": i + 1, "image_id": image + 1, "category_id": name + 1, "bbox": box, "area": size, "iscrowd": 0}
        for i, (image, name, box, size) in enumerate(
            zip(flat.images.tolist(), flat.names.tolist(), placed, sizes, strict=True)
        )
    ]
    if with_scores:
        for row, score in zip(rows, flat.scores.tolist(), strict=True):
            row["score"] = score
    return rows


def _paired_overlap(a_N4: NDArray[np.float64], b_N4: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N,) overlaps of row i with row i."""
    shared = np.clip(np.minimum(a_N4[:, 2:], b_N4[:, 2:]) - np.maximum(a_N4[:, :2], b_N4[:, :2]), 0, None)
    both = shared.prod(1)
    return np.asarray(both / (area(a_N4) + area(b_N4) - both))


def _explain_misses(true: _Flat, said: _Flat, hit: NDArray[np.bool_]) -> NDArray[np.str_]:
    """Return for each predicted box why it hit nothing at 0.5, in the manner of TIDE; "" for a hit."""
    errors = np.full(len(said.images), BACKGROUND, dtype="U12")
    errors[hit] = ""
    missed = np.flatnonzero(~hit)
    for image in np.unique(said.images[missed]):
        rows = missed[said.images[missed] == image]
        others = np.flatnonzero(true.images == image)
        if not len(others):
            continue
        overlaps = iou_matrix(said.boxes_N4[rows], true.boxes_N4[others])
        same = said.names[rows][:, None] == true.names[others][None, :]
        own = np.where(same, overlaps, 0).max(1)
        foreign = np.where(same, 0, overlaps).max(1)
        errors[rows[own >= NEAR_IOU]] = BADLY_PLACED
        errors[rows[foreign >= 0.5]] = WRONG_CLASS
        errors[rows[own >= 0.5]] = DOUBLE
    return errors

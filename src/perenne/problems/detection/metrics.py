"""mAP, precision, recall, F1 and decision rates of boxes, with intervals by group.

Owns the evidence of a detection: boxes are matched once by hotcoco (the COCO rules); average precision is
then a weighted sum over the stored matches, so that slices and resampling cost little (a test holds it equal
to pycocotools). Refuses average precision of a class with fewer than five true boxes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.problems.detection.decide import DEFAULT_SCORE, decide_boxes
from perenne.problems.detection.matching import AT_33, AT_50, IOU_THRESHOLDS, Matches, match_all
from perenne.problems.detection.target import BoxesTarget
from perenne.problems.evidence import (
    MIN_POSITIVES,
    Floats,
    Mask,
    Shortage,
    decision_rates,
    mean_of_defined,
    shares,
    side_shortages,
)

RECALL_POINTS = np.linspace(0.0, 1.0, 101)
COCO_RANGE = range(AT_50, len(IOU_THRESHOLDS))


@dataclass(frozen=True)
class BoxEvidence:
    """Matches of N images at one operating score."""

    classes: tuple[str, ...]
    matches: Matches
    score: float
    bad: Mask
    decisions: tuple[str, ...]
    groups: Sequence[str]
    proportions: bool = True

    def select(self, mask: Mask) -> "BoxEvidence":
        """Return the evidence of the images where `mask` holds."""
        rows = np.flatnonzero(mask).tolist()
        return replace(
            self,
            matches=self.matches.select(mask),
            bad=self.bad[rows],
            decisions=tuple(self.decisions[i] for i in rows),
            groups=[self.groups[i] for i in rows],
        )

    def point(self) -> dict[str, float]:
        """Return the metrics of all images."""
        values = self.measure(np.ones((1, len(self.groups))))
        return {name: float(value[0]) for name, value in values.items()}

    def measure(self, weights_BN: Floats) -> dict[str, Floats]:
        """Return each metric under B weightings of the images."""
        by_class = [self._average_precisions(c, weights_BN) for c in range(len(self.classes))]
        stacked = np.asarray(by_class).reshape(len(by_class), len(IOU_THRESHOLDS), len(weights_BN))
        at = mean_of_defined(list(stacked))
        return {
            "map": np.asarray(at[list(COCO_RANGE)].mean(0)),
            "map50": at[AT_50],
            "map33": at[AT_33],
            **{f"ap50:{name}": stacked[c, AT_50] for c, name in enumerate(self.classes)},
            **self._operating_point(weights_BN),
            **decision_rates(self.bad, self.decisions, weights_BN),
        }

    def shortages(self) -> dict[str, Shortage]:
        """Return the metrics for which there are too few true boxes or predictions."""
        found = side_shortages(self.bad)
        truths = self.matches.truths_NC.sum(0)
        for name, count in zip(self.classes, truths, strict=True):
            if count < MIN_POSITIVES:
                found[f"ap50:{name}"] = Shortage("true boxes", MIN_POSITIVES, int(count))
        total, said = int(truths.sum()), int((self.matches.scores >= self.score).sum())
        if total < MIN_POSITIVES:
            for name in ("map", "map50", "map33", "recall", "recall_33", "f1", "f1_33", "mean_iou"):
                found[name] = Shortage("true boxes", MIN_POSITIVES, total)
        if said == 0:
            for name in ("precision", "precision_33", "mean_iou"):
                found[name] = Shortage("predicted boxes", 1, 0)
        return found

    def details(self) -> dict[str, Any]:
        """Return what went wrong at the operating point, and a precision-recall curve for each class."""
        counted = self.matches.scores >= self.score
        hits = int((counted & self.matches.hits_TD[AT_50]).sum())
        kinds, counts = np.unique(self.matches.errors[counted], return_counts=True)
        errors = {str(kind): int(n) for kind, n in zip(kinds, counts, strict=True) if kind}
        truths = self.matches.truths_NC.sum(0)
        return {
            "boxes": {"true": int(truths.sum()), "found": hits, "missed": int(truths.sum()) - hits, **errors},
            "operating_score": self.score,
            "precision_recall": {name: self._curve(c) for c, name in enumerate(self.classes) if truths[c]},
        }

    def _average_precisions(self, c: int, weights_BN: Floats) -> Floats:
        """Return (T, B): average precision of class `c`, 101 recall points; NaN without true boxes."""
        rows = self.matches.rows_by_score(c)
        n_true = weights_BN @ self.matches.truths_NC[:, c]
        weights_BD = weights_BN[:, self.matches.images[rows]]
        seen_BD = np.cumsum(weights_BD, axis=1)
        found = np.empty((len(IOU_THRESHOLDS), len(weights_BN)))
        for t in range(len(IOU_THRESHOLDS)):
            hits = np.flatnonzero(self.matches.hits_TD[t, rows])
            true_BK = np.cumsum(weights_BD[:, hits], axis=1)
            seen_BK = seen_BD[:, hits]
            precision_BK = np.divide(true_BK, seen_BK, out=np.zeros_like(true_BK), where=seen_BK > 0)
            best_BK = np.maximum.accumulate(precision_BK[:, ::-1], axis=1)[:, ::-1]
            found[t] = _interpolate(true_BK, best_BK, n_true)
        return found

    def _operating_point(self, weights_BN: Floats) -> dict[str, Floats]:
        """Return precision, recall, F1 over all classes at the operating score, and the mean IoU of hits."""
        n = len(self.groups)
        counted = self.matches.scores >= self.score
        said = weights_BN @ np.bincount(self.matches.images[counted], minlength=n)
        true = weights_BN @ self.matches.truths_NC.sum(1)
        values: dict[str, Floats] = {}
        for suffix, at in (("", AT_50), ("_33", AT_33)):
            hit = counted & self.matches.hits_TD[at]
            hits = weights_BN @ np.bincount(self.matches.images[hit], minlength=n)
            values[f"precision{suffix}"] = shares(hits, said)
            values[f"recall{suffix}"] = shares(hits, true)
            values[f"f1{suffix}"] = shares(2 * hits, said + true)
        hit = counted & self.matches.hits_TD[AT_50]
        overlap = np.bincount(self.matches.images[hit], weights=self.matches.overlaps[hit], minlength=n)
        hits = weights_BN @ np.bincount(self.matches.images[hit], minlength=n)
        values["mean_iou"] = shares(weights_BN @ overlap, hits)
        return values

    def _curve(self, c: int) -> list[list[float]]:
        """Return (recall, precision, score) at IoU 0.5 for up to 101 scores."""
        rows = self.matches.rows_by_score(c)
        true = np.cumsum(self.matches.hits_TD[AT_50, rows])
        if not len(rows):
            return []
        kept = np.unique(np.linspace(0, len(rows) - 1, 101).round().astype(int)).tolist()
        total = float(self.matches.truths_NC[:, c].sum())
        return [
            [round(float(v), 5) for v in (true[i] / total, true[i] / (i + 1), self.matches.scores[rows[i]])]
            for i in kept
        ]


def match_boxes(
    truths: Sequence[BoxesTarget],
    predictions: Sequence[BoxesTarget],
    *,
    classes: Sequence[str],
    thresholds: Mapping[str, Any],
    groups: Sequence[str],
) -> BoxEvidence:
    """Return the evidence of N images. Raises: ValueError when the sequences differ in length."""
    if not len(truths) == len(predictions) == len(groups):
        raise ValueError("truths, predictions and groups differ in length")
    named = thresholds.get("fail_classes")
    bad = [any(named is None or box.name in named for box in truth.boxes) for truth in truths]
    return BoxEvidence(
        classes=tuple(classes),
        matches=match_all(truths, predictions, classes=classes),
        score=float(thresholds.get("score", DEFAULT_SCORE)),
        bad=np.asarray(bad, dtype=bool),
        decisions=tuple(decide_boxes(prediction, thresholds) for prediction in predictions),
        groups=list(groups),
    )


def best_score(evidence: BoxEvidence) -> tuple[float, float]:
    """Return the operating score with the best F1 at IoU 0.5, and that F1; (0.5, 0) without any hit."""
    matches = evidence.matches
    order = np.argsort(-matches.scores, kind="stable")
    hits = np.cumsum(matches.hits_TD[AT_50, order])
    if not len(order) or hits[-1] == 0:
        return DEFAULT_SCORE, 0.0
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + matches.truths_NC.sum())
    sorted_scores = matches.scores[order]
    f1[:-1][sorted_scores[:-1] == sorted_scores[1:]] = 0  # a score admits all boxes that have it
    best = int(f1.argmax())
    return float(sorted_scores[best]), float(f1[best])


def _interpolate(true_BK: Floats, best_BK: Floats, n_true: Floats) -> NDArray[np.float64]:
    """Return (B,) means of the best precision at or beyond 101 recalls; NaN without true boxes.

    A recall point takes the precision of the first hit that reaches it: each hit's precision counts as often
    as there are points between the recall before it and its own.
    """
    found = np.full(len(n_true), np.nan)
    defined = n_true > 0
    recall_BK = true_BK[defined] / n_true[defined, None]
    reached_BK = np.searchsorted(RECALL_POINTS, recall_BK.ravel(), side="right").reshape(recall_BK.shape)
    points_BK = np.diff(reached_BK, axis=1, prepend=0)
    found[defined] = (best_BK[defined] * points_BK).sum(1) / len(RECALL_POINTS)
    return found

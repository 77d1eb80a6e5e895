"""Balanced accuracy, AUROC, F1, accuracy, calibration error and decision rates, with intervals by group.

Owns the evidence of a classification. The reported values are scikit-learn's; the same formulas, weighted and
vectorised, serve the bootstrap (a test holds them equal). Refuses AUROC and balanced accuracy with fewer than
five images of a class that is there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.problems.classification.decide import decide_class, fail_classes_of, operating_class
from perenne.problems.classification.target import ClassTarget
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

ECE_BINS = 15
CURVE_POINTS = 101
_BY_CLASS = ("balanced_accuracy", "auroc", "f1")


@dataclass(frozen=True)
class ClassEvidence:
    """Truth, scores and answer of N images; `truth` and `answer` are indices into `classes`."""

    classes: tuple[str, ...]
    bad_classes: NDArray[np.intp]
    truth: NDArray[np.intp]
    answer: NDArray[np.intp]
    scores_NC: Floats
    decisions: tuple[str, ...]
    groups: Sequence[str]
    proportions: bool = True

    def select(self, mask: Mask) -> "ClassEvidence":
        """Return the evidence of the images where `mask` holds."""
        rows = np.flatnonzero(mask).tolist()
        return replace(
            self,
            truth=self.truth[rows],
            answer=self.answer[rows],
            scores_NC=self.scores_NC[rows],
            decisions=tuple(self.decisions[i] for i in rows),
            groups=[self.groups[i] for i in rows],
        )

    def point(self) -> dict[str, float]:
        """Return the metrics of all images, as scikit-learn computes them."""
        from sklearn.metrics import accuracy_score, f1_score, recall_score, roc_auc_score

        own = {name: float(values[0]) for name, values in self.measure(np.ones((1, len(self.truth)))).items()}
        present = np.unique(self.truth)
        own["accuracy"] = float(accuracy_score(self.truth, self.answer))
        own["balanced_accuracy"] = float(
            recall_score(self.truth, self.answer, labels=present, average="macro", zero_division=0.0)
        )
        if self._positive is not None:
            is_positive = self.truth == self._positive
            own["f1"] = float(f1_score(is_positive, self.answer == self._positive, zero_division=0.0))
            if len(present) == 2:
                own["auroc"] = float(roc_auc_score(is_positive, self.scores_NC[:, self._positive]))
        elif len(present) > 1:
            own["f1"] = float(
                f1_score(self.truth, self.answer, labels=present, average="macro", zero_division=0.0)
            )
            own["auroc"] = float(
                np.mean([roc_auc_score(self.truth == c, self.scores_NC[:, c]) for c in present])
            )
        return own

    def measure(self, weights_BN: Floats) -> dict[str, Floats]:
        """Return each metric under B weightings of the images."""
        right = (self.truth == self.answer).astype(np.float64)
        total = weights_BN.sum(1)
        recalls, f1s, areas = [], [], []
        for c in range(len(self.classes)):
            is_c, said_c = (self.truth == c).astype(np.float64), (self.answer == c).astype(np.float64)
            n_c = weights_BN @ is_c
            hits = weights_BN @ (is_c * right)
            recalls.append(shares(hits, n_c))
            f1s.append(np.where(n_c > 0, shares(2 * hits, n_c + weights_BN @ said_c), np.nan))
            areas.append(weighted_auroc(is_c, self.scores_NC[:, c], weights_BN))
        positive = self._positive
        return {
            "balanced_accuracy": mean_of_defined(recalls),
            "auroc": areas[positive] if positive is not None else mean_of_defined(areas),
            "accuracy": weights_BN @ right / total,
            "f1": f1s[positive] if positive is not None else mean_of_defined(f1s),
            "ece": self._calibration_error(weights_BN),
            **decision_rates(self._bad, self.decisions, weights_BN),
        }

    def shortages(self) -> dict[str, Shortage]:
        """Return the metrics for which a class has too few images."""
        found = side_shortages(self._bad)
        counts = np.bincount(self.truth, minlength=len(self.classes))
        if len(self.classes) > 2:
            counts = counts[counts > 0] if (counts > 0).sum() > 1 else counts
        rarest = int(counts.min())
        if rarest < MIN_POSITIVES:
            for name in _BY_CLASS:
                found[name] = Shortage("images of the rarest class", MIN_POSITIVES, rarest)
        return found

    def details(self) -> dict[str, Any]:
        """Return confusion matrix, reliability table and ROC points."""
        from sklearn.metrics import confusion_matrix

        labels = list(range(len(self.classes)))
        matrix = confusion_matrix(self.truth, self.answer, labels=labels)
        return {
            "confusion": {"classes": list(self.classes), "truth_by_answer": matrix.tolist()},
            "calibration": self._reliability(),
            "roc": self._roc() if self._positive is not None else [],
        }

    @property
    def _positive(self) -> int | None:
        """The bad class of a problem with two classes."""
        if len(self.classes) != 2:
            return None
        return int(self.bad_classes[0]) if len(self.bad_classes) == 1 else 1

    @property
    def _bad(self) -> Mask:
        return np.isin(self.truth, self.bad_classes)

    @property
    def _confidence_bins(self) -> tuple[Floats, Floats, NDArray[np.intp]]:
        top = self.scores_NC.argmax(1)
        confidence = self.scores_NC.max(1)
        bins = np.minimum((confidence * ECE_BINS).astype(np.intp), ECE_BINS - 1)
        return confidence, (top == self.truth).astype(np.float64), bins

    def _calibration_error(self, weights_BN: Floats) -> Floats:
        """Return the expected calibration error of the top class, 15 equal bins (Guo et al., 2017)."""
        confidence, right, bins = self._confidence_bins
        in_bin = np.eye(ECE_BINS)[bins]
        gaps = weights_BN @ (in_bin * (right - confidence)[:, None])
        return np.asarray(np.abs(gaps).sum(1) / weights_BN.sum(1))

    def _reliability(self) -> list[dict[str, float]]:
        confidence, right, bins = self._confidence_bins
        return [
            {
                "confidence": float(confidence[bins == b].mean()),
                "accuracy": float(right[bins == b].mean()),
                "n": int((bins == b).sum()),
            }
            for b in np.unique(bins)
        ]

    def _roc(self) -> list[list[float]]:
        """Return (false positive rate, true positive rate, threshold) at up to 101 points."""
        from sklearn.metrics import roc_curve

        positive = self._positive
        if positive is None or len(np.unique(self.truth)) < 2:
            return []
        points = np.stack(roc_curve(self.truth == positive, self.scores_NC[:, positive]), axis=1)
        points = points[np.isfinite(points).all(1)]
        kept = np.unique(np.linspace(0, len(points) - 1, CURVE_POINTS).round().astype(int))
        return [[round(float(v), 6) for v in points[i]] for i in kept]


def match_classes(
    truths: Sequence[ClassTarget],
    predictions: Sequence[ClassTarget],
    *,
    classes: Sequence[str],
    thresholds: Mapping[str, Any],
    groups: Sequence[str],
) -> ClassEvidence:
    """Return the evidence of N images; the answer is the class at the operating point of `thresholds`.

    Raises: ValueError when the sequences differ in length.
    """
    index = {name: i for i, name in enumerate(classes)}
    scores = np.zeros((len(predictions), len(classes)))
    answer = np.zeros(len(predictions), dtype=np.intp)
    for row, (_, prediction, _) in enumerate(zip(truths, predictions, groups, strict=True)):
        said = prediction.scores or {name: float(name == prediction.name) for name in classes}
        scores[row] = [said[name] for name in classes]
        answer[row] = index[operating_class(said, thresholds)]
    bad = [index[name] for name in fail_classes_of(thresholds, classes) if name in index]
    return ClassEvidence(
        classes=tuple(classes),
        bad_classes=np.asarray(bad, dtype=np.intp),
        truth=np.asarray([index[truth.name] for truth in truths], dtype=np.intp),
        answer=answer,
        scores_NC=scores,
        decisions=tuple(decide_class(p, thresholds, classes=classes) for p in predictions),
        groups=list(groups),
    )


def weighted_auroc(is_positive: Floats, scores: Floats, weights_BN: Floats) -> Floats:
    """Return (B,) areas under the ROC curve with weighted images, ties counted half; NaN with one side only.

    >>> weighted_auroc(np.array([0.0, 1, 1]), np.array([0.1, 0.1, 0.9]), np.ones((1, 3))).tolist()
    [0.75]
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0]) if len(order) else np.zeros(0, int)
    weights = weights_BN[:, order]
    positive = np.add.reduceat(weights * is_positive[order], starts, axis=1)
    negative = np.add.reduceat(weights * (1 - is_positive[order]), starts, axis=1)
    below = np.cumsum(negative, axis=1) - 0.5 * negative
    return shares((positive * below).sum(1), positive.sum(1) * negative.sum(1))

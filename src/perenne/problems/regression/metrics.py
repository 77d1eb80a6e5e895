"""MAE, RMSE and R2 with intervals by group.

Owns the evidence of a regression. The reported values are scikit-learn's. Refuses R2 where the truth does not
vary.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from perenne.problems.evidence import Floats, Mask, Shortage, shares
from perenne.problems.regression.target import ValueTarget

PLOTTED_POINTS = 500


@dataclass(frozen=True)
class ValueEvidence:
    """True and predicted value of N images."""

    truth: Floats
    answer: Floats
    groups: Sequence[str]
    proportions: bool = False

    def select(self, mask: Mask) -> "ValueEvidence":
        """Return the evidence of the images where `mask` holds."""
        rows = np.flatnonzero(mask).tolist()
        groups = [self.groups[i] for i in rows]
        return replace(self, truth=self.truth[rows], answer=self.answer[rows], groups=groups)

    def point(self) -> dict[str, float]:
        """Return the metrics of all images, as scikit-learn computes them."""
        from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

        varies = len(self.truth) > 1 and float(np.ptp(self.truth)) > 0
        return {
            "mae": float(mean_absolute_error(self.truth, self.answer)),
            "rmse": float(root_mean_squared_error(self.truth, self.answer)),
            "r2": float(r2_score(self.truth, self.answer)) if varies else float("nan"),
        }

    def measure(self, weights_BN: Floats) -> dict[str, Floats]:
        """Return each metric under B weightings of the images."""
        total = weights_BN.sum(1)
        error = self.answer - self.truth
        squares = weights_BN @ error**2
        mean = weights_BN @ self.truth / total
        spread = weights_BN @ self.truth**2 - total * mean**2
        spread = np.where(spread > 1e-12, spread, 0.0)
        return {
            "mae": weights_BN @ np.abs(error) / total,
            "rmse": np.sqrt(squares / total),
            "r2": 1 - shares(squares, spread),
        }

    def shortages(self) -> dict[str, Shortage]:
        """Return R2 when the truth takes one value only."""
        distinct = len(np.unique(self.truth))
        return {"r2": Shortage("distinct values", 2, distinct)} if distinct < 2 else {}

    def details(self) -> dict[str, Any]:
        """Return up to 500 points of truth against prediction, evenly taken."""
        kept = np.unique(np.linspace(0, len(self.truth) - 1, PLOTTED_POINTS).round().astype(int))
        pairs = [[float(self.truth[i]), float(self.answer[i])] for i in kept if i >= 0]
        return {"truth_and_answer": pairs}


def match_values(
    truths: Sequence[ValueTarget], predictions: Sequence[ValueTarget], *, groups: Sequence[str]
) -> ValueEvidence:
    """Return the evidence of N images. Raises: ValueError when the sequences differ in length."""
    if not len(truths) == len(predictions) == len(groups):
        raise ValueError("truths, predictions and groups differ in length")
    return ValueEvidence(
        truth=np.asarray([truth.value for truth in truths], dtype=np.float64),
        answer=np.asarray([prediction.value for prediction in predictions], dtype=np.float64),
        groups=list(groups),
    )

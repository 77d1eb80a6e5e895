"""A claim about a model, such as "recall is at least 0.95", as a mean over images that can be bet on.

Owns the linear form of recall, precision and F1, and the weight of an image. Refuses metrics that are no mean
over images (mAP): they are reported, never certified.

Recall >= r says E[(1 - r) TP - r FN] >= 0, and so on: no ratio is left. An image with more than `max_objects`
counted objects is scaled down to them, so that scores are bounded: the claim is then about recall with such
images weighing less. Choose `max_objects` before the labels (1 where an image is one part; else about the
99th percentile of the reference): what is larger than needed costs labels.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Metric = Literal["recall", "precision", "f1"]


@dataclass(frozen=True)
class Claim:
    """`metric` >= `at_least`. Raises: ValueError when that is not a claim that data could decide.

    >>> Claim("recall", 0.9, max_objects=1)
    Claim(metric='recall', at_least=0.9, max_objects=1)
    """

    metric: Metric
    at_least: float
    max_objects: int

    def __post_init__(self) -> None:
        if self.metric not in ("recall", "precision", "f1"):
            raise ValueError(f"A claim is about recall, precision or f1; got {self.metric!r}.")
        if not 0 < self.at_least < 1 or self.max_objects < 1:
            raise ValueError(
                f"A claim has a threshold between 0 and 1 and at least one object an image; "
                f"got {self.at_least} and {self.max_objects}."
            )


def relevant_counts(
    metric: Metric, *, tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, max_objects: int
) -> tuple[Floats, Floats]:
    """Return per image what counts for the metric and out of how much, each divided by `max_objects`.

    The metric is sum(first) / sum(second): TP of TP + FN for recall, TP of TP + FP for precision, 2 TP of
    2 TP + FP + FN for F1. Raises: ValueError when counts are negative or differ in length.

    >>> won, of = relevant_counts("recall", tp=[1, 0, 30], fp=[0, 5, 0], fn=[0, 1, 10], max_objects=20)
    >>> won.tolist(), of.tolist()
    ([0.05, 0.0, 0.75], [0.05, 0.05, 1.0])
    """
    true, extra, missed = (np.asarray(counts, dtype=np.float64) for counts in (tp, fp, fn))
    if not true.shape == extra.shape == missed.shape or true.ndim != 1:
        raise ValueError(f"tp, fp and fn are one row each; got {true.shape}, {extra.shape}, {missed.shape}.")
    if min(counts.min(initial=0.0) for counts in (true, extra, missed)) < 0:
        raise ValueError("Counts of objects cannot be negative.")
    if metric != "f1":
        wrong = missed if metric == "recall" else extra
        total = true + wrong
        scale = max_objects * np.maximum(1.0, total / max_objects)
        return true / scale, total / scale
    scale = max_objects * np.maximum(1.0, (true + extra + missed) / max_objects)
    return 2 * true / scale, (2 * true + extra + missed) / scale


def gains(won: Floats, of: Floats, *, at_least: float) -> Floats:
    """Return per image the return of betting all that can be lost on "the metric is above": in -1 and up.

    Its mean is 0 when the metric is exactly `at_least`. It falls with `at_least`, label by label.

    >>> gains(np.array([1.0, 0.0]), np.array([1.0, 1.0]), at_least=0.8).round(6).tolist()
    [0.25, -1.0]
    """
    return np.asarray(won / at_least - of)


def losses(won: Floats, of: Floats, *, at_least: float, most: float) -> Floats:
    """Return per image the return of betting all that can be lost on "the metric is below": in -1 and up.

    `most` is the largest share of `won` an image can have: 1, or 2 for F1, whose hits count twice.

    >>> losses(np.array([1.0, 0.0]), np.array([1.0, 1.0]), at_least=0.8, most=1.0).round(6).tolist()
    [-1.0, 4.0]
    """
    return np.asarray((at_least * of - won) / (most * (1.0 - at_least)))

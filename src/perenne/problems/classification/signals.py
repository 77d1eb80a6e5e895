"""What is watched of a classifier's answers: how sure, between what, of which class.

Owns the names of these numbers. Refuses to tell the scores of more than `MAX_CLASSES_TOLD` classes: a record
stays small whatever the label schema; the scores of the others add up in `score.other`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from perenne.problems.classification.decide import fail_score
from perenne.problems.classification.target import ClassTarget
from perenne.problems.contract import MAX_CLASSES_TOLD


def class_signals(
    prediction: ClassTarget, *, thresholds: Mapping[str, Any], classes: Sequence[str]
) -> dict[str, float]:
    """Return the numbers of one image.

    `score_max`, `margin` (the highest score less the second), `entropy` in bits, `fail_score` (the summed
    score of the fail classes, which the decision looks at) and `score.<class>`. Without scores the class
    that was said has all of it.

    >>> said = ClassTarget("ok", {"ok": 0.75, "bad": 0.25})
    >>> told = class_signals(said, thresholds={}, classes=["ok", "bad"])
    >>> told["margin"], told["fail_score"], round(told["entropy"], 3)
    (0.5, 0.25, 0.811)
    """
    said = prediction.scores if prediction.scores is not None else {prediction.name: 1.0}
    scores = [float(said.get(name, 0.0)) for name in classes]
    first, second = [*sorted(scores, reverse=True), 0.0, 0.0][:2]
    told = {
        "score_max": round(first, 5),
        "margin": round(first - second, 5),
        "entropy": round(-sum(score * math.log2(score) for score in scores if score > 0), 5) + 0.0,
        "fail_score": round(fail_score(prediction, thresholds, classes), 5),
    }
    for name, score in zip(classes[:MAX_CLASSES_TOLD], scores, strict=False):
        told[f"score.{name}"] = round(score, 5)
    if len(classes) > MAX_CLASSES_TOLD:
        told["score.other"] = round(sum(scores[MAX_CLASSES_TOLD:]), 5)
    return told

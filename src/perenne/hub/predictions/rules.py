"""Pure decisions on predictions: what a prediction says in short.

Owns the score and the classes by which images are found. Refuses to decide pass or fail: problems do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perenne.hub.images import classes_in
from perenne.problems.classification.decide import operating_class
from perenne.problems.detection.decide import DEFAULT_SCORE


@dataclass(frozen=True)
class Outline:
    """The highest score of a prediction (None where there is none) and the classes it names."""

    score: float | None
    classes: frozenset[str]


def outline(target: Mapping[str, Any], *, thresholds: Mapping[str, Any]) -> Outline:
    """Return what a prediction says in short, at the thresholds of its moment.

    Of boxes those count that would fail the piece or leave it unsure.

    >>> outline({"boxes": [{"box": [0, 0, 1, 1], "class": "open", "score": 0.25}]}, thresholds={})
    Outline(score=0.25, classes=frozenset())
    """
    if "boxes" in target:
        scores = [1.0 if box.get("score") is None else float(box["score"]) for box in target["boxes"]]
        fails_from = float(thresholds.get("score", DEFAULT_SCORE))
        counted_from = min(fails_from, float(thresholds.get("unsure_from", fails_from)))
        classes = frozenset(classes_in(target, from_score=counted_from))
        return Outline(max(scores, default=None), classes)
    said: Mapping[str, float] | None = target.get("scores")
    if said:
        return Outline(max(said.values()), frozenset([operating_class(said, thresholds)]))
    return Outline(None, frozenset(classes_in(target)))

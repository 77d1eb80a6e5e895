"""From boxes to pass, fail or unsure.

Owns the thresholds of a detection: `score` (a box counts from here; 0.5), `unsure_from` (boxes between it and
`score` make the piece unsure; none by default) and `fail_classes` (all by default). Refuses to weigh boxes
against each other: the best one decides.
"""

from collections.abc import Mapping
from typing import Any

from perenne.problems.contract import Decision
from perenne.problems.detection.target import BoxesTarget

DEFAULT_SCORE = 0.5


def decide_boxes(prediction: BoxesTarget, thresholds: Mapping[str, Any]) -> Decision:
    """Return fail when the best box of a fail class reaches `score`, unsure from `unsure_from`, else pass."""
    named = thresholds.get("fail_classes")
    scores = [
        1.0 if box.score is None else box.score
        for box in prediction.boxes
        if named is None or box.name in named
    ]
    best = max(scores, default=0.0)
    score = float(thresholds.get("score", DEFAULT_SCORE))
    if best >= score:
        return "fail"
    return "unsure" if scores and best >= float(thresholds.get("unsure_from", score)) else "pass"

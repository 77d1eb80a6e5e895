"""What became of each evaluated image: how wrong the prediction is, and what the line would have done.

Owns the loss by which the worst images are found, one function a problem type. Refuses to judge models:
single images explain, slices decide.
"""

from collections.abc import Callable, Mapping
from typing import Any

from perenne.problems import PROBLEMS, BoxesTarget, ClassTarget, ValueTarget

MATCH_IOU = 0.5


def judge_image(
    problem: str, *, truth: Any, prediction: Any, thresholds: Mapping[str, Any], classes: list[str]
) -> tuple[str, float, str]:
    """Return decision, loss and outcome of one image; `truth` and `prediction` are parsed targets.

    Outcome: escape (a bad piece passed), overkill (a good piece failed), unsure, wrong (right decision,
    wrong target) or right.
    """
    kind = PROBLEMS.get(problem)
    decision = kind.decide(prediction, thresholds, classes=classes)
    wanted = kind.decide(truth, thresholds, classes=classes)
    loss = LOSSES[problem](truth, prediction, thresholds)
    if decision == "unsure":
        return decision, loss, "unsure"
    if wanted == "fail" and decision == "pass":
        return decision, loss, "escape"
    if wanted == "pass" and decision == "fail":
        return decision, loss, "overkill"
    return decision, loss, "right" if _agrees(problem, truth, prediction, loss) else "wrong"


def class_loss(truth: ClassTarget, prediction: ClassTarget, thresholds: Mapping[str, Any]) -> float:
    """Return one minus the score of the true class.

    >>> class_loss(ClassTarget("ok"), ClassTarget("bad", {"ok": 0.25, "bad": 0.75}), {})
    0.75
    """
    if prediction.scores is None:
        return float(prediction.name != truth.name)
    return 1.0 - float(prediction.scores.get(truth.name, 0.0))


def value_loss(truth: ValueTarget, prediction: ValueTarget, thresholds: Mapping[str, Any]) -> float:
    """Return the absolute error.

    >>> value_loss(ValueTarget(0.25), ValueTarget(1.0), {})
    0.75
    """
    return abs(prediction.value - truth.value)


def box_loss(truth: BoxesTarget, prediction: BoxesTarget, thresholds: Mapping[str, Any]) -> float:
    """Return missed plus false boxes at the operating point (IoU 0.5), each false one by its score."""
    said = _said(prediction, thresholds)
    found = _found_truths(truth, said)
    false = sum(
        1.0 if b.score is None else b.score for b, hit in zip(said, found, strict=True) if hit is None
    )
    return float(len(truth.boxes) - sum(hit is not None for hit in found)) + false


LOSSES: dict[str, Callable[[Any, Any, Mapping[str, Any]], float]] = {
    "classification": class_loss,
    "regression": value_loss,
    "detection": box_loss,
}


def found_truths(
    truth: BoxesTarget, prediction: BoxesTarget, thresholds: Mapping[str, Any]
) -> frozenset[int]:
    """Return which true boxes were found at the operating point."""
    return frozenset(hit for hit in _found_truths(truth, _said(prediction, thresholds)) if hit is not None)


def _said(prediction: BoxesTarget, thresholds: Mapping[str, Any]) -> list[Any]:
    """Return the boxes that count, the surest first."""
    from perenne.problems.detection.decide import DEFAULT_SCORE

    floor = float(thresholds.get("score", DEFAULT_SCORE))
    return sorted(
        (b for b in prediction.boxes if (1.0 if b.score is None else b.score) >= floor),
        key=lambda b: -(1.0 if b.score is None else b.score),
    )


def _found_truths(truth: BoxesTarget, said: list[Any]) -> list[int | None]:
    """Return for each predicted box, best first, the true box that it finds, each found once."""
    import numpy as np

    from perenne.geometry import iou_matrix

    if not said or not truth.boxes:
        return [None] * len(said)
    overlaps = iou_matrix(
        np.asarray([b.corners for b in said], dtype=np.float64),
        np.asarray([b.corners for b in truth.boxes], dtype=np.float64),
    )
    same = np.asarray([[s.name == t.name for t in truth.boxes] for s in said])
    overlaps = np.where(same, overlaps, 0.0)
    found: list[int | None] = []
    for row in range(len(said)):
        best = int(overlaps[row].argmax())
        hit = overlaps[row, best] >= MATCH_IOU
        found.append(best if hit else None)
        if hit:
            overlaps[:, best] = 0.0
    return found


def _agrees(problem: str, truth: Any, prediction: Any, loss: float) -> bool:
    if problem == "classification":
        return bool(truth.name == prediction.name)
    return problem == "regression" or loss == 0.0

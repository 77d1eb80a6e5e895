"""Curves of an evaluation: precision against recall, ROC, calibration and confusion, one function a problem.

Owns what a screen draws of a finished evaluation, for all images or those of one site. Refuses to judge:
slices with intervals decide, curves explain.
"""

from collections.abc import Callable
from typing import Any

from perenne.hub.evaluation.measuring import MeasuringTask
from perenne.wire.evaluation import (
    CalibrationBin,
    ConfusionTable,
    CurvePoint,
    EvaluationCurves,
    OperatingPoint,
    PrecisionRecallCurve,
    RocCurve,
    RocPoint,
)

POINTS = 101
BINS = 10
MATCH_IOU = 0.5


def draw_curves(task: MeasuringTask, *, evaluation_id: str, site: str | None) -> EvaluationCurves:
    """Return the curves of the task's images; empty ones of none."""
    empty = EvaluationCurves(
        evaluation_id=evaluation_id, site=site, problem=task.problem, n_images=len(task.images)
    )
    if not task.images:
        return empty
    return empty.model_copy(update=CURVES[task.problem](task))


def curves_of_classes(task: MeasuringTask) -> dict[str, Any]:
    """Return the curves of a classification: each class against all others (of two, the bad one)."""
    import numpy as np
    from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

    evidence = task.match()
    n = len(evidence.classes)
    positive = n == 2 and (int(evidence.bad_classes[0]) if len(evidence.bad_classes) == 1 else 1)
    drawn = [positive] if n == 2 else range(n)
    curves, rocs = [], []
    for c in drawn:
        truth, scores = evidence.truth == c, evidence.scores_NC[:, c]
        if not truth.any():
            continue
        curves.append(_class_curve(evidence, int(c)))
        if not truth.all():
            points = np.stack(roc_curve(truth, scores), axis=1)
            points = points[np.isfinite(points).all(1)]
            rocs.append(
                RocCurve(
                    **{"class": evidence.classes[c]},
                    points=[_roc_point(points[i]) for i in _thinned(len(points))],
                    auc=round(float(roc_auc_score(truth, scores)), 5),
                )
            )
    right = evidence.scores_NC.argmax(1) == evidence.truth
    matrix = confusion_matrix(evidence.truth, evidence.answer, labels=list(range(n)))
    operating = next(iter(curve.operating for curve in curves if n == 2), None)
    return {
        "precision_recall": curves,
        "roc": rocs,
        "calibration": _calibration(evidence.scores_NC.max(1), right),
        "confusion": ConfusionTable(classes=list(evidence.classes), counts=matrix.tolist(), nothing=False),
        "operating_point": operating and OperatingPoint(**operating.model_dump()),
    }


def curves_of_boxes(task: MeasuringTask) -> dict[str, Any]:
    """Return the curves of a detection at IoU 0.5; boxes that find nothing count against the precision."""
    from perenne.problems.detection.matching import AT_50

    evidence = task.match()
    matches, point = evidence.matches, evidence.point()
    curves = []
    for c, name in enumerate(evidence.classes):
        n_true = int(matches.truths_NC[:, c].sum())
        if n_true:
            rows = matches.rows_by_score(c)
            hits, ap = matches.hits_TD[AT_50, rows], point[f"ap50:{name}"]
            curves.append(_curve(name, hits, matches.scores[rows], n_true, ap, evidence.score))
    score = evidence.score
    return {
        "precision_recall": curves,
        "calibration": _calibration(matches.scores, matches.hits_TD[AT_50]),
        "confusion": _confusion_of_boxes(task, score=score),
        "operating_point": OperatingPoint(
            score=score, precision=_finite(point["precision"]), recall=_finite(point["recall"])
        ),
    }


def curves_of_values(task: MeasuringTask) -> dict[str, Any]:
    """Return true and predicted values of a regression in pairs."""
    return {"truth_and_answer": task.match().details()["truth_and_answer"]}


CURVES: dict[str, Callable[[MeasuringTask], dict[str, Any]]] = {
    "classification": curves_of_classes,
    "detection": curves_of_boxes,
    "regression": curves_of_values,
}


def _class_curve(evidence: Any, c: int) -> PrecisionRecallCurve:
    import numpy as np
    from sklearn.metrics import average_precision_score

    scores = evidence.scores_NC[:, c]
    order = np.argsort(-scores, kind="stable")
    truth = evidence.truth == c
    ap = float(average_precision_score(truth, scores))
    curve = _curve(evidence.classes[c], truth[order], scores[order], int(truth.sum()), ap, None)
    said = evidence.answer == c
    if not said.any():
        return curve
    hits = int((said & truth).sum())
    at = CurvePoint(
        recall=_round(hits / truth.sum()),
        precision=_round(hits / said.sum()),
        score=_round(scores[said].min()),
    )
    return curve.model_copy(update={"operating": at})


def _curve(
    name: str, hits: Any, scores: Any, n_true: int, ap: float, operating: float | None
) -> PrecisionRecallCurve:
    """Return the curve of hits (bool, by falling score); equal scores make one point."""
    import numpy as np

    found = np.cumsum(hits)
    last = np.flatnonzero(np.r_[scores[1:] != scores[:-1], True]) if len(scores) else np.zeros(0, int)
    points = [
        CurvePoint(
            recall=_round(found[i] / n_true), precision=_round(found[i] / (i + 1)), score=_round(scores[i])
        )
        for i in last
    ]
    counted = [p for p in points if operating is not None and p.score >= operating]
    kept = [points[i] for i in _thinned(len(points))]
    at = counted[-1].model_copy(update={"score": operating}) if counted else None
    return PrecisionRecallCurve(**{"class": name}, points=kept, ap=_finite(ap), operating=at)


def _calibration(confidence: Any, right: Any) -> list[CalibrationBin]:
    import numpy as np

    from perenne.stats.estimation import wilson_interval

    bins = np.minimum((confidence * BINS).astype(np.intp), BINS - 1)
    found = []
    for b in np.unique(bins):
        inside = bins == b
        n, hits = int(inside.sum()), int(right[inside].sum())
        low, high = wilson_interval(hits, n)
        found.append(
            CalibrationBin(
                low=b / BINS,
                high=(b + 1) / BINS,
                n=n,
                confidence=_round(confidence[inside].mean()),
                observed=_round(hits / n),
                observed_low=_round(low),
                observed_high=_round(high),
            )
        )
    return found


def _confusion_of_boxes(task: MeasuringTask, *, score: float) -> ConfusionTable:
    """Return which class was said where which one is: each true box takes the box that overlaps it most."""
    import numpy as np

    from perenne.geometry import iou_matrix

    index = {name: i for i, name in enumerate(task.classes)}
    counts = np.zeros((len(index) + 1, len(index) + 1), dtype=int)
    for truth, prediction in zip(task.truths, task.predictions, strict=True):
        said = [box for box in prediction.boxes if (1.0 if box.score is None else box.score) >= score]
        taken: set[int] = set()
        if truth.boxes and said:
            overlaps = iou_matrix(_corners(truth.boxes), _corners(said))
        for row, box in enumerate(truth.boxes):
            order = np.argsort(-overlaps[row], kind="stable").tolist() if said else []
            best = next((i for i in order if i not in taken and overlaps[row, i] >= MATCH_IOU), None)
            counts[index[box.name], -1 if best is None else index[said[best].name]] += 1
            if best is not None:
                taken.add(best)
        for i, box in enumerate(said):
            if i not in taken:
                counts[-1, index[box.name]] += 1
    return ConfusionTable(classes=list(task.classes), counts=counts.tolist(), nothing=True)


def _corners(boxes: Any) -> Any:
    import numpy as np

    return np.asarray([box.corners for box in boxes], dtype=np.float64)


def _roc_point(point: Any) -> RocPoint:
    return RocPoint(
        false_positive_rate=_round(point[0]), true_positive_rate=_round(point[1]), score=_round(point[2])
    )


def _thinned(n: int) -> list[int]:
    """Return up to POINTS places among n, evenly taken, first and last among them."""
    import numpy as np

    return sorted({int(i) for i in np.linspace(0, n - 1, POINTS).round()}) if n else []


def _round(value: Any) -> float:
    return round(float(value), 5)


def _finite(value: float) -> float | None:
    return _round(value) if value == value else None

"""Detection: boxes come back to the image, and average precision is the one of pycocotools."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from perenne.geometry import fit_input
from perenne.problems import Box, BoxesTarget, Detection, TargetInvalid
from perenne.problems.detection.metrics import best_score, match_boxes
from perenne.stats.estimation import TooFew

CLASSES = ["open", "short", "spur"]


def a_crowd(seed: int, *, n: int = 40) -> tuple[list[BoxesTarget], list[BoxesTarget]]:
    """Return truths and predictions with misses, doubles, wrong classes and tied scores."""
    rng = np.random.default_rng(seed)
    truths, predictions = [], []
    for _ in range(n):
        true, said = [], []
        for _ in range(int(rng.integers(0, 6))):
            x, y, w, h = *rng.uniform(0, 500, 2), *rng.uniform(5, 90, 2)
            name = CLASSES[int(rng.integers(0, 3))]
            true.append(Box(x, y, x + w, y + h, name))
            for _ in range(int(rng.integers(0, 3))):
                dx, dy, dw, dh = rng.normal(0, 0.15, 4) * [w, h, w, h]
                other = name if rng.uniform() < 0.85 else CLASSES[int(rng.integers(0, 3))]
                score = float(np.round(rng.uniform(0, 1), 1))
                said.append(Box(x + dx, y + dy, x + w + max(dw, 2 - w), y + h + max(dh, 2 - h), other, score))
        said = [box for box in said if box.x1 < box.x2 and box.y1 < box.y2]
        truths.append(BoxesTarget(tuple(true)))
        predictions.append(BoxesTarget(tuple(said)))
    return truths, predictions


def pycocotools_says(truths: list[BoxesTarget], predictions: list[BoxesTarget]) -> Any:
    """Return precision of shape (11 overlaps, 101 recalls, classes) from the reference implementation."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def rows(targets: list[BoxesTarget]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for image, target in enumerate(targets, start=1):
            for box in target.boxes:
                w, h = box.x2 - box.x1, box.y2 - box.y1
                row = {"id": len(found) + 1, "image_id": image, "category_id": CLASSES.index(box.name) + 1}
                row |= {"bbox": [box.x1, box.y1, w, h], "area": w * h, "iscrowd": 0, "score": box.score}
                found.append(row)
        return found

    with contextlib.redirect_stdout(io.StringIO()):
        reference = COCO()
        reference.dataset = {
            "images": [{"id": i + 1} for i in range(len(truths))],
            "annotations": rows(truths),
            "categories": [{"id": i + 1, "name": name} for i, name in enumerate(CLASSES)],
        }
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(rows(predictions)), "bbox")
        evaluation.params.iouThrs = np.array([0.33, *np.arange(0.5, 0.96, 0.05)])
        evaluation.params.maxDets = [300]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e12]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval["precision"][:, :, :, 0, 0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("seed", range(6))
def test_average_precision_equals_pycocotools(seed: int) -> None:
    truths, predictions = a_crowd(seed)
    evidence = match_boxes(
        truths, predictions, classes=CLASSES, thresholds={}, groups=[str(i) for i in range(len(truths))]
    )
    precision = pycocotools_says(truths, predictions)
    point = evidence.point()
    assert point["map33"] == pytest.approx(precision[0].mean(), abs=1e-9)
    assert point["map50"] == pytest.approx(precision[1].mean(), abs=1e-9)
    assert point["map"] == pytest.approx(precision[1:].mean(), abs=1e-9)
    for c, name in enumerate(CLASSES):
        assert point[f"ap50:{name}"] == pytest.approx(precision[1, :, c].mean(), abs=1e-9)


def test_the_operating_point_counts_hits_misses_and_false_alarms() -> None:
    truths = [BoxesTarget((Box(0, 0, 10, 10, "open"), Box(20, 0, 30, 10, "short")))] * 40
    said = (
        Box(0, 0, 10, 10, "open", 0.9),
        Box(0, 0, 10, 9, "open", 0.8),  # the same object twice
        Box(20, 0, 30, 10, "open", 0.7),  # the wrong class
        Box(60, 60, 70, 70, "spur", 0.6),  # nothing there
        Box(20, 0, 30, 10, "short", 0.4),  # right, but below the operating score
    )
    problem = Detection()
    evidence = problem.match(
        truths,
        [BoxesTarget(said)] * 40,
        classes=CLASSES,
        thresholds={"score": 0.5},
        groups=list(map(str, range(40))),
    )
    point = evidence.point()
    assert (point["precision"], point["recall"]) == pytest.approx((1 / 4, 1 / 2))
    assert point["f1"] == pytest.approx(1 / 3)
    assert point["mean_iou"] == pytest.approx(1.0)
    boxes = evidence.details()["boxes"]
    assert boxes == {"true": 80, "found": 40, "missed": 40, "double": 40, "wrong_class": 40, "background": 40}


def test_the_best_score_has_the_best_f1() -> None:
    truths, predictions = a_crowd(3)
    groups = [str(i) for i in range(len(truths))]
    everything = match_boxes(truths, predictions, classes=CLASSES, thresholds={}, groups=groups)
    score, f1 = best_score(everything)
    trials = [
        match_boxes(truths, predictions, classes=CLASSES, thresholds={"score": s}, groups=groups).point()[
            "f1"
        ]
        for s in np.arange(0, 1.01, 0.1).round(1)
    ]
    assert f1 <= max(trials) + 1e-9
    at_best = match_boxes(truths, predictions, classes=CLASSES, thresholds={"score": score}, groups=groups)
    assert at_best.point()["f1"] == pytest.approx(max(trials))


def test_a_class_without_true_boxes_is_left_out_of_the_mean_and_said() -> None:
    truths = [BoxesTarget((Box(0, 0, 10, 10, "open"),))] * 40
    predictions = [BoxesTarget((Box(0, 0, 10, 10, "open", 0.9), Box(5, 5, 9, 9, "spur", 0.1)))] * 40
    measured = Detection().evaluate(
        truths,
        predictions,
        classes=CLASSES,
        thresholds={},
        groups=list(map(str, range(40))),
        rng=np.random.default_rng(0),
    )
    assert isinstance(measured["ap50:spur"], TooFew) and measured["ap50:spur"].unit == "true boxes"
    assert measured["map50"].value == 1.0  # type: ignore[union-attr]
    assert isinstance(measured["overkill_rate"], TooFew)


def test_nothing_predicted_is_recall_zero_and_no_precision() -> None:
    truths = [BoxesTarget((Box(0, 0, 10, 10, "open"),))] * 40
    measured = Detection().evaluate(
        truths,
        [BoxesTarget()] * 40,
        classes=CLASSES,
        thresholds={},
        groups=list(map(str, range(40))),
        rng=np.random.default_rng(0),
    )
    assert isinstance(measured["precision"], TooFew)
    recall = measured["recall"]
    assert not isinstance(recall, TooFew) and recall.value == 0.0 and recall.high > 0


@pytest.mark.parametrize(
    ("scores", "thresholds", "decision"),
    [
        ([], {}, "pass"),
        ([0.49], {}, "pass"),
        ([0.1, 0.5], {}, "fail"),
        ([0.4], {"score": 0.5, "unsure_from": 0.3}, "unsure"),
        ([0.9], {"fail_classes": ["short"]}, "pass"),
    ],
)
def test_the_best_box_decides(scores: list[float], thresholds: dict[str, object], decision: str) -> None:
    prediction = BoxesTarget(tuple(Box(0, 0, 5, 5, "open", score) for score in scores))
    assert Detection().decide(prediction, thresholds) == decision


def test_boxes_come_back_in_pixels_of_the_image_without_doubles() -> None:
    placement = fit_input(1280, 640, width=640, height=640)
    outputs = {
        "boxes": np.array([[100, 50, 120, 70], [101, 50, 121, 70], [600, 300, 700, 330]], np.float32),
        "scores": np.array([[0.9, 0.0], [0.8, 0.0], [0.0, 0.7]], np.float32),
    }
    answer = Detection().decode(outputs, manifest={"classes": ["open", "short"]}, placement=placement)
    assert [box.corners for box in answer.boxes] == [(200, 100, 240, 140), (1200, 600, 1280, 640)]
    assert [box.name for box in answer.boxes] == ["open", "short"]


def test_boxes_outside_the_image_are_refused_and_roundings_are_cut() -> None:
    problem = Detection()
    with pytest.raises(TargetInvalid, match="inside the image of 100 x 80"):
        problem.parse_truth({"boxes": [{"box": [0, 0, 120, 50], "class": "open"}]}, CLASSES, size=(100, 80))
    cut = problem.parse_truth(
        {"boxes": [{"box": [-0.4, 0, 100.6, 80.5], "class": "open"}]}, CLASSES, size=(100, 80)
    )
    assert cut.boxes[0].corners == (0, 0, 100, 80)

"""The curves of an evaluation: known answers drawn by hand, and what the hub shows of a real one."""

from typing import Any

import pytest

from perenne.hub.evaluation.curves import draw_curves
from perenne.hub.evaluation.measuring import EvaluatedImage, MeasuringTask

from .conftest import Laboratory


def task(problem: str, pairs: list[tuple[Any, Any]], classes: list[str]) -> MeasuringTask:
    images = [
        EvaluatedImage(f"img_{n}", f"{n:064x}", "lyon", f"g{n}", truth, prediction)
        for n, (truth, prediction) in enumerate(pairs)
    ]
    thresholds = {"score": 0.5} if problem == "detection" else {}
    return MeasuringTask(images=images, problem=problem, classes=classes, thresholds=thresholds, seed="s")


def box(name: str, *, left: float = 0, score: float | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"box": [left, 0, left + 10, 10], "class": name}
    return found if score is None else {**found, "score": score}


def boxes(*items: dict[str, Any]) -> dict[str, Any]:
    return {"boxes": list(items)}


def test_boxes_make_a_curve_a_confusion_and_an_operating_point() -> None:
    """Found, named wrongly, missed, and one box where nothing is."""
    drawn = draw_curves(
        task(
            "detection",
            [
                (boxes(box("open")), boxes(box("open", score=0.9))),
                (boxes(box("open")), boxes(box("short", score=0.8))),
                (boxes(box("short")), boxes()),
                (boxes(), boxes(box("open", left=50, score=0.7), box("open", left=80, score=0.3))),
            ],
            ["open", "short"],
        ),
        evaluation_id="evl",
        site=None,
    )
    assert drawn.confusion is not None
    assert drawn.confusion.counts == [[1, 1, 0], [0, 0, 1], [1, 0, 0]]
    curve = drawn.precision_recall[0]
    assert curve.class_name == "open"
    assert [(p.recall, p.precision, p.score) for p in curve.points] == [
        (0.5, 1.0, 0.9),
        (0.5, 0.5, 0.7),
        (0.5, 0.33333, 0.3),
    ]
    assert curve.operating is not None
    assert (curve.operating.precision, curve.operating.score) == (0.5, 0.5)
    assert drawn.operating_point is not None
    assert drawn.operating_point.precision == pytest.approx(1 / 3, abs=1e-4)
    assert drawn.operating_point.recall == pytest.approx(1 / 3, abs=1e-4)


def test_calibration_says_how_often_each_confidence_was_right() -> None:
    right = (boxes(box("open")), boxes(box("open", score=0.95)))
    wrong = (boxes(), boxes(box("open", score=0.95)))
    drawn = draw_curves(
        task("detection", [right, right, right, wrong], ["open"]), evaluation_id="evl", site=None
    )
    (only,) = drawn.calibration
    assert (only.low, only.high, only.n, only.observed) == (0.9, 1.0, 4, 0.75)
    assert only.observed_low < 0.75 < only.observed_high


def test_of_two_classes_the_bad_one_is_drawn() -> None:
    said = [("good", 0.1), ("good", 0.4), ("bad", 0.35), ("bad", 0.8)]
    pairs = [
        ({"class": name}, {"class": "bad", "scores": {"good": 1 - bad, "bad": bad}}) for name, bad in said
    ]
    drawn = draw_curves(task("classification", pairs, ["good", "bad"]), evaluation_id="evl", site=None)
    assert [curve.class_name for curve in drawn.precision_recall] == ["bad"]
    assert drawn.roc[0].auc == 0.75
    assert drawn.precision_recall[0].ap == pytest.approx(0.83333, abs=1e-4)
    assert drawn.confusion is not None
    assert drawn.confusion.counts == [[2, 0], [1, 1]]


def test_values_are_paired_and_have_no_curve() -> None:
    drawn = draw_curves(
        task("regression", [({"value": 1.0}, {"value": 1.5})], []), evaluation_id="evl", site=None
    )
    assert drawn.truth_and_answer == [[1.0, 1.5]]
    assert drawn.precision_recall == []


def test_no_image_gives_no_curve() -> None:
    drawn = draw_curves(task("detection", [], ["open"]), evaluation_id="evl", site="lyon")
    assert (drawn.n_images, drawn.precision_recall, drawn.confusion) == (0, [], None)


def test_the_hub_draws_all_sites_or_one_and_only_what_one_may_see(laboratory: Laboratory) -> None:
    laboratory.add_model()
    laboratory.freeze()
    row = laboratory.evaluate().json()
    path = f"/evaluations/{row['id']}/curves"
    whole, lille = laboratory.get(path), laboratory.get(path, site="lille")
    assert (whole["n_images"], lille["n_images"]) == (89, 45)
    assert whole["precision_recall"][0]["class"] == "bad"
    assert sum(map(sum, lille["confusion"]["counts"])) == 45
    assert laboratory.get(path) == whole
    site = laboratory.get("/sites/lille")["id"]
    limited = laboratory.house.client(site_ids=[site])
    assert limited.get(f"/api/v1{path}").json()["confusion"] == lille["confusion"]
    assert limited.get(f"/api/v1{path}", params={"site": "lyon"}).status_code == 404


def test_the_same_comparison_is_computed_once(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory.add_model()
    laboratory.freeze()
    old = laboratory.evaluate().json()["id"]
    laboratory.add_model(classes=["bad", "good"], thresholds={"fail_at": 0.5, "fail_classes": ["bad"]})
    new = laboratory.evaluate().json()["id"]
    first = laboratory.get(f"/evaluations/{old}/compare/{new}")
    monkeypatch.setattr("perenne.hub.evaluation.service.compare_slices", None)
    assert laboratory.get(f"/evaluations/{old}/compare/{new}") == first
    assert laboratory.get(f"/evaluations/{old}/compare/{new}", metric="f1")["metric"] == "f1"


def test_items_come_worst_or_best_first(laboratory: Laboratory) -> None:
    laboratory.add_model()
    laboratory.freeze()
    path = f"/evaluations/{laboratory.evaluate().json()['id']}/items"
    worst = [item["loss"] for item in laboratory.get(path, order="worst")["items"]]
    best = [item["loss"] for item in laboratory.get(path, order="best")["items"]]
    assert worst == sorted(worst, reverse=True)
    assert best == sorted(best)

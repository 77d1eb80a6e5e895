"""From predictions to slices: who is judged, by what interval, and what does not change."""

import time
from typing import Any

import numpy as np
import pytest

from perenne.hub.evaluation.measuring import (
    EvaluatedImage,
    MeasuringTask,
    SliceKey,
    compare_slices,
    measure_slices,
)
from perenne.hub.evaluation.outcomes import LOSSES, judge_image
from perenne.hub.evaluation.rules import AcceptanceRule
from perenne.problems import PROBLEMS, Box, BoxesTarget, ClassTarget, ValueTarget

CLASSES = ["ok", "bad"]
RULE = AcceptanceRule(metric="accuracy", limit=0.8)


def classified(
    site: str, n: int, *, right: float, seed: int = 0, line: str | None = None
) -> list[EvaluatedImage]:
    rng = np.random.default_rng(seed)
    images = []
    for number in range(n):
        truth = CLASSES[number % 2]
        said = truth if rng.random() < right else CLASSES[1 - number % 2]
        scores = {name: 0.9 if name == said else 0.1 for name in CLASSES}
        images.append(
            EvaluatedImage(
                image_id=f"img_{site}_{number}",
                sha256=f"{number:064d}",
                site_id=site,
                group_key=f"part {number // 2}",
                truth={"class": truth},
                prediction={"class": said, "scores": scores},
                line_id=line,
                product_id="p1" if number % 3 == 0 else None,
            )
        )
    return images


def task(images: list[EvaluatedImage]) -> MeasuringTask:
    return MeasuringTask(images=images, problem="classification", classes=CLASSES, thresholds={}, seed="s")


def by_key(results: Any) -> dict[tuple[str, str], Any]:
    return {(r.slice.kind, r.slice.key): r for r in results}


def test_a_bad_site_is_named_although_the_average_is_good() -> None:
    images = classified("lyon", 400, right=0.99) + classified("lille", 60, right=0.6, seed=1)
    found = by_key(measure_slices(task(images), rule=RULE)[0])
    assert found["overall", "all"].judgement.verdict == "satisfactory"
    assert found["site", "lyon"].judgement.verdict == "satisfactory"
    assert found["site", "lille"].judgement.verdict == "not_satisfactory"


def test_a_site_with_few_images_gets_no_number() -> None:
    images = classified("lyon", 200, right=0.95) + classified("new", 8, right=1.0)
    found = by_key(measure_slices(task(images), rule=RULE)[0])
    few = found["site", "new"]
    assert few.judgement.verdict == "too_few"
    assert few.metrics["accuracy"]["value"] is None
    assert "8, at least 30" in few.judgement.reason


def test_every_kind_of_slice_is_there_and_only_places_and_products_are_judged() -> None:
    results, details = measure_slices(task(classified("lyon", 120, right=0.9, line="l1")), rule=RULE)
    kinds = {r.slice.kind: r.judgement.verdict for r in results}
    assert set(kinds) == {"overall", "site", "line", "product", "class"}
    assert kinds["class"] == "not_judged"
    assert by_key(results)["line", "l1"].slice.site_id == "lyon"
    assert set(details) == {"confusion", "calibration", "roc"}


def test_another_site_changes_no_interval_of_the_first() -> None:
    lyon = classified("lyon", 120, right=0.9)
    alone = by_key(measure_slices(task(lyon), rule=RULE)[0])
    joined = by_key(measure_slices(task(lyon + classified("lille", 90, right=0.9, seed=4)), rule=RULE)[0])
    assert alone["site", "lyon"].metrics == joined["site", "lyon"].metrics


def test_parts_of_two_sites_with_one_name_are_two_groups() -> None:
    images = classified("lyon", 40, right=0.9) + classified("lille", 40, right=0.9)
    found = by_key(measure_slices(task(images), rule=RULE)[0])
    assert found["overall", "all"].n_groups == 40


def test_a_challenger_that_is_worse_at_one_site_only_is_found_there() -> None:
    champion = classified("lyon", 200, right=0.9) + classified("lille", 200, right=0.95, seed=1)
    challenger = classified("lyon", 200, right=1.0) + classified("lille", 200, right=0.7, seed=2)
    keys = [SliceKey("site", "lille", "lille"), SliceKey("site", "lyon", "lyon")]
    found = compare_slices(task(champion), task(challenger), keys=keys)
    assert found[keys[0]]["accuracy"]["high"] < 0
    assert found[keys[1]]["accuracy"]["low"] > 0


def detected(site: str, n: int, seed: int = 0) -> list[EvaluatedImage]:
    """Large objects are found, small ones never."""
    rng = np.random.default_rng(seed)
    images = []
    for number in range(n):
        x, y = rng.uniform(0, 300, 2)
        large = {"box": [x, y, x + 120, y + 120], "class": "open"}
        small = {"box": [x + 150, y + 150, x + 165, y + 165], "class": "short"}
        images.append(
            EvaluatedImage(
                image_id=f"img_{site}_{number}",
                sha256=f"{number:064d}",
                site_id=site,
                group_key=f"board {number}",
                truth={"boxes": [large, small]},
                prediction={"boxes": [{**large, "score": 0.9}]},
            )
        )
    return images


def test_recall_is_told_by_object_size_for_boxes() -> None:
    boxes = MeasuringTask(
        images=detected("lyon", 40),
        problem="detection",
        classes=["open", "short"],
        thresholds={"score": 0.5},
        seed="s",
    )
    found = by_key(measure_slices(boxes, rule=None)[0])
    assert found["size", "large"].metrics["recall"]["value"] == 1.0
    assert found["size", "small"].metrics["recall"]["value"] == 0.0
    assert set(found["size", "small"].metrics) == {"recall"}
    assert ("size", "medium") not in found


def test_a_thousand_images_of_ten_sites_are_measured_in_seconds() -> None:
    images = [image for site in range(10) for image in detected(f"site{site}", 100, seed=site)]
    started = time.process_time()
    boxes = MeasuringTask(
        images=images, problem="detection", classes=["open", "short"], thresholds={}, seed="s"
    )
    measure_slices(boxes, rule=None)
    assert time.process_time() - started < 20


OK_BOX = Box(0, 0, 10, 10, "open")


@pytest.mark.parametrize(
    ("problem", "truth", "prediction", "thresholds", "decision", "outcome", "loss"),
    [
        (
            "classification",
            ClassTarget("ok"),
            ClassTarget("ok", {"ok": 0.75, "bad": 0.25}),
            {},
            "pass",
            "right",
            0.25,
        ),
        (
            "classification",
            ClassTarget("bad"),
            ClassTarget("ok", {"ok": 0.75, "bad": 0.25}),
            {},
            "pass",
            "escape",
            0.75,
        ),
        (
            "classification",
            ClassTarget("ok"),
            ClassTarget("bad", {"ok": 0.25, "bad": 0.75}),
            {},
            "fail",
            "overkill",
            0.75,
        ),
        ("regression", ValueTarget(1.0), ValueTarget(3.0), {"fail_above": 2.0}, "fail", "overkill", 2.0),
        ("detection", BoxesTarget(), BoxesTarget(), {}, "pass", "right", 0.0),
        ("detection", BoxesTarget((OK_BOX,)), BoxesTarget(), {}, "pass", "escape", 1.0),
        (
            "detection",
            BoxesTarget(),
            BoxesTarget((Box(0, 0, 10, 10, "open", 0.75),)),
            {},
            "fail",
            "overkill",
            0.75,
        ),
        (
            "detection",
            BoxesTarget((OK_BOX,)),
            BoxesTarget((Box(0, 0, 10, 10, "open", 0.875), Box(0, 1, 10, 10, "open", 0.75))),
            {},
            "fail",
            "wrong",
            0.75,
        ),
        (
            "detection",
            BoxesTarget((OK_BOX,)),
            BoxesTarget((Box(0, 0, 10, 9, "open", 0.9),)),
            {},
            "fail",
            "right",
            0.0,
        ),
        (
            "detection",
            BoxesTarget((OK_BOX,)),
            BoxesTarget((Box(0, 0, 10, 10, "open", 0.4),)),
            {"unsure_from": 0.3},
            "unsure",
            "unsure",
            1.0,
        ),
    ],
)
def test_each_image_tells_what_the_line_would_have_done(
    problem: str,
    truth: Any,
    prediction: Any,
    thresholds: dict[str, Any],
    decision: str,
    outcome: str,
    loss: float,
) -> None:
    found = judge_image(
        problem, truth=truth, prediction=prediction, thresholds=thresholds, classes=["ok", "bad"]
    )
    assert found == (decision, pytest.approx(loss), outcome)


def test_every_problem_type_has_a_loss() -> None:
    assert set(LOSSES) == set(PROBLEMS.names())

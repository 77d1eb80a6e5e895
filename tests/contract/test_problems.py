"""One contract over every problem type of the registry."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from perenne.problems import PROBLEMS, TargetInvalid
from perenne.problems.contract import OutputsInvalid
from perenne.problems.evidence import compare, summarise
from perenne.stats.estimation import Estimate, TooFew

CLASSES = ["good", "scratch", "dent"]
N = 80

TRUTHS: dict[str, list[dict[str, Any]]] = {
    "classification": [{"class": CLASSES[i % 3]} for i in range(N)],
    "regression": [{"value": float(i % 7)} for i in range(N)],
    "detection": [
        {
            "boxes": [
                {"box": [10.0 * k, 5.0, 10.0 * k + 8, 20.0], "class": CLASSES[k % 3]} for k in range(i % 4)
            ]
        }
        for i in range(N)
    ],
}
BROKEN: dict[str, list[Any]] = {
    "classification": [{}, [], None, {"class": "unknown"}, {"class": 1}, {"class": "good", "weight": 1}],
    "regression": [{}, {"value": "1"}, {"value": None}, {"value": float("nan")}, {"value": True}, 3],
    "detection": [
        {},
        {"boxes": None},
        {"boxes": [{"box": [0, 0, 4], "class": "good"}]},
        {"boxes": [{"box": [4, 0, 0, 4], "class": "good"}]},
        {"boxes": [{"box": [0, 0, 4, float("inf")], "class": "good"}]},
        {"boxes": [{"box": [0, 0, 4, 4], "class": "unknown"}]},
        {"boxes": [{"box": [0, 0, 4, 4], "class": "good", "score": 0.5}]},
    ],
}


def perfect(name: str, truth: dict[str, Any]) -> dict[str, Any]:
    """Return the prediction that says exactly the truth."""
    if name == "classification":
        return {"class": truth["class"], "scores": {c: float(c == truth["class"]) for c in CLASSES}}
    if name == "detection":
        return {"boxes": [{**box, "score": 0.9} for box in truth["boxes"]]}
    return truth


def spoiled(name: str, truth: dict[str, Any], *, seed: int) -> dict[str, Any]:
    """Return a prediction that is often wrong."""
    rng = np.random.default_rng(seed)
    if name == "classification":
        scores = rng.dirichlet(np.ones(3) * 0.7)
        said = {c: min(1.0, float(s)) for c, s in zip(CLASSES, scores, strict=True)}
        return {"class": CLASSES[int(scores.argmax())], "scores": said}
    if name == "detection":
        boxes = []
        for box in truth["boxes"]:
            corners = [float(v) for v in np.asarray(box["box"]) + rng.normal(0, 1.2, 4)]
            if corners[2] > corners[0] + 1 and corners[3] > corners[1] + 1:
                boxes.append({"box": corners, "class": box["class"], "score": float(rng.uniform(0.1, 1))})
        boxes.append({"box": [50.0, 50.0, 60.0, 60.0], "class": "dent", "score": float(rng.uniform(0, 0.7))})
        return {"boxes": boxes}
    return {"value": truth["value"] + float(rng.normal())}


@pytest.fixture(params=PROBLEMS.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def evidence_of(name: str, *, spoil: bool = True, n: int = N) -> Any:
    problem = PROBLEMS.get(name)
    rows = TRUTHS[name][:n]
    said = [spoiled(name, row, seed=i) if spoil else perfect(name, row) for i, row in enumerate(rows)]
    return problem.match(
        [problem.parse_truth(row, CLASSES) for row in rows],
        [problem.parse_prediction(row, CLASSES) for row in said],
        classes=CLASSES,
        thresholds={},
        groups=[f"part-{i // 2}" for i in range(n)],
    )


def test_a_truth_survives_the_way_to_json_and_back(name: str) -> None:
    problem = PROBLEMS.get(name)
    for row in TRUTHS[name]:
        target = problem.parse_truth(row, CLASSES)
        assert target.to_json() == row
        assert problem.parse_truth(target.to_json(), CLASSES) == target


def test_a_prediction_survives_the_way_to_json_and_back(name: str) -> None:
    problem = PROBLEMS.get(name)
    for i, row in enumerate(TRUTHS[name]):
        said = spoiled(name, row, seed=i)
        assert problem.parse_prediction(said, CLASSES).to_json() == said


def test_a_broken_target_is_refused_with_expected_and_got(name: str) -> None:
    problem = PROBLEMS.get(name)
    for broken in BROKEN[name]:
        with pytest.raises(TargetInvalid, match=r"Expected .*; got "):
            problem.parse_truth(broken, CLASSES)


def test_a_perfect_model_gets_the_best_of_every_metric(name: str) -> None:
    problem = PROBLEMS.get(name)
    measured = summarise(evidence_of(name, spoil=False), rng=np.random.default_rng(0))
    assert problem.primary_metric in measured
    for metric, estimate in measured.items():
        assert isinstance(estimate, Estimate), f"{metric}: {estimate}"
        assert estimate.value == pytest.approx(0.0 if metric in problem.lower_is_better else 1.0, abs=1e-9)


def test_every_interval_holds_its_value_and_says_its_sample(name: str) -> None:
    measured = summarise(evidence_of(name), rng=np.random.default_rng(0))
    for estimate in measured.values():
        assert isinstance(estimate, Estimate)
        assert estimate.low <= estimate.value <= estimate.high
        assert (estimate.n, estimate.n_groups) == (N, N // 2)


def test_the_bootstrap_measures_what_is_reported(name: str) -> None:
    evidence = evidence_of(name)
    weighted = evidence.measure(np.full((2, N), 3.0))
    for metric, value in evidence.point().items():
        assert weighted[metric].tolist() == pytest.approx([value, value], abs=1e-9), metric


def test_a_weight_of_two_counts_an_image_twice(name: str) -> None:
    evidence = evidence_of(name)
    twice = np.ones(N)
    twice[:10] = 2
    doubled = evidence.measure(twice[None])
    dropped = evidence.measure((np.arange(N) >= 10).astype(float)[None])
    kept = evidence.select(np.arange(N) >= 10).point()
    for metric in kept:
        assert dropped[metric][0] == pytest.approx(kept[metric], abs=1e-9, nan_ok=True), metric
    assert any(doubled[m][0] != pytest.approx(evidence.point()[m]) for m in kept)


def test_equal_seeds_give_equal_intervals(name: str) -> None:
    one = summarise(evidence_of(name), rng=np.random.default_rng(5), n_boot=50)
    two = summarise(evidence_of(name), rng=np.random.default_rng(5), n_boot=50)
    assert one == two


def test_few_images_are_said_plainly_and_no_images_give_nothing(name: str) -> None:
    evidence = evidence_of(name)
    few = summarise(evidence, rng=np.random.default_rng(0), mask=np.arange(N) < 12)
    assert few and all(isinstance(value, TooFew) and value.unit == "images" for value in few.values())
    assert summarise(evidence, rng=np.random.default_rng(0), mask=np.zeros(N, dtype=bool)) == {}


def test_one_group_gives_no_interval(name: str) -> None:
    problem = PROBLEMS.get(name)
    rows = TRUTHS[name]
    measured = problem.evaluate(
        [problem.parse_truth(row, CLASSES) for row in rows],
        [problem.parse_prediction(perfect(name, row), CLASSES) for row in rows],
        classes=CLASSES,
        thresholds={},
        groups=["board"] * N,
        rng=np.random.default_rng(0),
    )
    assert all(isinstance(value, TooFew) and value.unit == "groups" for value in measured.values())


def test_a_model_compared_with_itself_differs_by_nothing(name: str) -> None:
    evidence = evidence_of(name)
    for difference in compare(evidence, evidence, rng=np.random.default_rng(0), n_boot=50).values():
        assert isinstance(difference, Estimate)
        assert difference.low == difference.value == difference.high == 0


def test_a_clearly_better_model_is_seen_in_the_paired_difference(name: str) -> None:
    problem = PROBLEMS.get(name)
    found = compare(evidence_of(name), evidence_of(name, spoil=False), rng=np.random.default_rng(0))
    difference = found[problem.primary_metric]
    assert isinstance(difference, Estimate)
    if problem.primary_metric in problem.lower_is_better:
        assert difference.high < 0
    else:
        assert difference.low > 0


def test_every_prediction_leads_to_one_of_three_decisions(name: str) -> None:
    problem = PROBLEMS.get(name)
    for i, row in enumerate(TRUTHS[name]):
        prediction = problem.parse_prediction(spoiled(name, row, seed=i), CLASSES)
        assert problem.decide(prediction, {}, classes=CLASSES) in ("pass", "fail", "unsure")


def signals_of(name: str, said: dict[str, Any], *, classes: list[str] = CLASSES) -> dict[str, float]:
    problem = PROBLEMS.get(name)
    prediction = problem.parse_prediction(said, classes)
    return problem.signals(prediction, thresholds={}, classes=classes, size=(64, 48))


def test_what_is_watched_of_a_prediction_is_finite_and_has_the_same_names_for_every_image(name: str) -> None:
    told = [signals_of(name, spoiled(name, row, seed=i)) for i, row in enumerate(TRUTHS[name])]
    names = set().union(*told)
    for one in told:
        assert all(isinstance(value, float) and np.isfinite(value) for value in one.values())
        assert names - set(one) <= {"log_area", "aspect", "centre_x", "centre_y", "border"}
    assert len({tuple(one.items()) for one in told}) > N // 2, "another prediction, other numbers"


def test_what_is_watched_stays_small_with_a_thousand_classes(name: str) -> None:
    import json

    many = [f"class number {i}" for i in range(1000)]
    said: dict[str, dict[str, Any]] = {
        "classification": {"class": many[999], "scores": {c: float(c == many[999]) for c in many}},
        "detection": {"boxes": [{"box": [0, 0, 9, 9], "class": c, "score": 0.9} for c in many]},
        "regression": {"value": 1e300},
    }
    told = signals_of(name, said[name], classes=many)
    assert len(told) <= 32
    assert len(json.dumps(told)) < 1024


def test_outputs_of_the_wrong_shape_are_refused(name: str) -> None:
    outputs = {
        "logits": np.zeros(2),
        "value": np.array([np.nan]),
        "boxes": np.zeros((5, 3)),
        "scores": np.zeros((5, 3)),
    }
    with pytest.raises(OutputsInvalid, match="Expected"):
        PROBLEMS.get(name).decode(outputs, manifest={"classes": CLASSES})


def test_details_are_plain_json(name: str) -> None:
    import json

    assert json.loads(json.dumps(evidence_of(name).details(), allow_nan=False))


def test_naming_the_problems_loads_no_evaluation_library() -> None:
    code = (
        "import sys; from perenne.problems import PROBLEMS;"
        "PROBLEMS.get('detection').parse_truth({'boxes': []}, []);"
        "heavy = {'numpy', 'scipy', 'sklearn', 'hotcoco', 'cv2'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

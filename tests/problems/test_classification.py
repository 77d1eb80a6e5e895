"""Classification: thresholds decide, calibration is undone, metrics are scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.problems import Classification, ClassTarget
from perenne.problems.classification.metrics import weighted_auroc
from perenne.problems.evidence import summarise
from perenne.stats.estimation import TooFew

TWO = ["functional", "defective"]


def said(p: float) -> ClassTarget:
    return ClassTarget("defective" if p >= 0.5 else "functional", {"functional": 1 - p, "defective": p})


@pytest.mark.parametrize(
    ("p", "thresholds", "decision"),
    [
        (0.49, {}, "pass"),
        (0.5, {}, "fail"),
        (0.3, {"fail_at": 0.2}, "fail"),
        (0.3, {"fail_at": 0.5, "unsure_from": 0.25, "unsure_to": 0.6}, "unsure"),
        (0.6, {"fail_at": 0.5, "unsure_from": 0.25, "unsure_to": 0.6}, "fail"),
        (0.9, {"fail_classes": ["functional"]}, "pass"),
    ],
)
def test_the_fail_side_decides(p: float, thresholds: dict[str, object], decision: str) -> None:
    assert Classification().decide(said(p), thresholds, classes=TWO) == decision


def test_the_temperature_softens_scores_and_keeps_their_order() -> None:
    problem, outputs = Classification(), {"logits": np.array([2.0, -1.0], np.float32)}
    sharp = problem.decode(outputs, manifest={"classes": TWO})
    soft = problem.decode(outputs, manifest={"classes": TWO, "calibration": {"temperature": 3.0}})
    assert sharp.scores and soft.scores
    assert sharp.scores["functional"] == pytest.approx(1 / (1 + np.exp(-3)))
    assert 0.5 < soft.scores["functional"] < sharp.scores["functional"]


def test_the_answer_is_the_class_at_the_operating_point() -> None:
    manifest = {"classes": TWO, "thresholds": {"fail_at": 0.1}}
    answer = Classification().decode({"logits": np.array([1.0, 0.0])}, manifest=manifest)
    assert answer.name == "defective"


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.integers(1, 4)), min_size=4)
)
def test_the_weighted_area_equals_the_library_on_repeated_images(rows: list[tuple[bool, float, int]]) -> None:
    from sklearn.metrics import roc_auc_score

    truth, scores, times = (np.array(column) for column in zip(*rows, strict=True))
    got = weighted_auroc(truth.astype(float), scores, times[None].astype(float))[0]
    if truth.all() or not truth.any():
        assert np.isnan(got)
    else:
        assert got == pytest.approx(roc_auc_score(np.repeat(truth, times), np.repeat(scores, times)))


def test_a_site_without_defects_gets_no_balanced_accuracy_but_an_accuracy() -> None:
    problem = Classification()
    rng = np.random.default_rng(0)
    measured = problem.evaluate(
        [ClassTarget("functional")] * 50,
        [said(float(p)) for p in rng.uniform(0, 0.7, 50)],
        classes=TWO,
        thresholds={},
        groups=[str(i) for i in range(50)],
        rng=rng,
    )
    for name in ("balanced_accuracy", "auroc", "f1", "escape_rate"):
        assert isinstance(measured[name], TooFew), name
    assert not isinstance(measured["accuracy"], TooFew)
    assert not isinstance(measured["overkill_rate"], TooFew)


def test_a_well_calibrated_model_has_a_small_calibration_error() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0, 1, 4000)
    truths = [ClassTarget(TWO[int(is_bad)]) for is_bad in rng.uniform(size=4000) < p]
    evidence = Classification().match(
        truths, [said(float(v)) for v in p], classes=TWO, thresholds={}, groups=[str(i) for i in range(4000)]
    )
    assert summarise(evidence, rng=rng, n_boot=20)["ece"].value < 0.03  # type: ignore[union-attr]
    assert evidence.details()["confusion"]["truth_by_answer"][0][0] > 1000


def test_images_of_one_group_have_a_value_and_no_interval() -> None:
    problem = Classification()
    truths = [ClassTarget(TWO[n % 2]) for n in range(40)]
    answers = [said(0.9 if n % 2 else 0.1) for n in range(40)]
    evidence = problem.match(truths, answers, classes=TWO, thresholds={}, groups=["board"] * 40)
    measured = summarise(evidence, rng=np.random.default_rng(0))["accuracy"]
    assert isinstance(measured, TooFew) and measured.unit == "groups"
    assert measured.value == 1.0
    few = summarise(evidence, rng=np.random.default_rng(0), mask=np.arange(40) < 5)["accuracy"]
    assert isinstance(few, TooFew) and few.unit == "images" and few.value is None

"""Expected performance meets what labels say where its assumption holds, and stays silent where it cannot."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.stats.estimation import (
    Estimate,
    LabelledObjects,
    ScoredObjects,
    Support,
    TooFew,
    expected_performance,
    fit_reach,
    guard_estimate,
    measure_support,
)


def boxes(
    n_images: int, *, rng: np.random.Generator, missed: float = 0.1
) -> tuple[LabelledObjects, dict[str, float]]:
    """Return labelled boxes whose scores say twice the truth, and their true figures at score 0.5."""
    n_boxes = rng.poisson(4, n_images)
    images = np.repeat(np.arange(n_images), n_boxes)
    scores = rng.random(len(images))
    hits = rng.random(len(images)) < scores / 2 + 0.2
    missed_N = rng.poisson(missed, n_images).astype(float)
    counted = scores >= 0.5
    tp, fp = int((counted & hits).sum()), int((counted & ~hits).sum())
    fn = int((~counted & hits).sum() + missed_N.sum())
    true = {"precision": tp / (tp + fp), "recall": tp / (tp + fn), "f1": 2 * tp / (2 * tp + fp + fn)}
    made = LabelledObjects(
        scores, np.zeros(len(images), int), images, counted, [str(n) for n in range(n_images)], hits, missed_N
    )
    return made, true


def without_labels(labelled: LabelledObjects) -> ScoredObjects:
    return ScoredObjects(
        labelled.scores, labelled.classes, labelled.images, labelled.counted, labelled.groups
    )


def test_the_expected_figures_of_boxes_are_those_that_labels_find() -> None:
    rng = np.random.default_rng(0)
    reference, _ = boxes(600, rng=rng)
    window, true = boxes(600, rng=rng)
    found = expected_performance(without_labels(window), reference, rng=rng, n_boot=60)
    for name, value in true.items():
        measured = found[name]
        assert isinstance(measured, Estimate)
        assert abs(measured.value - value) < 0.03
        assert measured.low <= value <= measured.high


def test_objects_that_never_get_a_score_are_missed_in_the_estimate_too() -> None:
    rng = np.random.default_rng(1)
    reference, _ = boxes(500, rng=rng, missed=1.0)
    window, true = boxes(500, rng=rng, missed=1.0)
    found = expected_performance(without_labels(window), reference, rng=rng, n_boot=20)
    assert abs(found["recall"].value - true["recall"]) < 0.03  # type: ignore[operator]
    assert true["recall"] < 0.45


def test_the_interval_holds_the_truth_in_most_of_sixteen_cases() -> None:
    """Error budget: nominal 95 %, and the window's own labels are a draw too: 13 of 16 are asked for."""
    held = 0
    for seed in range(16):
        rng = np.random.default_rng(seed)
        reference, _ = boxes(300, rng=rng)
        window, true = boxes(800, rng=rng)
        found = expected_performance(without_labels(window), reference, rng=rng, n_boot=25)["recall"]
        assert isinstance(found, Estimate)
        held += found.low <= true["recall"] <= found.high
    assert held >= 13


@given(n=st.integers(1, 99))
def test_fewer_than_a_hundred_labelled_images_give_no_estimate(n: int) -> None:
    rng = np.random.default_rng(n)
    reference, _ = boxes(n, rng=rng)
    window, _ = boxes(50, rng=rng)
    found = expected_performance(without_labels(window), reference, rng=rng, n_boot=5)
    assert all(isinstance(one, TooFew) and one.needed == 100 for one in found.values())


@given(shift=st.floats(0, 6), seed=st.integers(0, 50))
def test_support_is_a_share_that_never_grows_when_the_images_move_away(shift: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    reach = fit_reach(rng.normal(size=(150, 6)))
    window = rng.normal(size=(80, 6))
    near, far = measure_support(reach, window + shift), measure_support(reach, window + shift + 4)
    assert 0 <= far.low <= far.share <= far.high <= 1
    assert far.share <= near.share + 0.05


def test_ninety_nine_of_a_hundred_images_like_the_reference_are_within_reach() -> None:
    """Error budget: 3,000 fresh images; 96 to 100 % lie within the radius that 99 % of the reference keep."""
    rng = np.random.default_rng(5)
    reach = fit_reach(rng.normal(size=(2000, 16)))
    assert 0.96 < measure_support(reach, rng.normal(size=(3000, 16))).share <= 1.0


@pytest.mark.parametrize(
    ("share", "alarms", "contradicted", "shown"),
    [
        (0.95, [], None, True),
        (0.89, [], None, False),
        (0.95, ["blur"], None, False),
        (0.95, [], "Labels said 0.6.", False),
    ],
)
def test_one_reason_is_enough_to_show_no_number(
    share: float, alarms: list[str], contradicted: str | None, shown: bool
) -> None:

    guard = guard_estimate(
        Support(share, 0.8, 1.0, n=100, n_reference=500), alarms=alarms, contradicted=contradicted
    )
    assert guard.shown is shown and (guard.why_not is None) is shown


def test_a_share_just_below_what_is_needed_is_not_told_as_what_is_needed() -> None:
    guard = guard_estimate(Support(0.896, 0.8, 1.0, n=100, n_reference=500))
    assert guard.why_not is not None and "Only 89.6%" in guard.why_not


@pytest.mark.parametrize(
    ("alarms", "moved", "shown"),
    [
        (["acquisition.contrast"], 0.06, True),
        (["acquisition.noise"], 0.2, False),
        (["acquisition.contrast", "embedding.distance"], 0.06, False),
        (["container"], 0.0, False),
    ],
)
def test_a_new_light_that_leaves_the_model_unmoved_leaves_the_number(
    alarms: list[str], moved: float, shown: bool
) -> None:
    within = Support(0.97, 0.9, 1.0, n=300, n_reference=400, moved=moved)
    assert guard_estimate(within, alarms=alarms).shown is shown


def test_a_window_has_moved_by_as_much_as_the_auc_says() -> None:
    """Error budget: the largest of nine AUC of 2,000 a side without a change stays below 0.03."""
    rng = np.random.default_rng(6)
    reach = fit_reach(rng.normal(size=(2000, 16)))
    assert measure_support(reach, rng.normal(size=(2000, 16))).moved < 0.03
    spread = measure_support(reach, 1.3 * rng.normal(size=(2000, 16)))
    assert spread.moved > 0.2, "further from their neighbours, though no mean has moved"


@pytest.mark.parametrize(("half", "shown"), [(0.149, True), (0.151, False)])
def test_a_number_is_held_back_while_its_own_interval_is_wide(half: float, shown: bool) -> None:
    within = Support(0.97, 0.9, 1.0, n=300, n_reference=400)
    guard = guard_estimate(within, estimate=Estimate(0.7, 0.7 - half, 0.7 + half, 300, 300, 0.95))
    assert guard.shown is shown
    assert shown or "15.1% to each side" in str(guard.why_not)
    assert guard_estimate(within, estimate=TooFew("groups", 2, 1, 300, 1)).shown, "told by its own reason"

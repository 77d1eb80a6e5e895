"""What is watched of predictions answers to what happens at a line."""

import pytest

from perenne.problems import Box, BoxesTarget, Classification, ClassTarget, Detection

SIZE = (100, 50)


def watch_boxes(*boxes: Box, thresholds: dict[str, float] | None = None) -> dict[str, float]:
    return Detection().signals(
        BoxesTarget(boxes), thresholds=thresholds or {}, classes=["open", "short"], size=SIZE
    )


def test_boxes_count_from_the_threshold_and_scores_from_the_first_box_on() -> None:
    told = watch_boxes(
        Box(10, 10, 20, 20, "open", 0.9), Box(30, 10, 40, 20, "open", 0.5), Box(0, 0, 5, 5, "short", 0.2)
    )
    assert (told["boxes"], told["boxes.open"], told["boxes.short"]) == (2, 2, 0)
    assert told["score_max"] == 0.9
    assert told["score_sum"] == pytest.approx(1.6)
    assert (told["score_low"], told["score_mid"], told["score_high"]) == pytest.approx((1 / 3,) * 3, abs=1e-4)


def test_an_image_without_boxes_counts_none_and_says_nothing_of_their_place() -> None:
    told = watch_boxes()
    assert set(told.values()) == {0.0}
    assert "log_area" not in told


def test_boxes_that_reach_the_edge_show() -> None:
    inside, outside = Box(10, 10, 20, 20, "open", 0.9), Box(0, 10, 20, 20, "open", 0.9)
    assert watch_boxes(inside)["border"] == 0
    assert watch_boxes(inside, outside)["border"] == 0.5


def test_the_place_is_told_in_parts_of_the_image() -> None:
    told = watch_boxes(Box(40, 20, 60, 30, "short", 0.9))
    assert (told["centre_x"], told["centre_y"], told["aspect"]) == (0.5, 0.5, 1.0)


def test_a_doubtful_classifier_has_entropy_and_no_margin() -> None:
    def watch(ok: float) -> dict[str, float]:
        target = ClassTarget("ok", {"ok": ok, "bad": 1 - ok})
        return Classification().signals(target, thresholds={}, classes=["ok", "bad"], size=SIZE)

    assert (watch(0.5)["entropy"], watch(0.5)["margin"]) == (1.0, 0.0)
    assert (watch(1.0)["entropy"], watch(1.0)["margin"]) == (0.0, 1.0)
    assert watch(0.75)["score.bad"] == watch(0.75)["fail_score"] == 0.25

"""Performance without labels: told before the labels come, only where images are like labelled ones."""

import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from perenne.hub.performance.estimating import PastWeek, contradicted
from perenne.hub.performance.jobs import tick_all

from .conftest import Fleet, said

MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
ENOUGH = 260
"""So many images leave an estimate open by less than it may be."""


def looks(n: int, *, rng: np.random.Generator, shift: float = 0.0) -> list[bytes]:
    """Return n packed embeddings around `shift`."""
    numbers = np.clip(np.rint((rng.normal(size=(n, 64)) + shift) * 20), -127, 127).astype(np.int8)
    return [struct.pack("<f", 0.05) + row.tobytes() for row in numbers]


def run_week(
    fleet: Fleet, model: Any, week: int, *, n: int = 150, labelled: bool, shift: float = 0.0, seed: int = 0
) -> tuple[float, Callable[[], None]]:
    """Play a week whose scores are right as often as they say; return the true recall, and what labels it."""
    rng = np.random.default_rng([seed, week])
    scores = rng.random(n)
    bad = rng.random(n) < scores
    at = MONDAY + week * WEEK
    images = fleet.answer(
        "lyon", model, [said(s) for s in scores], at=at, embeddings=looks(n, rng=rng, shift=shift)
    )

    def label() -> None:
        fleet.label(images, ["bad" if b else "good" for b in bad], stream="audit")

    if labelled:
        label()
    return float((bad & (scores >= 0.5)).sum() / bad.sum()), label


def recall(fleet: Fleet) -> Any:
    """Return the newest estimate of the recall."""
    return fleet.get("/sites/lyon/estimates", metric="recall")["items"][0]


def test_a_number_is_given_only_beside_past_errors(fleet: Fleet) -> None:
    model = fleet.add_model()
    run_week(fleet, model, 0, n=ENOUGH, labelled=True)
    _, label = run_week(fleet, model, 1, n=ENOUGH, labelled=False)
    fleet.go_to(MONDAY + 2 * WEEK)
    assert tick_all(fleet.house.hub) > 0
    untried = recall(fleet)
    assert untried["week"] == "2026-01-12" and untried["past_errors"] == []
    assert (untried["value"], untried["low"], untried["high"]) == (None, None, None)
    assert untried["why_not_said"] == {"code": "estimate.untried", "values": {}}
    label()
    true, _ = run_week(fleet, model, 2, n=ENOUGH, labelled=False)
    fleet.go_to(MONDAY + 3 * WEEK)
    tick_all(fleet.house.hub)
    seen = recall(fleet)
    assert seen["week"] == "2026-01-19" and seen["why_not"] is None and seen["why_not_said"] is None
    assert seen["low"] <= true <= seen["high"] and abs(seen["value"] - true) < 0.12
    (error,) = seen["past_errors"]
    assert error["week"] == "2026-01-12" and error["n_labels"] == ENOUGH
    assert seen["mean_past_error"] == pytest.approx(abs(error["estimated"] - error["measured"]))
    assert seen["support_share"] > 0.9
    standing = {item["site"]: item for item in fleet.get("/performance/sites")["items"]}
    assert standing["lyon"]["estimate"]["metric"] == "f1" and standing["graz"]["estimate"] is None


def test_no_number_is_shown_of_images_unlike_those_with_labels(fleet: Fleet) -> None:
    model = fleet.add_model()
    run_week(fleet, model, 0, labelled=True)
    run_week(fleet, model, 1, labelled=False, shift=3.0)
    fleet.go_to(MONDAY + 2 * WEEK)
    tick_all(fleet.house.hub)
    seen = recall(fleet)
    assert seen["value"] is None and "like those with labels" in seen["why_not"]
    assert seen["why_not_said"]["code"] == "estimate.unlike"
    assert seen["why_not_said"]["values"] == {"share": seen["support_share"], "least_share": 0.9}
    assert seen["labels_needed"] > 0 and seen["support_share"] < 0.1


def test_too_few_audited_labels_say_how_many_are_missing(fleet: Fleet) -> None:
    model = fleet.add_model()
    run_week(fleet, model, 0, n=40, labelled=True)
    run_week(fleet, model, 1, labelled=False)
    fleet.go_to(MONDAY + 2 * WEEK)
    tick_all(fleet.house.hub)
    seen = recall(fleet)
    assert seen["value"] is None and seen["labels_needed"] == 60 and "40 of 100" in seen["why_not"]
    assert seen["why_not_said"]["values"] == {"got": 40, "needed": 100, "unit": "labelled images"}


def test_an_estimate_of_a_week_that_ended_never_changes_and_is_held_against_its_labels(fleet: Fleet) -> None:
    model = fleet.add_model()
    run_week(fleet, model, 0, labelled=True)
    rng = np.random.default_rng(9)
    scores = rng.random(150)
    images = fleet.answer(
        "lyon", model, [said(s) for s in scores], at=MONDAY + WEEK, embeddings=looks(150, rng=rng)
    )
    fleet.go_to(MONDAY + 2 * WEEK)
    tick_all(fleet.house.hub)
    assert recall(fleet)["value"] is None
    fleet.label(images, ["good"] * 75 + ["bad"] * 75, stream="audit")
    fleet.go_to(MONDAY + 3 * WEEK)
    run_week(fleet, model, 2, labelled=False)
    tick_all(fleet.house.hub)
    items = fleet.get("/sites/lyon/estimates", metric="recall")["items"]
    assert [item["week"] for item in items[:2]] == ["2026-01-19", "2026-01-12"]
    assert items[1]["value"] is None  # no week before it was checked, whatever came later
    (error,) = items[0]["past_errors"]
    assert error["n_labels"] == 150
    assert items[0]["mean_past_error"] == pytest.approx(abs(error["estimated"] - error["measured"]))
    assert items[0]["value"] is None and "scores do not mean here what they meant" in items[0]["why_not"]


def test_labels_within_the_interval_or_by_a_hair_do_not_contradict() -> None:
    def past(estimated: float, low: float, high: float, *, week: int = 1) -> PastWeek:
        return PastWeek(date(2026, 1, week), "mod", "f1", estimated, (low + high) / 2, low, high, n_labels=9)

    assert contradicted("f1", []) is None
    assert contradicted("f1", [past(0.80, 0.70, 0.85)]) is None
    assert contradicted("f1", [past(0.80, 0.76, 0.79)]) is None
    said = contradicted("f1", [past(0.80, 0.50, 0.70)])
    assert said is not None and "f1 was expected to be 0.80" in said and said.values["metric"] == "f1"
    assert contradicted("recall", [past(0.80, 0.50, 0.70)]) is None
    healed = [past(0.80, 0.50, 0.70), *(past(0.8, 0.75, 0.85, week=n) for n in range(2, 6))]
    assert contradicted("f1", healed) is None


def test_scores_are_shown_beside_how_often_they_were_right(fleet: Fleet) -> None:
    model = fleet.add_model()
    run_week(fleet, model, 0, labelled=True, n=250)
    (found,) = fleet.get("/sites/lyon/calibration")["items"]
    assert (found["label_class"], found["n"], found["recalibrated"]) == ("bad", 250, True)
    assert sum(one["n"] for one in found["bins"]) == 250
    assert found["error_low"] <= found["error"] <= found["error_high"] and found["error"] < 0.15
    assert fleet.get("/sites/graz/calibration")["items"] == []

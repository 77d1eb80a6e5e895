"""What labels say of a site, week by week: each stream by itself, each number with its interval."""

from datetime import UTC, datetime, timedelta

import pytest

from perenne.hub.performance.rules import (
    bounds_of_week,
    choose_max_objects,
    compare_losses,
    labels_owed,
    standing_of,
    week_of,
)

from .conftest import Fleet, said

HIT, MISS, FALSE, CLEAN = said(0.9), said(0.1), said(0.8), said(0.05)
MONDAY = datetime(2026, 1, 5, 0, 30, tzinfo=UTC)


def test_a_week_counts_hits_false_alarms_and_misses_of_what_production_said(fleet: Fleet) -> None:
    model = fleet.add_model()
    answers = [HIT] * 12 + [MISS] * 4 + [FALSE] * 3 + [CLEAN] * 41
    images = fleet.answer("lyon", model, answers, at=MONDAY)
    fleet.label(images, ["bad"] * 16 + ["good"] * 44, stream="audit", inclusion_probability=1.0)
    seen = fleet.get("/sites/lyon/performance")
    assert (seen["primary"], seen["problem"]) == ("f1", "classification")
    (period,) = seen["periods"]
    assert (period["week"], period["n_inspected"], period["n_labelled"]) == ("2026-01-05", 60, 60)
    figures = {figure["metric"]: figure for figure in period["figures"]}
    assert figures["recall"]["value"] == 12 / 16
    assert figures["precision"]["value"] == 12 / 15
    assert figures["f1"]["value"] == pytest.approx(24 / 31)
    assert figures["recall"]["low"] < 0.75 < figures["recall"]["high"] and figures["recall"]["n_units"] == 60


def test_streams_are_never_mixed(fleet: Fleet) -> None:
    model = fleet.add_model()
    for stream, answer in (("audit", HIT), ("seeded", MISS), ("active", MISS)):
        fleet.label(fleet.answer("lyon", model, [answer] * 20), ["bad"] * 20, stream=stream)
    periods = {period["stream"]: period for period in fleet.get("/sites/lyon/performance")["periods"]}
    recall = {stream: period["figures"][0]["value"] for stream, period in periods.items()}
    assert recall == {"audit": 1.0, "seeded": 0.0, "active": 0.0}
    only = fleet.get("/sites/lyon/performance", stream="seeded")["periods"]
    assert [period["stream"] for period in only] == ["seeded"]


def test_images_that_were_likelier_to_be_drawn_weigh_less(fleet: Fleet) -> None:
    """10 misses drawn with 0.1 stand for 100, 40 hits drawn with 0.8 for 50: a recall of 1/3, not 4/5."""
    model = fleet.add_model()
    misses = fleet.answer("lyon", model, [MISS] * 10)
    hits = fleet.answer("lyon", model, [HIT] * 40)
    fleet.label(misses, ["bad"] * 10, stream="audit", inclusion_probability=0.1)
    fleet.label(hits, ["bad"] * 40, stream="audit", inclusion_probability=0.8)
    (period,) = fleet.get("/sites/lyon/performance")["periods"]
    assert period["figures"][0]["value"] == pytest.approx(1 / 3)


def test_a_lot_is_one_unit_of_the_interval(fleet: Fleet) -> None:
    model = fleet.add_model()
    for lot in range(3):
        images = fleet.answer("lyon", model, [HIT] * 10, batch_id=f"lot-{lot}")
        fleet.label(images, ["bad"] * 10, stream="audit")
    (period,) = fleet.get("/sites/lyon/performance")["periods"]
    assert (period["figures"][0]["n_images"], period["figures"][0]["n_units"]) == (30, 3)


def test_the_answer_of_production_counts_also_when_its_truth_was_known_before(fleet: Fleet) -> None:
    """Seeded parts: the truth waits for the part, and every new photograph of it is judged at once."""
    model = fleet.add_model()
    body = {
        "label_schema": "cells",
        "stream": "seeded",
        "items": [{"part_id": "GOLD-1", "site": "lyon", "target": {"class": "bad"}}],
    }
    assert fleet.http.post("/api/v1/ground-truth", json=body).json()["pending"] == 1
    for answers in ([HIT], [MISS]):
        fleet.answer("lyon", model, answers, part_id="GOLD-1")
    (period,) = fleet.get("/sites/lyon/performance")["periods"]
    assert (period["stream"], period["n_labelled"]) == ("seeded", 2)
    assert period["figures"][0]["value"] == 0.5 and "at least 10" in period["figures"][0]["missing"]


def test_a_corrected_truth_changes_the_week_that_it_is_about(fleet: Fleet) -> None:
    model = fleet.add_model()
    images = fleet.answer("lyon", model, [HIT] * 20, at=MONDAY)
    fleet.label(images, ["bad"] * 20, stream="audit")
    assert fleet.get("/sites/lyon/performance")["periods"][0]["figures"][1]["value"] == 1.0
    fleet.label(images[:10], ["good"] * 10, stream="audit")
    (period,) = fleet.get("/sites/lyon/performance")["periods"]
    assert period["n_labelled"] == 20 and period["figures"][1]["value"] == 0.5


def test_each_version_has_its_own_weeks(fleet: Fleet) -> None:
    old, new = fleet.add_model(), fleet.add_model()
    for model, at in ((old, MONDAY), (new, MONDAY + timedelta(days=7))):
        fleet.label(fleet.answer("lyon", model, [HIT] * 10, at=at), ["bad"] * 10, stream="audit")
    seen = fleet.get("/sites/lyon/performance")
    assert [(p["week"], p["model"]["number"]) for p in seen["periods"]] == [
        ("2026-01-05", 1),
        ("2026-01-12", 2),
    ]
    assert fleet.get("/sites/lyon/performance", model="cells:2")["periods"][0]["model"]["number"] == 2


def test_a_value_has_its_mean_error_by_week(fleet: Fleet) -> None:
    from perenne.testing.tiny_models import tiny_regressor

    schema = {"slug": "gap", "name": "Gap", "problem": "regression", "classes": [], "unit": "mm"}
    assert fleet.http.post("/api/v1/label-schemas", json=schema).status_code == 201
    model = fleet.add_model("gap", make=tiny_regressor)
    images = fleet.answer("lyon", model, [{"value": 1.0}] * 40, thresholds={})
    fleet.label(images, [{"value": 1.5}] * 40, schema="gap", stream="audit")
    seen = fleet.get("/sites/lyon/performance")
    assert seen["primary"] == "mae"
    assert [(f["metric"], f["value"]) for f in seen["periods"][0]["figures"]] == [("mae", 0.5)]


def test_looking_twice_judges_nothing_twice(fleet: Fleet) -> None:
    from perenne.hub.performance.catching_up import catch_up

    model = fleet.add_model()
    fleet.label(fleet.answer("lyon", model, [HIT] * 5), ["bad"] * 5, stream="audit")
    actor = fleet.house.actor()
    assert catch_up(fleet.house.hub, actor) == 5
    assert catch_up(fleet.house.hub, actor) == 0
    fleet.answer("lyon", model, [HIT])
    assert catch_up(fleet.house.hub, actor) == 0


@pytest.mark.parametrize(
    ("at", "zone", "week"),
    [
        ("2026-01-04T22:59:00+00:00", "Europe/Paris", "2025-12-29"),
        ("2026-01-04T23:00:00+00:00", "Europe/Paris", "2026-01-05"),
        ("2026-01-05T04:59:00+00:00", "America/New_York", "2025-12-29"),
        ("2026-03-29T22:30:00+00:00", "Europe/Paris", "2026-03-30"),
    ],
)
def test_a_week_begins_on_the_sites_own_monday(at: str, zone: str, week: str) -> None:
    moment = datetime.fromisoformat(at)
    found = week_of(moment, time_zone=zone)
    assert found.isoformat() == week
    start, end = bounds_of_week(found, time_zone=zone)
    assert start <= moment < end


def test_what_a_site_owes_and_how_it_stands() -> None:
    fell = datetime(2026, 1, 1, tzinfo=UTC)
    assert standing_of([]) == "no_claim"
    assert standing_of([("certified", None)]) == "certified"
    assert standing_of([("certified", fell)]) == "open"
    assert standing_of([("certified", None), ("open", None), ("violated", None)]) == "violated"
    assert labels_owed([("audit", None), ("seeded", 7)]) == 7
    assert choose_max_objects([], problem="classification") == 1
    assert choose_max_objects([3] * 100, problem="detection") == 4


def test_losses_are_compared_after_a_moment_against_before() -> None:
    def seen(n: int, wrong: int, *, day: int) -> list[tuple[str, datetime, bool, bool | None]]:
        at = datetime(2026, 1, day, tzinfo=UTC)
        return [(f"img-{day}-{k}", at, k < wrong, None) for k in range(n)]

    since = datetime(2026, 1, 5, tzinfo=UTC)
    assert compare_losses(seen(9, 0, day=1) + seen(50, 5, day=6), since=since) is None
    found = compare_losses(seen(100, 5, day=1) + seen(50, 20, day=6), since=since)
    assert found is not None
    audit = found["audit"]
    assert audit["change"] == pytest.approx(0.35) and audit["n"] == 50
    assert 0.2 < audit["low"] < 0.35 < audit["high"] < 0.5
    assert sum(found["losses"].values()) == 20 and len(found["losses"]) == 50
    assert "labelled" not in found, "values show no defects"


def test_the_share_of_labelled_defects_is_told_beside_the_loss() -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 6)]
    before = [(f"a{k}", days[0], False, k < 10) for k in range(100)]
    after = [(f"b{k}", days[1], False, k < 20) for k in range(50)]
    found = compare_losses([*before, *after], since=days[1])
    assert found is not None and found["audit"]["change"] == 0
    assert found["labelled"]["change"] == pytest.approx(0.3) and found["labelled"]["n"] == 50
    assert 0.1 < found["labelled"]["low"] < 0.3 < found["labelled"]["high"] < 0.5


def test_more_labels_at_once_than_are_judged_at_once_are_all_judged(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from perenne.hub.performance import catching_up

    monkeypatch.setattr(catching_up, "PORTION", 5)
    monkeypatch.setattr(catching_up, "LATE", 3)
    model = fleet.add_model()
    fleet.label(fleet.answer("lyon", model, [HIT] * 23), ["bad"] * 23, stream="audit")
    assert catching_up.catch_up(fleet.house.hub, fleet.house.actor()) == 23
    (period,) = fleet.get("/sites/lyon/performance")["periods"]
    assert (period["n_labelled"], period["n_inspected"]) == (23, 23)

"""A span beside its reference: what moved stands first, lots count as one, nothing is found where nothing is.

Error budget: the null tests below are seeded; with other seeds each would fail in at most one case in a
thousand.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from perenne.testing.hubs import hub_in_process

from .conftest import BLURRED, FIRST, Plant


def _compare(plant: Plant, since: datetime | None, **params: Any) -> Any:
    assert since is not None
    path = f"/monitoring/contexts/{plant.context()['id']}/window"
    moments = {name: at.isoformat() for name, at in params.items()}
    return plant.get(path, since=(since + timedelta(seconds=1)).isoformat(), **moments)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Plant, dict[str, datetime | None]]]:
    """A context with its reference, 150 usual images, then 60 blurred ones; and when each began."""
    with hub_in_process(tmp_path_factory.mktemp("hub"), watch_first_reference=FIRST) as house:
        made = Plant(house)
        made.add_place("lyon")
        made.model = made.add_model()
        began: dict[str, datetime | None] = {"before": made.house.clock.now() - timedelta(hours=1)}
        made.run("lyon", FIRST)
        began["usual"] = made.at
        made.run("lyon", 150)
        began["blurred"] = made.at
        made.images = made.run("lyon", 60, moved=BLURRED)  # type: ignore[attr-defined]
        yield made, began


def test_the_channel_that_moved_stands_first_with_its_images_and_a_caution(watched: Any) -> None:
    plant, began = watched
    found = _compare(plant, began["blurred"])
    assert (found["state"], found["against"], found["unit"]) == ("compared", "reference", "image")
    moved = [one["channel"] for one in found["effects"] if one["auc_high"] < 0.1]
    assert moved == [one["channel"] for one in found["effects"][:2]], "they stand first"
    assert found["effects"][0]["shift"] < -3
    assert found["discrepancy"]["p_value"] == pytest.approx(1 / 501)
    assert found["discrepancy"]["n_permutations"] == 500
    assert found["discrepancy"]["mmd"] > found["discrepancy"]["usual_high"]
    assert found["told_apart"]["auc_low"] > 0.9
    assert len(found["typical_images"]) == len(found["other_images"]) == 6
    assert set(found["typical_images"]) <= set(plant.images)
    assert not set(found["other_images"]) & set(plant.images)
    assert (found["window"]["n_images"], found["other"]["n_images"]) == (59, FIRST / 2)
    assert "alarms nobody" in found["caution"]
    assert found == _compare(plant, began["blurred"]), "the same images give the same answer"


def test_a_usual_window_is_told_apart_by_nothing(watched: Any) -> None:
    plant, began = watched
    found = _compare(plant, began["usual"], until=began["blurred"])
    assert found["discrepancy"]["p_value"] > 0.01
    assert found["told_apart"]["auc_low"] <= 0.55
    assert abs(found["effects"][0]["auc"] - 0.5) < 0.15


def test_a_span_stands_beside_another_span(watched: Any) -> None:
    plant, began = watched
    found = _compare(plant, began["blurred"], against_since=began["usual"], against_until=began["blurred"])
    assert (found["against"], found["other"]["n_images"]) == ("span", 149)
    assert found["effects"][0]["auc_high"] < 0.05


def test_images_of_the_reference_are_not_compared_with_it(watched: Any) -> None:
    plant, began = watched
    found = _compare(plant, began["before"], until=began["usual"])
    assert (found["state"], found["needed_units"], found["needed_images"]) == ("too_few", 10, 10)
    assert found["window"]["n_left_out"] == FIRST - 1
    assert "belong to the reference" in found["why"] and found["discrepancy"] is None


def test_lots_count_not_images(plant: Plant) -> None:
    plant.run("lyon", 240, lots=[f"lot-{number // 4}" for number in range(240)])
    began = plant.at
    plant.run("lyon", 60, lots=["late"] * 60)
    found = _compare(plant, began)
    assert (found["state"], found["unit"], found["window"]["n_units"]) == ("too_few", "lot", 1)
    assert "has 1 lots" in found["why"] and "10 are needed" in found["why"]


def test_a_context_without_a_reference_says_so(plant: Plant) -> None:
    plant.run("lyon", 5)
    found = _compare(plant, plant.house.clock.now() - timedelta(days=1))
    assert found["state"] == "too_few" and f"5 of {FIRST} images" in found["why"]


def test_spans_that_overlap_are_refused(watched: Any) -> None:
    plant, began = watched
    path = f"/api/v1/monitoring/contexts/{plant.context()['id']}/window"
    since, until = began["usual"].isoformat(), began["blurred"].isoformat()
    params = {"since": since, "until": until, "against_since": since, "against_until": until}
    answer = plant.house.client(organisation=plant.organisation).get(path, params=params)
    assert answer.status_code == 422 and "overlap" in answer.json()["detail"]

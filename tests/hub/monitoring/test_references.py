"""A reference changes by a person's logged act only, and every one that was is kept."""

from datetime import timedelta

import pytest

from .conftest import FIRST, Plant

BRIGHTER = {"mean": 6.0, "p99": 4.0}


@pytest.fixture
def moved(plant: Plant) -> Plant:
    """A plant whose light was changed on purpose: an incident is open, 220 images are as they shall be."""
    plant.run("lyon", FIRST + 20)
    plant.run("lyon", 220, moved=BRIGHTER)
    return plant


def test_a_person_sets_a_reference_and_the_act_is_logged_everywhere(moved: Plant) -> None:
    (incident,) = moved.incidents()
    context = moved.context()
    assert moved.at is not None
    asked = moved.post(
        f"/monitoring/contexts/{context['id']}/reference",
        {"since": (moved.at - timedelta(minutes=215)).isoformat(), "reason": "New lamp"},
        status=202,
    )
    assert (asked["state"], asked["automatic"]) == ("asked", False)
    assert moved.context()["reference"]["id"] == context["reference"]["id"], "not before the tick"
    moved.tick()
    after = moved.context()
    assert (after["state"], after["reference"]["id"], after["reference"]["reason"]) == (
        "quiet",
        asked["id"],
        "New lamp",
    )
    moved.run("lyon", 60, moved=BRIGHTER)
    assert moved.context()["state"] == "quiet"
    states = [one["state"] for one in moved.get(f"/monitoring/contexts/{context['id']}/references")["items"]]
    assert states == ["current", "past"]
    steps = moved.get(f"/incidents/{incident['id']}")["steps"]
    assert [step["text"] for step in steps if step["act"] == "reference"] == ["New lamp"]
    audited = moved.get("/audit", object_id=context["id"], limit=50)["items"]
    acts = [(one["action"], one["detail"].get("reason")) for one in audited]
    assert ("reference.asked", "New lamp") in acts and ("reference.set", "New lamp") in acts
    marks = moved.get(f"/monitoring/contexts/{context['id']}/history")["marks"]
    assert [one["label"] for one in marks if one["kind"] == "reference"] == [
        "The first reference",
        "New lamp",
    ]


def test_a_scheduled_reference_waits_for_its_time(moved: Plant) -> None:
    context, now = moved.context(), moved.house.clock.now()
    body = {"since": (now - timedelta(minutes=215)).isoformat(), "until": now.isoformat()}
    body |= {"at": (now + timedelta(hours=1)).isoformat(), "reason": "From tonight on"}
    moved.post(f"/monitoring/contexts/{context['id']}/reference", body, status=202)
    moved.run("lyon", 5, moved=BRIGHTER)
    assert moved.context()["reference"]["reason"] == "The first reference"
    moved.house.clock.at = now + timedelta(hours=1)
    moved.tick()
    assert moved.context()["reference"]["reason"] == "From tonight on"


def test_too_few_images_make_no_reference_and_the_old_one_holds(moved: Plant) -> None:
    context = moved.context()
    assert moved.at is not None
    since = (moved.at - timedelta(minutes=20)).isoformat()
    path = f"/monitoring/contexts/{context['id']}/reference"
    moved.post(path, {"since": since, "reason": "Hasty"}, status=202)
    moved.tick()
    refused = moved.get(f"/monitoring/contexts/{context['id']}/references")["items"][0]
    assert (refused["state"], refused["enough"]) == ("refused", False)
    assert "at least 200 images" in refused["unit_reason"]
    assert refused["unit_reason_said"]["code"] == "reference.few"
    assert refused["unit_reason_said"]["values"]["needed"] == 200
    assert moved.context()["reference"]["id"] == context["reference"]["id"]
    assert moved.context()["state"] == "alarm"
    moved.post(path, {"since": since, "reason": ""}, status=422)
    wrong = moved.post(path, {"until": since, "since": moved.at.isoformat(), "reason": "x"}, status=422)
    assert wrong["code"] == "reference-times" and wrong["remedy"]


def test_a_line_that_gets_lots_is_judged_by_lots(plant: Plant) -> None:
    lots = [f"lot-{number // 4}" for number in range(240)]
    plant.run("lyon", 240, lots=lots)
    context = plant.context()
    assert (context["reference"]["unit"], context["promise"]["unit"]) == ("lot", "lot")
    assert context["reference"]["n_units"] == 50

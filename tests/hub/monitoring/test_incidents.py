"""From an alarm to a closed incident, over HTTP, and who may see what of it."""

from typing import Any

import pytest

from .conftest import BLURRED, FIRST, Plant

ALL_DETECTORS = {"growing", "anchored"}


@pytest.fixture
def blurred(plant: Plant) -> Plant:
    """A plant whose images lost their sharpness after 40 good ones."""
    plant.run("lyon", FIRST + 40)
    plant.run("lyon", 30, moved=BLURRED)
    return plant


def _acts(incident: dict[str, Any]) -> list[str]:
    return [step["act"] for step in incident["steps"]]


def test_an_alarm_tells_since_when_what_how_far_and_under_which_promise(plant: Plant) -> None:
    plant.run("lyon", FIRST + 40)
    changed = plant.run("lyon", 30, moved=BLURRED)
    (summary,) = plant.incidents()
    assert (summary["number"], summary["state"], summary["sites"]) == (1, "open", ["lyon"])
    incident = plant.get(f"/incidents/{summary['id']}")
    alarm = next(one for one in incident["alarms"] if one["detector"] == "growing")
    assert alarm["onset_image_id"] == changed[0]
    assert alarm["delay_images"] <= 10
    assert alarm["log_evidence"] >= alarm["log_threshold"]
    assert alarm["promise"]["unit"] == "image" and alarm["promise"]["years"] == 5.0
    first = alarm["effects"][0]
    assert first["channel"] == summary["main_channel"] == "acquisition.sharpness"
    assert first["auc"] < 0.1 and first["auc_low"] <= first["auc"] < first["auc_high"] < 0.5
    assert (first["n_reference"], first["n_window"]) == (FIRST / 2, alarm["delay_images"])
    assert sum(effect["share"] for effect in alarm["effects"]) == pytest.approx(1, abs=1e-3)
    assert set(alarm["typical_images"]) <= set(changed[:10]) and len(alarm["typical_images"]) >= 3
    assert len(alarm["reference_images"]) == 6 and not set(alarm["reference_images"]) & set(changed)
    assert plant.context()["state"] == "alarm"
    (site,) = plant.get("/monitoring/sites")["items"]
    assert (site["state"], site["in_alarm"], site["open_incidents"]) == ("alarm", 1, 1)


def test_a_healthy_stream_raises_nothing(plant: Plant) -> None:
    plant.run("lyon", FIRST + 300)
    assert plant.incidents() == []


def test_no_detector_alarms_twice_before_a_person_closes(blurred: Plant) -> None:
    before = blurred.incidents()[0]
    blurred.run("lyon", 60, moved=BLURRED)
    blurred.post(f"/incidents/{before['id']}/acknowledge", {"note": "seen"})
    blurred.forget()
    blurred.run("lyon", 30, moved=BLURRED)
    (after,) = blurred.incidents()
    assert (after["n_alarms"], after["state"]) == (before["n_alarms"], "acknowledged")
    assert blurred.context()["state"] == "alarm"
    alarms = blurred.get(f"/incidents/{after['id']}")["alarms"]
    assert sorted(one["detector"] for one in alarms) == sorted(ALL_DETECTORS)


def test_closing_begins_the_evidence_anew_and_what_is_still_wrong_alarms_again(blurred: Plant) -> None:
    (first,) = blurred.incidents()
    closed = blurred.post(
        f"/incidents/{first['id']}/close", {"reason": "Lens cleaned", "confirmed_cause": "focus"}
    )
    assert (closed["state"], closed["close_reason"], closed["confirmed_cause"]) == (
        "closed",
        "Lens cleaned",
        "focus",
    )
    blurred.tick()
    context = blurred.context()
    assert (context["state"], context["level"], context["n_units"]) == ("quiet", 0.0, 0)
    blurred.run("lyon", 60)
    assert len(blurred.incidents()) == 1
    blurred.run("lyon", 60, moved={"mean": 5.0})
    assert [one["number"] for one in blurred.incidents()] == [1, 2]
    assert blurred.incidents(state="open")[0]["main_channel"] == "acquisition.brightness"


def test_a_new_value_of_the_fingerprint_is_told_at_once_and_once(plant: Plant) -> None:
    plant.run("lyon", FIRST + 20)
    plant.run("lyon", 1, fingerprint={"software": "2.0"})
    (summary,) = plant.incidents()
    (alarm,) = plant.get(f"/incidents/{summary['id']}")["alarms"]
    assert (alarm["detector"], alarm["new_values"], alarm["delay_images"]) == (
        "fingerprint",
        {"software": "2.0"},
        0,
    )
    plant.run("lyon", 5, fingerprint={"software": "2.0"})
    plant.post(f"/incidents/{summary['id']}/close", {"reason": "Known release"})
    plant.run("lyon", 5, fingerprint={"software": "2.0"})
    assert len(plant.incidents()) == 1
    assert plant.context()["state"] == "quiet"


def test_a_camera_that_stands_still_is_an_alarm(plant: Plant) -> None:
    plant.run("lyon", FIRST + 20)
    plant.run("lyon", 4, still=True)
    (summary,) = plant.incidents()
    detectors = {one["detector"] for one in plant.get(f"/incidents/{summary['id']}")["alarms"]}
    assert "frozen" in detectors


def test_three_sites_that_move_on_one_channel_are_one_incident(plant: Plant) -> None:
    for site in ("metz", "nice"):
        plant.add_place(site)
    for site in ("lyon", "metz", "nice"):
        plant.inspect(site, FIRST + 10, model=plant.model)
    plant.tick()
    for site in ("lyon", "metz", "nice"):
        plant.inspect(site, 25, model=plant.model, moved=BLURRED)
    plant.tick()
    (incident,) = plant.incidents()
    assert incident["sites"] == ["lyon", "metz", "nice"]
    assert "common_cause" in _acts(plant.get(f"/incidents/{incident['id']}"))

    limited = plant.house.client(site_ids=[plant.context("metz")["site_id"]])
    (seen,) = limited.get("/api/v1/incidents").json()["items"]
    assert (seen["sites"], seen["n_alarms"]) == (["metz"], incident["n_alarms"] // 3)
    whole = limited.get(f"/api/v1/incidents/{incident['id']}")
    assert plant.context("lyon")["site_id"] not in whole.text and "lyon" not in whole.text


def test_the_third_site_gathers_the_incidents_of_the_first_two(plant: Plant) -> None:
    for site in ("metz", "nice"):
        plant.add_place(site)
    for site in ("lyon", "metz", "nice"):
        plant.inspect(site, FIRST + 10, model=plant.model)
    for site in ("lyon", "metz", "nice"):
        plant.run(site, 25, moved=BLURRED)
    first, second = plant.incidents()
    assert (first["state"], first["sites"]) == ("open", ["lyon", "metz", "nice"])
    assert (second["state"], second["n_alarms"]) == ("closed", 0)
    merged = plant.get(f"/incidents/{second['id']}")
    assert merged["merged_into"] == first["id"] and "merged" in _acts(merged)
    assert "took_over" in _acts(plant.get(f"/incidents/{first['id']}"))
    assert plant.context("metz")["state"] == "alarm", "a merge closes nothing"


def test_a_person_acknowledges_assigns_closes_and_reopens_and_all_of_it_is_kept(blurred: Plant) -> None:
    (summary,) = blurred.incidents()
    path = f"/incidents/{summary['id']}"
    user = {"email": "ana@acme.fr", "name": "Ana", "password": "correct horse battery", "role": "operator"}
    blurred.post("/users", user, status=201)
    assert blurred.post(f"{path}/assign", {"assignee": "nobody@acme.fr"}, status=422)["code"] == (
        "nobody-to-assign"
    )
    assert blurred.post(f"{path}/assign", {"assignee": "ana@acme.fr"})["assignee"] == "ana@acme.fr"
    blurred.post(f"{path}/acknowledge", {"note": "On my way"})
    again = blurred.post(f"{path}/acknowledge", {}, status=409)
    assert again["code"] == "incident-state" and again["remedy"]
    blurred.post(f"{path}/close", {"reason": ""}, status=422)
    blurred.post(f"{path}/close", {"reason": "Mended"})
    blurred.post(f"{path}/probes/replay", {}, status=409)
    incident = blurred.post(f"{path}/reopen", {"note": "Not mended"})
    assert incident["state"] == "open" and incident["closed_at"] is None
    acts = [act for act in _acts(incident) if act in {"assigned", "acknowledged", "closed", "reopened"}]
    assert acts == ["assigned", "acknowledged", "closed", "reopened"]
    audited = blurred.get("/audit", object_id=summary["id"], limit=100)["items"]
    assert {"incident.opened", "incident.closed", "incident.reopened"} <= {one["action"] for one in audited}


def test_who_may_only_read_changes_nothing(blurred: Plant) -> None:
    (summary,) = blurred.incidents()
    operator = blurred.house.client("operator")
    assert operator.get(f"/api/v1/incidents/{summary['id']}").status_code == 200
    for act in ("acknowledge", "close", "probes/replay"):
        answer = operator.post(f"/api/v1/incidents/{summary['id']}/{act}", json={"reason": "x"})
        assert answer.status_code == 403, act
    rival = blurred.house.client(organisation="rival")
    assert rival.get(f"/api/v1/incidents/{summary['id']}").status_code == 404


def test_the_cause_is_found_in_the_background_and_found_again_when_performance_tells_more(
    blurred: Plant,
) -> None:
    from perenne.hub.monitoring import note_performance

    (summary,) = blurred.incidents()
    incident = blurred.get(f"/incidents/{summary['id']}")
    codes = {line["code"].partition(".")[0] for line in incident["finding"]["evidence"]}
    assert {"fingerprint", "embedding", "still"} <= codes
    assert "audit" not in codes, "nobody looked at truth"
    with blurred.house.hub.database.transaction() as session:
        note_performance(
            session,
            blurred.house.hub,
            blurred.house.system(),
            site_id=blurred.context()["site_id"],
            facts={
                "audit": {"change": 0.3, "low": 0.2, "high": 0.4, "n": 200},
                "labelled": {"change": 0.2, "low": 0.1, "high": 0.3, "n": 200},
            },
            now=blurred.house.clock.now(),
        )
    finding = blurred.get(f"/incidents/{summary['id']}")["finding"]
    assert {"audit.up", "labelled.moved"} <= {line["code"] for line in finding["evidence"]}

"""A model version measured on a frozen version: per site, once, resumable, and never by an average."""

from typing import TYPE_CHECKING

import pytest

from perenne.hub.evaluation import jobs
from perenne.hub.infra.jobs import InMemoryJobs

if TYPE_CHECKING:
    from .conftest import Laboratory


def test_every_site_has_its_own_verdict_the_worst_first(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    started = laboratory.evaluate().json()
    seen = laboratory.get(f"/evaluations/{started['id']}")
    assert seen["state"] == "succeeded"
    sites = [(site["name"], site["verdict"]) for site in seen["sites"]]
    assert sites == [("lille", "not_satisfactory"), ("turin", "too_few"), ("lyon", "satisfactory")]
    assert seen["satisfactory_everywhere"] is False
    lille = seen["sites"][0]
    assert lille["metrics"]["accuracy"]["value"] == pytest.approx(2 / 3)
    assert (lille["n_images"], lille["n_groups"]) == (45, 45)
    assert (lille["metric"], lille["limit"]) == ("accuracy", 0.9)
    turin = seen["sites"][1]["metrics"]["accuracy"]
    assert (turin["value"], turin["too_few"]) == (None, True)
    assert seen["overall"]["n_images"] == 89
    assert seen["summary"]["confusion"]["classes"] == ["good", "bad"]
    assert seen["summary"]["outcomes"] == {"right": 74, "escape": 8, "overkill": 7}


def test_asked_again_it_is_the_same_evaluation(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    first = laboratory.evaluate()
    again = laboratory.evaluate("cells:1", "cells:1")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert len(laboratory.get("/evaluations")["items"]) == 1
    assert len(laboratory.get("/jobs", kind="evaluation.run")["items"]) == 1


def test_another_split_and_another_model_are_other_evaluations(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.add_model(thresholds={"fail_at": 0.3, "fail_classes": ["bad"]})
    laboratory.freeze()
    ids = {
        laboratory.evaluate("cells:1").json()["id"],
        laboratory.evaluate("cells:1", split="all").json()["id"],
        laboratory.evaluate("cells:2").json()["id"],
    }
    assert len(ids) == 3
    assert len(laboratory.get("/evaluations", model="cells:1")["items"]) == 2


def test_while_it_waits_the_answer_is_202_with_its_job(laboratory: "Laboratory") -> None:
    queue = laboratory.house.hub.jobs
    assert isinstance(queue, InMemoryJobs)
    queue.hold = True
    laboratory.add_model()
    laboratory.freeze()
    answer = laboratory.evaluate()
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert laboratory.get(f"/jobs/{answer.json()['job_id']}")["state"] == "queued"
    queue.run_all()
    assert laboratory.get(f"/evaluations/{answer.json()['id']}")["state"] == "succeeded"


def test_a_killed_worker_loses_no_prediction_and_changes_no_number(
    laboratory: "Laboratory", monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory.add_model()
    laboratory.add_model(thresholds={"fail_at": 0.5, "fail_classes": ["bad"]})
    laboratory.freeze()
    monkeypatch.setattr(jobs, "CHUNK", 40)
    whole = laboratory.evaluate("cells:1").json()
    predict, calls = jobs._predict_all, []

    def predict_and_die(*args: object) -> object:
        calls.append(len(args[-1]))  # type: ignore[arg-type]
        if len(calls) == 2:
            raise RuntimeError("killed")
        return predict(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "_predict_all", predict_and_die)
    broken = laboratory.evaluate("cells:2").json()
    assert laboratory.get(f"/evaluations/{broken['id']}")["state"] == "failed"
    resumed = laboratory.evaluate("cells:2").json()
    assert (resumed["id"], calls) == (broken["id"], [40, 40, 40, 9])
    kept = laboratory.get(f"/evaluations/{resumed['id']}")
    expected = laboratory.get(f"/evaluations/{whole['id']}")
    values = [site["metrics"]["accuracy"]["value"] for site in kept["sites"]]
    assert values == [site["metrics"]["accuracy"]["value"] for site in expected["sites"]]
    assert kept["summary"]["outcomes"] == expected["summary"]["outcomes"]


def test_a_new_acceptance_rule_judges_again_without_predicting_again(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    first = laboratory.evaluate().json()
    change = {"acceptance": {"metric": "accuracy", "at_least": 0.5}}
    assert laboratory.http.patch("/api/v1/datasets/cells", json=change).status_code == 200
    again = laboratory.evaluate().json()
    verdicts = {site["name"]: site["verdict"] for site in again["sites"]}
    assert verdicts == {"turin": "too_few", "lille": "satisfactory", "lyon": "satisfactory"}
    assert again["id"] == first["id"]
    assert len(laboratory.get("/jobs", kind="evaluation.run")["items"]) == 1


def test_the_worst_images_come_first_and_can_be_narrowed(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    evaluation = laboratory.evaluate().json()["id"]
    page = laboratory.get(f"/evaluations/{evaluation}/items", limit=15)
    rest = laboratory.get(f"/evaluations/{evaluation}/items", limit=200, cursor=page["next_cursor"])
    items = page["items"] + rest["items"]
    assert len({item["image_id"] for item in items}) == 89
    assert rest["next_cursor"] is None
    losses = [item["loss"] for item in items]
    assert losses == sorted(losses, reverse=True)
    assert {item["site"] for item in items[:15]} == {"lille"}
    escapes = laboratory.get(f"/evaluations/{evaluation}/items", outcome="escape", site="lille")["items"]
    assert len(escapes) == 8
    assert {item["truth"]["class"] for item in escapes} == {"bad"}


def test_slices_are_listed_by_kind(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    evaluation = laboratory.evaluate().json()["id"]
    kinds = [part["kind"] for part in laboratory.get(f"/evaluations/{evaluation}/slices")["items"]]
    assert kinds == ["overall", "site", "site", "site", "class", "class"]
    classes = laboratory.get(f"/evaluations/{evaluation}/slices", kind="class")["items"]
    assert {part["name"] for part in classes} == {"good", "bad"}


def test_two_versions_are_compared_on_the_same_images_site_by_site(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.add_model(thresholds={"fail_at": 0.0, "fail_classes": ["bad"]})
    laboratory.freeze()
    champion, challenger = (laboratory.evaluate(f"cells:{n}").json()["id"] for n in (1, 2))
    found = laboratory.get(f"/evaluations/{champion}/compare/{challenger}")
    assert (found["metric"], found["n_images"]) == ("accuracy", 89)
    assert found["worse_at"] == ["lyon"]
    parts = {part["name"]: part for part in found["sites"]}
    assert parts["lyon"]["difference"]["value"] == pytest.approx(-0.5)
    assert parts["lyon"]["difference"]["high"] < 0
    assert (parts["lyon"]["champion"], parts["lyon"]["challenger"]) == (1.0, 0.5)
    assert parts["turin"]["verdict"] == "too_few"
    assert found["overall"]["verdict"] == "worse"


def test_evaluations_on_other_images_are_not_compared(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    test, everything = (laboratory.evaluate(split=split).json()["id"] for split in ("test", "all"))
    answer = laboratory.http.get(f"/api/v1/evaluations/{test}/compare/{everything}")
    assert (answer.status_code, answer.json()["code"]) == (409, "evaluations-not-comparable")


def test_a_sealed_test_set_is_opened_once_and_logged(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    version = laboratory.freeze(sealed=True)
    laboratory.evaluate(reason="release 1")
    laboratory.evaluate(reason="again")
    openings = laboratory.get(f"/dataset-versions/{version['id']}/openings")["items"]
    assert [(o["purpose"], o["reason"]) for o in openings] == [("evaluation", "release 1")]


def test_a_model_that_does_not_know_a_class_is_refused(laboratory: "Laboratory") -> None:
    laboratory.add_model("other", classes=("fine", "cracked"))
    laboratory.freeze()
    answer = laboratory.evaluate("other")
    assert (answer.status_code, answer.json()["code"]) == (422, "model-does-not-fit")
    assert "'good'" in answer.json()["detail"]


def test_a_split_without_images_is_refused(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    answer = laboratory.evaluate(split="val")
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing-to-evaluate")


def test_a_damaged_artefact_fails_the_evaluation_with_its_reason(laboratory: "Laboratory") -> None:
    row = laboratory.add_model()
    laboratory.freeze()
    path = laboratory.house.hub.blobs.local_path(
        row.artefact_sha256, organisation_id=laboratory.house.organisations["acme"]
    )
    path.write_bytes(path.read_bytes()[:-10] + b"0123456789")
    seen = laboratory.evaluate().json()
    assert laboratory.get(f"/evaluations/{seen['id']}")["state"] == "failed"
    assert laboratory.get(f"/jobs/{seen['job_id']}")["error"]["code"] == "artefact-damaged"


def test_another_organisation_finds_nothing(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    evaluation = laboratory.evaluate().json()["id"]
    rival = laboratory.house.client(organisation="rival")
    for path in ("", "/slices", "/items", f"/compare/{evaluation}"):
        assert rival.get(f"/api/v1/evaluations/{evaluation}{path}").status_code == 404
    assert rival.get("/api/v1/evaluations").json()["items"] == []


def test_somebody_limited_to_a_site_sees_that_site_only(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    evaluation = laboratory.evaluate().json()["id"]
    lyon = laboratory.get("/sites/lyon")["id"]
    limited = laboratory.house.client("site-manager", site_ids=[lyon])
    seen = limited.get(f"/api/v1/evaluations/{evaluation}").json()
    assert [site["name"] for site in seen["sites"]] == ["lyon"]
    assert (seen["overall"], seen["summary"]) == (None, {})
    slices = limited.get(f"/api/v1/evaluations/{evaluation}/slices").json()["items"]
    assert [part["kind"] for part in slices] == ["site"]
    items = limited.get(f"/api/v1/evaluations/{evaluation}/items", params={"limit": 200}).json()["items"]
    assert {item["site"] for item in items} == {"lyon"}
    compared = limited.get(f"/api/v1/evaluations/{evaluation}/compare/{evaluation}").json()
    assert compared["overall"] is None
    assert [part["name"] for part in compared["sites"]] == ["lyon"]


def test_images_that_the_model_learnt_from_are_counted_through_its_base_models(
    laboratory: "Laboratory",
) -> None:
    everywhere = {"by": "site", "test_sites": ["turin"], "test": 0, "near_duplicates": "ignore"}
    trained = laboratory.freeze(split=everywhere)
    judged = laboratory.freeze()
    fresh = laboratory.add_model()
    base = laboratory.add_model(trained_on=trained["id"])
    heir = laboratory.add_model(base_model=base.id)
    for model, images in ((fresh, 0), (base, 85), (heir, 85)):
        started = laboratory.evaluate(f"cells:{model.number}", judged["id"]).json()
        seen = laboratory.get(f"/evaluations/{started['id']}")
        assert seen["seen_in_training"]["images"] == images, model.number

"""Runs over HTTP: people queue, cancel and resume; trainers claim, report and deliver."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from perenne.hub.training.rules import LEASE, MAX_CLAIMS_WITHOUT_PROGRESS
from perenne.testing.tiny_models import tiny_classifier
from perenne.testing.works import Works


@pytest.fixture
def frozen(works: Works) -> Works:
    works.fill("lyon", 12)
    works.freeze()
    return works


def queue(works: Works, **more: Any) -> dict[str, Any]:
    body = {"dataset_version": "cells", "recipe": "counting", **more}
    answer = works.http.post("/api/v1/runs", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def claim(works: Works, trainer: str = "t1", *, recipe: str = "counting") -> dict[str, Any] | None:
    body = {"trainer": trainer, "recipes": [recipe]}
    answer = works.house.client("trainer").post("/api/v1/runs/claim", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] | None = answer.json()["claim"]
    return found


def beat(works: Works, lent: dict[str, Any], *, batch: int = 1, **more: Any) -> Any:
    path = f"/api/v1/runs/{lent['run']['id']}/heartbeat"
    return works.http.post(path, json={"epoch": lent["epoch"], "batch": batch, **more})


def upload(works: Works, lent: dict[str, Any], path: Path) -> Any:
    address = f"/api/v1/runs/{lent['run']['id']}/model"
    return works.http.post(address, params={"epoch": lent["epoch"]}, content=path.read_bytes())


def test_runs_are_numbered_and_found_by_number_and_id(frozen: Works) -> None:
    first, second = queue(frozen), queue(frozen, name="Ma ligne", config={"budget_cpu_s": 60})
    assert (first["number"], second["number"]) == (1, 2)
    assert frozen.get("/runs/2")["name"] == "ma-ligne"
    assert frozen.get(f"/runs/{first['id']}")["dataset_number"] == 1
    assert [run["number"] for run in frozen.get("/runs")["items"]] == [2, 1]
    assert [run["number"] for run in frozen.get("/runs", state="queued", limit=1)["items"]] == [2]
    assert frozen.http.get("/api/v1/runs/77").status_code == 404


def test_what_cannot_be_trained_is_refused_when_it_is_queued(frozen: Works) -> None:
    missing = frozen.http.post("/api/v1/runs", json={"dataset_version": "cells:9", "recipe": "counting"})
    assert missing.status_code == 404
    frozen.freeze(split={"by": "time", "test_after": "2000-01-01T00:00:00Z"})
    nothing = frozen.http.post("/api/v1/runs", json={"dataset_version": "cells", "recipe": "counting"})
    assert nothing.status_code == 422 and nothing.json()["code"] == "run-nothing-to-train-on"


def test_a_run_is_lent_to_one_trainer_at_a_time(frozen: Works) -> None:
    queue(frozen)
    assert claim(frozen, recipe="another") is None
    lent = claim(frozen, "t1")
    assert lent is not None and lent["epoch"] == 1 and not lent["resumed"]
    assert claim(frozen, "t2") is None
    again = claim(frozen, "t1")
    assert again is not None and again["resumed"] and again["epoch"] == 2, "its own run, at once"
    frozen.house.clock.at += LEASE + timedelta(seconds=1)
    taken = claim(frozen, "t2")
    assert taken is not None and taken["epoch"] == 3
    stale = beat(frozen, again)
    assert stale.status_code == 409 and stale.json()["code"] == "run-claim-replaced"
    assert {t["name"] for t in frozen.get("/trainers")["items"]} == {"t1", "t2"}


def test_a_manifest_without_the_test_set_is_what_a_claim_points_to(frozen: Works) -> None:
    queue(frozen)
    lent = claim(frozen)
    assert lent is not None
    answer = frozen.house.client("trainer").get(f"/api/v1{lent['manifest_path']}")
    assert answer.headers["x-perenne-sha256"] == lent["manifest_sha256"]
    assert '"split":"test"' not in answer.text


def test_heartbeats_are_kept_once_and_prolong_the_lease(frozen: Works) -> None:
    queue(frozen)
    lent = claim(frozen)
    assert lent is not None
    said = {
        "progress": 0.5, "eta_s": 12.5, "message": "Training",
        "points": [{"step": 1, "values": {"loss": 1.0}}, {"step": 2, "values": {"loss": 0.5}}],
        "log": [{"level": "info", "text": "hello\x00"}],
    }  # fmt: skip
    frozen.house.clock.at += timedelta(seconds=20)
    first = beat(frozen, lent, **said).json()
    assert first["lease_until"] > lent["lease_until"] and not first["cancel"]
    beat(frozen, lent, **said)
    beat(frozen, lent, batch=2, points=[{"step": 2, "values": {"loss": 0.4}}])
    run = frozen.get("/runs/1")
    assert (run["state"], run["progress"], run["metrics"]) == ("running", 0.5, {"loss": 0.4})
    points = frozen.get("/runs/1/points")["items"]
    assert [(p["step"], p["values"]["loss"]) for p in points] == [(1, 1.0), (2, 0.4)]
    assert [line["text"] for line in frozen.get("/runs/1/log")["items"]] == ["hello"]
    nan = frozen.http.post(
        f"/api/v1/runs/{lent['run']['id']}/heartbeat",
        content=b'{"epoch":1,"batch":9,"points":[{"step":3,"values":{"loss":NaN}}]}',
        headers={"content-type": "application/json"},
    )
    assert nan.status_code == 422


def test_a_cancel_waits_for_the_trainer_or_for_its_lease(frozen: Works) -> None:
    queue(frozen)
    queue(frozen)
    assert frozen.http.post("/api/v1/runs/2/cancel").json()["state"] == "cancelled"
    lent = claim(frozen)
    assert lent is not None
    asked = frozen.http.post("/api/v1/runs/1/cancel").json()
    assert asked["cancel_requested"] and asked["state"] == "claimed"
    assert beat(frozen, lent).json()["cancel"]
    frozen.house.clock.at += LEASE * 2
    assert claim(frozen, "t2") is None
    assert frozen.get("/runs/1")["state"] == "cancelled"
    over = beat(frozen, lent, batch=2)
    assert over.status_code == 409
    resumed = frozen.http.post("/api/v1/runs/1/resume").json()
    assert resumed["state"] == "queued" and not resumed["cancel_requested"]


def test_a_failure_is_kept_with_its_problem_and_said_twice_it_stays(frozen: Works) -> None:
    queue(frozen)
    lent = claim(frozen)
    assert lent is not None
    body = {"epoch": 1, "problem": {"title": "Training diverged", "code": "nan", "trace": "x" * 9000}}
    path = f"/api/v1/runs/{lent['run']['id']}/fail"
    assert frozen.http.post(path, json=body).json()["state"] == "failed"
    assert frozen.http.post(path, json=body).status_code == 200
    error = frozen.get("/runs/1")["error"]
    assert error["code"] == "nan" and len(error["trace"]) == 4000
    ended = frozen.http.post("/api/v1/runs/1/cancel")
    assert ended.status_code == 409 and ended.json()["code"] == "run-has-ended"


def test_a_run_that_stops_every_trainer_is_given_up(frozen: Works) -> None:
    queue(frozen)
    claims = 0
    while claim(frozen) is not None:
        claims += 1
    assert claims == MAX_CLAIMS_WITHOUT_PROGRESS + 1
    assert frozen.get("/runs/1")["error"]["code"] == "run-abandoned"


def test_an_artefact_makes_one_model_version_however_often_it_arrives(frozen: Works, tmp_path: Path) -> None:
    queue(frozen)
    lent = claim(frozen)
    assert lent is not None
    artefact = tiny_classifier(tmp_path / "a.zip")
    first = upload(frozen, lent, artefact)
    assert first.status_code == 201, first.text
    again = upload(frozen, lent, artefact)
    assert again.json() == {**first.json(), "existed": True}
    other = upload(frozen, lent, tiny_classifier(tmp_path / "b.zip", side=32))
    assert other.status_code == 409
    assert [m["number"] for m in frozen.get("/models")["items"]] == [1]
    run = frozen.get("/runs/1")
    assert run["state"] == "succeeded" and run["model_version_id"] == first.json()["model_version_id"]
    assert frozen.http.post("/api/v1/runs/1/resume").status_code == 409


def test_an_artefact_with_other_classes_than_the_dataset_is_refused(frozen: Works, tmp_path: Path) -> None:
    queue(frozen)
    lent = claim(frozen)
    assert lent is not None
    refused = upload(frozen, lent, tiny_classifier(tmp_path / "a.zip", classes=("good", "ugly")))
    assert refused.status_code == 422 and refused.json()["code"] == "run-artefact-of-other-data"
    assert "ugly" in refused.json()["detail"]
    assert not list((frozen.house.hub.settings.data / "uploads").iterdir()), "nothing is left behind"


def test_a_run_from_a_models_weights_tells_its_lineage(frozen: Works, tmp_path: Path) -> None:
    queue(frozen)
    lent = claim(frozen)
    assert lent is not None
    upload(frozen, lent, tiny_classifier(tmp_path / "a.zip"))
    queue(frozen, base_model="cells:1")
    second = claim(frozen)
    assert second is not None and second["base_artefact_sha256"]
    base = frozen.http.get(f"/api/v1{second['base_artefact_path']}")
    assert base.headers["x-perenne-sha256"] == second["base_artefact_sha256"]
    upload(frozen, second, tiny_classifier(tmp_path / "b.zip", side=32))
    steps = frozen.get("/models/cells/lineage")["steps"]
    kinds = [step["kind"] for step in steps]
    assert kinds == ["run", "dataset_version", "model_version", "run", "dataset_version"]
    assert "Run 2" in steps[0]["text"] and "cells:1" in steps[2]["text"]


def test_a_trainer_limited_to_a_site_gets_no_run_beyond_it(frozen: Works) -> None:
    frozen.fill("graz", 4)
    frozen.freeze()
    queue(frozen)
    lyon = frozen.get("/sites/lyon")["id"]
    limited = frozen.house.client("trainer", site_ids=[lyon])
    body = {"trainer": "t1", "recipes": ["counting"]}
    assert limited.post("/api/v1/runs/claim", json=body).json()["claim"] is None

"""A trainer takes a run from claim to model, and through everything that may happen on the way."""

import json
from pathlib import Path
from typing import Any

import pytest

from perenne.runtime import read_artefact, verify_signature
from perenne.testing.works import Works
from perenne.trainer import HubAway, HubLink, Trainer, TrainerOptions
from perenne.trainer.errors import WorkdirInUse
from perenne.wire.training import Heartbeat, HeartbeatAnswer

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _child_finds_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HERE))


def link_to(works: Works, kind: type[HubLink] = HubLink) -> Any:
    return kind("http://hub", works.house.token("trainer"), http=works.house.stranger())


def trainer_at(works: Works, folder: Path, *, link: HubLink | None = None, name: str = "t1") -> Trainer:
    options = TrainerOptions(
        name=name, workdir=folder, recipes=("counting",), load=("fake_recipe",), beat_s=0.0, poll_s=0.01
    )
    return Trainer(link or link_to(works), options)


def queue(works: Works, **config: Any) -> str:
    if not works.pushed:
        works.fill("lyon", 12)
        works.freeze()
    body = {"dataset_version": "cells", "recipe": "counting", "config": config}
    answer = works.http.post("/api/v1/runs", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_run_becomes_a_signed_model(works: Works, tmp_path: Path) -> None:
    run_id = queue(works, steps=4)
    trainer = trainer_at(works, tmp_path / "work")
    assert trainer.run_once()
    run = works.get(f"/runs/{run_id}")
    assert run["state"] == "succeeded", run
    assert run["progress"] == 1.0 and run["metrics"] == {"loss": 0.25, "acc": 0.5}
    points = works.get(f"/runs/{run_id}/points")["items"]
    assert [point["step"] for point in points] == [1, 2, 3, 4]
    assert "loss" not in points[0]["values"], "NaN cannot be drawn"
    assert "Starting from step 0" in [line["text"] for line in works.get(f"/runs/{run_id}/log")["items"]]
    model = works.get(f"/models/{run['model_version_id']}")
    assert (model["name"], model["number"], model["classes"]) == ("cells", 1, ["good", "bad"])
    download = works.http.get(f"/api/v1/models/{model['id']}/artefact")
    artefact = read_artefact(download.content)
    verify_signature(artefact, public_key=works.house.hub.signing_key.public_key())
    assert artefact.manifest["recipe"] == "counting"
    assert artefact.manifest["dataset_version"] == run["dataset_version_id"]
    lineage = works.get("/models/cells:1/lineage")["steps"]
    assert [step["kind"] for step in lineage] == ["run", "dataset_version"]
    assert not list((tmp_path / "work" / "runs").iterdir())
    assert not trainer.run_once(), "nothing is left to do"


def test_the_trainer_never_sees_the_test_set(works: Works, tmp_path: Path) -> None:
    queue(works, steps=1)
    trainer_at(works, tmp_path / "work").run_once()
    cached = {path.name for path in (tmp_path / "work" / "cache").rglob("*") if path.is_file()}
    items = works.get("/dataset-versions/cells/items", limit=100)["items"]
    assert cached == {item["sha256"] for item in items if item["split"] != "test"}


@pytest.mark.parametrize(
    ("death", "code"),
    [
        ("nan", "training-loss-not-finite"),
        ("memory", "training-out-of-memory"),
        ("killed", "training-out-of-memory"),
        ("bug", "training-failed-unexpectedly"),
    ],
)
def test_a_failed_run_says_why_and_resumes_from_its_checkpoint(
    works: Works, tmp_path: Path, death: str, code: str
) -> None:
    run_id = queue(works, steps=3, die_at=2, death=death)
    trainer = trainer_at(works, tmp_path / "work")
    trainer.run_once()
    run = works.get(f"/runs/{run_id}")
    assert (run["state"], run["error"]["code"]) == ("failed", code), run
    assert run["error"]["remedy"]
    assert works.http.post(f"/api/v1/runs/{run_id}/resume").json()["state"] == "queued"
    trainer.run_once()
    assert works.get(f"/runs/{run_id}")["state"] == "succeeded"
    assert "Starting from step 1" in [line["text"] for line in works.get(f"/runs/{run_id}/log")["items"]]


class CancelsSoon(HubLink):
    """A link whose person cancels the run once it has heard the first point."""

    works: Works

    def beat(self, run_id: str, heartbeat: Heartbeat) -> HeartbeatAnswer:
        if heartbeat.points:
            self.works.http.post(f"/api/v1/runs/{run_id}/cancel")
        return super().beat(run_id, heartbeat)


def test_a_cancelled_run_stops_and_keeps_its_checkpoint(works: Works, tmp_path: Path) -> None:
    run_id = queue(works, steps=2, endless=True)
    link = link_to(works, CancelsSoon)
    link.works = works
    trainer_at(works, tmp_path / "work", link=link).run_once()
    assert works.get(f"/runs/{run_id}")["state"] == "cancelled"
    checkpoint = tmp_path / "work" / "runs" / run_id / "work" / "checkpoint.json"
    assert json.loads(checkpoint.read_text())["step"] == 2


class OftenAway(HubLink):
    """A link that loses two of three answers, half of them after the hub has heard the words."""

    calls = 0

    def beat(self, run_id: str, heartbeat: Heartbeat) -> HeartbeatAnswer:
        type(self).calls += 1
        turn = type(self).calls % 3
        answer = super().beat(run_id, heartbeat) if turn != 1 else None
        if turn == 2 or answer is None:
            raise HubAway("lost", remedy="try again")
        return answer


def test_a_hub_that_comes_and_goes_hears_everything_once(works: Works, tmp_path: Path) -> None:
    run_id = queue(works, steps=5)
    trainer_at(works, tmp_path / "work", link=link_to(works, OftenAway)).run_once()
    assert works.get(f"/runs/{run_id}")["state"] == "succeeded"
    assert [p["step"] for p in works.get(f"/runs/{run_id}/points")["items"]] == [1, 2, 3, 4, 5]
    texts = [line["text"] for line in works.get(f"/runs/{run_id}/log")["items"]]
    assert texts.count("Starting from step 0") == 1


class TakenOver(HubLink):
    """A link whose run is given to another trainer once it has heard the first point."""

    works: Works

    def beat(self, run_id: str, heartbeat: Heartbeat) -> HeartbeatAnswer:
        answer = super().beat(run_id, heartbeat)
        if heartbeat.points:
            self.works.house.clock.at = answer.lease_until
            claim = link_to(self.works).claim(trainer="t2", recipes=["counting"])
            assert claim is not None and claim.resumed and claim.epoch == 2
        return answer


def test_a_trainer_that_lost_its_run_drops_it(works: Works, tmp_path: Path) -> None:
    run_id = queue(works, steps=2, endless=True)
    link = link_to(works, TakenOver)
    link.works = works
    trainer_at(works, tmp_path / "work", link=link).run_once()
    run = works.get(f"/runs/{run_id}")
    assert (run["state"], run["trainer"]) == ("claimed", "t2")


def test_a_finished_artefact_is_delivered_without_training_again(works: Works, tmp_path: Path) -> None:
    run_id = queue(works, steps=2)

    class UploadsFail(HubLink):
        def deliver(self, *args: Any, **kwargs: Any) -> Any:
            trainer.stop()
            raise HubAway("down", remedy="wait")

    trainer = trainer_at(works, tmp_path / "work", link=link_to(works, UploadsFail))
    trainer.run_once()
    assert works.get(f"/runs/{run_id}")["state"] == "uploading"
    before = works.get(f"/runs/{run_id}/log")["items"]
    trainer_at(works, tmp_path / "work").run_once()
    assert works.get(f"/runs/{run_id}")["state"] == "succeeded"
    assert works.get(f"/runs/{run_id}/log")["items"] == before


def test_points_that_a_killed_trainer_had_not_told_are_told_later(works: Works, tmp_path: Path) -> None:
    run_id = queue(works, steps=3)
    folder = tmp_path / "work" / "runs" / run_id
    (folder / "work").mkdir(parents=True)
    (folder / "work" / "checkpoint.json").write_text('{"step": 2}')
    kept = [{"step": n, "fraction": n / 3, "eta_s": 1.0, "values": {"loss": 1 / n}} for n in (1, 2)]
    torn = '{"step": 3, "frac'
    (folder / "points.ndjson").write_text("\n".join([*map(json.dumps, kept), torn]))
    trainer_at(works, tmp_path / "work").run_once()
    assert [p["step"] for p in works.get(f"/runs/{run_id}/points")["items"]] == [1, 2, 3]


def test_two_trainers_never_share_a_work_folder(works: Works, tmp_path: Path) -> None:
    first = trainer_at(works, tmp_path / "work")
    first.workdir.lock()
    with pytest.raises(WorkdirInUse):
        trainer_at(works, tmp_path / "work").run_forever()
    first.workdir.unlock()

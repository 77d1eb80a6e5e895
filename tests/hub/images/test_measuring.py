"""Every image that comes in is measured, and a station hears at once when its image is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from sqlalchemy import delete, select

from perenne.hub.images import ImageRow, ImageSignalRow
from perenne.hub.predictions import PredictionRow
from perenne.problems import PROBLEMS
from perenne.quality.fingerprint import Fingerprint
from perenne.quality.signals import Signals
from perenne.runtime import unpack_embedding
from perenne.testing.tiny_models import tiny_detector

from ..deployments.conftest import picture, plant_in_process

if TYPE_CHECKING:
    from ..deployments.conftest import Plant

BRIGHT = 235


@pytest.fixture
def plant(tmp_path: Path) -> "Iterator[Plant]":
    with plant_in_process(tmp_path) as plant:
        yield plant


def rows_of(plant: "Plant", table: Any) -> list[Any]:
    with plant.house.hub.database.reading() as session:
        return list(session.scalars(select(table)))


def black() -> bytes:
    return bytes(cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1])


def push(plant: "Plant", data: bytes, **context: str) -> Any:
    return plant.http.post(
        "/api/v1/images",
        content=data,
        headers={"content-type": "image/png"},
        params={"site": "lyon", "station": "s1", **context},
    )


def test_an_inspected_image_is_kept_with_its_fingerprint_its_signals_and_the_gates_verdict(
    plant: "Plant",
) -> None:
    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    seen = plant.inspect("lyon", picture(BRIGHT)).json()
    (row,) = rows_of(plant, ImageSignalRow)
    assert (row.image_id, row.site_id, row.station_id) == (
        seen["image_id"],
        seen["site_id"],
        seen["station_id"],
    )
    assert Fingerprint.from_json(row.fingerprint).container == "PNG"
    assert Signals.from_json(row.signals).mean == pytest.approx(BRIGHT, abs=5)
    assert (row.verdict, seen["quality"]) == ("accepted", {"verdict": "accepted", "reasons": []})


def test_what_is_watched_of_an_answer_is_kept_with_it_in_less_than_a_kilobyte(plant: "Plant") -> None:
    plant.add_model("spots", make=tiny_detector)
    plant.deploy("lyon", "spots")
    plant.inspect("lyon", picture(BRIGHT))
    (row,) = rows_of(plant, PredictionRow)
    said = PROBLEMS.get("detection").parse_prediction(row.target, ["spot"])
    assert row.signals == PROBLEMS.get("detection").signals(
        said, thresholds=row.thresholds, classes=["spot"], size=(64, 64)
    )
    assert row.signals["boxes"] == 16
    assert unpack_embedding(row.embedding).shape == (64,)


def test_an_image_that_the_gate_refuses_is_unsure_whatever_the_model_says(plant: "Plant") -> None:
    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    seen = plant.inspect("lyon", black()).json()
    assert (seen["prediction"]["class"], seen["decision"]) == ("good", "unsure")
    assert (seen["quality"]["verdict"], seen["quality"]["reasons"][0]["code"]) == ("refused", "dark")
    assert "too dark" in seen["quality"]["reasons"][0]["words"]
    listed = plant.http.get("/api/v1/predictions").json()["items"][0]
    assert (listed["decision"], listed["quality"]) == ("unsure", seen["quality"])
    live = plant.http.get("/api/v1/sites/lyon/stations/s1/live").json()
    assert (live["recent"][0]["verdict"], live["last"]["quality"]["verdict"]) == ("refused", "refused")


def test_a_camera_that_sends_the_same_picture_again_is_refused_the_third_time(plant: "Plant") -> None:
    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    verdicts = [plant.inspect("lyon", picture(BRIGHT)).json()["quality"]["verdict"] for _ in range(3)]
    assert verdicts == ["accepted", "flagged", "refused"]


def test_a_pushed_image_is_measured_and_judged_too_and_only_once(plant: "Plant") -> None:
    assert push(plant, black()).status_code == 201
    assert push(plant, black()).status_code == 200
    (row,) = rows_of(plant, ImageSignalRow)
    assert row.verdict == "refused"


def test_a_template_is_measured_and_not_judged(plant: "Plant") -> None:
    push(plant, black(), kind="reference")
    (row,) = rows_of(plant, ImageSignalRow)
    assert (row.verdict, row.signals is None) == ("not_judged", False)


def test_an_image_known_before_keeps_its_measurement_and_gets_a_new_note(plant: "Plant") -> None:
    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    pushed = push(plant, picture(BRIGHT)).json()["image"]["id"]
    seen = plant.inspect("lyon", picture(BRIGHT)).json()
    assert seen["image_id"] == pushed
    assert len(rows_of(plant, ImageSignalRow)) == 1
    found = plant.http.get("/api/v1/images", params={"decision": "fail"}).json()["items"]
    assert [one["id"] for one in found] == [pushed]


def test_images_older_than_the_signals_are_measured_by_a_job_and_not_judged(plant: "Plant") -> None:
    for seed in range(3):
        push(plant, picture(BRIGHT, seed=seed))
    before = {row.image_id: row.signals for row in rows_of(plant, ImageSignalRow)}
    with plant.house.hub.database.transaction() as session:
        session.execute(delete(ImageSignalRow))
    asked = plant.http.post("/api/v1/images/signals")
    assert (asked.status_code, asked.json()["n_images"]) == (202, 3)
    job = plant.http.get(f"/api/v1/jobs/{asked.json()['job_id']}").json()
    assert (job["state"], job["result"]) == ("succeeded", {"measured": 3, "failed": 0})
    after = rows_of(plant, ImageSignalRow)
    assert {row.image_id: row.signals for row in after} == before
    assert {row.verdict for row in after} == {"not_judged"}


def test_an_image_whose_bytes_are_damaged_stops_no_other_from_being_measured(plant: "Plant") -> None:
    for seed in range(2):
        push(plant, picture(BRIGHT, seed=seed))
    with plant.house.hub.database.transaction() as session:
        session.execute(delete(ImageSignalRow))
        image = session.scalars(select(ImageRow)).first()
    assert image is not None
    hub = plant.house.hub
    hub.blobs.local_path(image.sha256, organisation_id=image.organisation_id).write_bytes(b"nothing")
    asked = plant.http.post("/api/v1/images/signals").json()
    job = plant.http.get(f"/api/v1/jobs/{asked['job_id']}").json()
    assert job["result"] == {"measured": 2, "failed": 1}
    assert sorted(row.signals is None for row in rows_of(plant, ImageSignalRow)) == [False, True]

"""An import says which images are unlike their station's production; they are stored, not trained on."""

import cv2
import numpy as np
import pytest

from perenne.quality import calibration, decode_upright
from perenne.testing.works import Works, picture

from .conftest import begin

TABLE = "file_name,class\n"


@pytest.fixture(autouse=True)
def _few_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make faults on a few images only: these tests are not about how well a gate judges."""
    monkeypatch.setattr(calibration, "FEWEST_SPOILED", 8)
    monkeypatch.setattr(calibration, "MOST_SPOILED", 8)


def snapshot(seed: int) -> bytes:
    """Return the picture as a telephone would send it: another size, another format."""
    larger = cv2.resize(np.ascontiguousarray(decode_upright(picture(seed))), (120, 90))
    return bytes(cv2.imencode(".jpg", larger)[1])


def calibrate(works: Works) -> None:
    works.http.post("/api/v1/sites/lyon/stations", json={"slug": "s1", "name": "S1"})
    for _ in range(32):
        works.push("lyon", truth=None, station="s1")
    answer = works.http.post("/api/v1/sites/lyon/stations/s1/gate", json={"reason": "commissioning"})
    assert answer.status_code == 202, answer.text


def test_a_snapshot_is_told_by_the_dry_run_and_counted_by_the_run(works: Works) -> None:
    calibrate(works)
    files = {f"{seed}.png": picture(seed) for seed in range(101, 105)} | {"phone.jpg": snapshot(105)}
    table = TABLE + "".join(f"{name},good\n" for name in files)
    browser = begin(works.http, station="s1").send_all({**files, "labels.csv": table})
    check = browser.check()
    assert check["unlike"]["examined"] == 5
    assert check["unlike"]["unlike"] >= 1
    told = [one for one in check["issues"] if one["code"] == "unlike-production"]
    phone = next(one for one in told if one["file"] == "phone.jpg")
    assert phone["severity"] == "warning"
    assert "its file format" in phone["what"] and "'JPEG'" in phone["what"]
    result = browser.run()
    assert (result["created"], result["refused"], result["truths_accepted"]) == (5, 0, 5)
    assert result["unlike"] == check["unlike"]["unlike"]
    assert sum(result["unlike_reasons"].values()) == result["unlike"]
    assert "phone.jpg" in {one["file"] for one in result["issues"]}
    version = works.freeze().json()["version"]
    assert version["n_images"] == 5 - result["unlike"]


def test_nothing_is_said_of_a_station_that_was_never_calibrated(works: Works) -> None:
    works.http.post("/api/v1/sites/lyon/stations", json={"slug": "s1", "name": "S1"})
    files = {"phone.jpg": snapshot(1), "labels.csv": TABLE + "phone.jpg,good\n"}
    browser = begin(works.http, station="s1").send_all(files)
    assert browser.check()["unlike"] is None
    assert browser.run()["unlike"] == 0

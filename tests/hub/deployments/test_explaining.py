"""Why a model answered so: the part that decided is shown, and what looked alike comes nearest first."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from perenne.testing.tiny_models import tiny_detector

from .conftest import picture

if TYPE_CHECKING:
    from .conftest import Plant


def spot_at(row: int, column: int) -> bytes:
    """Return a dark image with one grey cell of 16 px."""
    pixels = np.random.default_rng(0).integers(0, 9, (64, 64, 3)).astype(np.uint8)
    pixels[row * 16 : row * 16 + 16, column * 16 : column * 16 + 16] += 140
    return bytes(cv2.imencode(".png", pixels)[1])


def test_the_part_that_decided_is_where_the_spot_is(plant: "Plant") -> None:
    model = plant.add_model("spots", make=tiny_detector)
    plant.deploy("lyon", "spots")
    image = plant.inspect("lyon", spot_at(2, 1)).json()["image_id"]
    seen = plant.http.get(f"/api/v1/images/{image}/sensitivity").json()
    assert (seen["image_id"], seen["answer"], seen["model"]["id"]) == (image, "spot", model.id)
    grid = np.array(seen["grid"])
    row, column = np.unravel_index(grid.argmax(), grid.shape)
    assert grid.shape == (12, 12) and 6 <= row < 9 and 3 <= column < 6
    assert 0.5 < seen["score"] < 1 and seen["patch_px"] == 5.33 and seen["ms"] > 0
    again = plant.http.get(f"/api/v1/images/{image}/sensitivity", params={"model": "spots:1"}).json()
    assert again["grid"] == seen["grid"]


def test_a_version_that_compares_needs_a_reference_and_says_so(plant: "Plant") -> None:
    plant.add_model("spots", make=tiny_detector)
    plant.add_model("pairs", make=tiny_detector, reference=True)
    plant.deploy("lyon", "spots")
    image = plant.inspect("lyon", spot_at(2, 1)).json()["image_id"]
    answer = plant.http.get(f"/api/v1/images/{image}/sensitivity", params={"model": "pairs"})
    assert (answer.status_code, answer.json()["code"]) == (422, "reference-missing")


def test_an_image_that_nothing_has_answered_cannot_be_explained(plant: "Plant") -> None:
    pushed = plant.http.post(
        "/api/v1/images",
        files={"file": ("a.png", picture(80), "image/png")},
        data={"context": '{"site": "lyon", "station": "s1"}'},
    )
    image = pushed.json()["image"]["id"]
    for what in ("sensitivity", "neighbours"):
        answer = plant.http.get(f"/api/v1/images/{image}/{what}")
        assert answer.status_code == 404 and "inspect the image first" in answer.json()["remedy"]


def test_the_images_that_looked_alike_come_nearest_first_with_their_truth(plant: "Plant") -> None:
    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    ids = [
        plant.inspect("lyon", picture(grey, seed=grey)).json()["image_id"] for grey in (60, 230, 90, 65, 150)
    ]
    schema = {"slug": "cells", "name": "Cells", "problem": "classification", "classes": ["good", "bad"]}
    plant.http.post("/api/v1/label-schemas", json=schema)
    truth = {"label_schema": "cells", "items": [{"image_id": ids[3], "target": {"class": "good"}}]}
    assert plant.http.post("/api/v1/ground-truth", json=truth).json()["accepted"] == 1
    found = plant.http.get(f"/api/v1/images/{ids[0]}/neighbours", params={"limit": 3}).json()["items"]
    assert [one["image_id"] for one in found] == [ids[3], ids[2], ids[4]]
    assert [one["truth"] for one in found] == ["good", None, None]
    assert found[0]["distance"] < found[1]["distance"] < found[2]["distance"]

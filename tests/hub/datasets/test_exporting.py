"""A version leaves for other tools, and comes back the same; what is lost on the way is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from perenne.formats import read_coco, read_csv
from perenne.testing.works import Works, picture


def export(works: Works, version: str, kind: str) -> Any:
    return works.http.get(f"/api/v1/dataset-versions/{version}/export", params={"format": kind})


@pytest.fixture
def boxed(works: Works) -> Works:
    """Return a hub with a frozen version of boxes: three images with one, three seen and empty."""
    post = works.http.post
    schema = {"slug": "pcb", "name": "PCB", "problem": "detection", "classes": ["open", "short"]}
    assert post("/api/v1/label-schemas", json=schema).status_code == 201
    items = []
    for number in range(6):
        boxes = [{"box": [1, 2, 10 + number, 12], "class": "short"}] if number % 2 else []
        image = works.push("lyon", truth=None, data=picture(number), group_key=f"b{number}")
        items.append({"image_id": image, "target": {"boxes": boxes}})
    assert post("/api/v1/ground-truth", json={"label_schema": "pcb", "items": items}).status_code < 300
    assert post("/api/v1/datasets", json={"name": "PCB", "label_schema": "pcb"}).status_code == 201
    assert post("/api/v1/datasets/pcb/versions", json={}).status_code == 201
    return works


def fetch_images(works: Works, folder: Path) -> None:
    """Put every image under the name that an export gives it."""
    for image in works.get("/images")["items"]:
        data = works.http.get(f"/api/v1/images/{image['id']}/bytes").content
        (folder / f"{image['id']}.png").write_bytes(data)


def test_boxes_go_out_as_coco_and_come_back_with_their_states(boxed: Works, tmp_path: Path) -> None:
    answer = export(boxed, "pcb:1", "coco")
    assert answer.status_code == 200
    assert 'filename="pcb-1-annotations.json"' in answer.headers["content-disposition"]
    content = answer.json()
    assert [one["name"] for one in content["categories"]] == ["open", "short"]
    assert sorted(one["perenne_state"] for one in content["images"]) == ["annotated"] * 3 + ["empty"] * 3
    assert {one["split"] for one in content["images"]} <= {"train", "val", "test"}
    fetch_images(boxed, tmp_path)
    (tmp_path / "set.json").write_bytes(answer.content)
    found = read_coco(tmp_path / "set.json")
    assert (found.report.annotated, found.report.seen_empty, found.report.not_seen) == (3, 3, 0)
    assert not found.report.errors


def test_what_the_file_cannot_say_is_counted(boxed: Works) -> None:
    answer = export(boxed, "pcb:1", "coco")
    loss = json.loads(answer.headers["X-Perenne-Loss"])
    assert (loss["images"], loss["seen_empty"]) == (6, 3)
    assert loss["lost"]["who gave the truth, and when"] == 6
    assert answer.json()["info"]["perenne_loss"] == loss


def test_classes_go_out_as_csv_and_come_back(works: Works, tmp_path: Path) -> None:
    works.fill("lyon", 12)
    works.freeze()
    answer = export(works, "cells:1", "csv")
    assert answer.headers["content-type"].startswith("text/csv")
    fetch_images(works, tmp_path)
    (tmp_path / "set.csv").write_bytes(answer.content)
    found = read_csv(tmp_path / "set.csv")
    assert (found.report.per_class["good"], found.report.per_class["bad"]) == (6, 6)
    assert {item.site for item in found.items} == {"lyon"}


def test_a_format_that_cannot_hold_the_problem_says_which_one_can(boxed: Works) -> None:
    answer = export(boxed, "pcb:1", "csv")
    assert answer.status_code == 422
    assert "COCO" in answer.json()["remedy"]
    assert export(boxed, "pcb:1", "yolo").status_code == 422


def test_a_sealed_test_set_is_withheld_and_counted(works: Works) -> None:
    works.fill("lyon", 40)
    version = works.freeze(sealed=True).json()["version"]
    answer = export(works, "cells:1", "csv")
    n_test = version["splits"]["test"]
    lost = json.loads(answer.headers["X-Perenne-Loss"])["lost"]
    assert lost["images of the sealed test set (withheld)"] == n_test > 0
    assert ",test," not in answer.text

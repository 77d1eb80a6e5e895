"""A label schema says what may be answered, and only grows at its end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from perenne.testing.hubs import HubInProcess, hub_in_process

PCB = {"slug": "pcb", "name": "Boards", "problem": "detection", "classes": ["open", "short"]}


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path_factory.mktemp("hub")) as it:
        assert it.client().post("/api/v1/label-schemas", json=PCB).status_code == 201
        yield it


@pytest.fixture
def admin(it: HubInProcess) -> TestClient:
    return it.client()


def test_added_classes_come_last_and_make_a_new_version(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        admin = it.client()
        made = admin.post("/api/v1/label-schemas", json=PCB).json()
        assert made["version"] == 1
        grown = admin.patch("/api/v1/label-schemas/pcb", json={"add_classes": ["spur"], "name": "PCB"}).json()
        assert (grown["version"], grown["classes"], grown["name"]) == (2, ["open", "short", "spur"], "PCB")
        assert grown["id"] == made["id"]
        versions = admin.get(f"/api/v1/label-schemas/{made['id']}/versions").json()["items"]
        assert [version["classes"] for version in versions] == [["open", "short"], ["open", "short", "spur"]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"classes": []}, "needs classes"),
        ({"classes": ["open", "Open"]}, "cannot be told apart"),
        ({"good_class": "open"}, "cannot be the good class"),
        ({"problem": "classification", "good_class": "fine"}, "cannot be the good class"),
        ({"problem": "regression"}, "has no classes"),
        ({"unit": "mm"}, "has no unit"),
        ({"problem": "poetry"}, "problem"),
        ({"classes": ["a\nb"]}, "classes"),
        ({"organisation_id": "org_x"}, "organisation_id"),
    ],
)
def test_a_schema_that_does_not_hold_together_is_refused(
    admin: TestClient, change: dict[str, Any], said: str
) -> None:
    answer = admin.post("/api/v1/label-schemas", json={**PCB, "slug": "new", **change})
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_a_class_that_is_there_cannot_be_added_again(admin: TestClient) -> None:
    answer = admin.patch("/api/v1/label-schemas/pcb", json={"add_classes": ["OPEN"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "label-schema-invalid")


def test_a_name_is_taken_once_and_another_organisation_does_not_see_it(
    it: HubInProcess, admin: TestClient
) -> None:
    assert admin.post("/api/v1/label-schemas", json=PCB).json()["code"] == "label-schema-exists"
    rival = it.client(organisation="rival")
    assert rival.get("/api/v1/label-schemas/pcb").status_code == 404
    assert rival.get("/api/v1/label-schemas").json()["items"] == []
    assert it.client("annotator").get("/api/v1/label-schemas/pcb").json()["classes"] == ["open", "short"]
    assert it.client("annotator").patch("/api/v1/label-schemas/pcb", json={}).status_code == 403


def test_the_class_of_a_good_part_leads_whatever_the_order_it_came_in(admin: TestClient) -> None:
    """Without thresholds all but the first class make a piece fail."""
    cells = {
        "slug": "cells", "name": "Cells", "problem": "classification",
        "classes": ["defective", "functional", "odd"], "good_class": "functional",
    }  # fmt: skip
    made = admin.post("/api/v1/label-schemas", json=cells).json()
    assert made["classes"] == ["functional", "defective", "odd"]

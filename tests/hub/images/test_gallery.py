"""A gallery is filtered by what was said of the images, walked in tiles, and jumped through by landmarks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from perenne.hub.images import ImageFilter, note_prediction
from perenne.hub.images.gallery import find_landmarks
from perenne.hub.predictions import record_prediction, summarise_prediction
from perenne.kit.ids import new_id
from perenne.testing.hostile_images import encode, plain_image
from perenne.testing.hubs import HubInProcess, hub_in_process

OPEN_BOX = {"box": [1, 1, 9, 9], "class": "open"}
SAID: list[tuple[str, dict[str, Any]]] = [
    ("fail", {"boxes": [{**OPEN_BOX, "score": 0.9}]}),
    ("pass", {"boxes": [{"box": [1, 1, 9, 9], "class": "short", "score": 0.2}]}),
    ("pass", {"boxes": []}),
]


def say(it: HubInProcess, image: dict[str, Any], decision: str, target: dict[str, Any], model: str) -> None:
    actor = it.actor()
    station = it.client().get("/api/v1/sites/lyon/stations/s1").json()["id"]
    note = summarise_prediction(target, thresholds={"score": 0.5}, decision=decision, model_version_id=model)
    with it.hub.database.transaction() as session:
        note_prediction(session, actor, image_id=image["id"], note=note)
        record_prediction(
            session,
            actor,
            prediction_id=new_id("ins"),
            site_id=image["site_id"],
            station_id=station,
            image_id=image["id"],
            reference_image_id=None,
            model_version_id=model,
            deployment_id="dep",
            target=target,
            decision=decision,
            thresholds={"score": 0.5},
            latency_ms={"total": 20.0},
            at=it.clock.now(),
        )


@pytest.fixture
def it(tmp_path: Path) -> Iterator[HubInProcess]:
    """Images 0..2 were predicted, image 3 was not; the truth of image 2 is one open, of image 3 nothing."""
    with hub_in_process(tmp_path / "data") as it:
        admin = it.client()
        for site in ("lyon", "nantes"):
            admin.post("/api/v1/sites", json={"slug": site, "name": site})
        admin.post("/api/v1/sites/lyon/stations", json={"slug": "s1", "name": "S"})
        schema = {"slug": "boards", "name": "Boards", "problem": "detection", "classes": ["open", "short"]}
        assert admin.post("/api/v1/label-schemas", json=schema).status_code == 201
        for image, (decision, target) in zip(push(admin), SAID, strict=False):
            say(it, image, decision, target, model_of(it))
        images = by_number(admin)
        give(admin, images[2], [OPEN_BOX])
        give(admin, images[3], [])
        yield it


def push(admin: TestClient) -> list[dict[str, Any]]:
    places = [{"site": "lyon"}, {"site": "lyon"}, {"site": "lyon"}, {"site": "nantes"}]
    files = [("files", (f"{n}.png", encode(plain_image(seed=n), "PNG"))) for n in range(len(places))]
    answer = admin.post("/api/v1/images/batch", files=files, data={"items": json.dumps(places)})
    return [item["image"] for item in answer.json()["items"]]


def give(admin: TestClient, image: dict[str, Any], boxes: list[dict[str, Any]]) -> None:
    item = {"image_id": image["id"], "target": {"boxes": boxes}}
    answer = admin.post("/api/v1/ground-truth", json={"label_schema": "boards", "items": [item]})
    assert answer.json()["accepted"] == 1, answer.text


def model_of(it: HubInProcess) -> str:
    """Return the id of one model version; there is a row for it and nothing else."""
    from perenne.hub.models import ModelVersionRow

    with it.hub.database.transaction() as session:
        found = session.query(ModelVersionRow.id).first()
        if found is not None:
            return str(found[0])
        row = ModelVersionRow(
            id=new_id("mod"),
            organisation_id=it.organisations["acme"],
            name="boards",
            number=1,
            problem="detection",
            classes=["open", "short"],
            state="ready",
            artefact_sha256="0" * 64,
            artefact_bytes=1,
            upload_sha256="0" * 64,
            manifest={},
            metrics={},
            card="",
            signed_by="",
            origin={},
            created_by="test",
        )
        session.add(row)
        return row.id


def by_number(client: TestClient, **wanted: Any) -> dict[int, dict[str, Any]]:
    items = client.get("/api/v1/images", params=wanted).json()["items"]
    return {int(item["file_name"][0]): item for item in items}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"decision": "fail"}, {0}),
        ({"decision": "pass"}, {1, 2}),
        ({"class": "open"}, {0, 2}),
        ({"class": "short"}, set()),
        ({"min_score": 0.5}, {0}),
        ({"max_score": 0.5}, {1}),
        ({"has_truth": "true"}, {2, 3}),
        ({"has_truth": "true", "class": "open"}, {2}),
        ({"decision": "pass", "site": "nantes"}, set()),
        ({"model": "mod_unknown"}, set()),
    ],
)
def test_images_are_found_by_what_was_said_of_them(
    it: HubInProcess, wanted: dict[str, Any], found: set[int]
) -> None:
    client = it.client()
    assert set(by_number(client, **wanted)) == found
    tiles = client.get("/api/v1/images/tiles", params=wanted).json()["items"]
    assert len(tiles) == len(found)
    assert client.get("/api/v1/images/landmarks", params=wanted).json()["total"] == len(found)


def test_a_filter_by_model_finds_what_it_predicted_last(it: HubInProcess) -> None:
    assert set(by_number(it.client(), model=model_of(it))) == {0, 1, 2}


def test_a_later_prediction_and_a_corrected_truth_replace_what_was_said_before(it: HubInProcess) -> None:
    client = it.client()
    images = by_number(client)
    say(it, images[0], "unsure", {"boxes": [{**OPEN_BOX, "class": "short", "score": 0.6}]}, model_of(it))
    give(client, images[2], [{**OPEN_BOX, "class": "short"}])
    assert set(by_number(client, **{"class": "open"})) == set()
    assert set(by_number(client, **{"class": "short"})) == {0, 2}
    assert set(by_number(client, decision="unsure")) == {0}
    assert by_number(client)[0]["last_score"] == 0.6


def test_a_tile_tells_shape_decision_and_score_and_no_more(it: HubInProcess) -> None:
    client = it.client()
    tile = client.get("/api/v1/images/tiles", params={"decision": "fail"}).json()["items"][0]
    image = by_number(client)[0]
    assert tile == {
        "id": image["id"],
        "width": image["width"],
        "height": image["height"],
        "site": "lyon",
        "captured_at": None,
        "has_truth": False,
        "decision": "fail",
        "score": 0.9,
    }


def test_landmarks_begin_where_the_pages_of_tiles_begin(it: HubInProcess) -> None:
    client = it.client()
    with it.hub.database.reading() as session:
        marks = find_landmarks(session, it.actor(), ImageFilter(), every=3)
    assert (marks.total, len(marks.cursors), marks.cursors[0]) == (4, 2, None)
    first = client.get("/api/v1/images/tiles", params={"limit": 3}).json()
    assert first["next_cursor"] == marks.cursors[1]
    rest = client.get("/api/v1/images/tiles", params={"limit": 3, "cursor": marks.cursors[1]}).json()
    seen = [tile["id"] for tile in [*first["items"], *rest["items"]]]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 4


def test_landmarks_of_whole_pages_end_with_the_last_one(it: HubInProcess) -> None:
    with it.hub.database.reading() as session:
        marks = find_landmarks(session, it.actor(), ImageFilter(), every=2)
        nothing = find_landmarks(session, it.actor(), ImageFilter(decision="unsure"), every=2)
    assert (marks.total, len(marks.cursors)) == (4, 2)
    assert (nothing.total, nothing.cursors) == (0, [])


def test_somebody_limited_to_a_site_counts_and_walks_that_site_only(it: HubInProcess) -> None:
    nantes = it.client().get("/api/v1/sites/nantes").json()["id"]
    limited = it.client(site_ids=[nantes])
    assert limited.get("/api/v1/images/landmarks").json()["total"] == 1
    tiles = limited.get("/api/v1/images/tiles").json()["items"]
    assert [tile["site"] for tile in tiles] == ["nantes"]
    assert limited.get("/api/v1/images/tiles", params={"class": "open"}).json()["items"] == []


def test_another_organisation_counts_nothing_of_it(it: HubInProcess) -> None:
    rival = it.client(organisation="rival")
    assert rival.get("/api/v1/images/landmarks").json() == {"total": 0, "every": 500, "cursors": []}
    assert rival.get("/api/v1/images/tiles", params={"class": "open"}).json()["items"] == []


@pytest.mark.parametrize("wanted", [{"decision": "perhaps"}, {"every": 1}, {"every": 501}])
def test_what_cannot_be_asked_of_landmarks_is_refused(it: HubInProcess, wanted: dict[str, Any]) -> None:
    assert it.client().get("/api/v1/images/landmarks", params=wanted).status_code == 422

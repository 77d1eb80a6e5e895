"""Truth is accepted early, late and in bulk; the one given last stands, and none is forgotten."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from perenne.hub.review import accepted_truth
from perenne.hub.review.rules import judge_truth
from perenne.hub.review.tables import GroundTruthRow
from perenne.testing.hostile_images import encode, plain_image
from perenne.testing.hubs import START, HubInProcess, hub_in_process

OPEN = {"boxes": [{"box": [4.0, 5.0, 14.0, 17.0], "class": "open"}]}
EMPTY: dict[str, Any] = {"boxes": []}


@pytest.fixture
def it(tmp_path: Path) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path) as it:
        admin = it.client()
        for site in ("lyon", "nantes"):
            admin.post("/api/v1/sites", json={"slug": site, "name": site})
        for schema in (
            {"slug": "pcb", "name": "P", "problem": "detection", "classes": ["open", "short"]},
            {"slug": "cell", "name": "C", "problem": "classification", "classes": ["good", "bad"]},
            {"slug": "wear", "name": "W", "problem": "regression", "unit": "mm"},
        ):
            assert admin.post("/api/v1/label-schemas", json=schema).status_code == 201
        yield it


@pytest.fixture
def admin(it: HubInProcess) -> TestClient:
    return it.client()


def push(client: TestClient, seed: int, **context: Any) -> dict[str, Any]:
    data = encode(plain_image(seed=seed), "PNG")
    form = {"context": json.dumps({"site": "lyon", **context})}
    answer = client.post("/api/v1/images", files={"file": ("a.png", data)}, data=form)
    assert answer.status_code == 201, answer.text
    image: dict[str, Any] = answer.json()["image"]
    return image


def give(
    client: TestClient, *items: dict[str, Any], schema: str = "pcb", source: str = "api"
) -> dict[str, Any]:
    body = {"label_schema": schema, "source": source, "items": list(items)}
    answer = client.post("/api/v1/ground-truth", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def states(answer: dict[str, Any]) -> list[str]:
    return [item["state"] for item in answer["items"]]


def test_truth_finds_its_image_by_id_hash_external_id_or_part(admin: TestClient) -> None:
    images = [push(admin, n, external_id=f"e{n}", part_id=f"P{n}") for n in range(4)]
    answer = give(
        admin,
        {"image_id": images[0]["id"], "target": OPEN},
        {"sha256": images[1]["sha256"], "target": EMPTY},
        {"external_id": "e2", "target": OPEN},
        {"part_id": "P3", "target": OPEN},
        source="import",
    )
    assert states(answer) == ["accepted"] * 4
    assert [item["image_ids"] for item in answer["items"]] == [[image["id"]] for image in images]
    listed = admin.get("/api/v1/images", params={"has_truth": "true"}).json()["items"]
    assert {image["id"] for image in listed} == {image["id"] for image in images}
    truth = admin.get(f"/api/v1/images/{images[1]['id']}/ground-truth").json()["items"][0]
    assert (truth["target"], truth["label_schema"], truth["source"]) == (EMPTY, "pcb", "import")


def test_the_truth_given_last_stands_and_the_history_stays(it: HubInProcess, admin: TestClient) -> None:
    image = push(admin, 1)
    assert states(give(admin, {"image_id": image["id"], "target": OPEN})) == ["accepted"]
    assert states(give(admin, {"image_id": image["id"], "target": OPEN})) == ["unchanged"]
    it.clock.at = START + timedelta(hours=1)
    assert states(give(admin, {"image_id": image["id"], "target": EMPTY})) == ["accepted"]
    before = (START - timedelta(days=1)).isoformat()
    old = {"boxes": [{"box": [0, 0, 1, 1], "class": "short"}]}
    late = give(admin, {"image_id": image["id"], "target": old, "given_at": before})
    assert states(late) == ["outdated"]
    history = admin.get(f"/api/v1/images/{image['id']}/ground-truth").json()["items"]
    assert len(history) == 3
    standing = [truth for truth in history if truth["superseded_by"] is None]
    assert [truth["target"] for truth in standing] == [EMPTY]
    assert {truth["superseded_by"] for truth in history} == {None, standing[0]["id"]}
    with it.hub.database.reading() as session:
        rows = accepted_truth(session, it.actor(), schema_id=standing[0]["schema_id"])
        assert [(row.image_id, row.target) for row in rows] == [(image["id"], EMPTY)]


def test_truth_of_a_part_waits_for_its_images_and_takes_all_of_them(admin: TestClient) -> None:
    item = {"part_id": "P-7", "target": {"class": "bad"}}
    assert states(give(admin, item, schema="cell", source="line_test")) == ["pending"]
    images = [push(admin, n, part_id="P-7") for n in (1, 2)]
    push(admin, 3, part_id="P-8")
    for image in images:
        truth = admin.get(f"/api/v1/images/{image['id']}/ground-truth").json()["items"][0]
        assert (truth["target"], truth["source"]) == ({"class": "bad"}, "line_test")
    assert len(admin.get("/api/v1/images", params={"has_truth": "true"}).json()["items"]) == 2
    again = give(admin, {"part_id": "P-7", "target": {"class": "good"}}, schema="cell")
    assert again["items"][0]["state"] == "accepted"
    assert set(again["items"][0]["image_ids"]) == {image["id"] for image in images}


def test_a_corrected_waiting_truth_is_the_one_that_matches(admin: TestClient) -> None:
    for target in ({"class": "bad"}, {"class": "good"}):
        give(admin, {"part_id": "P-7", "target": target}, schema="cell")
    image = push(admin, 1, part_id="P-7")
    truths = admin.get(f"/api/v1/images/{image['id']}/ground-truth").json()["items"]
    assert [truth["target"] for truth in truths] == [{"class": "good"}]


def test_boxes_of_a_part_belong_to_its_only_image(admin: TestClient) -> None:
    assert states(give(admin, {"part_id": "P-1", "target": OPEN})) == ["pending"]
    outside = {"boxes": [{"box": [0, 0, 500, 10], "class": "open"}]}
    assert states(give(admin, {"part_id": "P-2", "target": outside})) == ["pending"]
    first, second = push(admin, 1, part_id="P-1"), push(admin, 2, part_id="P-1")
    too_small = push(admin, 3, part_id="P-2")
    assert (first["has_truth"], second["has_truth"], too_small["has_truth"]) == (True, False, False)
    refused = give(admin, {"part_id": "P-1", "target": OPEN})["items"][0]
    assert refused["refusal"]["code"] == "truth-ambiguous"


def test_a_part_number_used_at_two_sites_needs_the_site(admin: TestClient) -> None:
    lyon, nantes = push(admin, 1, part_id="P-1"), push(admin, 2, part_id="P-1", site="nantes")
    item = {"part_id": "P-1", "target": {"class": "bad"}}
    assert give(admin, item, schema="cell")["items"][0]["refusal"]["code"] == "truth-ambiguous"
    told = give(admin, {**item, "site": "nantes"}, schema="cell")["items"][0]
    assert told["image_ids"] == [nantes["id"]]
    assert admin.get(f"/api/v1/images/{lyon['id']}/ground-truth").json()["items"] == []


@pytest.mark.parametrize(
    ("schema", "target", "said"),
    [
        ("pcb", {"boxes": [{"box": [4, 5, 14, 17], "class": "spur"}]}, "open, short"),
        ("pcb", {"boxes": [{"box": [4, 5, 66, 17], "class": "open"}]}, "64 x 48"),
        ("pcb", {"boxes": [{"box": [14, 5, 4, 17], "class": "open"}]}, "x1 < x2"),
        ("pcb", {"class": "open"}, "boxes"),
        ("cell", {"class": "broken"}, "good, bad"),
        ("cell", {}, "class"),
        ("wear", {"value": "3"}, "number"),
        ("wear", {"value": 10**400}, "number"),
    ],
)
def test_a_target_that_does_not_fit_is_refused_with_expected_and_got(
    admin: TestClient, schema: str, target: dict[str, Any], said: str
) -> None:
    good, image = push(admin, 1), push(admin, 2)
    fine = {"pcb": OPEN, "cell": {"class": "bad"}, "wear": {"value": 0.5}}[schema]
    answer = give(
        admin,
        {"image_id": image["id"], "target": target},
        {"image_id": good["id"], "target": fine},
        schema=schema,
    )
    assert states(answer) == ["refused", "accepted"]
    assert said in answer["items"][0]["refusal"]["detail"]
    assert (answer["accepted"], answer["refused"]) == (1, 1)


def test_a_box_one_pixel_over_the_edge_is_cut(admin: TestClient) -> None:
    image = push(admin, 1)
    give(admin, {"image_id": image["id"], "target": {"boxes": [{"box": [50, 5, 64.8, 17], "class": "open"}]}})
    truth = admin.get(f"/api/v1/images/{image['id']}/ground-truth").json()["items"][0]
    assert truth["target"]["boxes"][0]["box"] == [50, 5, 64, 17]


@pytest.mark.parametrize(
    "item",
    [
        {"target": OPEN},
        {"image_id": "img_x", "part_id": "P", "target": OPEN},
        {"part_id": "P", "target": OPEN, "given_at": "2026-01-01T00:00:00"},
        {"part_id": "P", "target": OPEN, "given_by": "somebody else"},
        {"sha256": "xyz", "target": OPEN},
    ],
)
def test_an_item_that_cannot_be_meant_is_refused(admin: TestClient, item: dict[str, Any]) -> None:
    answer = admin.post("/api/v1/ground-truth", json={"label_schema": "pcb", "items": [item]})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")


def test_truth_from_the_future_and_of_nothing_is_refused(admin: TestClient) -> None:
    tomorrow = (START + timedelta(days=1)).isoformat()
    answer = give(
        admin,
        {"part_id": "P", "target": OPEN, "given_at": tomorrow},
        {"image_id": "img_unknown", "target": OPEN},
        {"part_id": "P", "site": "paris", "target": OPEN},
    )
    codes = [item["refusal"]["code"] for item in answer["items"]]
    assert codes == ["truth-from-the-future", "not-found", "not-found"]


def test_nobody_gives_or_sees_truth_outside_their_sites_or_organisation(
    it: HubInProcess, admin: TestClient
) -> None:
    image = push(admin, 1, part_id="P-1")
    give(admin, {"image_id": image["id"], "target": OPEN})
    nantes = admin.get("/api/v1/sites/nantes").json()["id"]
    limited = it.client("site-manager", site_ids=[nantes])
    for key in ({"image_id": image["id"]}, {"sha256": image["sha256"]}):
        answer = give(limited, {**key, "target": EMPTY})
        assert answer["items"][0]["refusal"]["code"] == "not-found"
    assert states(give(limited, {"part_id": "P-1", "target": EMPTY})) == ["pending"], "at its own site only"
    assert push(admin, 2, part_id="P-1", site="nantes")["has_truth"]
    assert len(limited.get("/api/v1/ground-truth").json()["items"]) == 2
    assert limited.get(f"/api/v1/images/{image['id']}/ground-truth").status_code == 404
    rival = it.client(organisation="rival")
    assert rival.get("/api/v1/ground-truth", params={"image_id": image["id"]}).json()["items"] == []
    body = {"label_schema": "pcb", "items": [{"image_id": image["id"], "target": EMPTY}]}
    assert rival.post("/api/v1/ground-truth", json=body).status_code == 404


def test_what_one_truth_becomes_beside_another() -> None:
    def told(target: dict[str, Any], hour: int) -> GroundTruthRow:
        return GroundTruthRow(target=target, given_at=datetime(2026, 1, 1, hour, tzinfo=UTC))

    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert judge_truth(None, target=OPEN, given_at=at) == "accepted"
    assert judge_truth(told(OPEN, 13), target=OPEN, given_at=at) == "unchanged"
    assert judge_truth(told(EMPTY, 11), target=OPEN, given_at=at) == "accepted"
    assert judge_truth(told(EMPTY, 12), target=OPEN, given_at=at) == "accepted"
    assert judge_truth(told(EMPTY, 13), target=OPEN, given_at=at) == "outdated"

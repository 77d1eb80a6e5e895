"""Images come in once, whole, from where they say, or are refused with a reason that is counted."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from perenne.hub.app import create_app
from perenne.kit.hashing import sha256_hex
from perenne.testing.hostile_images import encode, hostile_images, plain_image
from perenne.testing.hubs import HubInProcess, hub_in_process


def picture(seed: int = 0, format: str = "JPEG", **options: Any) -> bytes:
    return encode(plain_image(seed=seed), format, **options)


@pytest.fixture
def it(tmp_path: Path) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path) as it:
        admin = it.client()
        for site in ("lyon", "nantes"):
            admin.post("/api/v1/sites", json={"slug": site, "name": site.title()})
        admin.post("/api/v1/sites/lyon/lines", json={"slug": "l1", "name": "Line 1"})
        admin.post("/api/v1/sites/lyon/lines", json={"slug": "l2", "name": "Line 2"})
        admin.post("/api/v1/sites/lyon/stations", json={"slug": "s1", "name": "Station 1", "line": "l1"})
        admin.post("/api/v1/products", json={"slug": "cell", "name": "Cell"})
        yield it


@pytest.fixture
def admin(it: HubInProcess) -> TestClient:
    return it.client()


def push(client: TestClient, data: bytes, **context: Any) -> Response:
    context.setdefault("site", "lyon")
    form = {"context": json.dumps(context)}
    return client.post("/api/v1/images", files={"file": ("cam.jpg", data)}, data=form)


def push_batch(client: TestClient, *pairs: tuple[bytes, dict[str, Any]]) -> Response:
    files = [("files", (f"{n}.jpg", data)) for n, (data, _) in enumerate(pairs)]
    items = json.dumps([{"site": "lyon", **context} for _, context in pairs])
    return client.post("/api/v1/images/batch", files=files, data={"items": items})


def test_an_image_is_stored_with_where_it_comes_from(admin: TestClient) -> None:
    data = picture()
    answer = push(
        admin,
        data,
        station="s1",
        product="cell",
        captured_at="2026-01-05T09:00:00+01:00",
        part_id="P-1",
        extra={"exposure_us": 250, "lot": "A"},
    )
    assert answer.status_code == 201, answer.text
    image = answer.json()["image"]
    assert (image["site"], image["line"], image["station"], image["product"]) == ("lyon", "l1", "s1", "cell")
    assert (image["format"], image["width"], image["height"], image["file_name"]) == (
        "JPEG",
        64,
        48,
        "cam.jpg",
    )
    assert image["captured_at"] == "2026-01-05T08:00:00Z"
    assert image["extra"] == {"exposure_us": 250, "lot": "A"}
    assert admin.get(f"/api/v1/images/{image['id']}").json() == image


def test_raw_bytes_with_the_context_in_the_address_are_taken_too(admin: TestClient) -> None:
    answer = admin.post("/api/v1/images", content=picture(), params={"site": "lyon", "part_id": "P-1"})
    assert (answer.status_code, answer.json()["image"]["part_id"]) == (201, "P-1")


def test_the_same_bytes_are_stored_once_and_the_first_context_stays(admin: TestClient) -> None:
    first = push(admin, picture(), part_id="P-1").json()
    again = push(admin, picture(), part_id="P-2", site="nantes", batch_id="B")
    assert (again.status_code, again.json()["status"]) == (200, "known")
    assert again.json()["image"]["id"] == first["image"]["id"]
    assert again.json()["differences"] == [
        "site: lyon kept, nantes given",
        "part_id: P-1 kept, P-2 given",
        "batch_id: nothing kept, B given",
    ]
    assert push(admin, picture(), part_id="P-1").json()["differences"] == []


def test_two_organisations_store_the_same_bytes_apart(it: HubInProcess, admin: TestClient) -> None:
    mine = push(admin, picture()).json()["image"]["id"]
    rival = it.client(organisation="rival")
    question = {"sha256": [sha256_hex(picture())]}
    assert rival.post("/api/v1/images/known", json=question).json() == {"known": {}}
    rival.post("/api/v1/sites", json={"slug": "lyon", "name": "Lyon"})
    assert push(rival, picture()).json()["status"] == "created"
    assert rival.get(f"/api/v1/images/{mine}/bytes").status_code == 404
    assert admin.post("/api/v1/images/known", json=question).json()["known"] == {question["sha256"][0]: mine}


def test_a_batch_says_of_each_image_what_became_of_it(admin: TestClient) -> None:
    answer = push_batch(
        admin,
        (picture(1), {"part_id": "P-1"}),
        (b"no image", {"file_name": "bad.jpg"}),
        (picture(1), {"part_id": "P-9"}),
        (picture(2), {"site": "paris"}),
        (picture(3), {"line": "l2", "station": "s1"}),
    ).json()
    assert [item["status"] for item in answer["items"]] == [
        "created",
        "refused",
        "known",
        "refused",
        "refused",
    ]
    codes = [item["refusal"] and item["refusal"]["code"] for item in answer["items"]]
    assert codes == [None, "not_an_image", None, "not-found", "context-contradicts"]
    assert answer["items"][2]["differences"] == [
        "part_id: P-1 kept, P-9 given",
        "file_name: 0.jpg kept, 2.jpg given",
    ]
    assert (answer["created"], answer["known"], answer["refused"]) == (1, 1, 3)


def test_refused_images_are_counted_by_site_and_reason(admin: TestClient) -> None:
    for _ in range(2):
        assert push(admin, b"no image").status_code == 422
    push(admin, picture()[:-200])
    push(admin, b"", site="nantes")
    summary = admin.get("/api/v1/images/refused").json()
    assert {(item["site"], item["code"]): item["count"] for item in summary["items"]} == {
        ("lyon", "not_an_image"): 2,
        ("lyon", "truncated"): 1,
        ("nantes", "empty"): 1,
    }
    assert summary["total"] == 4


def test_hostile_images_never_break_the_hub(admin: TestClient) -> None:
    for hostile in hostile_images():
        answer = push(admin, hostile.data, external_id=hostile.name)
        assert answer.status_code in ((200, 201) if hostile.expected == "admitted" else (422,)), hostile.name
        if hostile.expected == "refused":
            assert answer.json()["reason_code"] and answer.json()["remedy"]
    assert admin.get("/livez").status_code == 200
    for image in admin.get("/api/v1/images", params={"limit": 100}).json()["items"]:
        assert admin.get(f"/api/v1/images/{image['id']}/thumbnail").status_code == 200


def test_a_turned_image_is_upright_in_size_and_thumbnail_and_kept_byte_for_byte(admin: TestClient) -> None:
    exif = plain_image().getexif()
    exif[0x0112] = 6
    data = picture(exif=exif.tobytes())
    image = push(admin, data).json()["image"]
    assert (image["width"], image["height"], image["orientation"]) == (48, 64, 6)
    answer = admin.get(f"/api/v1/images/{image['id']}/bytes")
    assert answer.content == data
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    thumbnail = admin.get(f"/api/v1/images/{image['id']}/thumbnail", params={"size": 32})
    assert push(admin, thumbnail.content).json()["image"]["width"] == 24
    fresh = {"If-None-Match": answer.headers["etag"]}
    assert admin.get(f"/api/v1/images/{image['id']}/bytes", headers=fresh).status_code == 304


@pytest.mark.parametrize(
    ("context", "status"),
    [
        ({"site": "paris"}, 404),
        ({"station": "s9"}, 404),
        ({"product": "wafer"}, 404),
        ({"reference": "0" * 64}, 404),
        ({"captured_at": "2026-01-05T09:00:00"}, 422),
        ({"part_id": ""}, 422),
        ({"part_id": "a\u0000b"}, 422),
        ({"organisation_id": "org_1"}, 422),
        ({"extra": {"a": [1]}}, 422),
        ({"kind": "selfie"}, 422),
    ],
)
def test_a_context_that_cannot_be_is_refused(admin: TestClient, context: dict[str, Any], status: int) -> None:
    answer = push(admin, picture(), **context)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert admin.get("/api/v1/images").json()["items"] == []


@pytest.mark.parametrize("items", ["", "[]", "{", '[{"site": "lyon"}]', "[" * 2000])
def test_a_batch_whose_contexts_do_not_fit_its_files_is_refused_whole(admin: TestClient, items: str) -> None:
    files = [("files", ("a.jpg", picture(1))), ("files", ("b.jpg", picture(2)))]
    answer = admin.post("/api/v1/images/batch", files=files, data={"items": items})
    assert answer.status_code == 422, answer.text
    assert admin.post("/api/v1/images/batch", json={}).status_code == 422


def test_a_template_is_pushed_once_and_named_by_hash_or_taken_from_the_station(admin: TestClient) -> None:
    template = push(admin, picture(1), kind="reference").json()["image"]
    named = push(admin, picture(2), reference=template["sha256"]).json()["image"]
    assert named["reference_image_id"] == template["id"]
    body = {"reference_image_id": template["id"]}
    assert admin.put("/api/v1/sites/lyon/stations/s1/reference", json=body).status_code == 200
    assert push(admin, picture(3), station="s1").json()["image"]["reference_image_id"] == template["id"]
    not_a_template = {"reference_image_id": named["id"]}
    refused = admin.put("/api/v1/sites/lyon/stations/s1/reference", json=not_a_template)
    assert refused.json()["code"] == "context-contradicts"
    assert push(admin, picture(4), reference=named["id"]).json()["code"] == "context-contradicts"


def test_templates_and_images_may_come_in_one_batch(admin: TestClient) -> None:
    reference = {"kind": "reference"}
    answer = push_batch(
        admin, (picture(1), reference), (picture(2), {"reference": sha256_hex(picture(1))})
    ).json()
    template, image = (item["image"] for item in answer["items"])
    assert image["reference_image_id"] == template["id"]


def test_somebody_limited_to_a_site_pushes_and_sees_that_site_only(
    it: HubInProcess, admin: TestClient
) -> None:
    nantes = admin.get("/api/v1/sites/nantes").json()["id"]
    elsewhere = push(admin, picture(1)).json()["image"]
    limited = it.client("operator", site_ids=[nantes])
    assert push(limited, picture(2)).status_code == 404
    assert push(limited, picture(2), site="nantes").status_code == 201
    assert [image["site"] for image in limited.get("/api/v1/images").json()["items"]] == ["nantes"]
    for address in ("", "/bytes", "/thumbnail"):
        assert limited.get(f"/api/v1/images/{elsewhere['id']}{address}").status_code == 404
    assert limited.post("/api/v1/images/known", json={"sha256": [elsewhere["sha256"]]}).json()["known"] == {}
    same = push(limited, picture(1), site="nantes")
    assert (same.status_code, same.json()["code"]) == (409, "stored-elsewhere")
    assert "lyon" not in same.text
    push(admin, b"no image")
    assert limited.get("/api/v1/images/refused").json()["total"] == 0


def test_an_image_larger_than_the_hub_takes_is_refused(it: HubInProcess, admin: TestClient) -> None:
    data = picture(format="BMP") + bytes(65_000_000)
    answer = push(admin, data)
    assert (answer.status_code, answer.json()["code"]) == (413, "image-too-large")
    assert admin.get("/api/v1/images/refused").json()["items"][0]["code"] == "image-too-large"


def test_a_body_without_end_is_cut_off(it: HubInProcess, admin: TestClient) -> None:
    it.hub.settings = replace(it.hub.settings, max_body_mb=1)
    client = TestClient(create_app(it.hub), headers=admin.headers)
    body = (bytes(100_000) for _ in range(1_000))
    answer = client.post("/api/v1/images", params={"site": "lyon"}, content=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_bytes_lost_from_the_disk_come_back_with_the_next_push(it: HubInProcess, admin: TestClient) -> None:
    image = push(admin, picture()).json()["image"]
    organisation_id = it.organisations["acme"]
    it.hub.blobs.local_path(image["sha256"], organisation_id=organisation_id).unlink()
    assert admin.get(f"/api/v1/images/{image['id']}/bytes").status_code >= 400
    assert push(admin, picture()).json()["status"] == "known"
    assert admin.get(f"/api/v1/images/{image['id']}/bytes").content == picture()

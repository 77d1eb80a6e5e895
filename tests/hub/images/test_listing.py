"""Images are found by where, when and what they are, page by page."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, text

from perenne.hub.images import ImageFilter, ImageRow, find_images, iterate_images
from perenne.testing.hostile_images import encode, plain_image
from perenne.testing.hubs import HubInProcess, hub_in_process

IMAGES: list[dict[str, Any]] = [
    {"site": "lyon", "part_id": "P-1", "captured_at": "2026-01-01T00:00:00Z"},
    {"site": "lyon", "station": "s1", "batch_id": "B-1", "captured_at": "2026-01-02T00:00:00Z"},
    {"site": "nantes", "part_id": "P-1", "external_id": "e-3"},
    {"site": "nantes", "kind": "reference", "group_key": "g"},
]


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path_factory.mktemp("hub")) as it:
        admin = it.client()
        for site in ("lyon", "nantes"):
            admin.post("/api/v1/sites", json={"slug": site, "name": site})
        admin.post("/api/v1/sites/lyon/stations", json={"slug": "s1", "name": "S"})
        files = [("files", (f"{n}.png", encode(plain_image(seed=n), "PNG"))) for n in range(len(IMAGES))]
        answer = admin.post("/api/v1/images/batch", files=files, data={"items": json.dumps(IMAGES)})
        assert answer.json()["created"] == len(IMAGES), answer.text
        yield it


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {0, 1, 2, 3}),
        ({"site": "lyon"}, {0, 1}),
        ({"site": "lyon", "station": "s1"}, {1}),
        ({"part_id": "P-1"}, {0, 2}),
        ({"batch_id": "B-1"}, {1}),
        ({"external_id": "e-3"}, {2}),
        ({"group_key": "g"}, {3}),
        ({"kind": "capture"}, {0, 1, 2}),
        ({"since": "2026-01-02T00:00:00Z"}, {1, 2, 3}),
        ({"until": "2026-01-02T01:00:00+01:00"}, {0}),
        ({"has_truth": "true"}, set()),
        ({"has_truth": "false", "site": "nantes"}, {2, 3}),
        ({"part_id": "' OR 1=1 --"}, set()),
    ],
)
def test_filters_find(it: HubInProcess, wanted: dict[str, str], found: set[int]) -> None:
    items = it.client().get("/api/v1/images", params=wanted).json()["items"]
    assert {int(item["file_name"][0]) for item in items} == found


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"site": "paris"}, 404),
        ({"station": "s1"}, 422),
        ({"since": "2026-01-01T00:00:00"}, 422),
        ({"limit": 1_000_000_000}, 422),
        ({"cursor": "nonsense"}, 422),
        ({"kind": "selfie"}, 422),
    ],
)
def test_filters_that_cannot_be_are_refused(it: HubInProcess, wanted: dict[str, Any], status: int) -> None:
    assert it.client().get("/api/v1/images", params=wanted).status_code == status


def test_pages_are_whole_and_newest_first(it: HubInProcess) -> None:
    client: TestClient = it.client()
    seen, cursor = [], None
    for _ in range(10):
        page = client.get(
            "/api/v1/images", params={"limit": 3, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == len(IMAGES)


def test_a_large_organisation_is_listed_from_an_index(tmp_path: Path) -> None:
    """The plan, not the clock: no full scan and no sort, whatever the number of rows."""
    with hub_in_process(tmp_path) as it:
        it.client().post("/api/v1/sites", json={"slug": "lyon", "name": "Lyon"})
        actor = it.actor()
        with it.hub.database.transaction() as session:
            site = session.execute(text("SELECT id FROM sites")).scalar_one()
            session.execute(insert(ImageRow), [_row(n, actor.organisation_id, site) for n in range(3_000)])
        with it.hub.database.reading() as session:
            for column, value in (("1", "1"), ("site_id", site), ("part_id", "P-7")):
                plan = session.execute(
                    text(
                        "EXPLAIN QUERY PLAN SELECT * FROM images WHERE organisation_id = :o "
                        f"AND {column} = :v AND id < 'z' ORDER BY id DESC LIMIT 50"
                    ),
                    {"o": actor.organisation_id, "v": value},
                ).all()
                said = " ".join(str(row) for row in plan)
                assert "USING INDEX" in said, said
                assert "SCAN images" not in said, said
            assert len(list(iterate_images(session, actor, ImageFilter(site_id=site)))) == 3_000
            page = find_images(session, actor, ImageFilter(), cursor=None, limit=2)
            assert [row.part_id for row in page.items] == ["P-2999", "P-2998"]


def _row(number: int, organisation_id: str, site_id: str) -> dict[str, Any]:
    from datetime import UTC, datetime

    at = datetime(2026, 1, 1, tzinfo=UTC)
    return {
        "id": f"img_{number:026d}",
        "organisation_id": organisation_id,
        "sha256": f"{number:064x}",
        "kind": "capture",
        "format": "JPEG",
        "width": 64,
        "height": 48,
        "orientation": 1,
        "bytes": 100,
        "site_id": site_id,
        "received_at": at,
        "taken_at": at,
        "part_id": f"P-{number}",
        "context": {},
        "difference_hash": number,
        "has_truth": False,
    }

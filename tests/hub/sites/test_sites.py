"""Sites: one name, one place; a slug or an id finds the same thing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from perenne.testing.hubs import HubInProcess, hub_in_process


@pytest.fixture
def it(tmp_path: Path) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path) as hub:
        yield hub


def test_a_station_stands_on_a_line_of_its_site(it: HubInProcess) -> None:
    client = it.client()
    site = client.post(
        "/api/v1/sites", json={"slug": "lyon", "name": "Lyon", "time_zone": "Europe/Paris"}
    ).json()
    line = client.post("/api/v1/sites/lyon/lines", json={"slug": "l1", "name": "Line 1"}).json()
    body = {"slug": "s1", "name": "Camera 1", "line": "l1"}
    station = client.post(f"/api/v1/sites/{site['id']}/stations", json=body).json()
    assert station["line_id"] == line["id"]
    assert client.get("/api/v1/sites/lyon/stations/s1").json() == station
    assert client.get(f"/api/v1/sites/lyon/stations/{station['id']}").json() == station
    assert client.get("/api/v1/sites/lyon/lines").json()["items"] == [line]


def test_a_short_name_is_taken_once_and_free_at_another_site(it: HubInProcess) -> None:
    client = it.client()
    for slug in ("lyon", "graz"):
        assert client.post("/api/v1/sites", json={"slug": slug, "name": slug}).status_code == 201
        assert (
            client.post(f"/api/v1/sites/{slug}/stations", json={"slug": "s1", "name": "S"}).status_code == 201
        )
    again = client.post("/api/v1/sites/lyon/stations", json={"slug": "s1", "name": "S"})
    assert (again.status_code, again.json()["code"]) == (409, "slug-taken")
    assert client.post("/api/v1/sites", json={"slug": "lyon", "name": "L"}).status_code == 409


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"slug": "Lyon", "name": "L"}, "slug"),
        ({"slug": "a/b", "name": "L"}, "slug"),
        ({"slug": "", "name": "L"}, "slug"),
        ({"slug": "ok", "name": ""}, "name"),
        ({"slug": "ok", "name": "L", "time_zone": "Mars/Olympus"}, "Mars/Olympus"),
    ],
)
def test_a_bad_site_is_refused_with_what_is_wrong(it: HubInProcess, body: dict[str, str], word: str) -> None:
    answer = it.client().post("/api/v1/sites", json=body)
    assert answer.status_code == 422
    assert word in answer.json()["detail"]


def test_who_is_limited_to_a_site_sees_it_alone_and_adds_none(it: HubInProcess) -> None:
    admin = it.client()
    ids = [admin.post("/api/v1/sites", json={"slug": s, "name": s}).json()["id"] for s in ("lyon", "graz")]
    manager = it.client("site-manager", site_ids=ids[:1])
    assert [site["slug"] for site in manager.get("/api/v1/sites").json()["items"]] == ["lyon"]
    assert manager.get("/api/v1/sites/graz").status_code == 404
    assert manager.post("/api/v1/sites/graz/stations", json={"slug": "x", "name": "X"}).status_code == 404
    assert manager.post("/api/v1/sites", json={"slug": "brno", "name": "Brno"}).status_code == 403


def test_pages_of_sites_meet_without_gap_or_overlap(it: HubInProcess) -> None:
    client = it.client()
    slugs = [f"plant-{n:02d}" for n in range(7)]
    for slug in slugs:
        client.post("/api/v1/sites", json={"slug": slug, "name": slug})
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get(
            "/api/v1/sites", params={"limit": 3, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [site["slug"] for site in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == slugs
    assert client.get("/api/v1/sites?cursor=nonsense").json()["code"] == "bad-cursor"

"""The same code on PostgreSQL and on a bucket: images, truth, datasets and rights behave alike."""

from pathlib import Path

import pytest

from perenne.hub.infra.blobs import passing_place
from perenne.testing.postgres import PostgresServer
from perenne.testing.tenants import fill_tenant
from perenne.testing.works import picture, works_in_process


@pytest.mark.parametrize("ground", ["postgres", "bucket", "postgres and bucket"])
def test_images_truth_and_datasets_on_other_ground(
    ground: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database_url = blobs_url = ""
    if "postgres" in ground:
        server: PostgresServer = request.getfixturevalue("postgres")
        database_url = server.create_database(f"ground_{'both' if 'bucket' in ground else 'alone'}")
    if "bucket" in ground:
        blobs_url = request.getfixturevalue("bucket")
    with works_in_process(tmp_path / "data", database_url=database_url, blobs_url=blobs_url) as works:
        images = works.fill("lyon", 12, batch_id="B-7") + works.fill("graz", 12)
        again = works.push(
            "lyon", data=works.http.get(f"/api/v1/images/{images[0]}/bytes").content, truth=None
        )
        assert again == images[0], "the same bytes are the same image"
        frozen = works.freeze().json()["version"]
        assert frozen["n_images"] == 24
        assert works.freeze().json()["existed"]
        listed = works.get("/images", site="lyon", limit=5)
        assert len(listed["items"]) == 5 and listed["next_cursor"]
        begun = works.http.post("/api/v1/imports", json={"name": "May", "site": "graz"}).json()
        for number, name in enumerate(("good/1.png", "bad/2.png"), 900):
            sent = works.http.put(f"/api/v1/imports/{begun['id']}/files/{name}", content=picture(number))
            assert sent.status_code == 200, sent.text
        for step in ("check", "run"):
            works.http.post(f"/api/v1/imports/{begun['id']}/{step}", json={})
        done = works.get(f"/imports/{begun['id']}")
        assert (done["state"], done["result"]["created"], done["result"]["truths_accepted"]) == (
            "succeeded",
            2,
            2,
        )
        assert not list(works.house.hub.blobs.iterate(organisation_id=passing_place(begun["id"])))
        jobs = works.get("/jobs")["items"]
        assert {job["state"] for job in jobs} <= {"succeeded"}


def test_on_postgres_every_table_takes_a_row_and_no_other_organisation_sees_it(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.create_database("tenants")
    with works_in_process(tmp_path / "data", database_url=url) as works:
        house = works.house
        with house.hub.database.transaction() as session:
            made = fill_tenant(
                session,
                organisation_id=house.organisations["acme"],
                mark="acme-secret",
                now=house.clock.now(),
            )
        rival = house.client(organisation="rival")
        for path in (
            "sites",
            "images",
            "label-schemas",
            "datasets",
            "runs",
            "models",
            "evaluations",
            "predictions",
        ):
            answer = rival.get(f"/api/v1/{path}")
            assert answer.status_code == 200 and answer.json()["items"] == [], path
        assert rival.get(f"/api/v1/images/{made['images']}").status_code == 404

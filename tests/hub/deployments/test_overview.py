"""The first page: every site, worst first, with the figure of what is deployed there."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from perenne.hub.deployments import DeploymentRow
from perenne.hub.deployments.rules import SITE_VERDICTS, badness_of
from perenne.hub.evaluation import EvaluationSliceRow
from perenne.hub.predictions import PredictionRow
from perenne.hub.sites import SiteRow
from perenne.testing.hubs import HubInProcess, hub_in_process
from perenne.testing.plenty import Amount, fill_hub
from perenne.testing.postgres import PostgresServer

AMOUNT = Amount(
    sites=4, versions=3, images=600, truths=300, whole=0, pictures=8, measured=0, people=False, seed=3
)


@pytest.fixture(scope="module")
def plenty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path_factory.mktemp("hub")) as it:
        fill_hub(it.hub, organisation_id=it.organisations["acme"], amount=AMOUNT)
        yield it


@pytest.fixture
def items(plenty: HubInProcess) -> dict[str, Any]:
    answer = plenty.client().get("/api/v1/sites/overview")
    assert answer.status_code == 200, answer.text
    return {item["site"]["slug"]: item for item in answer.json()["items"]}


def test_the_worst_site_comes_first(items: dict[str, Any]) -> None:
    order = [
        (SITE_VERDICTS.index(item["verdict"]), (item["estimate"] or {}).get("value") or 2.0)
        for item in items.values()
    ]
    assert len(order) == AMOUNT.sites
    assert order == sorted(order)


def test_the_figure_is_that_of_the_version_deployed_there(
    plenty: HubInProcess, items: dict[str, Any]
) -> None:
    client = plenty.client()
    for slug, item in items.items():
        (active,) = [
            d
            for d in client.get(f"/api/v1/sites/{slug}/deployments").json()["items"]
            if d["state"] == "active" and d["station"] is None
        ]
        assert item["model"]["id"] == active["model_version_id"]
        assert {"station": None, "model": item["model"]} in item["deployments"]
        if item["evaluation_id"] is not None:
            evaluation = client.get(f"/api/v1/evaluations/{item['evaluation_id']}").json()
            assert evaluation["model_version_id"] == active["model_version_id"]
            (part,) = [site for site in evaluation["sites"] if site["name"] == slug]
            assert item["estimate"] == part["metrics"]["map50"]
            assert item["verdict"] == part["verdict"]
            assert (item["metric"], item["acceptable"]) == ("map50", 0.8)


def test_a_station_of_its_own_is_named_beside_its_site(items: dict[str, Any]) -> None:
    stations = [one["station"] for one in items["lyon"]["deployments"]]
    assert sorted(stations, key=str) == [None, "camera-2"]


def test_images_stations_and_decisions_of_the_last_day_are_counted(
    plenty: HubInProcess, items: dict[str, Any]
) -> None:
    actor, since = plenty.actor(), plenty.clock.now() - timedelta(days=1)
    with plenty.hub.database.reading() as session:
        lately = session.scalars(select(PredictionRow).where(PredictionRow.at >= since)).all()
        sites = {row.slug: row.id for row in session.scalars(select(SiteRow))}
    assert actor.site_ids is None
    assert sum(item["images"] for item in items.values()) == AMOUNT.images
    for slug, item in items.items():
        mine = [row.decision for row in lately if row.site_id == sites[slug]]
        counted = {name: mine.count(name) for name in ("pass", "fail", "unsure")}
        assert item["decisions_24h"] == counted
        assert item["images_last_24h"] >= len(mine)
        assert item["stations"] == 2


def test_the_history_of_a_site_is_told_in_time_order(plenty: HubInProcess, items: dict[str, Any]) -> None:
    told = plenty.client().get("/api/v1/sites/lyon/history").json()["items"]
    assert [point["model"]["number"] for point in told] == [1, 2, 3]
    assert told == items["lyon"]["history"]


def test_a_version_that_was_never_evaluated_there_is_said_so(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        few = Amount(sites=2, versions=2, images=80, truths=80, whole=0, pictures=4, measured=0, people=False)
        fill_hub(it.hub, organisation_id=it.organisations["acme"], amount=few)
        with it.hub.database.transaction() as session:
            for part in session.scalars(select(EvaluationSliceRow).where(EvaluationSliceRow.kind == "site")):
                session.delete(part)
            row = session.scalars(select(DeploymentRow)).first()
            assert row is not None
            for other in session.scalars(select(DeploymentRow).where(DeploymentRow.site_id == row.site_id)):
                other.state = "undone"
        items = it.client().get("/api/v1/sites/overview").json()["items"]
        assert {item["verdict"] for item in items} == {"not_evaluated"}
        assert {item["model"] is None for item in items} == {True, False}
        assert all(item["history"] == [] and item["estimate"] is None for item in items)


def test_the_number_of_questions_does_not_grow_with_the_sites(plenty: HubInProcess) -> None:
    asked: list[str] = []
    engine = plenty.hub.database.engine
    client = plenty.client()

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT") and "api_tokens" not in statement:
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get("/api/v1/sites/overview").status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(asked) <= 7, asked


def test_somebody_limited_to_a_site_sees_that_site_only(plenty: HubInProcess, items: dict[str, Any]) -> None:
    limited = plenty.client("site-manager", site_ids=[items["lyon"]["site"]["id"]])
    (item,) = limited.get("/api/v1/sites/overview").json()["items"]
    assert item == items["lyon"]
    assert limited.get("/api/v1/sites/nantes/history").status_code == 404


def test_another_organisation_has_an_overview_of_its_own(plenty: HubInProcess) -> None:
    assert plenty.client(organisation="rival").get("/api/v1/sites/overview").json()["items"] == []


def test_no_site_can_be_called_overview(plenty: HubInProcess) -> None:
    answer = plenty.client().post("/api/v1/sites", json={"slug": "overview", "name": "Overview"})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (("not_satisfactory", 0.5, False), ("not_satisfactory", 0.6, False)),
        (("not_satisfactory", 3.0, True), ("not_satisfactory", 2.0, True)),
        (("undecided", 0.9, False), ("too_few", None, False)),
        (("not_evaluated", None, False), ("satisfactory", 0.1, False)),
    ],
)
def test_one_site_is_worse_than_another(
    worse: tuple[str, float | None, bool], better: tuple[str, float | None, bool]
) -> None:
    keys = [
        badness_of(v, value=value, lower_is_better=lower, name="x") for v, value, lower in (worse, better)
    ]
    assert keys == sorted(keys)


def test_a_station_shows_its_last_inspections_their_counts_and_speed(plenty: HubInProcess) -> None:
    client = plenty.client("operator")
    live = client.get("/api/v1/sites/lyon/stations/camera-1/live").json()
    assert live["station"]["slug"] == "camera-1"
    assert live["deployment"]["station"] is None
    assert live["last"]["id"] == live["recent"][0]["id"]
    assert live["last"]["image"] == {"id": live["last"]["image_id"], "width": 640, "height": 480}
    assert live["last"]["model"]["name"] == "boards"
    assert len(live["recent"]) == 20
    times = [one["at"] for one in live["recent"]]
    assert times == sorted(times, reverse=True)
    assert 0 < live["latency_p50_ms"] <= live["latency_p95_ms"]
    assert set(live["counts_24h"]) == {"pass", "fail", "unsure"}


def test_a_station_where_nothing_happened_says_so(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        client = it.client()
        client.post("/api/v1/sites", json={"slug": "new", "name": "New"})
        client.post("/api/v1/sites/new/stations", json={"slug": "s", "name": "S"})
        live = client.get("/api/v1/sites/new/stations/s/live").json()
    assert (live["last"], live["recent"], live["deployment"]) == (None, [], None)
    assert (live["per_minute"], live["latency_p50_ms"]) == (0.0, None)


def test_everything_that_was_said_of_an_image_carries_names(plenty: HubInProcess) -> None:
    client = plenty.client()
    last = client.get("/api/v1/sites/lyon/stations/camera-1/live").json()["last"]
    (said,) = client.get(f"/api/v1/images/{last['image_id']}/predictions").json()["items"]
    assert (said["station"], said["model"]) == ("camera-1", last["model"])
    assert said["prediction"] == last["prediction"]


def test_a_server_database_tells_the_same(tmp_path: Path, postgres: PostgresServer) -> None:
    """Overview, live station, landmarks and lineage on PostgreSQL: the same questions are understood."""
    few = Amount(sites=3, versions=2, images=150, truths=150, whole=0, pictures=5, measured=1, people=False)
    url = postgres.create_database("plenty")
    with hub_in_process(tmp_path, database_url=url) as it:
        fill_hub(it.hub, organisation_id=it.organisations["acme"], amount=few)
        client = it.client()
        items = client.get("/api/v1/sites/overview").json()["items"]
        assert sum(item["images"] for item in items) == few.images
        assert {len(item["history"]) for item in items} == {0, 2}
        live = client.get("/api/v1/sites/lyon/stations/camera-1/live").json()
        assert live["recent"]
        marks = client.get("/api/v1/images/landmarks", params={"every": 20, "decision": "pass"}).json()
        seen, cursor = 0, None
        for mark in marks["cursors"]:
            assert mark == cursor
            query = {"limit": 20, "decision": "pass", **({"cursor": cursor} if cursor else {})}
            page = client.get("/api/v1/images/tiles", params=query).json()
            seen, cursor = seen + len(page["items"]), page["next_cursor"]
        assert seen == marks["total"] > 20
        assert client.get("/api/v1/images/landmarks", params={"class": "open"}).json()["total"] >= 1
        lineage = client.get(f"/api/v1/images/{live['last']['image_id']}/lineage")
        assert lineage.status_code == 200, lineage.text

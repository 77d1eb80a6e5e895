"""What the hub says of itself: to everybody what it is made of, to some how it does."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from perenne.hub.app import create_app
from perenne.hub.app.licences import python_licences, required_by
from perenne.hub.infra.installation import LAST_BACKUP, settle_store, write_fact
from perenne.hub.infra.jobs.liveness import Worker, note_alive
from perenne.hub.settings import Settings
from perenne.testing.hubs import START, HubInProcess, hub_in_process


@pytest.fixture
def it(tmp_path: Path) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path) as hub:
        settle_store(hub.hub.database, hub.hub.blobs)
        yield hub


def test_everybody_sees_version_and_licences_and_nobody_without_the_right_sees_health(
    it: HubInProcess,
) -> None:
    told = it.client("operator").get("/api/v1/about").json()
    assert told["licence"] == "Apache-2.0" and told["version"] and told["health"] is None
    assert told["started_at"].startswith(START.isoformat()[:19])
    by_name = {row["name"].lower(): row for row in told["licences"]}
    assert by_name["fastapi"]["licence"] == "MIT" and by_name["fastapi"]["kind"] == "python"
    assert {"pydantic", "numpy", "starlette"} <= set(by_name)
    assert not {"pytest", "ruff", "mypy", "perenne"} & set(by_name)
    assert it.stranger().get("/api/v1/about").status_code == 401


def test_nearly_every_package_says_its_licence_in_one_line() -> None:
    rows = python_licences()
    assert sum(row.licence == "unknown" for row in rows) <= len(rows) // 20
    assert all(row.licence and "\n" not in row.licence for row in rows)


def test_only_what_the_wanted_extras_ask_for_is_followed() -> None:
    lines = [
        "numpy>=1.26",
        "uvicorn[standard, http2]>=0.34; extra == 'hub'",
        'pytest>=8; extra == "test"',
        "colorama; sys_platform == 'win32'",
    ]
    found = required_by(lines, extras=frozenset({"hub"}))
    assert found == [
        ("numpy", frozenset()),
        ("uvicorn", frozenset({"standard", "http2"})),
        ("colorama", frozenset()),
    ]


def test_the_web_apps_licences_come_from_its_build(it: HubInProcess, tmp_path: Path) -> None:
    web = tmp_path / "web"
    web.mkdir()
    rows = [{"name": "react", "version": "19.3.0", "licence": "MIT"}]
    (web / "licences.json").write_text(json.dumps(rows))
    it.hub.settings = Settings(data=it.hub.settings.data, web_dir=str(web))
    told = it.client().get("/api/v1/about").json()["licences"]
    assert [row for row in told if row["kind"] == "web"] == [{**rows[0], "kind": "web"}]


def test_health_tells_what_is_missing(it: HubInProcess) -> None:
    health = it.client("auditor").get("/api/v1/about").json()["health"]
    checks = {check["name"]: check for check in health["checks"]}
    assert checks["database"]["ok"] and checks["blobs"]["ok"]
    assert not checks["worker"]["ok"] and "wait" in checks["worker"]["detail"]
    assert not checks["backup"]["ok"] and health["backup_age_s"] is None
    assert health["disk_free_bytes"] > 0 and health["database"] == "sqlite" and health["blobs"] == "folder"
    assert str(it.hub.settings.data) not in json.dumps(health)


def test_health_is_good_when_everything_is_there(it: HubInProcess) -> None:
    note_alive(it.hub.database, Worker.here(), now=it.clock.now())
    with it.hub.database.transaction() as session:
        write_fact(session, LAST_BACKUP, (it.clock.now() - timedelta(hours=5)).isoformat())
    trainer = {"trainer": "gpu-1", "recipes": []}
    assert it.client("trainer").post("/api/v1/runs/claims", json=trainer).status_code < 500
    health = it.client().get("/api/v1/about").json()["health"]
    assert health["workers"] == 1 and health["backup_age_s"] == 5 * 3600
    assert {c["name"] for c in health["checks"] if not c["ok"]} <= {"trainer"}


def test_the_instance_administrator_sees_the_whole_hub_and_others_their_own_part(it: HubInProcess) -> None:
    whole = it.client("instance-admin").get("/api/v1/about").json()["health"]
    assert set(whole["jobs"]) == set(it.client().get("/api/v1/about").json()["health"]["jobs"])
    assert create_app(it.hub).state.started_at == it.clock.now()

"""The hub says whether it can work, and how much it has done."""

from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from perenne.hub.infra.database import lacks_tables
from perenne.hub.infra.installation import LAST_BACKUP, settle_store, write_fact
from perenne.testing.hubs import hub_in_process


def _metrics(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    return {
        family.name: {tuple(sorted(sample.labels.items())): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text)
    }


def test_a_hub_is_ready_once_its_store_is_marked(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        anybody = it.stranger()
        assert anybody.get("/livez").json()["status"] == "alive"
        assert anybody.get("/readyz").status_code == 503
        settle_store(it.hub.database, it.hub.blobs)
        assert anybody.get("/readyz").json()["checks"]["blobs"] == "ok"


def test_metrics_tell_requests_denials_jobs_and_the_age_of_the_backup(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        client = it.client()
        assert client.get("/api/v1/sites").status_code == 200
        assert it.stranger().get("/api/v1/sites").status_code == 401
        with it.hub.database.transaction() as session:
            write_fact(session, LAST_BACKUP, (it.clock.now() - timedelta(hours=3)).isoformat())
        told = _metrics(client.get("/metrics").text)
        assert told["perenne_authz_denied"][()] == 1
        assert told["perenne_backup_verified_age_seconds"][()] == 3 * 3600
        assert told["perenne_jobs"][(("state", "queued"),)] == 0
        answered = (("method", "GET"), ("route", "/api/v1/sites"), ("status", "200"))
        assert told["perenne_http_requests"][answered] == 1


def test_metrics_are_for_those_who_may_see_them(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        assert it.stranger().get("/metrics").status_code == 401
        assert it.client("annotator").get("/metrics").status_code == 403


def test_tables_of_another_version_are_told_as_such(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        with it.hub.database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE sites RENAME COLUMN slug TO word"))
        answer = it.client().get("/api/v1/sites")
        assert (answer.status_code, answer.json()["code"]) == (500, "tables-differ")
        assert "Restart the hub" in answer.json()["remedy"]


def test_a_busy_database_is_not_taken_for_another_version_by_what_somebody_wrote() -> None:
    busy = OperationalError("SELECT ?", ("no such table: sites",), Exception("database is locked"))
    assert not lacks_tables(busy)
    assert lacks_tables(OperationalError("SELECT 1", (), Exception("no such table: sites")))

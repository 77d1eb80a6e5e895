"""A POST sent twice with one key has one effect and one answer."""

from datetime import timedelta
from pathlib import Path

from perenne.hub.infra.replies import hold_key
from perenne.testing.hubs import hub_in_process


def test_a_repeated_key_gets_the_first_answer_and_has_no_second_effect(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        client = it.client()
        body = {"slug": "lyon", "name": "Lyon"}
        first = client.post("/api/v1/sites", json=body, headers={"Idempotency-Key": "k1"})
        again = client.post("/api/v1/sites", json=body, headers={"Idempotency-Key": "k1"})
        assert first.status_code == again.status_code == 201
        assert first.json() == again.json()
        assert again.headers["idempotent-replay"] == "true"
        assert client.post("/api/v1/sites", json=body, headers={"Idempotency-Key": "k2"}).status_code == 409
        other = client.post(
            "/api/v1/sites", json={"slug": "b", "name": "B"}, headers={"Idempotency-Key": "k1"}
        )
        assert other.json()["code"] == "idempotency-key-reused"


def test_a_failed_request_lets_go_of_its_key(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        client = it.client()
        wrong = client.post("/api/v1/sites", json={"slug": "NO"}, headers={"Idempotency-Key": "k"})
        assert wrong.status_code == 422
        right = client.post(
            "/api/v1/sites", json={"slug": "a", "name": "A"}, headers={"Idempotency-Key": "k"}
        )
        assert right.status_code == 201


def test_keys_of_two_organisations_never_meet(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        body = {"slug": "lyon", "name": "Lyon"}
        ids = {
            it.client(organisation=name)
            .post("/api/v1/sites", json=body, headers={"Idempotency-Key": "k"})
            .json()["id"]
            for name in ("acme", "rival")
        }
        assert len(ids) == 2


def test_a_request_that_died_loses_its_hold_after_a_minute(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        held = {"organisation_id": "org_x", "key": "k", "request_sha256": "0" * 64}
        first = hold_key(it.hub.database, **held, now=it.clock.now())
        later = hold_key(it.hub.database, **held, now=it.clock.now() + timedelta(minutes=2))
        assert first != later

"""Accounts: nobody hands out more than they hold, and what ends, ends at once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from perenne.hub.accounts.rules import Actor, known_permissions, may_grant, permissions_of, role_names
from perenne.testing.hubs import HubInProcess, hub_in_process

PASSWORD = "correct horse battery"


@pytest.fixture
def it(tmp_path: Path) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path) as hub:
        yield hub


def _add_user(admin: TestClient, role: str, *, email: str = "anne@acme.fr", **more: object) -> str:
    body = {"email": email, "name": "Anne", "password": PASSWORD, "role": role, **more}
    answer = admin.post("/api/v1/users", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _sign_in(it: HubInProcess, email: str = "anne@acme.fr") -> TestClient:
    client = it.stranger()
    answer = client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['secret']}"
    return client


def test_every_role_names_known_permissions_only() -> None:
    for role in role_names():
        assert permissions_of(role) <= set(known_permissions()), role


def test_the_instance_administrator_sees_no_content(it: HubInProcess) -> None:
    assert not {
        p for p in permissions_of("instance-admin") if p.split(":")[0] in ("images", "truth", "models")
    }
    assert it.client("instance-admin").get("/api/v1/organisations").status_code == 200
    assert it.client("instance-admin").get("/api/v1/images").status_code == 403


@pytest.mark.parametrize("granter", role_names())
@pytest.mark.parametrize("granted", role_names())
def test_a_role_is_granted_only_by_who_holds_all_of_it(granter: str, granted: str) -> None:
    actor = Actor("org_1", "usr_1", "a", granter, permissions_of(granter))
    allowed = may_grant(actor, role=granted, site_ids=None)
    assert allowed == (permissions_of(granted) <= permissions_of(granter))


def test_who_is_limited_to_a_site_cannot_grant_beyond_it() -> None:
    actor = Actor("org_1", "usr_1", "a", "org-admin", permissions_of("org-admin"), frozenset({"sit_a"}))
    assert may_grant(actor, role="operator", site_ids=["sit_a"])
    assert not may_grant(actor, role="operator", site_ids=["sit_a", "sit_b"])
    assert not may_grant(actor, role="operator", site_ids=None)


def test_a_token_can_be_weaker_than_its_owner_and_never_stronger(it: HubInProcess) -> None:
    _add_user(it.client(), "ml-engineer")
    anne = _sign_in(it)
    assert anne.post("/api/v1/tokens", json={"name": "ci", "role": "annotator"}).json()["role"] == "annotator"
    refused = anne.post("/api/v1/tokens", json={"name": "root", "role": "org-admin"})
    assert refused.status_code == 403 and refused.json()["code"] == "not-allowed"


def test_a_lesser_role_takes_effect_on_tokens_that_exist(it: HubInProcess) -> None:
    admin = it.client()
    user = _add_user(admin, "ml-engineer")
    anne = _sign_in(it)
    assert anne.get("/api/v1/datasets").status_code == 200
    assert admin.patch(f"/api/v1/users/{user}", json={"role": "operator"}).status_code == 200
    assert anne.get("/api/v1/datasets").status_code == 403


def test_a_disabled_user_is_out_at_once_and_cannot_sign_in(it: HubInProcess) -> None:
    admin = it.client()
    user = _add_user(admin, "ml-engineer")
    anne = _sign_in(it)
    assert admin.patch(f"/api/v1/users/{user}", json={"disabled": True}).status_code == 200
    assert anne.get("/api/v1/me").status_code == 401
    again = it.stranger().post("/api/v1/session", json={"email": "anne@acme.fr", "password": PASSWORD})
    assert again.status_code == 401


def test_a_token_ends_when_its_time_is_up(it: HubInProcess) -> None:
    client = it.client()
    assert client.get("/api/v1/me").status_code == 200
    it.clock.at += timedelta(days=2)
    assert client.get("/api/v1/me").status_code == 401


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(it: HubInProcess) -> None:
    _add_user(it.client(), "operator")
    stranger = it.stranger()
    wrong = stranger.post("/api/v1/session", json={"email": "anne@acme.fr", "password": "wrong"}).json()
    unknown = stranger.post("/api/v1/session", json={"email": "nobody@acme.fr", "password": "wrong"}).json()
    assert wrong == unknown


def test_what_was_done_is_on_record_for_the_auditor(it: HubInProcess) -> None:
    admin = it.client()
    user = _add_user(admin, "operator")
    admin.patch(f"/api/v1/users/{user}", json={"role": "annotator"})
    events = it.client("auditor").get(f"/api/v1/audit?object_id={user}").json()["items"]
    assert [event["action"] for event in events] == ["user.changed", "user.created"]
    assert events[0]["detail"]["before"]["role"] == "operator"
    assert it.client("auditor", organisation="rival").get("/api/v1/audit").json()["items"] == []


def test_an_address_has_one_account_and_an_unknown_role_is_named(it: HubInProcess) -> None:
    admin = it.client()
    _add_user(admin, "operator")
    twice = {"email": "ANNE@acme.fr", "name": "B", "password": PASSWORD, "role": "operator"}
    assert admin.post("/api/v1/users", json=twice).json()["code"] == "name-taken"
    odd = {"email": "b@acme.fr", "name": "B", "password": PASSWORD, "role": "king"}
    refused = admin.post("/api/v1/users", json=odd).json()
    assert refused["code"] == "unknown-role" and "operator" in refused["remedy"]


def test_an_instance_administrator_adds_an_organisation_with_its_first_administrator(
    it: HubInProcess,
) -> None:
    body = {"slug": "new", "name": "New", "admin_email": "boss@new.org", "admin_password": PASSWORD}
    assert it.client("instance-admin").post("/api/v1/organisations", json=body).status_code == 201
    boss = _sign_in(it, "boss@new.org")
    assert boss.get("/api/v1/me").json()["organisation"] == "new"
    assert it.client().post("/api/v1/organisations", json=body).status_code == 403

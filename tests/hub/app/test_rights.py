"""Rights from the first route: deny by default, and no route without a declared permission."""

from pathlib import Path

import pytest

from perenne.hub.accounts.auth import GuardedRouter
from perenne.hub.accounts.errors import UndeclaredPermission
from perenne.testing.hubs import hub_in_process


def test_a_route_with_an_unknown_permission_cannot_be_registered() -> None:
    router = GuardedRouter(tag="x")
    with pytest.raises(UndeclaredPermission, match="nobody:knows"):
        router.get("/x", permission="nobody:knows")


def test_a_stranger_is_told_to_sign_in(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        answer = it.stranger().get("/api/v1/sites")
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "bad-credentials"


def test_a_site_of_another_organisation_does_not_exist(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        made = it.client().post("/api/v1/sites", json={"slug": "lyon", "name": "Lyon"})
        assert made.status_code == 201, made.text
        assert it.client(organisation="rival").get(f"/api/v1/sites/{made.json()['id']}").status_code == 404
        assert it.client(organisation="rival").get("/api/v1/sites").json()["items"] == []
        assert it.client("auditor").get("/api/v1/sites/lyon").status_code == 200
        assert it.client("auditor").post("/api/v1/sites", json={"slug": "b", "name": "B"}).status_code == 403


def test_sign_in_gives_a_token_that_stops_when_revoked(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as it:
        admin = it.client()
        user = {
            "email": "anne@acme.fr",
            "name": "Anne",
            "password": "correct horse battery",
            "role": "ml-engineer",
        }
        assert admin.post("/api/v1/users", json=user).status_code == 201
        stranger = it.stranger()
        wrong = stranger.post("/api/v1/session", json={"email": "anne@acme.fr", "password": "no"})
        assert wrong.status_code == 401
        token = stranger.post(
            "/api/v1/session", json={"email": "anne@acme.fr", "password": "correct horse battery"}
        ).json()
        own = {"Authorization": f"Bearer {token['secret']}"}
        assert stranger.get("/api/v1/me", headers=own).json()["role"] == "ml-engineer"
        assert admin.delete(f"/api/v1/tokens/{token['id']}").status_code == 200
        assert stranger.get("/api/v1/me", headers=own).status_code == 401

"""Two organisations never see each other: every object id x every verb, every list, every field (A2, A4)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from perenne.hub.accounts.auth import PUBLIC
from perenne.hub.accounts.rules import role_names
from perenne.hub.app.factory import api_routes, declared_permissions
from perenne.testing.hubs import HubInProcess, hub_in_process
from perenne.testing.tenants import fill_tenant

MARK = "acme-secret"
# Which table a path parameter names. A new parameter must be added here, or the matrix below is not whole.
PARAMETERS = {
    "site": "sites",
    "station": "stations",
    "image": "images",
    "schema": "label_schemas",
    "import_id": "imports",
    "path": "import_files",
    "dataset": "datasets",
    "version": "dataset_versions",
    "other": "dataset_versions",
    "run": "runs",
    "model": "model_versions",
    "claim": "claims",
    "month": "performance_weeks",
    "evaluation_id": "evaluations",
    "champion_id": "evaluations",
    "challenger_id": "evaluations",
    "deployment_id": "deployments",
    "prediction_id": "predictions",
    "job_id": "jobs",
    "context": "watch_contexts",
    "incident": "incidents",
    "kind": "probes",
    "user_id": "users",
    "token_id": "api_tokens",
}
Tenants = tuple[HubInProcess, dict[str, str]]


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    with hub_in_process(tmp_path_factory.mktemp("hub")) as it:
        it.app.state.live.close()  # a stream of events ends at once, as in a hub that is leaving
        with it.hub.database.transaction() as session:
            made = fill_tenant(
                session, organisation_id=it.organisations["acme"], mark=MARK, now=it.clock.now()
            )
        yield it, made


def _guarded(it: HubInProcess) -> list[tuple[str, str, APIRoute]]:
    permissions = declared_permissions(it.app)
    return [
        (method, route.path, route)
        for route in api_routes(it.app)
        for method in sorted(route.methods or ())
        if permissions[method, route.path] != PUBLIC
    ]


def _caller(it: HubInProcess, role: str, *, way: str) -> TestClient:
    """Return a client of the other organisation."""
    return (it.client if way == "token" else it.browser)(role, organisation="rival")


def _leaks(text: str, made: dict[str, str], *, asked: str) -> list[str]:
    known = set(re.findall(r"[a-z]{3}_[0-9a-z]{26}", asked))
    return [secret for secret in [MARK, *made.values()] if secret in text and secret not in known]


def test_every_path_parameter_names_a_table(tenants: Tenants) -> None:
    it, made = tenants
    named = {name for _, path, _ in _guarded(it) for name in re.findall(r"\{([^}:]+)", path)}
    assert named <= set(PARAMETERS), f"add to PARAMETERS: {named - set(PARAMETERS)}"
    assert set(PARAMETERS.values()) <= set(made)


@pytest.mark.parametrize("way", ["token", "cookie"])
@pytest.mark.parametrize("role", role_names())
def test_no_id_of_another_organisation_opens_anything(tenants: Tenants, role: str, way: str) -> None:
    it, made = tenants
    rival = _caller(it, role, way=way)
    for method, path, _ in _guarded(it):
        if "{" not in path:
            continue
        address = re.sub(r"\{([^}:]+)[^}]*\}", lambda m: made[PARAMETERS[m[1]]], path)
        answer = rival.request(method, address, json={} if method != "GET" else None)
        allowed = {404, 403} if method in ("GET", "DELETE") else {404, 403, 422}
        assert answer.status_code in allowed, (
            f"{role} {method} {path}: {answer.status_code} {answer.text[:200]}"
        )
        assert not _leaks(answer.text, made, asked=address), f"{role} {method} {path}"


@pytest.mark.parametrize("way", ["token", "cookie"])
def test_a_foreign_thing_gets_the_answer_of_a_missing_one(tenants: Tenants, way: str) -> None:
    it, made = tenants
    rival = _caller(it, "org-admin", way=way)
    for method, path, _ in _guarded(it):
        names = re.findall(r"\{([^}:]+)", path)
        if method != "GET" or not names:
            continue
        ids = {name: made[PARAMETERS[name]] for name in names}
        missing = {name: f"{known[:4]}{'z' * 26}"[: len(known)] for name, known in ids.items()}
        answers = []
        for given in (ids, missing):
            answer = rival.get(re.sub(r"\{([^}:]+)[^}]*\}", lambda m, of=given: of[m[1]], path))
            text = answer.text
            for name in names:
                text = text.replace(given[name], f"<{name}>")
            answers.append((answer.status_code, text))
        assert answers[0] == answers[1], path


@pytest.mark.parametrize("way", ["token", "cookie"])
@pytest.mark.parametrize("role", role_names())
def test_no_list_shows_anything_of_another_organisation(tenants: Tenants, role: str, way: str) -> None:
    it, made = tenants
    rival = _caller(it, role, way=way)
    for method, path, _ in _guarded(it):
        if method != "GET" or "{" in path or path == "/api/v1/organisations":
            continue
        answer = rival.get(path)
        assert answer.status_code in (200, 403, 422), f"{role} {path}: {answer.status_code}"
        assert not _leaks(answer.text, made, asked=""), f"{role} {path}"


@pytest.mark.parametrize("way", ["token", "cookie"])
def test_a_user_limited_to_one_site_does_not_see_another_site_of_its_own_organisation(
    tenants: Tenants, way: str
) -> None:
    it, made = tenants
    elsewhere = (it.client if way == "token" else it.browser)(site_ids=["sit_00000000000000000000000000"])
    by_site = {"sites", "stations", "images", "predictions", "deployments", "imports"}
    by_site |= {"watch_contexts", "incidents"}
    for method, path, _ in _guarded(it):
        names = re.findall(r"\{([^}:]+)", path)
        if method != "GET" or not any(PARAMETERS[name] in by_site for name in names):
            continue
        address = re.sub(r"\{([^}:]+)[^}]*\}", lambda m: made[PARAMETERS[m[1]]], path)
        assert elsewhere.get(address).status_code == 404, f"{path}"
    lists = ("sites", "sites/overview", "images", "images/tiles", "predictions", "deployments")
    lists += ("monitoring/sites", "incidents")
    assert elsewhere.get("/api/v1/images/landmarks").json()["total"] == 0
    for path in (f"/api/v1/{name}" for name in lists):
        assert elsewhere.get(path).json()["items"] == [], path


def test_no_message_accepts_a_field_that_it_does_not_name(tenants: Tenants) -> None:
    it, _ = tenants
    document: dict[str, Any] = it.app.openapi()
    schemas = document["components"]["schemas"]
    checked = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            reference = content.get("schema", {}).get("$ref")
            if reference is None:
                continue
            schema = schemas[reference.rsplit("/", 1)[1]]
            assert schema.get("additionalProperties") is False, f"{method} {path} takes unknown fields"
            checked += 1
    assert checked >= 8


def test_an_organisation_given_in_a_body_is_refused_not_obeyed(tenants: Tenants) -> None:
    it, _ = tenants
    rival = it.client(organisation="rival")
    body = {"slug": "x", "name": "X", "organisation_id": it.organisations["acme"]}
    assert rival.post("/api/v1/sites", json=body).status_code == 422
    me = {
        "email": "a@b.fr",
        "name": "A",
        "password": "correct horse battery",
        "role": "operator",
        "is_admin": True,
    }
    assert rival.post("/api/v1/users", json=me).status_code == 422

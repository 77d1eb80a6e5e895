"""Every route x no credentials and every role (A1): generated from the application itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from perenne.hub.accounts.auth import PUBLIC
from perenne.hub.accounts.errors import UndeclaredPermission
from perenne.hub.accounts.rules import permissions_of, role_names
from perenne.hub.app.factory import declared_permissions, refuse_unguarded_routes
from perenne.testing.hubs import HubInProcess, hub_in_process

# A path parameter that names nothing: whoever lacks the right must be refused before the hub looks.
NOBODY = "nobody"


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path_factory.mktemp("hub")) as hub:
        hub.app.state.live.close()  # a stream of events ends at once, as in a hub that is leaving
        yield hub


def _call(path: str) -> str:
    return re.sub(r"\{[^}]+\}", NOBODY, path)


def test_the_route_table_is_not_empty_and_every_route_declares_a_permission(it: HubInProcess) -> None:
    table = declared_permissions(it.app)
    assert len(table) > 20
    assert all(table.values())
    public = {path for (_, path), permission in table.items() if permission == PUBLIC}
    sign_in = {f"/api/v1/session{way}" for way in ("", "/browser", "/invitation/accept")}
    assert public == {"/docs", "/docs/{name}", "/docs/start.js", "/livez", "/readyz"} | sign_in


def test_a_hub_with_an_unguarded_route_does_not_start(tmp_path: Path) -> None:
    with hub_in_process(tmp_path) as other:
        other.app.get("/leak")(lambda: "secret")
        with pytest.raises(UndeclaredPermission, match="GET /leak"):
            refuse_unguarded_routes(other.app)


def test_no_route_answers_without_valid_credentials(it: HubInProcess) -> None:
    stranger = it.stranger()
    forged = {"Authorization": "Bearer prn_tok_00000000000000000000000000_forged"}
    for (method, path), permission in declared_permissions(it.app).items():
        if permission == PUBLIC:
            continue
        for headers in ({}, forged, {"Authorization": "Basic YWRtaW46YWRtaW4="}):
            answer = stranger.request(method, _call(path), headers=headers, json={})
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"


def test_no_unsafe_route_takes_a_cookie_without_its_csrf_token(it: HubInProcess) -> None:
    browser = it.browser()
    token = browser.headers.pop("X-CSRF-Token")
    foreign = {"X-CSRF-Token": it.browser().headers["X-CSRF-Token"]}
    cross_site = {"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"}
    for (method, path), permission in declared_permissions(it.app).items():
        if permission == PUBLIC or method in ("GET", "HEAD"):
            continue
        for headers in ({}, foreign, cross_site):
            answer = browser.request(method, _call(path), json={}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), f"{method} {path}"
    assert browser.get("/api/v1/me").status_code == 200


def test_no_route_takes_a_cookie_that_is_over(it: HubInProcess) -> None:
    browser = it.browser()
    secret = browser.cookies["perenne"]
    assert browser.delete("/api/v1/session").status_code == 204
    over = {"Cookie": f"perenne={secret}", "X-CSRF-Token": browser.headers["X-CSRF-Token"]}
    for (method, path), permission in declared_permissions(it.app).items():
        if permission != PUBLIC:
            answer = it.stranger().request(method, _call(path), json={}, headers=over)
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"


@pytest.mark.parametrize("way", ["token", "cookie"])
@pytest.mark.parametrize("role", role_names())
def test_a_role_is_refused_every_route_that_it_has_no_right_to(it: HubInProcess, role: str, way: str) -> None:
    client = it.client(role) if way == "token" else it.browser(role)
    for (method, path), permission in declared_permissions(it.app).items():
        if permission == PUBLIC or (method, path) == ("DELETE", "/api/v1/session"):
            continue
        answer = client.request(method, _call(path), json={})
        if permission in permissions_of(role):
            assert answer.status_code not in (401, 403, 500), f"{role} {method} {path}: {answer.text[:300]}"
        else:
            assert answer.status_code == 403, f"{role} {method} {path}: {answer.status_code}"

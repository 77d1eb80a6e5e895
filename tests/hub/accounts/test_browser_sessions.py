"""Browser sessions: a cookie that scripts cannot read, that no foreign page can use, and that ends."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from perenne.hub.accounts.attempts import MAX_PER_ACCOUNT, MAX_PER_ADDRESS, network_of
from perenne.hub.accounts.rules import INSTANCE
from perenne.hub.accounts.tables import UserRow
from perenne.hub.infra.secrets import hash_password
from perenne.kit.ids import new_id
from perenne.testing.hubs import HubInProcess, hub_in_process

PASSWORD = "correct horse battery"
NEW_PASSWORD = "battery horse correct"
EMAIL = "anne@acme.fr"


@pytest.fixture
def it(tmp_path: Path) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path) as hub:
        add = {"email": EMAIL, "name": "Anne", "password": PASSWORD, "role": "ml-engineer"}
        assert hub.client().post("/api/v1/users", json=add).status_code == 201
        yield hub


def _browser(it: HubInProcess, *, email: str = EMAIL, password: str = PASSWORD) -> TestClient:
    """Return a browser that is signed in and sends the CSRF token."""
    browser = it.stranger()
    answer = browser.post("/api/v1/session/browser", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return browser


def _user(it: HubInProcess) -> str:
    return str(next(u["id"] for u in it.client().get("/api/v1/users").json()["items"] if u["email"] == EMAIL))


def test_a_signed_in_browser_is_told_who_it_is(it: HubInProcess) -> None:
    told = _browser(it).get("/api/v1/session").json()
    assert (told["email"], told["name"], told["role"]) == (EMAIL, "Anne", "ml-engineer")
    assert (told["organisation"], told["organisation_name"]) == ("acme", "Acme")
    assert told["site_ids"] is None and told["locale"] is None
    assert "runs:write" in told["permissions"] and "users:write" not in told["permissions"]


def test_the_cookie_cannot_be_read_by_scripts_and_stays_on_this_site(it: HubInProcess) -> None:
    answer = it.stranger().post("/api/v1/session/browser", json={"email": EMAIL, "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("perenne=ses_") and "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert "Domain" not in cookie and "Path=/" in cookie
    assert cookie.split(";")[0].split("=")[1] not in answer.text


def test_over_https_the_cookie_is_bound_to_this_very_host(it: HubInProcess) -> None:
    browser = TestClient(it.app, base_url="https://plant.example", raise_server_exceptions=False)
    answer = browser.post("/api/v1/session/browser", json={"email": EMAIL, "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-perenne=") and "Secure" in cookie and "HttpOnly" in cookie
    assert browser.get("/api/v1/session").status_code == 200
    plain = {"Cookie": cookie.split(";")[0].replace("__Host-", "")}
    stranger = TestClient(it.app, base_url="https://plant.example", raise_server_exceptions=False)
    assert stranger.get("/api/v1/me", headers=plain).status_code == 401


def test_signing_out_over_https_leaves_no_image_in_the_browsers_cache(it: HubInProcess) -> None:
    browser = TestClient(it.app, base_url="https://plant.example", raise_server_exceptions=False)
    told = browser.post("/api/v1/session/browser", json={"email": EMAIL, "password": PASSWORD}).json()
    answer = browser.delete("/api/v1/session", headers={"X-CSRF-Token": told["csrf"]})
    assert answer.status_code == 204 and answer.headers["Clear-Site-Data"] == '"cache"'


def test_only_the_hash_of_a_cookie_is_kept(it: HubInProcess) -> None:
    browser = _browser(it)
    secret = browser.cookies["perenne"]
    assert secret.encode() not in b"".join(p.read_bytes() for p in it.hub.settings.data.glob("perenne.db*"))


def test_signing_in_again_gives_a_new_secret_and_ends_the_old_one(it: HubInProcess) -> None:
    browser = _browser(it)
    old = browser.cookies["perenne"]
    assert browser.post("/api/v1/session/browser", json={"email": EMAIL, "password": PASSWORD}).is_success
    assert browser.cookies["perenne"] != old
    assert it.stranger().get("/api/v1/me", headers={"Cookie": f"perenne={old}"}).status_code == 401


def test_a_session_planted_before_the_sign_in_does_not_become_anybodys(it: HubInProcess) -> None:
    planted = "ses_00000000000000000000000000_planted"
    browser = it.stranger()
    browser.cookies.set("perenne", planted)
    sign_in = {"email": EMAIL, "password": PASSWORD}
    answer = browser.post("/api/v1/session/browser", json=sign_in)
    assert answer.is_success and planted not in answer.headers["set-cookie"]
    assert it.stranger().get("/api/v1/me", headers={"Cookie": f"perenne={planted}"}).status_code == 401


def test_signing_out_ends_the_session_at_once(it: HubInProcess) -> None:
    browser = _browser(it)
    secret = browser.cookies["perenne"]
    answer = browser.delete("/api/v1/session")
    assert answer.status_code == 204 and "Max-Age=0" in answer.headers["set-cookie"]
    assert it.stranger().get("/api/v1/me", headers={"Cookie": f"perenne={secret}"}).status_code == 401


def test_a_session_ends_after_twelve_idle_hours_and_after_seven_days(it: HubInProcess) -> None:
    idle, busy = _browser(it), _browser(it)
    it.clock.at += timedelta(hours=11)
    assert busy.get("/api/v1/me").status_code == 200
    it.clock.at += timedelta(hours=2)
    assert idle.get("/api/v1/me").status_code == 401
    for _ in range(15):
        assert busy.get("/api/v1/me").status_code == 200
        it.clock.at += timedelta(hours=11)
    assert busy.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "change",
    [{"disabled": True}, {"role": "operator"}, {"password": NEW_PASSWORD}],
    ids=["disabled", "role", "password"],
)
def test_what_an_administrator_takes_away_ends_the_sessions(
    it: HubInProcess, change: dict[str, object]
) -> None:
    browser = _browser(it)
    assert it.client().patch(f"/api/v1/users/{_user(it)}", json=change).status_code == 200
    assert browser.get("/api/v1/me").status_code == 401


def test_a_new_password_ends_every_other_session_and_renews_this_one(it: HubInProcess) -> None:
    mine, other = _browser(it), _browser(it)
    old = mine.cookies["perenne"]
    wish = {"password": {"current": PASSWORD, "new": NEW_PASSWORD}}
    changed = mine.patch("/api/v1/session", json=wish)
    assert changed.status_code == 200 and mine.cookies["perenne"] != old
    assert mine.get("/api/v1/session").json()["csrf"] == changed.json()["csrf"]
    assert other.get("/api/v1/me").status_code == 401
    assert it.stranger().get("/api/v1/me", headers={"Cookie": f"perenne={old}"}).status_code == 401
    assert _browser(it, password=NEW_PASSWORD).get("/api/v1/me").status_code == 200


def test_a_password_is_not_changed_without_the_present_one(it: HubInProcess) -> None:
    browser = _browser(it)
    wish = {"password": {"current": "a wrong password", "new": NEW_PASSWORD}}
    refused = browser.patch("/api/v1/session", json=wish)
    assert refused.status_code == 422 and refused.json()["code"] == "wrong-password"
    assert _browser(it).get("/api/v1/me").status_code == 200


def test_people_choose_their_own_name_and_language(it: HubInProcess) -> None:
    browser = _browser(it)
    assert browser.patch("/api/v1/session", json={"name": "Anne M.", "locale": "fr"}).status_code == 200
    told = browser.get("/api/v1/session").json()
    assert (told["name"], told["locale"]) == ("Anne M.", "fr")
    assert browser.patch("/api/v1/session", json={"role": "org-admin"}).status_code == 422
    assert browser.patch("/api/v1/session", json={"locale": "<b>"}).status_code == 422


def test_a_machine_has_no_session_to_end_and_no_name_to_change(it: HubInProcess) -> None:
    machine = it.client("trainer")
    assert machine.get("/api/v1/session").json()["csrf"] == ""
    assert machine.delete("/api/v1/session").json()["code"] == "not-signed-in"
    assert machine.patch("/api/v1/session", json={"name": "X"}).json()["code"] == "no-person"


def test_an_instance_administrator_signs_in_too(it: HubInProcess) -> None:
    with it.hub.database.transaction() as session:
        boss = UserRow(
            id=new_id("usr"),
            organisation_id=INSTANCE,
            email="boss@x.org",
            name="B",
            password_hash=hash_password(PASSWORD),
            role="instance-admin",
        )
        session.add(boss)
    told = _browser(it, email="boss@x.org").get("/api/v1/session").json()
    assert (told["organisation"], told["name"]) == ("", "B")


def test_a_change_without_the_csrf_token_is_refused(it: HubInProcess) -> None:
    browser = _browser(it)
    token = browser.headers.pop("X-CSRF-Token")
    body = {"name": "steel", "problem": "detection", "classes": []}
    for headers in ({}, {"X-CSRF-Token": "x" * 64}, {"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"}):
        refused = browser.post("/api/v1/label-schemas", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    own = {"X-CSRF-Token": token, "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/api/v1/label-schemas", json=body, headers=own).status_code != 403


def test_the_csrf_token_of_one_session_does_not_open_another(it: HubInProcess) -> None:
    one, two = _browser(it), _browser(it)
    foreign = {"X-CSRF-Token": two.headers["X-CSRF-Token"]}
    assert one.delete("/api/v1/session", headers=foreign).json()["code"] == "csrf"


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"}]
)  # fmt: skip
def test_no_foreign_page_signs_a_browser_in(it: HubInProcess, headers: dict[str, str]) -> None:
    sign_in = {"email": EMAIL, "password": PASSWORD}
    refused = it.stranger().post("/api/v1/session/browser", json=sign_in, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert "set-cookie" not in refused.headers


def test_a_token_counts_before_a_cookie_and_a_bad_one_is_not_saved_by_it(it: HubInProcess) -> None:
    browser = _browser(it)
    assert browser.get("/api/v1/me", headers={"Authorization": "Bearer prn_tok_x"}).status_code == 401
    auditor = {"Authorization": f"Bearer {it.token('auditor')}"}
    assert browser.get("/api/v1/me", headers=auditor).json()["role"] == "auditor"


def test_wrong_address_and_wrong_password_get_the_same_answer_also_when_there_were_too_many(
    it: HubInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perenne.hub.accounts.sessions.password_matches", lambda p, s: p == PASSWORD)
    stranger = it.stranger()

    def attempt(email: str) -> tuple[int, object]:
        answer = stranger.post("/api/v1/session/browser", json={"email": email, "password": "wrong"})
        return answer.status_code, answer.json()

    for _ in range(MAX_PER_ACCOUNT):
        assert attempt(EMAIL) == attempt("nobody@acme.fr")
    assert attempt(EMAIL) == attempt("nobody@acme.fr")
    status, problem = attempt(EMAIL)
    assert status == 429 and isinstance(problem, dict)
    assert problem["code"] == "too-many-attempts" and problem["retry_after_s"] == 900
    right = {"email": EMAIL, "password": PASSWORD}
    refused = stranger.post("/api/v1/session", json=right)
    assert refused.status_code == 429 and refused.headers["retry-after"] == "900"
    it.clock.at += timedelta(minutes=16)
    assert stranger.post("/api/v1/session/browser", json=right).status_code == 200


def test_success_forgets_the_failures_of_the_account_and_one_address_cannot_try_every_account(
    it: HubInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perenne.hub.accounts.sessions.password_matches", lambda p, s: p == PASSWORD)
    stranger = it.stranger()
    right, wrong = {"email": EMAIL, "password": PASSWORD}, {"email": EMAIL, "password": "wrong"}
    for _ in range(3):
        for _ in range(MAX_PER_ACCOUNT - 1):
            assert stranger.post("/api/v1/session/browser", json=wrong).status_code == 401
        assert stranger.post("/api/v1/session/browser", json=right).status_code == 200
    for number in range(MAX_PER_ADDRESS):
        spray = {"email": f"user{number}@acme.fr", "password": "wrong"}
        assert stranger.post("/api/v1/session/browser", json=spray).status_code == 401
    assert stranger.post("/api/v1/session/browser", json=right).status_code == 429


def test_an_ipv6_customer_counts_as_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert network_of("testclient") == "testclient"


def test_roles_are_told_to_who_may_see_users(it: HubInProcess) -> None:
    told = it.client().get("/api/v1/roles").json()
    operator = next(role for role in told["roles"] if role["name"] == "operator")
    assert operator["about"] and set(operator["permissions"]) <= set(told["permissions"])
    assert it.client("operator").get("/api/v1/roles").status_code == 403


def test_an_invitation_signs_one_other_browser_in_and_only_once(it: HubInProcess) -> None:
    invited = _browser(it).post("/api/v1/session/invitation").json()
    secret = invited["path"].split("#invitation=")[1]
    other = it.stranger()
    answer = other.post("/api/v1/session/invitation/accept", json={"secret": secret})
    assert answer.status_code == 200 and answer.json()["email"] == EMAIL
    assert other.get("/api/v1/session").status_code == 200
    again = it.stranger().post("/api/v1/session/invitation/accept", json={"secret": secret})
    assert again.status_code == 401 and again.json()["remedy"]


def test_an_invitation_ends_the_session_that_the_browser_had_before(it: HubInProcess) -> None:
    path = _browser(it).post("/api/v1/session/invitation").json()["path"]
    other = _browser(it)
    old = other.cookies["perenne"]
    accepted = other.post("/api/v1/session/invitation/accept", json={"secret": path.split("=")[1]})
    assert accepted.is_success and other.cookies["perenne"] != old
    assert it.stranger().get("/api/v1/session", headers={"Cookie": f"perenne={old}"}).status_code == 401


def test_a_forged_cookie_ends_nobodys_session_at_sign_in(it: HubInProcess) -> None:
    victim = _browser(it)
    session_id = "_".join(victim.cookies["perenne"].split("_")[:2])
    forged = {"Cookie": f"perenne={session_id}_guessed"}
    body = {"email": EMAIL, "password": PASSWORD}
    assert it.stranger().post("/api/v1/session/browser", json=body, headers=forged).is_success
    assert victim.get("/api/v1/session").status_code == 200


def test_an_invitation_is_too_old_after_ten_minutes(it: HubInProcess) -> None:
    path = _browser(it).post("/api/v1/session/invitation").json()["path"]
    it.clock.at += timedelta(minutes=11)
    late = it.stranger().post("/api/v1/session/invitation/accept", json={"secret": path.split("=")[1]})
    assert late.status_code == 401


def test_a_machines_token_invites_nobody(it: HubInProcess) -> None:
    refused = it.client("edge").post("/api/v1/session/invitation")
    assert refused.status_code in (400, 403, 409) and refused.json()["remedy"]


def test_a_limited_token_does_not_sign_a_browser_in_with_all_its_persons_rights(it: HubInProcess) -> None:
    made = _browser(it).post("/api/v1/tokens", json={"name": "ci", "role": "annotator"})
    limited = {"Authorization": f"Bearer {made.json()['secret']}"}
    refused = it.stranger().post("/api/v1/session/invitation", headers=limited)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")

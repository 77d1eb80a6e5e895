"""The transport repeats what is safe, says the hub's own words, and keeps tokens to their hub."""

import json
import random
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest

from perenne.client import AnswerNotUnderstood, CredentialsMissing, HubError, HubUnreachable, Transport
from perenne.wire.sites import Site

Answer = tuple[int, dict[str, str], Any]
SITE = {
    "id": "site_1",
    "slug": "lyon",
    "name": "Lyon",
    "time_zone": "UTC",
    "created_at": "2026-01-05T08:00:00Z",
}


class ScriptedHub:
    """A WSGI hub that gives the scripted answers one after the other and keeps what it was asked."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, headers, body = answer
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        start(f"{status} x", [*{"content-type": "application/json", **headers}.items()])
        return [data]


class Watch:
    """A clock that moves only when somebody pauses."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def pause(self, seconds: float) -> None:
        self.at += seconds


def transport_to(hub: ScriptedHub, watch: Watch, **options: Any) -> Transport:
    http = httpx.Client(transport=httpx.WSGITransport(app=hub), base_url="http://hub.test")
    rng = random.Random(7)
    return Transport(
        "http://hub.test", http=http, token="prn_x", pause=watch.pause, now=watch.now, rng=rng, **options
    )


def test_a_busy_hub_is_asked_again_and_its_retry_after_is_obeyed() -> None:
    watch = Watch()
    hub = ScriptedHub((503, {"retry-after": "2"}, {}), (200, {}, SITE))
    assert transport_to(hub, watch).get("/sites/lyon", Site).slug == "lyon"
    assert len(hub.asked) == 2
    assert 2.0 <= watch.at < 2.5


def test_all_attempts_of_a_post_carry_one_idempotency_key() -> None:
    hub = ScriptedHub(httpx.ReadError("reset"), (503, {}, {}), (200, {}, SITE))
    transport_to(hub, Watch()).post("/sites", Site, json={})
    keys = {asked["HTTP_IDEMPOTENCY_KEY"] for asked in hub.asked}
    assert len(hub.asked) == 3
    assert len(keys) == 1


def test_a_request_still_under_way_at_the_hub_is_asked_again() -> None:
    hub = ScriptedHub((409, {}, {"title": "x", "code": "request-under-way"}), (200, {}, SITE))
    assert transport_to(hub, Watch()).post("/sites", Site, json={}).slug == "lyon"


def test_a_request_that_may_not_be_repeated_is_sent_once() -> None:
    hub = ScriptedHub(httpx.ReadError("reset"))
    with pytest.raises(HubUnreachable) as caught:
        transport_to(hub, Watch()).post("/sites", Site, json={}, repeatable=False)
    assert "during a request" in str(caught.value)
    assert len(hub.asked) == 1


def test_a_hub_that_never_answered_is_given_up_after_seconds_and_one_that_did_after_minutes() -> None:
    never, watch = ScriptedHub(*[httpx.ConnectError("refused")] * 99), Watch()
    with pytest.raises(HubUnreachable) as caught:
        transport_to(never, watch).get("/sites", Site)
    assert "perenne up" in str(caught.value)
    assert watch.at <= 4.0
    restarting, watch = (
        ScriptedHub((200, {}, SITE), *[httpx.ConnectError("refused")] * 20, (200, {}, SITE)),
        Watch(),
    )
    transport = transport_to(restarting, watch)
    transport.get("/sites/lyon", Site)
    transport.get("/sites/lyon", Site)
    assert watch.at > 30.0


def test_a_refusal_keeps_the_title_detail_remedy_and_extras_of_the_hub() -> None:
    problem = {
        "title": "No",
        "detail": "12 images lack truth.",
        "remedy": "Review them.",
        "code": "x",
        "pairs": [1],
    }
    with pytest.raises(HubError) as caught:
        transport_to(ScriptedHub((409, {}, problem)), Watch()).post("/datasets/d/versions", Site, json={})
    error = caught.value
    assert str(error) == "12 images lack truth. Review them."
    assert (error.problem_title, error.problem_code, error.problem_status) == ("No", "x", 409)
    assert error.to_problem()["pairs"] == [1]


@pytest.mark.parametrize("body", [b"<html>a proxy</html>", b"", b"[]", b'{"slug": 3}'])
def test_an_answer_that_is_no_hubs_is_named_as_such(body: bytes) -> None:
    with pytest.raises(AnswerNotUnderstood, match="same version"):
        transport_to(ScriptedHub((200, {}, body)), Watch()).get("/sites/lyon", Site)
    with pytest.raises(AnswerNotUnderstood, match="without saying why"):
        transport_to(ScriptedHub((404, {}, body)), Watch()).get("/sites/lyon", Site)


def test_without_a_token_the_refusal_says_how_to_get_one() -> None:
    transport = transport_to(ScriptedHub((401, {}, {"title": "Sign in first"})), Watch())
    transport.token = None
    with pytest.raises(CredentialsMissing, match="perenne login"):
        transport.get("/me", Site)

"""The stream of events over a real connection: what is heard, by whom, how soon, and how it ends."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from perenne.hub.app import create_app, events
from perenne.hub.app.live import MAX_STREAMS, TOPICS, Publisher
from perenne.hub.app.rooms import import_tables
from perenne.hub.infra.database import Base
from perenne.hub.infra.notices import ChangeTeller
from perenne.testing.hubs import HubInProcess, hub_in_process
from perenne.testing.served import ServedApp, served

PATIENCE_S = 20.0
PASSWORD = "correct horse battery"


@pytest.fixture
def it(tmp_path: Path) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path) as hub:
        yield hub


@pytest.fixture
def at(it: HubInProcess) -> Iterator[ServedApp]:
    with served(it.app) as running:
        yield running


class Heard:
    """An open stream, read line by line."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def line(self, start: str) -> str:
        """Return the next line with that start. Raises: StopIteration at the end of the stream."""
        return next(line for line in self._lines if line.startswith(start))

    def topics(self) -> list[str]:
        """Return the topics of the next message."""
        self.line("event: changed")
        found: list[str] = json.loads(self.line("data: ").removeprefix("data: "))["topics"]
        return found

    def ended(self) -> bool:
        """Say, when the stream has ended, that it did so as it should."""
        return list(self._lines)[-1:] in ([], [""])


@contextmanager
def following(at: ServedApp, token: str | None = None, *, cookie: str | None = None) -> Iterator[Heard]:
    headers = {"Authorization": f"Bearer {token}"} if token else {"Cookie": f"perenne={cookie}"}
    with (
        httpx.Client(timeout=PATIENCE_S, headers=headers) as client,
        client.stream("GET", f"{at.url}/api/v1/events") as answer,
    ):
        assert answer.status_code == 200, answer.read()
        heard = Heard(answer)
        heard.line("retry: ")
        yield heard


def _add_site(client: TestClient, slug: str) -> None:
    answer = client.post("/api/v1/sites", json={"slug": slug, "name": slug})
    assert answer.status_code == 201, answer.text


def _wait_until(it: HubInProcess, *, streams: int) -> None:
    publisher: Publisher = it.app.state.live
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while len(publisher._streams) != streams:
        assert time.monotonic() < deadline, f"{len(publisher._streams)} streams are open"
        pause.wait(0.01)


# Tables of organisations that no page shows, or that change too often to be news.
NO_NEWS = {
    "audit_events",
    "browser_sessions",
    "change_notices",
    "dataset_items",
    "idempotent_replies",
    "inspected_weeks",
    "performance_ledgers",
    "trainers",
    "watch_cursors",
    "watch_entries",
    "watch_facts",
    "watch_points",
    "watch_states",
}


def test_every_table_of_an_organisation_has_a_topic_or_is_no_news() -> None:
    import_tables()
    named = {table for _, tables in TOPICS.values() for table in tables}
    tables = {name for name, table in Base.metadata.tables.items() if "organisation_id" in table.columns}
    assert named | NO_NEWS == tables, f"Decide in hub/app/live.py: {(named | NO_NEWS) ^ tables}"


def test_a_change_is_heard_as_a_topic_and_nothing_more(it: HubInProcess, at: ServedApp) -> None:
    admin = it.client()
    with following(at, it.token()) as heard:
        assert heard.answer.headers["content-type"].startswith("text/event-stream")
        assert heard.answer.headers["x-accel-buffering"] == "no"
        assert heard.answer.headers["cache-control"] == "no-store"
        _add_site(admin, "lyon")
        assert heard.topics() == ["sites"]


def test_another_organisation_is_not_heard(it: HubInProcess, at: ServedApp) -> None:
    admin, rival = it.client(), it.client(organisation="rival")
    with following(at, it.token(organisation="rival")) as heard:
        _add_site(admin, "lyon")
        body = {"email": "a@rival.fr", "name": "A", "password": PASSWORD, "role": "operator"}
        assert rival.post("/api/v1/users", json=body).status_code == 201
        assert heard.topics() == ["users"]


def test_a_person_hears_only_of_what_it_may_see(it: HubInProcess, at: ServedApp) -> None:
    with following(at, it.token("annotator")) as heard:
        body = {"email": "a@acme.fr", "name": "A", "password": PASSWORD, "role": "operator"}
        assert it.client().post("/api/v1/users", json=body).status_code == 201
        _add_site(it.client(), "lyon")
        assert heard.topics() == ["sites"]


def test_what_follows_closely_is_gathered(
    it: HubInProcess, at: ServedApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PACE_S", 2.0)
    publisher: Publisher = it.app.state.live
    acme = it.organisations["acme"]
    with following(at, it.token()) as heard:
        publisher.publish([(acme, "sites")])
        assert heard.topics() == ["sites"]
        for table in ("images", "jobs", "images", "idempotent_replies", "jobs"):
            publisher.publish([(acme, table)])
        assert heard.topics() == ["images", "jobs"]


def test_a_silent_stream_says_that_it_is_there(
    it: HubInProcess, at: ServedApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.05)
    with following(at, it.token()) as heard:
        assert heard.line(":") == ": still here"


def _signed_in(it: HubInProcess) -> tuple[str, str, str]:
    """Return user id, cookie and CSRF token of a new person."""
    body = {"email": "anne@acme.fr", "name": "Anne", "password": PASSWORD, "role": "ml-engineer"}
    user = it.client().post("/api/v1/users", json=body).json()["id"]
    browser = it.stranger()
    answer = browser.post("/api/v1/session/browser", json={"email": "anne@acme.fr", "password": PASSWORD})
    return user, browser.cookies["perenne"], answer.json()["csrf"]


def test_a_stream_ends_when_its_person_signs_out(it: HubInProcess, at: ServedApp) -> None:
    _, cookie, csrf = _signed_in(it)
    with following(at, cookie=cookie) as heard:
        headers = {"Cookie": f"perenne={cookie}", "X-CSRF-Token": csrf}
        assert it.stranger().delete("/api/v1/session", headers=headers).status_code == 204
        assert heard.ended()


def test_a_stream_ends_when_its_person_is_disabled_and_when_its_token_is_revoked(
    it: HubInProcess, at: ServedApp
) -> None:
    user, cookie, _ = _signed_in(it)
    token = it.token("auditor")
    with following(at, cookie=cookie) as disabled, following(at, token) as revoked:
        admin = it.client()
        assert admin.patch(f"/api/v1/users/{user}", json={"disabled": True}).status_code == 200
        assert disabled.ended()
        token_id = "_".join(token.split("_")[1:3])
        assert admin.delete(f"/api/v1/tokens/{token_id}").status_code == 200
        assert revoked.ended()


def test_a_stranger_hears_nothing(at: ServedApp) -> None:
    assert httpx.get(f"{at.url}/api/v1/events").status_code == 401


def test_one_person_opens_a_limited_number_of_streams(it: HubInProcess, at: ServedApp) -> None:
    token = it.token()
    with ExitStack() as open_streams:
        for _ in range(MAX_STREAMS):
            open_streams.enter_context(following(at, token))
        refused = httpx.get(f"{at.url}/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        assert (refused.status_code, refused.json()["code"]) == (429, "too-many-streams")
        with following(at, it.token()):
            pass
    _wait_until(it, streams=0)
    with following(at, token):
        pass


def test_an_idle_stream_holds_neither_a_thread_nor_a_connection(it: HubInProcess, at: ServedApp) -> None:
    tokens = [it.token() for _ in range(3)]
    with ExitStack() as open_streams:
        open_streams.enter_context(following(at, tokens[0]))
        _add_site(it.client(), "first")
        before = threading.active_count()
        for token in tokens:
            for _ in range(15):
                open_streams.enter_context(following(at, token))
        assert threading.active_count() - before <= 5  # the pool that checks tokens, never one a stream
        assert it.hub.database.engine.pool.checkedout() <= 1  # type: ignore[attr-defined]
    _wait_until(it, streams=0)


def test_the_hub_stops_at_once_with_open_streams(it: HubInProcess) -> None:
    with served(it.app) as at, following(at, it.token()) as heard, following(at, it.token()) as other:
        assert at.stop() < 2.0
        assert heard.ended() and other.ended()


@pytest.mark.parametrize("ours", ["worker", "second hub"])
def test_a_change_by_another_process_is_heard_within_about_a_second(
    it: HubInProcess, at: ServedApp, ours: str
) -> None:
    token = it.token()
    elsewhere = create_app(it.hub).state.live if ours == "second hub" else None
    process = elsewhere._teller if elsewhere else ChangeTeller(it.hub.database, clock=it.clock)
    with following(at, token) as heard:
        _hears_others(it)
        started = time.monotonic()
        assert process.tell({(it.organisations["acme"], "jobs"), (it.organisations["rival"], "runs")})
        assert heard.topics() == ["jobs"]
        assert time.monotonic() - started < 5.0  # 0.5 s by design; a loaded machine is not a defect
    process.close()
    if elsewhere:
        elsewhere.close()


def _hears_others(it: HubInProcess) -> None:
    """Return when the watch of this hub has had its first look."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while it.app.state.live._watch._seen is None:
        assert time.monotonic() < deadline
        pause.wait(0.01)


def test_nothing_is_written_for_other_processes_while_none_listens(it: HubInProcess) -> None:
    teller: ChangeTeller = it.app.state.live._teller
    assert not teller.tell({(it.organisations["acme"], "sites")})
    with it.hub.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM change_notices")).scalar() == 0


def test_the_watch_runs_only_while_somebody_looks(it: HubInProcess, at: ServedApp) -> None:
    def watching() -> bool:
        return any(thread.name == "change-watch" for thread in threading.enumerate())

    assert not watching()
    with following(at, it.token()):
        assert watching()
    _wait_until(it, streams=0)
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while watching():
        assert time.monotonic() < deadline
        pause.wait(0.02)

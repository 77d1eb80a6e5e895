"""An import is cancelled, killed, run again, deleted; and reaches no further than whoever asked for it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from perenne.hub.app import create_app
from perenne.hub.imports import intake, jobs
from perenne.hub.imports.rules import TRANSITIONS, ImportState, next_state, state_now
from perenne.hub.infra.blobs import passing_place
from perenne.hub.infra.jobs import InMemoryJobs
from perenne.hub.worker import RoomHandlers
from perenne.kit.errors import Conflict
from perenne.testing.works import Works, picture

from .conftest import Browser, begin, pack

CELLS: dict[str, bytes | str] = {f"{('good', 'bad')[n % 2]}/{n}.png": picture(n) for n in range(1, 21)}


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run take eight files in one transaction."""
    monkeypatch.setattr(jobs, "CHUNK_FILES", 8)


class Killed(BaseException):
    """The process is gone in the middle of its work."""


def hold_jobs(works: Works) -> InMemoryJobs:
    """Let jobs wait until they are told to run."""
    hub = works.house.hub
    hub.jobs = held = InMemoryJobs(hub, RoomHandlers(), hold=True)
    return held


def staged(works: Works, browser: Browser) -> list[str]:
    """Return what is kept of the received files."""
    place = passing_place(browser.id)
    return list(works.house.hub.blobs.iterate(organisation_id=place))


def count(works: Works, path: str) -> int:
    return len(works.get(path, limit=1000)["items"])


def test_every_state_can_be_left_but_the_last_ones() -> None:
    left = {state for state, _ in TRANSITIONS}
    assert set(ImportState) - left == {ImportState.SUCCEEDED, ImportState.CANCELLED}
    assert set(TRANSITIONS.values()) == set(ImportState) - {ImportState.FAILED}, (
        "only a job's end says failed"
    )


@pytest.mark.parametrize(
    ("state", "job_state", "now"),
    [
        ("collecting", None, "collecting"), ("checking", "queued", "checking"),
        ("checking", "failed", "failed"), ("checking", "cancelled", "collecting"),
        ("running", "running", "running"), ("running", "failed", "failed"),
        ("running", "cancelled", "cancelled"), ("running", None, "failed"),
        ("succeeded", "failed", "succeeded"),
    ],
)  # fmt: skip
def test_where_an_import_stands_considers_its_job(state: str, job_state: str | None, now: str) -> None:
    assert state_now(state, job_state=job_state) == now


def test_what_is_not_possible_names_what_is() -> None:
    with pytest.raises(
        Conflict, match=r"is checked and cannot take files\. It can be checked, be run, be cancelled"
    ):
        next_state(ImportState.CHECKED, "receive")


def test_a_checked_import_takes_no_more_files(browser: Browser) -> None:
    browser.send_all({"1.png": picture(1)}).check()
    answers = [browser.send("2.png", picture(2)), browser.send_archive({"2.png": picture(2)})]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "import-state")] * 2


def test_an_import_without_files_cannot_be_checked(browser: Browser) -> None:
    answer = browser.ask("check")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-received")


def test_a_run_that_is_killed_goes_on_and_doubles_nothing(
    works: Works, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.send_archive(CELLS)
    browser.check()
    held = hold_jobs(works)
    job_id = browser.ask("run").json()["job_id"]
    take_in, chunks = intake.take_in, []

    def die_after_one(*given: Any, **named: Any) -> Any:
        if chunks:
            raise Killed
        chunks.append(len(named["taken"]))
        return take_in(*given, **named)

    monkeypatch.setattr(intake, "take_in", die_after_one)
    with pytest.raises(Killed):
        held.wait(job_id, timeout_s=0)
    assert browser.see()["state"] == "running"
    taken = chunks[0]
    assert count(works, "/images") == taken < len(CELLS)
    again: list[int] = []

    def noted(*given: Any, **named: Any) -> Any:
        again.append(len(named["taken"]))
        return take_in(*given, **named)

    monkeypatch.setattr(intake, "take_in", noted)
    held.wait(job_id, timeout_s=0)
    seen = browser.see()
    assert seen["state"] == "succeeded"
    assert sum(again) == len(CELLS) - taken, "what is noted is not taken in again"
    assert (seen["result"]["created"], seen["result"]["truths_accepted"]) == (20, 20)
    assert (count(works, "/images"), count(works, "/ground-truth")) == (20, 20)


def test_a_failed_run_may_be_run_again(
    works: Works, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.send_archive(CELLS)
    browser.check()
    with monkeypatch.context() as broken:
        broken.setattr(intake, "finish_run", _break)
        browser.ask("run")
        assert browser.see()["state"] == "failed"
    assert staged(works, browser)
    result = browser.run()
    assert (result["created"], result["truths_accepted"]) == (20, 20)


def _break(*_given: object) -> None:
    raise RuntimeError("the disk is on fire")


def test_received_files_are_gone_when_the_import_has_ended(works: Works, browser: Browser) -> None:
    browser.send_all({"1.png": picture(1), "2.png": b"no image"})
    assert len(staged(works, browser)) == 2
    browser.check()
    browser.run()
    assert staged(works, browser) == []
    assert list((works.house.hub.settings.data / "imports").glob("*")) == []
    image = works.get("/images")["items"][0]
    assert works.http.get(f"/api/v1/images/{image['id']}/bytes").status_code == 200


def test_a_cancelled_dry_run_keeps_the_files_and_may_be_made_again(works: Works, browser: Browser) -> None:
    browser.send_all({"1.png": picture(1)})
    held = hold_jobs(works)
    browser.ask("check")
    assert browser.see()["state"] == "checking"
    assert browser.ask("cancel").json()["state"] == "collecting"
    held.run_all()
    assert browser.see()["state"] == "collecting"
    browser.send_all({"2.png": picture(2)})
    held.hold = False
    assert browser.check()["images"]["new"] == 2


def test_a_run_cancelled_half_way_keeps_what_came_in_and_nothing_else(
    works: Works, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.send_archive(CELLS)
    browser.check()
    held = hold_jobs(works)
    job_id = browser.ask("run").json()["job_id"]
    take_in = intake.take_in

    def take_then_cancel(*given: Any, **named: Any) -> Any:
        taken = take_in(*given, **named)
        browser.ask("cancel")
        return taken

    monkeypatch.setattr(intake, "take_in", take_then_cancel)
    held.wait(job_id, timeout_s=0)
    held.run_all()
    assert browser.see()["state"] == "cancelled"
    assert count(works, "/images") == 8
    assert staged(works, browser) == []
    assert browser.ask("run").status_code == 409


def test_an_import_whose_files_were_lost_says_so(works: Works, browser: Browser) -> None:
    browser.send_all({"1.png": picture(1)})
    works.house.hub.blobs.drop(passing_place(browser.id))
    browser.ask("check")
    seen = browser.see()
    assert (seen["state"], seen["error"]["code"]) == ("failed", "received-file-missing")


def test_deleting_forgets_the_import_and_keeps_the_images(works: Works, browser: Browser) -> None:
    other = begin(works.http).send_all({"9.png": picture(9)})
    browser.send_all({"1.png": picture(1)}).check()
    browser.run()
    for one in (browser, other):
        assert works.http.delete(f"/api/v1/imports/{one.id}").status_code == 204
        assert works.http.get(f"/api/v1/imports/{one.id}").status_code == 404
        assert staged(works, one) == []
    assert count(works, "/images") == 1
    assert count(works, "/imports") == 0


def test_an_import_at_work_is_not_deleted(works: Works, browser: Browser) -> None:
    browser.send_all({"1.png": picture(1)})
    hold_jobs(works)
    browser.ask("check")
    answer = works.http.delete(f"/api/v1/imports/{browser.id}")
    assert (answer.status_code, answer.json()["remedy"]) == (409, "It can be cancelled.")


def test_somebody_of_one_site_imports_to_that_site_only(works: Works) -> None:
    sites = {site["slug"]: site["id"] for site in works.get("/sites")["items"]}
    everybody = begin(works.http, "graz")
    lyonnais = works.house.client("site-manager", site_ids=[sites["lyon"]])
    assert lyonnais.post("/api/v1/imports", json={"name": "x", "site": "graz"}).status_code == 404
    assert lyonnais.get(f"/api/v1/imports/{everybody.id}").status_code == 404
    works.push("graz", truth=None, data=picture(7))
    table = "file,class,site\n1.png,good,lyon\n2.png,good,graz\n7.png,good,\n"
    browser = begin(lyonnais).send_all({f"{n}.png": picture(n) for n in (1, 2, 7)} | {"t.csv": table})
    report = browser.check()
    assert report["images"] == {"new": 1, "known": 0, "refused": 2}
    assert {one["code"] for one in report["issues"]} >= {"not-found", "stored-elsewhere"}
    result = browser.run()
    assert (result["created"], result["refused"]) == (1, 2)
    assert len(works.get("/images", site="graz")["items"]) == 1


def test_truth_needs_the_right_to_send_truth_and_a_new_schema_that_to_make_one(works: Works) -> None:
    truthful = {"good/1.png": picture(1), "bad/2.png": picture(2)}
    assert works.house.client("edge").get("/api/v1/imports").status_code == 403
    manager = begin(works.house.client("site-manager")).send_all(truthful)
    manager.check()
    refused = manager.ask("run", label_schema="brand-new")
    assert (refused.status_code, "schemas:write" in refused.text) == (403, True)
    manager.run(label_schema="cells")
    assert count(works, "/ground-truth") == 2


@pytest.mark.parametrize(
    ("limits", "send"),
    [
        ({"max_import_files": 1}, lambda browser: browser.send("2.png", picture(2))),
        ({"max_import_files": 1}, lambda browser: browser.send_archive({"2.png": picture(2)})),
        ({"max_import_gb": 0}, lambda browser: browser.send("2.png", picture(2))),
    ],
)
def test_an_import_that_is_full_says_which_setting_to_raise(
    works: Works, browser: Browser, limits: dict[str, int], send: Callable[[Browser], Any]
) -> None:
    browser.send_all({"1.png": picture(1)})
    works.house.hub.settings = replace(works.house.hub.settings, **limits)  # type: ignore[arg-type]
    answer = send(browser)
    assert answer.status_code in (413, 422)
    assert "PERENNE_MAX_IMPORT_" in answer.json()["remedy"]
    assert browser.see()["files"] == 1


def test_the_list_shows_imports_newest_first_without_their_issues(works: Works, browser: Browser) -> None:
    browser.send_all({"1.png": picture(1), "2.png": b"no image"}).check()
    newer = begin(works.http)
    items = works.get("/imports")["items"]
    assert [one["id"] for one in items] == [newer.id, browser.id]
    assert (items[1]["report"]["issues"], items[1]["report"]["issues_total"]) == ([], 1)


def test_many_issues_are_counted_and_only_the_first_are_kept(
    works: Works, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MAX_ISSUES", 3)
    lines = "\n".join(f"missing{n}.png,good" for n in range(10))
    report = browser.send_all({"1.png": picture(1), "t.csv": f"file,class\n1.png,good\n{lines}\n"}).check()
    assert (len(report["issues"]), report["issues_total"]) == (3, 10)


def test_an_archive_may_be_larger_than_other_bodies_unless_it_would_be_held_in_memory(works: Works) -> None:
    works.house.hub.settings = replace(works.house.hub.settings, max_body_mb=1)
    app = create_app(works.house.hub)
    http = TestClient(app, headers={"authorization": works.http.headers["authorization"]})
    large = pack({f"{n}.png": picture(n) + bytes(300_000) for n in range(4)})
    browser = begin(http)
    held = http.post(
        f"/api/v1/imports/{browser.id}/archive", content=large, headers={"Idempotency-Key": "one"}
    )
    assert (held.status_code, "PERENNE_MAX_BODY_MB" in held.text) == (413, True)
    assert browser.send("1.png", bytes(1_100_000)).status_code == 413
    assert browser.send_archive(large).json()["files"] == 4
    app.state.live.close()

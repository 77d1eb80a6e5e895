"""One contract over every implementation of the job queue, and what only durable ones promise."""

import itertools
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select as sql_select
from sqlalchemy import update

from perenne.hub.infra.blobs import open_blob_store
from perenne.hub.infra.database import Database
from perenne.hub.infra.jobs import (
    InMemoryJobs,
    JobContext,
    JobHandler,
    JobQueue,
    JobRow,
    cancel_job,
    enqueue_job,
    job_by_id,
    jobs_after,
    queue_depth,
)
from perenne.hub.infra.jobs.port import FINAL_STATES, MAX_ATTEMPTS
from perenne.hub.infra.jobs.tables import WorkerRow
from perenne.hub.infra.services import Hub
from perenne.hub.settings import Settings
from perenne.kit.clock import utc_now
from perenne.kit.errors import Conflict, InvalidInput, NotFound
from perenne.testing.processes import HeardProcess

PATIENCE_S = 60.0
_numbers = itertools.count()


@dataclass(frozen=True)
class Owner:
    organisation_id: str = "org_a"
    principal_id: str = "usr_a"


@dataclass
class World:
    """A hub with a queue, and handlers that a test may add to."""

    hub: Hub
    handlers: dict[str, JobHandler] = field(default_factory=dict)
    queue: JobQueue | None = None
    owner: Owner = field(default_factory=Owner)

    def handle(self, handler: JobHandler) -> str:
        kind = f"test.{next(_numbers)}"
        self.handlers[kind] = handler
        return kind

    def enqueue(self, kind: str, *, key: str | None = None, **payload: Any) -> str:
        with self.hub.database.transaction() as session:
            return enqueue_job(session, self.hub, self.owner, kind=kind, payload=payload, key=key).id

    def finish(self, job_id: str) -> JobRow:
        assert self.queue is not None
        self.queue.wait(job_id, timeout_s=PATIENCE_S)
        return self.row(job_id)

    def row(self, job_id: str) -> JobRow:
        with self.hub.database.reading() as session:
            return job_by_id(session, self.owner, job_id)


def open_world(folder: Path, url: str) -> World:
    settings = Settings(data=folder, database_url=url)
    database = Database(url)
    database.create_all()
    return World(Hub(settings, database, open_blob_store(folder / "blobs"), cast(Any, None)))


@contextmanager
def memory_world(folder: Path, url: str) -> Iterator[World]:
    world = open_world(folder, url)
    world.queue = world.hub.jobs = InMemoryJobs(world.hub, world.handlers)
    yield world
    world.hub.database.dispose()


@contextmanager
def dbos_world(folder: Path, url: str) -> Iterator[World]:
    from perenne.hub.infra.jobs.durable import DbosJobs

    world = open_world(folder, url)
    world.queue = DbosJobs(world.hub, world.handlers)  # like a hub in its own process: hub.jobs is None
    yield world
    world.queue.close()
    world.hub.database.dispose()


@pytest.fixture(scope="module", params=["memory", "dbos on SQLite", "dbos on PostgreSQL"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("jobs")
    url = f"sqlite:///{folder / 'perenne.db'}"
    if request.param == "dbos on PostgreSQL":
        url = request.getfixturevalue("postgres").create_database("jobs_contract")
    opened = memory_world if request.param == "memory" else dbos_world
    with opened(folder, url) as made:
        yield made


def test_a_job_runs_once_however_often_it_is_submitted(world: World) -> None:
    runs: list[int] = []

    def double(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        runs.append(payload["n"])
        return {"doubled": payload["n"] * 2}

    job_id = world.enqueue(world.handle(double), n=21)
    row = world.finish(job_id)
    assert world.queue is not None
    world.queue.submit(job_id)
    last = world.enqueue(world.handle(double), n=1)
    world.finish(last)
    assert (row.state, row.result, row.progress, row.attempt) == ("succeeded", {"doubled": 42}, 1.0, 1)
    assert row.started_at is not None and row.finished_at is not None and row.error is None
    assert runs == [21, 1]


def test_a_transaction_that_rolls_back_leaves_no_job(world: World) -> None:
    runs: list[str] = []
    kind = world.handle(lambda context, payload: runs.append(context.job_id) or {})
    with world.hub.database.writing_session() as session:
        enqueue_job(session, world.hub, world.owner, kind=kind, payload={})
        session.flush()
        session.rollback()
    world.finish(world.enqueue(kind))
    assert len(runs) == 1


def test_the_same_key_gives_the_same_job(world: World) -> None:
    runs: list[str] = []
    kind = world.handle(lambda context, payload: runs.append(context.job_id) or {})
    first = world.enqueue(kind, key="batch-7", n=1)
    world.finish(first)
    assert world.enqueue(kind, key="batch-7", n=1) == first
    with pytest.raises(Conflict, match="batch-7"):
        world.enqueue(kind, key="batch-7", n=2)
    other = World(world.hub, owner=Owner("org_b", "usr_b"))
    assert other.enqueue(kind, key="batch-7", n=2) != first
    assert runs[0] == first and len(runs) <= 2


def test_a_refusal_is_kept_as_its_problem_document(world: World) -> None:
    def refuse(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        context.progress(0.4, "half-way")
        raise InvalidInput("The folder is empty.", remedy="Choose another one.", folder="a")

    row = world.finish(world.enqueue(world.handle(refuse)))
    assert (row.state, row.progress, row.message) == ("failed", 0.4, "half-way")
    assert row.error is not None
    assert (row.error["code"], row.error["remedy"]) == ("invalid-input", "Choose another one.")
    assert row.error["folder"] == "a"


def test_an_unexpected_error_is_told_without_its_trace(world: World) -> None:
    def break_down(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("by zero")

    row = world.finish(world.enqueue(world.handle(break_down)))
    assert row.state == "failed" and row.error is not None
    assert row.error["code"] == "job-failed" and "ZeroDivisionError" in row.error["detail"]


def test_a_result_that_json_cannot_hold_is_a_failure(world: World) -> None:
    row = world.finish(world.enqueue(world.handle(lambda context, payload: {"map": float("nan")})))
    assert row.state == "failed"


def test_a_kind_that_no_room_handles_fails_with_what_to_do(world: World) -> None:
    row = world.finish(world.enqueue("nobody.knows"))
    assert row.state == "failed" and row.error is not None
    assert row.error["code"] == "unknown-job-kind" and "same version" in row.error["remedy"]


def test_a_running_job_stops_when_it_is_cancelled(world: World) -> None:
    after: list[str] = []

    def go_on(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        with context.hub.database.transaction() as session:
            cancel_job(session, world.owner, context.job_id, now=utc_now())
        for _ in range(int(PATIENCE_S / 0.01)):
            context.progress(0.5)
            threading.Event().wait(0.01)
        after.append("never reached")
        return {}

    row = world.finish(world.enqueue(world.handle(go_on)))
    assert (row.state, row.result, row.error, after) == ("cancelled", None, None, [])


def test_a_job_cancelled_before_it_starts_never_runs(world: World) -> None:
    runs: list[str] = []
    kind = world.handle(lambda context, payload: runs.append(context.job_id) or {})
    with world.hub.database.transaction() as session:
        row = enqueue_job(session, world.hub, world.owner, kind=kind, payload={})
        cancel_job(session, world.owner, row.id, now=utc_now())
    assert world.finish(row.id).state == "cancelled"
    last = world.enqueue(kind)
    world.finish(last)
    assert runs == [last]


def test_progress_may_be_told_inside_a_transaction(world: World) -> None:
    def write_and_tell(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        with context.hub.database.transaction() as session:
            session.execute(update(JobRow).where(JobRow.id == "none").values(message=""))
            context.progress(0.9, "nearly")
        return {}

    row = world.finish(world.enqueue(world.handle(write_and_tell)))
    assert (row.state, row.message) == ("succeeded", "nearly")


def test_a_job_that_keeps_killing_its_worker_is_given_up(world: World) -> None:
    kind = world.handle(lambda context, payload: {})
    with world.hub.database.transaction() as session:
        row = enqueue_job(session, world.hub, world.owner, kind=kind, payload={})
        row.attempt = MAX_ATTEMPTS
    finished = world.finish(row.id)
    assert finished.state == "failed" and finished.error is not None
    assert finished.error["code"] == "job-abandoned"


def test_a_job_may_enqueue_another_one(world: World) -> None:
    def follow(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
        return {"next": world.enqueue(second)}

    second = world.handle(lambda context, payload: {"end": True})
    row = world.finish(world.enqueue(world.handle(follow)))
    assert row.result is not None
    assert world.finish(row.result["next"]).result == {"end": True}


def test_jobs_of_another_organisation_are_not_found(world: World) -> None:
    job_id = world.enqueue(world.handle(lambda context, payload: {}))
    world.finish(job_id)
    stranger = Owner("org_x", "usr_x")
    with world.hub.database.reading() as session:
        assert list(jobs_after(session, stranger, before_id=None, limit=10)) == []
        newest = jobs_after(session, world.owner, before_id=None, limit=1)
        assert [row.id for row in newest] == [job_id]
        assert set(queue_depth(session)) <= {"queued", "running", *FINAL_STATES}
        with pytest.raises(NotFound):
            job_by_id(session, stranger, job_id)


# What only a queue in processes of its own can show.


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def outside(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A hub without any worker of its own."""
    url = f"sqlite:///{tmp_path / 'perenne.db'}"
    if request.param == "PostgreSQL":
        url = request.getfixturevalue("postgres").create_database(f"jobs_{next(_numbers)}")
    made = open_world(tmp_path, url)
    yield made
    made.hub.database.dispose()


@pytest.fixture
def start_worker(outside: World) -> Iterator[Callable[[], HeardProcess]]:
    started: list[HeardProcess] = []

    def start() -> HeardProcess:
        script = Path(__file__).with_name("job_worker.py")
        worker = HeardProcess(
            [sys.executable, str(script), str(outside.hub.settings.data), outside.hub.database.url]
        )
        started.append(worker)
        worker.hear("ready")
        return worker

    yield start
    for worker in started:
        worker.close()


def stop(worker: HeardProcess) -> None:
    worker.end_input()
    worker.hear("closed")


def test_the_job_of_a_killed_worker_is_run_again_by_another(
    outside: World, start_worker: Callable[[], HeardProcess]
) -> None:
    job_id = outside.enqueue("test.hang")
    killed = start_worker()
    killed.hear(f"ran {job_id} 1")
    killed.process.kill()
    killed.process.wait()
    heir = start_worker()
    heir.hear(f"ran {job_id} 2")
    stop(heir)
    row = outside.row(job_id)
    assert (row.state, row.result, row.attempt) == ("succeeded", {"attempt": 2}, 2)
    with outside.hub.database.reading() as session:
        left = session.scalars(sql_select(WorkerRow)).all()
    assert [row.process for row in left] == ["gone"]


def test_a_worker_that_was_frozen_is_replaced_and_cannot_spoil_the_end(
    outside: World, start_worker: Callable[[], HeardProcess]
) -> None:
    job_id = outside.enqueue("test.hang")
    frozen = start_worker()
    frozen.hear(f"ran {job_id} 1")
    frozen.process.send_signal(signal.SIGSTOP)
    with outside.hub.database.transaction() as session:  # an hour passes
        session.execute(update(WorkerRow).values(seen_at=utc_now() - timedelta(hours=1)))
    heir = start_worker()
    heir.hear(f"ran {job_id} 2")
    stop(heir)
    frozen.process.send_signal(signal.SIGCONT)
    frozen.hear(f"left {job_id} 1")
    stop(frozen)
    row = outside.row(job_id)
    assert (row.state, row.result) == ("succeeded", {"attempt": 2})


def test_two_workers_on_one_queue_never_run_a_job_twice(
    outside: World, start_worker: Callable[[], HeardProcess]
) -> None:
    workers = [start_worker(), start_worker()]
    wanted = {outside.enqueue("test.note", n=n) for n in range(60)}
    while True:
        with outside.hub.database.reading() as session:
            if queue_depth(session) == {"succeeded": 60}:
                break
        threading.Event().wait(0.1)
    for worker in workers:
        stop(worker)
    ran = [line.split()[1] for worker in workers for line in worker.heard if line.startswith("ran")]
    assert sorted(ran) == sorted(wanted)


def test_a_queue_that_lost_its_memory_is_told_anew(
    outside: World, start_worker: Callable[[], HeardProcess]
) -> None:
    job_id = outside.enqueue("test.hang")
    worker = start_worker()
    worker.hear(f"ran {job_id} 1")
    worker.process.kill()
    worker.process.wait()
    if outside.hub.database.is_sqlite:
        for file in outside.hub.settings.data.glob("jobs.db*"):
            file.unlink()
    else:
        with outside.hub.database.transaction() as session:
            session.connection().exec_driver_sql("DROP SCHEMA perenne_jobs CASCADE")
    heir = start_worker()
    heir.hear(f"ran {job_id} 2")
    stop(heir)
    assert outside.row(job_id).state == "succeeded"


def test_a_worker_connects_to_no_other_machine(
    outside: World, start_worker: Callable[[], HeardProcess]
) -> None:
    job_id = outside.enqueue("test.note")
    worker = start_worker()
    worker.hear(f"ran {job_id}")
    stop(worker)
    assert [line for line in worker.heard if line.startswith("connects")] == []

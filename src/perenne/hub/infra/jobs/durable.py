"""Jobs that survive kill -9: our rows, driven by DBOS on SQLite or PostgreSQL.

Owns the beat of a worker process: tell DBOS of new rows, write progress, show that it lives, take over
from dead workers, and tell DBOS anew what it forgot. Refuses to keep any state of a job in DBOS.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from perenne.hub.infra.jobs import queries
from perenne.hub.infra.jobs.dbos_engine import APPLICATION_VERSION, QUEUE, WORKFLOW, start_dbos
from perenne.hub.infra.jobs.execution import run_job
from perenne.hub.infra.jobs.liveness import (
    Worker,
    claim_dead_workers,
    forget_worker,
    known_workers,
    note_alive,
    note_gone,
)
from perenne.hub.infra.jobs.port import FINAL_STATES, JobHandler, JobRun

if TYPE_CHECKING:
    from perenne.hub.infra.services import Hub

BEAT_S = 0.3
BEATS_PER_LOOK_AT_PEERS = 5
BEATS_PER_SIGN_OF_LIFE = 20
BEATS_PER_RECONCILIATION = 200
BATCH = 1000
_FORGOTTEN = {"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}
_log = logging.getLogger("perenne.jobs")


class DbosJobs:
    """The queue of one worker process; any number of them share the work. One per process."""

    def __init__(self, hub: "Hub", handlers: Mapping[str, JobHandler], *, concurrency: int = 2) -> None:
        self._hub = hub
        self._handlers = handlers
        self.worker = Worker.here()
        self._runs: dict[str, JobRun] = {}
        self._suspects: set[tuple[str, str]] = set()
        self._closing = threading.Event()
        note_alive(hub.database, self.worker, now=hub.clock.now())
        self._dbos: Any
        self._dbos, self._engine = start_dbos(
            system_database_url(hub), executor_id=self.worker.id, run=self._run, concurrency=concurrency
        )
        self._adopt()
        self._reconcile()
        self._beat_thread = threading.Thread(target=self._beat_until_closed, name="job-beat", daemon=True)
        self._beat_thread.start()

    def submit(self, job_id: str) -> None:
        with self._hub.database.reading() as session:
            waiting = [pair for pair in queries.unsubmitted(session, limit=BATCH) if pair[0] == job_id]
        self._tell_dbos(waiting)

    def wait(self, job_id: str, *, timeout_s: float) -> str:
        for _ in range(max(1, int(timeout_s / 0.05))):
            with self._hub.database.reading() as session:
                state = queries.state_of(session, job_id) or ""
            if state in FINAL_STATES or self._closing.wait(0.05):
                break
        return state

    def close(self) -> None:
        self._closing.set()
        self._beat_thread.join(timeout=10)
        self._dbos.destroy()
        self._engine.dispose()
        note_gone(self._hub.database, self.worker, now=self._hub.clock.now())

    def _run(self, job_id: str) -> None:
        try:
            run_job(
                self._hub, job_id=job_id, worker=self.worker.id, handlers=self._handlers, watch=self._watch
            )
        finally:
            self._runs.pop(job_id, None)

    def _watch(self, run: JobRun) -> Callable[[], bool]:
        self._runs[run.job_id] = run
        return lambda: run.stopped

    def _beat_until_closed(self) -> None:
        beat = 0
        while not self._closing.wait(BEAT_S):
            beat += 1
            try:
                self._beat(beat)
            except Exception:  # a database that is away for a moment must not end the worker
                _log.exception("the worker's beat failed; it goes on")
                self._closing.wait(2.0)

    def _beat(self, beat: int) -> None:
        self._write_progress()
        with self._hub.database.reading() as session:
            waiting = queries.unsubmitted(session, limit=BATCH)
        self._tell_dbos(waiting)
        if beat % BEATS_PER_SIGN_OF_LIFE == 0:
            note_alive(self._hub.database, self.worker, now=self._hub.clock.now())
        if beat % BEATS_PER_LOOK_AT_PEERS == 0:
            self._adopt()
        if beat % BEATS_PER_RECONCILIATION == 0:
            self._reconcile()

    def _tell_dbos(self, waiting: list[tuple[str, int]]) -> None:
        if not waiting:
            return
        for job_id, submission in waiting:
            options = {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUE,
                "workflow_id": _workflow_id(job_id, submission),
                "app_version": APPLICATION_VERSION,
            }
            self._dbos.enqueue_workflow_with_options(options, job_id)
        with self._hub.database.transaction() as session:
            queries.mark_submitted(session, [job_id for job_id, _ in waiting], now=self._hub.clock.now())

    def _write_progress(self) -> None:
        for run in list(self._runs.values()):
            with self._hub.database.reading() as session:
                run.stopped = run.stopped or queries.is_stopped(session, run)
            if run.unwritten and not run.stopped:
                run.unwritten = False
                with self._hub.database.transaction() as session:
                    queries.write_run(session, run, {"progress": run.fraction, "message": run.message})

    def _adopt(self) -> None:
        """The work of workers that died is queued again, by exactly one of those that live."""
        for dead in claim_dead_workers(self._hub.database, self.worker, now=self._hub.clock.now()):
            left = [status.workflow_id for status in self._pending(executor_id=dead)]
            if left:
                _log.warning("worker %s died; taking over %d job(s)", dead, len(left))
                self._dbos.resume_workflows(left, queue_name=QUEUE)
            forget_worker(self._hub.database, dead)

    def _reconcile(self) -> None:
        """What our rows say must run and DBOS has lost is told to it anew."""
        with self._hub.database.reading() as session:
            open_jobs = queries.submitted_before(session, moment=self._hub.clock.now(), limit=BATCH)
        ids = {_workflow_id(job_id, number): job_id for job_id, number in open_jobs}
        if ids:
            found = self._dbos.list_workflows(workflow_ids=list(ids), load_input=False, load_output=False)
            driven = {status.workflow_id for status in found if status.status not in _FORGOTTEN}
            lost = [job_id for workflow_id, job_id in ids.items() if workflow_id not in driven]
            with self._hub.database.transaction() as session:
                queries.forget_submission(session, lost)
        self._resume_orphans()

    def _resume_orphans(self) -> None:
        """Work of an executor that nobody knows, seen twice, is queued again."""
        orphans = {(s.workflow_id, s.executor_id) for s in self._pending()}
        known = known_workers(self._hub.database)
        orphans = {(workflow_id, executor) for workflow_id, executor in orphans if executor not in known}
        if certain := orphans & self._suspects:
            self._dbos.resume_workflows([workflow_id for workflow_id, _ in certain], queue_name=QUEUE)
        self._suspects = orphans - certain

    def _pending(self, **limits: Any) -> list[Any]:
        found = self._dbos.list_workflows(
            status="PENDING", name=WORKFLOW, load_input=False, load_output=False, **limits
        )
        return list(found)


def system_database_url(hub: "Hub") -> str:
    """Return where DBOS keeps its own rows: a file beside an embedded database, else the same server."""
    if hub.database.is_sqlite:
        return f"sqlite:///{hub.settings.data / 'jobs.db'}"
    return hub.database.url


def _workflow_id(job_id: str, submission: int) -> str:
    return f"{job_id}.{submission}"

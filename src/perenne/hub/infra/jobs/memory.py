"""Jobs in this process, run as soon as their transaction has committed; for tests and simulations.

Public test double of the port: same rows, same states, no thread, no second process. Refuses to be durable.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from perenne.hub.infra.jobs import queries
from perenne.hub.infra.jobs.execution import run_job
from perenne.hub.infra.jobs.port import FINAL_STATES, JobHandler, JobRun

if TYPE_CHECKING:
    from perenne.hub.infra.services import Hub

WORKER = "in-memory"


class InMemoryJobs:
    """Runs a job inside `submit`, or, with `hold=True`, when `run_all` is called.

    Set it as the hub's queue: `hub.jobs = InMemoryJobs(hub, handlers)`.
    """

    def __init__(self, hub: "Hub", handlers: Mapping[str, JobHandler], *, hold: bool = False) -> None:
        self._hub = hub
        self._handlers = handlers
        self.hold = hold
        self.runs: list[JobRun] = []

    def submit(self, job_id: str) -> None:
        if not self.hold:
            self._run(job_id)

    def run_all(self) -> int:
        """Run every queued job, and those that they enqueue; return how many were run."""
        count = 0
        while waiting := self._unsubmitted():
            for job_id in waiting:
                self._run(job_id)
                count += 1
        return count

    def wait(self, job_id: str, *, timeout_s: float) -> str:
        with self._hub.database.reading() as session:
            state = queries.state_of(session, job_id)
        if state not in FINAL_STATES:
            self._run(job_id)
            with self._hub.database.reading() as session:
                state = queries.state_of(session, job_id)
        return state or ""

    def close(self) -> None:
        self.hold = True

    def _unsubmitted(self) -> list[str]:
        with self._hub.database.reading() as session:
            return [job_id for job_id, _ in queries.unsubmitted(session, limit=1000)]

    def _run(self, job_id: str) -> None:
        run_job(self._hub, job_id=job_id, worker=WORKER, handlers=self._handlers, watch=self._watch)

    def _watch(self, run: JobRun) -> Callable[[], bool]:
        self.runs.append(run)

        def stopped() -> bool:
            with self._hub.database.reading() as session:
                return queries.is_stopped(session, run)

        return stopped

"""One run of one job: claim the row, call the handler, write how it ended.

Owns the transitions of a job's state. Refuses to write for a job that another worker has taken over.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from perenne.hub.infra.jobs import queries
from perenne.hub.infra.jobs.port import (
    CANCELLED,
    FAILED,
    FINAL_STATES,
    MAX_ATTEMPTS,
    RUNNING,
    SUCCEEDED,
    JobAbandoned,
    JobContext,
    JobHandler,
    JobRun,
    JobStopped,
    handler_of,
)
from perenne.hub.infra.jobs.tables import JobRow
from perenne.kit.errors import ERROR_TYPE_BASE, PerenneError
from perenne.kit.hashing import canonical_json

if TYPE_CHECKING:
    from perenne.hub.infra.services import Hub

_log = logging.getLogger("perenne.jobs")


def run_job(
    hub: "Hub",
    *,
    job_id: str,
    worker: str,
    handlers: Mapping[str, JobHandler],
    watch: Callable[[JobRun], Callable[[], bool]],
) -> None:
    """The job has been run to an end that its row tells, unless it was final or taken over before.

    `watch` is told of the run and gives back how its handler asks whether to stop.
    """
    claimed = _claim(hub, job_id=job_id, worker=worker)
    if claimed is None:
        return
    row, run = claimed
    context = JobContext(hub, job_id, row.organisation_id, row.created_by, run, watch(run))
    try:
        result = handler_of(handlers, row.kind)(context, row.payload)
        ending = {"state": SUCCEEDED, "result": _plain(result), "progress": 1.0}
    except JobStopped:
        ending = {"state": CANCELLED}
    except PerenneError as error:
        ending = {"state": FAILED, "error": error.to_problem()}
    except Exception as error:
        _log.exception("job %s (%s) failed unexpectedly", job_id, row.kind)
        ending = {"state": FAILED, "error": _unexpected(error, kind=row.kind)}
    ending = {"progress": run.fraction, "message": run.message, **ending}
    with hub.database.transaction() as session:
        if not queries.write_run(session, run, {**ending, "finished_at": hub.clock.now()}):
            _log.warning("job %s was taken over by another worker; this run's end is dropped", job_id)


def _claim(hub: "Hub", *, job_id: str, worker: str) -> tuple[JobRow, JobRun] | None:
    now = hub.clock.now()
    with hub.database.transaction() as session:
        row = queries.job_for_run(session, job_id)
        if row is None or row.state in FINAL_STATES:
            return None
        if row.cancel_requested_at is not None:
            _end(row, CANCELLED, now=now)
            return None
        if row.attempt >= MAX_ATTEMPTS:
            _end(row, FAILED, now=now)
            row.error = _abandoned(row).to_problem()
            return None
        row.state, row.worker, row.attempt = RUNNING, worker, row.attempt + 1
        row.started_at = row.started_at or now
        session.flush()
        run = JobRun(job_id, worker, row.attempt)
    return row, run


def _end(row: JobRow, state: str, *, now: datetime) -> None:
    row.state, row.finished_at = state, now


def _abandoned(row: JobRow) -> JobAbandoned:
    return JobAbandoned(
        f"The worker process died {row.attempt} times while it ran {row.kind} {row.id}.",
        remedy="Look for 'killed' or 'out of memory' in the worker's log, give it more memory or less data, "
        "and start the work again.",
    )


def _unexpected(error: Exception, *, kind: str) -> dict[str, Any]:
    return {
        "type": ERROR_TYPE_BASE + "job-failed",
        "title": "The job failed unexpectedly",
        "status": 500,
        "detail": f"{kind} stopped on {type(error).__name__}: {str(error)[:500]}",
        "remedy": "Look in the worker's log for the whole trace, and report it if it looks like a defect.",
        "code": "job-failed",
    }


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    canonical_json(result)  # a result that JSON cannot hold is the handler's defect, told as such
    return result

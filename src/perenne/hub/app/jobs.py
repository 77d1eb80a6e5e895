"""Routes of background jobs, whichever room asked for them."""

from typing import Annotated

from fastapi import Query

from perenne.hub.accounts.auth import Caller, GuardedRouter
from perenne.hub.infra import jobs
from perenne.hub.infra.jobs.tables import JobRow
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, decode_cursor, encode_cursor
from perenne.wire.base import Listing
from perenne.wire.jobs import Job

router = GuardedRouter(tag="jobs")


def _job(row: JobRow) -> Job:
    return Job.model_validate({name: getattr(row, name) for name in Job.model_fields})


@router.get("/jobs", permission="jobs:read")
def list_jobs(
    caller: Caller,
    cursor: str | None = None,
    kind: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Listing[Job]:
    """List background jobs, newest first."""
    before = decode_cursor(cursor, parts=1)[0] if cursor else None
    rows = jobs.jobs_after(caller.session, caller.actor, before_id=before, kind=kind, limit=limit)
    next_cursor = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Listing(items=[_job(row) for row in rows], next_cursor=next_cursor)


@router.get("/jobs/{job_id}", permission="jobs:read")
def show_job(job_id: str, caller: Caller) -> Job:
    """Show a job's state, progress, result or problem."""
    return _job(jobs.job_by_id(caller.session, caller.actor, job_id))


@router.post("/jobs/{job_id}/cancel", permission="jobs:write")
def cancel_job(job_id: str, caller: Caller) -> Job:
    """Ask a job to stop at its next step; a finished job stays as it is."""
    row = jobs.cancel_job(caller.session, caller.actor, job_id, now=caller.hub.clock.now())
    return _job(row)

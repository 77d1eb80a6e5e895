"""Use cases of jobs: enqueue in the caller's transaction, look, cancel."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from perenne.hub.infra.jobs import queries
from perenne.hub.infra.jobs.port import CANCELLED, FINAL_STATES, QUEUED, JobOwner
from perenne.hub.infra.jobs.tables import JobRow
from perenne.kit.errors import Conflict, NotFound
from perenne.kit.hashing import canonical_json
from perenne.kit.ids import new_id

if TYPE_CHECKING:
    from perenne.hub.infra.services import Hub


def enqueue_job(
    session: Session,
    hub: "Hub",
    actor: JobOwner,
    *,
    kind: str,
    payload: dict[str, Any],
    key: str | None = None,
) -> JobRow:
    """Return the row of a job that will run once the caller's transaction has committed.

    `payload` is plain JSON. With a `key`, a second call with the same payload returns the first job.
    Raises: Conflict when the key was used for another payload; ValueError for what JSON cannot hold.
    """
    wanted = canonical_json(payload)
    if key is not None:
        found = queries.job_with_key(session, organisation_id=actor.organisation_id, kind=kind, key=key)
        if found is not None:
            return _same_job(found, wanted=wanted)
    row = JobRow(
        id=new_id("job"), organisation_id=actor.organisation_id, created_at=hub.clock.now(),
        created_by=actor.principal_id, kind=kind, key=key, payload=payload, state=QUEUED,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        found = queries.job_with_key(session, organisation_id=actor.organisation_id, kind=kind, key=key or "")
        if found is None:
            raise
        return _same_job(found, wanted=wanted)
    _submit_after_commit(session, hub, row.id)
    return row


def job_by_id(session: Session, actor: JobOwner, job_id: str) -> JobRow:
    """Return a job of the actor's organisation. Raises: NotFound, also for another organisation's job."""
    row = queries.job_of(session, organisation_id=actor.organisation_id, job_id=job_id)
    if row is None:
        raise NotFound.of("job", job_id)
    return row


def jobs_by_id(session: Session, actor: JobOwner, job_ids: Iterable[str]) -> dict[str, JobRow]:
    """Return those of the jobs that are the actor's organisation's, by id."""
    rows = queries.jobs_among(session, organisation_id=actor.organisation_id, job_ids=job_ids)
    return {row.id: row for row in rows}


def jobs_after(
    session: Session, actor: JobOwner, *, before_id: str | None, kind: str | None = None, limit: int
) -> Sequence[JobRow]:
    """Return the organisation's jobs, newest first, older than `before_id`."""
    return queries.newest_jobs(
        session, organisation_id=actor.organisation_id, before_id=before_id, kind=kind, limit=limit
    )


def cancel_job(session: Session, actor: JobOwner, job_id: str, *, now: datetime) -> JobRow:
    """The job will not start, or stops at its next step. Cancelling a finished job changes nothing.

    Raises: NotFound.
    """
    row = job_by_id(session, actor, job_id)
    if row.state in FINAL_STATES:
        return row
    row.cancel_requested_at = row.cancel_requested_at or now
    if row.state == QUEUED:
        row.state, row.finished_at = CANCELLED, now
    return row


def queue_depth(session: Session, *, organisation_id: str | None = None) -> dict[str, int]:
    """Return how many jobs are in each state, of one organisation or of the whole hub."""
    return queries.count_by_state(session, organisation_id=organisation_id)


def _same_job(row: JobRow, *, wanted: bytes) -> JobRow:
    if canonical_json(row.payload) != wanted:
        raise Conflict(
            f"The key '{row.key}' already belongs to {row.kind} {row.id}, asked with other values.",
            remedy="Use a new key for a new job.",
        )
    return row


def _submit_after_commit(session: Session, hub: "Hub", job_id: str) -> None:
    jobs = hub.jobs
    if jobs is None:
        return  # without a queue in this process, a worker finds the row
    told: list[str] = []

    def submit(committed: Session) -> None:
        if not told and not committed.in_nested_transaction():  # the end of a savepoint is no commit
            told.append(job_id)
            jobs.submit(job_id)

    event.listen(session, "after_commit", submit)

"""All SQL of jobs: what the API asks, what a run writes, what workers tell each other."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.orm import Session

from perenne.hub.infra.jobs.port import FINAL_STATES, QUEUED, RUNNING, JobRun
from perenne.hub.infra.jobs.tables import JobRow, WorkerRow


def job_with_key(session: Session, *, organisation_id: str, kind: str, key: str) -> JobRow | None:
    wanted = select(JobRow).where(
        JobRow.organisation_id == organisation_id, JobRow.kind == kind, JobRow.key == key
    )
    return session.scalar(wanted)


def job_of(session: Session, *, organisation_id: str, job_id: str) -> JobRow | None:
    return session.scalar(
        select(JobRow).where(JobRow.organisation_id == organisation_id, JobRow.id == job_id)
    )


def jobs_among(session: Session, *, organisation_id: str, job_ids: Iterable[str]) -> Sequence[JobRow]:
    wanted = select(JobRow).where(JobRow.organisation_id == organisation_id)
    return session.scalars(wanted.where(JobRow.id.in_(sorted(job_ids)))).all()


def newest_jobs(
    session: Session, *, organisation_id: str, before_id: str | None, kind: str | None, limit: int
) -> Sequence[JobRow]:
    wanted = select(JobRow).where(JobRow.organisation_id == organisation_id)
    if before_id is not None:
        wanted = wanted.where(JobRow.id < before_id)
    if kind is not None:
        wanted = wanted.where(JobRow.kind == kind)
    return session.scalars(wanted.order_by(JobRow.id.desc()).limit(limit)).all()


def count_by_state(session: Session, *, organisation_id: str | None) -> dict[str, int]:
    wanted = select(JobRow.state, func.count()).group_by(JobRow.state)
    if organisation_id is not None:
        wanted = wanted.where(JobRow.organisation_id == organisation_id)
    return {row[0]: row[1] for row in session.execute(wanted)}


def job_for_run(session: Session, job_id: str) -> JobRow | None:
    return session.scalar(select(JobRow).where(JobRow.id == job_id).with_for_update())


def state_of(session: Session, job_id: str) -> str | None:
    return session.scalar(select(JobRow.state).where(JobRow.id == job_id))


def is_stopped(session: Session, run: JobRun) -> bool:
    """Say whether the row no longer wants this run: cancelled, final, or another worker's."""
    row = session.execute(
        select(JobRow.state, JobRow.worker, JobRow.attempt, JobRow.cancel_requested_at).where(
            JobRow.id == run.job_id
        )
    ).first()
    if row is None or row.cancel_requested_at is not None:
        return True
    return (row.state, row.worker, row.attempt) != (RUNNING, run.worker, run.attempt)


def write_run(session: Session, run: JobRun, values: dict[str, Any]) -> bool:
    """Write `values` to the row of `run` if it is still its row; say whether it was."""
    changed = session.execute(
        update(JobRow)
        .where(
            JobRow.id == run.job_id,
            JobRow.state == RUNNING,
            JobRow.worker == run.worker,
            JobRow.attempt == run.attempt,
        )
        .values(**values)
    )
    return cast(CursorResult[Any], changed).rowcount == 1


def unsubmitted(session: Session, *, limit: int) -> list[tuple[str, int]]:
    wanted = select(JobRow.id, JobRow.submission).where(JobRow.state == QUEUED, JobRow.submitted_at.is_(None))
    return [(job_id, number) for job_id, number in session.execute(wanted.order_by(JobRow.id).limit(limit))]


def mark_submitted(session: Session, job_ids: Sequence[str], *, now: datetime) -> None:
    session.execute(update(JobRow).where(JobRow.id.in_(job_ids)).values(submitted_at=now))


def submitted_before(session: Session, *, moment: datetime, limit: int) -> list[tuple[str, int]]:
    wanted = select(JobRow.id, JobRow.submission).where(
        JobRow.state.not_in(FINAL_STATES), JobRow.submitted_at < moment
    )
    return [(job_id, number) for job_id, number in session.execute(wanted.order_by(JobRow.id).limit(limit))]


def forget_submission(session: Session, job_ids: Sequence[str]) -> None:
    """The queue is told of these jobs anew."""
    session.execute(
        update(JobRow)
        .where(JobRow.id.in_(job_ids), JobRow.state.not_in(FINAL_STATES))
        .values(submitted_at=None, submission=JobRow.submission + 1, state=QUEUED, worker=None)
    )


def note_alive(session: Session, worker: WorkerRow) -> None:
    """The worker has a row, seen now, adopted by nobody."""
    session.merge(worker)


def other_workers(session: Session, *, worker_id: str) -> Sequence[WorkerRow]:
    return session.scalars(select(WorkerRow).where(WorkerRow.id != worker_id)).all()


def claim_dead_worker(session: Session, dead: WorkerRow, *, adopter: str, dead_ids: Sequence[str]) -> bool:
    """Say whether `adopter` alone may now take over the work of `dead`."""
    changed = session.execute(
        update(WorkerRow)
        .where(
            WorkerRow.id == dead.id,
            WorkerRow.seen_at == dead.seen_at,
            or_(
                WorkerRow.adopted_by.is_(None),
                WorkerRow.adopted_by == adopter,
                WorkerRow.adopted_by.in_(dead_ids),
                WorkerRow.adopted_by.not_in(select(WorkerRow.id)),
            ),
        )
        .values(adopted_by=adopter)
    )
    return cast(CursorResult[Any], changed).rowcount == 1


def remove_worker(session: Session, worker_id: str) -> None:
    session.execute(delete(WorkerRow).where(WorkerRow.id == worker_id))

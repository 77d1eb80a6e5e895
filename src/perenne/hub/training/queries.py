"""All SQL of training runs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.datasets import DatasetRow, DatasetVersionRow
from perenne.hub.training.rules import HELD, RunState
from perenne.hub.training.tables import RunLogLineRow, RunPointRow, RunRow, TrainerRow


class RunWithData(NamedTuple):
    """A run and the dataset version that it trains on."""

    run: RunRow
    version: DatasetVersionRow
    dataset: DatasetRow


def find_run(session: Session, actor: Actor, *, run_id: str | None, number: int | None) -> RunRow | None:
    clause = RunRow.id == run_id if run_id is not None else RunRow.number == number
    return session.scalar(select(RunRow).where(*visible_to(actor, RunRow), clause))


def lock_run(session: Session, actor: Actor, run_id: str) -> RunRow | None:
    wanted = select(RunRow).where(*visible_to(actor, RunRow), RunRow.id == run_id)
    return session.scalar(wanted.with_for_update().execution_options(populate_existing=True))


def next_number(session: Session, actor: Actor) -> int:
    wanted = select(func.max(RunRow.number)).where(*visible_to(actor, RunRow))
    return (session.scalar(wanted) or 0) + 1


def with_data(session: Session, actor: Actor, run_ids: Iterable[str]) -> dict[str, RunWithData]:
    wanted = (
        select(RunRow, DatasetVersionRow, DatasetRow)
        .join(DatasetVersionRow, DatasetVersionRow.id == RunRow.dataset_version_id)
        .join(DatasetRow, DatasetRow.id == DatasetVersionRow.dataset_id)
        .where(*visible_to(actor, RunRow), RunRow.id.in_(list(run_ids)))
    )
    return {run.id: RunWithData(run, version, data) for run, version, data in session.execute(wanted)}


def runs_before(
    session: Session,
    actor: Actor,
    *,
    before_number: int | None,
    state: str | None,
    dataset_version_id: str | None,
    limit: int,
) -> Sequence[RunRow]:
    wanted = select(RunRow).where(*visible_to(actor, RunRow))
    if before_number is not None:
        wanted = wanted.where(RunRow.number < before_number)
    if state is not None:
        wanted = wanted.where(RunRow.state == state)
    if dataset_version_id is not None:
        wanted = wanted.where(RunRow.dataset_version_id == dataset_version_id)
    return session.scalars(wanted.order_by(RunRow.number.desc()).limit(limit)).all()


def lock_open_runs(session: Session, actor: Actor, *, recipes: Sequence[str]) -> Sequence[RunRow]:
    """Return queued and held runs of these recipes, oldest first; what another claim looks at is skipped."""
    waiting = [RunState.QUEUED, *HELD]
    wanted = (
        select(RunRow)
        .where(*visible_to(actor, RunRow), RunRow.state.in_(waiting), RunRow.recipe.in_(list(recipes)))
        .order_by(RunRow.number)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(wanted).all()


def put_points(session: Session, actor: Actor, run_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add points; a step that was said before is replaced."""
    steps = [row["step"] for row in rows]
    session.execute(delete(RunPointRow).where(RunPointRow.run_id == run_id, RunPointRow.step.in_(steps)))
    session.execute(insert(RunPointRow), list(rows))


def add_log_lines(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    session.execute(insert(RunLogLineRow), list(rows))


def points_after(
    session: Session, actor: Actor, run_id: str, *, after_step: int, limit: int
) -> Sequence[RunPointRow]:
    mine: list[ColumnElement[bool]] = visible_to(actor, RunPointRow)
    wanted = select(RunPointRow).where(*mine, RunPointRow.run_id == run_id, RunPointRow.step > after_step)
    return session.scalars(wanted.order_by(RunPointRow.step).limit(limit)).all()


def log_after(
    session: Session, actor: Actor, run_id: str, *, after_seq: int, limit: int
) -> Sequence[RunLogLineRow]:
    mine: list[ColumnElement[bool]] = visible_to(actor, RunLogLineRow)
    wanted = select(RunLogLineRow).where(*mine, RunLogLineRow.run_id == run_id, RunLogLineRow.seq > after_seq)
    return session.scalars(wanted.order_by(RunLogLineRow.seq).limit(limit)).all()


def find_trainer(session: Session, actor: Actor, name: str) -> TrainerRow | None:
    return session.scalar(select(TrainerRow).where(*visible_to(actor, TrainerRow), TrainerRow.name == name))


def trainers_since(session: Session, actor: Actor, since: datetime) -> Sequence[TrainerRow]:
    wanted = select(TrainerRow).where(*visible_to(actor, TrainerRow), TrainerRow.seen_at >= since)
    return session.scalars(wanted.order_by(TrainerRow.name)).all()

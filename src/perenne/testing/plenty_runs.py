"""The runs of a hub with plenty: where each model version came from, one under way, two that ended early."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy.orm import Session

from perenne.hub.datasets.tables import DatasetVersionRow
from perenne.hub.models.tables import ModelVersionRow
from perenne.hub.training.tables import RunLogLineRow, RunPointRow, RunRow
from perenne.kit.ids import new_id
from perenne.testing.plenty_images import id_at

if TYPE_CHECKING:
    from perenne.testing.plenty import Ground

RECIPE = "lite-detection"
POINTS = 60
LASTS = timedelta(minutes=38)
LOG = ("Reading the dataset", "Training on 2 threads", "The export is faithful")
OUT_OF_MEMORY = {
    "code": "recipe-failed",
    "title": "The recipe failed",
    "detail": "The trainer ran out of memory in epoch 11 of 60.",
    "remedy": "Choose a smaller batch, or a trainer with more memory; then resume the run.",
}


def add_finished_run(
    session: Session,
    ground: "Ground",
    version: DatasetVersionRow,
    *,
    number: int,
    ended: datetime,
    final: float,
) -> None:
    """Add the run that a model version came from, with its curves and a few lines of log."""
    run = _run(ground, version, number=number, began=ended - LASTS)
    run.state, run.ended_at, run.progress, run.message = "succeeded", ended, 1.0, "Done"
    run.model_version_id = ground.models[number]
    session.add(run)
    session.flush()
    _add_curve(session, run, points=POINTS, final=final)
    _add_log(session, run, lines=LOG)
    model = session.get_one(ModelVersionRow, ground.models[number])
    model.run_id, model.dataset_version_id = run.id, version.id
    model.origin = {"run": f"Run {run.number}: {RECIPE}", "dataset": f"boards:{version.number}"}


def add_other_runs(session: Session, ground: "Ground", version: DatasetVersionRow) -> None:
    """Add a run that failed, one that was cancelled, and one that is under way."""
    first = ground.amount.versions
    others: tuple[tuple[str, int, dict[str, Any]], ...] = (
        ("failed", 11, {"error": OUT_OF_MEMORY, "message": "Out of memory"}),
        ("cancelled", 24, {"message": "Cancelled by Jonas Weber"}),
        ("running", 26, {"message": "Epoch 26 of 60", "eta_s": 1290.0}),
    )
    for n, (state, points, more) in enumerate(others):
        began = ground.now - timedelta(hours=9 - 4 * n) - LASTS
        run = _run(ground, version, number=first + n, began=began)
        run.state, run.progress = state, points / POINTS
        run.ended_at = None if state == "running" else began + LASTS * points / POINTS
        run.lease_until = ground.now + timedelta(days=1) if state == "running" else None
        for name, value in more.items():
            setattr(run, name, value)
        session.add(run)
        session.flush()
        _add_curve(session, run, points=points, final=0.9)
        _add_log(session, run, lines=LOG[:2])


def _run(ground: "Ground", version: DatasetVersionRow, *, number: int, began: datetime) -> RunRow:
    return RunRow(
        id=id_at("run", began, number),
        organisation_id=ground.actor.organisation_id,
        created_at=began - timedelta(seconds=20),
        number=number + 1,
        name="boards",
        recipe=RECIPE,
        config={"epochs": POINTS, "learning_rate": 0.002},
        seed=7 + number,
        dataset_version_id=version.id,
        trainer="trainer-1",
        epoch=1,
        metrics={},
        created_by="Jonas Weber",
        started_at=began,
    )


def _add_curve(session: Session, run: RunRow, *, points: int, final: float) -> None:
    rng, began = np.random.default_rng(run.number), run.started_at
    assert began is not None
    for step in range(1, points + 1):
        learnt = 1 - float(np.exp(-step / 14))
        run.metrics = {
            "train.loss": round(2.2 * (1 - learnt) + 0.12 + float(rng.normal(0, 0.015)), 5),
            "val.map50": round(max(0.0, final * learnt + float(rng.normal(0, 0.008))), 5),
        }
        session.add(
            RunPointRow(
                id=new_id("rpt"),
                organisation_id=run.organisation_id,
                run_id=run.id,
                step=step,
                at=began + LASTS * step / POINTS,
                values=run.metrics,
            )
        )


def _add_log(session: Session, run: RunRow, *, lines: tuple[str, ...]) -> None:
    assert run.started_at is not None
    run.log_lines = len(lines)
    for seq, text in enumerate(lines, start=1):
        session.add(
            RunLogLineRow(
                id=new_id("rll"),
                organisation_id=run.organisation_id,
                run_id=run.id,
                seq=seq,
                at=run.started_at + timedelta(seconds=seq * 4),
                level="info",
                text=text,
            )
        )

"""All SQL of predictions."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Insert, insert, select
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.predictions.tables import PredictionRow


def prediction_by_id(session: Session, actor: Actor, prediction_id: str) -> PredictionRow | None:
    wanted = select(PredictionRow).where(*visible_to(actor, PredictionRow), PredictionRow.id == prediction_id)
    return session.scalar(wanted)


def predictions_before(
    session: Session,
    actor: Actor,
    *,
    before_id: str | None,
    limit: int,
    site_id: str | None = None,
    station_id: str | None = None,
    decision: str | None = None,
    since: datetime | None = None,
) -> Sequence[PredictionRow]:
    """Return predictions, newest first: their ids grow with time."""
    wanted = select(PredictionRow).where(*visible_to(actor, PredictionRow))
    if before_id is not None:
        wanted = wanted.where(PredictionRow.id < before_id)
    if site_id is not None:
        wanted = wanted.where(PredictionRow.site_id == site_id)
    if station_id is not None:
        wanted = wanted.where(PredictionRow.station_id == station_id)
    if decision is not None:
        wanted = wanted.where(PredictionRow.decision == decision)
    if since is not None:
        wanted = wanted.where(PredictionRow.at >= since)
    return session.scalars(wanted.order_by(PredictionRow.id.desc()).limit(limit)).all()


def image_predictions(session: Session, actor: Actor, *, image_id: str) -> Sequence[PredictionRow]:
    """Return everything that was said of one image, newest first."""
    wanted = select(PredictionRow).where(
        *visible_to(actor, PredictionRow), PredictionRow.image_id == image_id
    )
    return session.scalars(wanted.order_by(PredictionRow.id.desc())).all()


def insert_prediction(session: Session, values: dict[str, Any]) -> None:
    session.connection().execute(_insert_statement(), values)


@lru_cache(maxsize=1)
def _insert_statement() -> Insert:
    """Return the one statement of the inspection path; made once, because making it takes its time."""
    return insert(PredictionRow)

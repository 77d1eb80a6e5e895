"""All SQL of predictions."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Insert, func, insert, select
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.models import ModelVersionRow
from perenne.hub.predictions.tables import PredictionRow
from perenne.hub.sites import StationRow


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


def image_predictions(session: Session, actor: Actor, *, image_id: str) -> Sequence[Any]:
    """Return (prediction, model version, station slug) of everything said of an image, newest first."""
    wanted = (
        select(PredictionRow, ModelVersionRow, StationRow.slug)
        .join(ModelVersionRow, ModelVersionRow.id == PredictionRow.model_version_id)
        .join(StationRow, StationRow.id == PredictionRow.station_id)
        .where(*visible_to(actor, PredictionRow), PredictionRow.image_id == image_id)
    )
    return session.execute(wanted.order_by(PredictionRow.id.desc())).all()


def embeddings_of_model(
    session: Session, actor: Actor, *, model_id: str, image_id: str | None = None, limit: int
) -> Sequence[Any]:
    """Return (image id, projected embedding) of a model version's answers, of one image or of all, newest
    first; answers without one are left out."""
    wanted = select(PredictionRow.image_id, PredictionRow.embedding).where(
        *visible_to(actor, PredictionRow),
        PredictionRow.model_version_id == model_id,
        PredictionRow.embedding.is_not(None),
    )
    if image_id is not None:
        wanted = wanted.where(PredictionRow.image_id == image_id)
    return session.execute(wanted.order_by(PredictionRow.id.desc()).limit(limit)).all()


def decisions_by_site(session: Session, actor: Actor, *, since: datetime) -> dict[str, dict[str, int]]:
    """Return how often each decision was taken since then, by site."""
    wanted = (
        select(PredictionRow.site_id, PredictionRow.decision, func.count())
        .where(*visible_to(actor, PredictionRow), PredictionRow.at >= since)
        .group_by(PredictionRow.site_id, PredictionRow.decision)
    )
    found: dict[str, dict[str, int]] = {}
    for site_id, decision, count in session.execute(wanted):
        found.setdefault(site_id, {})[decision] = count
    return found


def decisions_of_station(
    session: Session, actor: Actor, *, station_id: str, since: datetime
) -> tuple[dict[str, int], datetime | None]:
    """Return how often each decision was taken at a station since then, and when the first of them was."""
    wanted = (
        select(PredictionRow.decision, func.count(), func.min(PredictionRow.at))
        .where(
            *visible_to(actor, PredictionRow),
            PredictionRow.station_id == station_id,
            PredictionRow.at >= since,
        )
        .group_by(PredictionRow.decision)
    )
    rows = session.execute(wanted).all()
    return {decision: count for decision, count, _ in rows}, min((at for _, _, at in rows), default=None)


def latest_of_station(session: Session, actor: Actor, *, station_id: str, limit: int) -> Sequence[Any]:
    """Return (id, image id, decision, at, latency, quality) of a station's last answers, newest first."""
    wanted = select(
        PredictionRow.id,
        PredictionRow.image_id,
        PredictionRow.decision,
        PredictionRow.at,
        PredictionRow.latency_ms,
        PredictionRow.quality,
    ).where(*visible_to(actor, PredictionRow), PredictionRow.station_id == station_id)
    newest_first = (PredictionRow.at.desc(), PredictionRow.id.desc())
    return session.execute(wanted.order_by(*newest_first).limit(limit)).all()


def organisations_with_predictions(session: Session) -> list[str]:
    """Return every organisation that has a prediction, for work that is done for all of them."""
    found: list[str] = []
    after = ""
    while True:
        following = select(PredictionRow.organisation_id).where(PredictionRow.organisation_id > after)
        after = session.scalar(following.order_by(PredictionRow.organisation_id).limit(1)) or ""
        if not after:
            return found
        found.append(after)


def insert_prediction(session: Session, values: dict[str, Any]) -> None:
    session.connection().execute(_insert_statement(), values)


@lru_cache(maxsize=1)
def _insert_statement() -> Insert:
    """Return the one statement of the inspection path; made once, because making it takes its time."""
    return insert(PredictionRow)

"""Use cases of predictions."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.images import ImageRow, PredictionNote
from perenne.hub.predictions import queries
from perenne.hub.predictions.rules import outline
from perenne.hub.predictions.tables import PredictionRow
from perenne.hub.sites import get_site, get_station
from perenne.kit.errors import NotFound
from perenne.kit.paging import Page, decode_cursor, encode_cursor
from perenne.wire.models import ModelReference
from perenne.wire.predictions import ImagePrediction, ImageQuality, RecordedPrediction


def record_prediction(
    session: Session,
    actor: Actor,
    *,
    prediction_id: str,
    site_id: str,
    station_id: str,
    image_id: str,
    reference_image_id: str | None,
    model_version_id: str,
    deployment_id: str,
    target: dict[str, Any],
    decision: str,
    thresholds: dict[str, float],
    latency_ms: dict[str, float],
    at: datetime,
    quality: dict[str, Any] | None = None,
    signals: dict[str, float] | None = None,
    embedding: bytes | None = None,
) -> None:
    """Add what a model version said; the caller notes it on the image, in the same transaction."""
    values = {
        "id": prediction_id,
        "organisation_id": actor.organisation_id,
        "created_at": at,
        "site_id": site_id,
        "station_id": station_id,
        "image_id": image_id,
        "reference_image_id": reference_image_id,
        "model_version_id": model_version_id,
        "deployment_id": deployment_id,
        "target": target,
        "decision": decision,
        "thresholds": thresholds,
        "latency_ms": latency_ms,
        "at": at,
        "quality": quality,
        "signals": signals,
        "embedding": embedding,
    }
    queries.insert_prediction(session, values)


def summarise_prediction(
    target: dict[str, Any], *, thresholds: dict[str, Any], decision: str, model_version_id: str
) -> PredictionNote:
    """Return what is noted on the image of a prediction, so that it can be found by it."""
    said = outline(target, thresholds=thresholds)
    return PredictionNote(decision, said.score, model_version_id, said.classes)


def get_prediction(session: Session, actor: Actor, prediction_id: str) -> PredictionRow:
    """Return one prediction. Raises: NotFound."""
    row = queries.prediction_by_id(session, actor, prediction_id)
    if row is None:
        raise NotFound.of("prediction", prediction_id)
    return row


def list_predictions(
    session: Session,
    actor: Actor,
    *,
    site: str | None = None,
    station: str | None = None,
    decision: str | None = None,
    since: datetime | None = None,
    cursor: str | None = None,
    limit: int,
) -> Page[PredictionRow]:
    """Return predictions, newest first, of a site or one of its stations. Raises: NotFound, BadCursor."""
    site_row = get_site(session, actor, site) if site is not None else None
    station_row = None
    if station is not None:
        if site_row is None:
            raise NotFound(f"Station '{station}' was named without its site.", remedy="Name the site too.")
        station_row = get_station(session, actor, site=site_row, name=station)
    rows = queries.predictions_before(
        session,
        actor,
        before_id=decode_cursor(cursor, parts=1)[0] if cursor else None,
        limit=limit,
        site_id=site_row.id if site_row else None,
        station_id=station_row.id if station_row else None,
        decision=decision,
        since=since,
    )
    return Page(rows, encode_cursor(rows[-1].id) if len(rows) == limit else None)


def predictions_of_image(session: Session, actor: Actor, *, image: ImageRow) -> list[ImagePrediction]:
    """Return everything that was said of an image, newest first."""
    found = queries.image_predictions(session, actor, image_id=image.id)
    return [
        ImagePrediction(
            **dict(tell_prediction(row)),
            model=ModelReference(id=model.id, name=model.name, number=model.number),
            station=station,
        )
        for row, model, station in found
    ]


def tell_prediction(row: PredictionRow) -> RecordedPrediction:
    """Return a prediction as the wire has it."""
    return RecordedPrediction(
        id=row.id,
        image_id=row.image_id,
        site_id=row.site_id,
        station_id=row.station_id,
        deployment_id=row.deployment_id,
        model_version_id=row.model_version_id,
        prediction=row.target,
        decision=row.decision,  # type: ignore[arg-type]
        thresholds=row.thresholds,
        reference_image_id=row.reference_image_id,
        latency_ms=row.latency_ms,
        quality=None if row.quality is None else ImageQuality.model_validate(row.quality),
        at=row.at,
    )

"""Routes of predictions."""

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

from perenne.hub.accounts.auth import Caller, GuardedRouter
from perenne.hub.predictions import service
from perenne.hub.predictions.tables import PredictionRow
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import predictions as wire
from perenne.wire.base import Listing

router = GuardedRouter(tag="predictions")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


def _message(row: PredictionRow) -> wire.RecordedPrediction:
    return wire.RecordedPrediction(
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
        at=row.at,
    )


@router.get("/predictions", permission="predictions:read")
def list_predictions(
    caller: Caller,
    site: str | None = None,
    station: str | None = None,
    decision: wire.Decision | None = None,
    since: AwareDatetime | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[wire.RecordedPrediction]:
    """List what was said of inspected images, newest first."""
    page = service.list_predictions(
        caller.session,
        caller.actor,
        site=site,
        station=station,
        decision=decision,
        since=since,
        cursor=cursor,
        limit=limit,
    )
    return Listing(items=[_message(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/predictions/{prediction_id}", permission="predictions:read")
def show_prediction(prediction_id: str, caller: Caller) -> wire.RecordedPrediction:
    """Show one prediction."""
    return _message(service.get_prediction(caller.session, caller.actor, prediction_id))

"""Routes of predictions."""

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

from perenne.hub.accounts.auth import Caller, GuardedRouter
from perenne.hub.images import get_image
from perenne.hub.predictions import service
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import predictions as wire
from perenne.wire.base import Listing

router = GuardedRouter(tag="predictions")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


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
    return Listing(items=[service.tell_prediction(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/predictions/{prediction_id}", permission="predictions:read")
def show_prediction(prediction_id: str, caller: Caller) -> wire.RecordedPrediction:
    """Show one prediction."""
    return service.tell_prediction(service.get_prediction(caller.session, caller.actor, prediction_id))


@router.get("/images/{image}/predictions", permission="predictions:read")
def list_image_predictions(image: str, caller: Caller) -> Listing[wire.ImagePrediction]:
    """List everything that was said of an image, newest first, with the names of model and station."""
    row = get_image(caller.session, caller.actor, image)
    return Listing(items=service.predictions_of_image(caller.session, caller.actor, image=row))

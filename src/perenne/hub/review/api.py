"""Routes of ground truth."""

from typing import Annotated

from fastapi import Query

from perenne.hub.accounts.auth import Caller, GuardedRouter
from perenne.hub.annotation import get_schema
from perenne.hub.images import get_image
from perenne.hub.review import service
from perenne.hub.review.rules import Draw
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import truth as wire
from perenne.wire.base import Listing

router = GuardedRouter(tag="review")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.post("/ground-truth", permission="truth:write")
def give_truth(body: wire.TruthNew, caller: Caller) -> wire.TruthAnswers:
    """Accept truths in bulk, early or late; the answer says of each what became of it, and why."""
    answers = service.give_truth(
        caller.session,
        caller.actor,
        label_schema=body.label_schema,
        source=body.source,
        items=body.items,
        now=caller.hub.clock.now(),
        draw=Draw(body.stream, body.inclusion_probability),
    )
    states = ("accepted", "unchanged", "pending", "outdated", "refused")
    counts = {state: sum(answer.state == state for answer in answers) for state in states}
    return wire.TruthAnswers(items=answers, **counts)


@router.get("/ground-truth", permission="truth:read")
def list_truths(
    caller: Caller,
    label_schema: str | None = None,
    image_id: str | None = None,
    part_id: str | None = None,
    standing: bool = True,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[wire.Truth]:
    """List truths, newest first: those that stand, or with `standing=false` the whole history."""
    session, actor = caller.session, caller.actor
    schema_id = None if label_schema is None else get_schema(session, actor, label_schema).id
    page = service.find_truths(
        session,
        actor,
        image_id=image_id,
        part_id=part_id,
        schema_id=schema_id,
        standing_only=standing,
        cursor=cursor,
        limit=limit,
    )
    return Listing(items=service.tell_truths(session, actor, page.items), next_cursor=page.next_cursor)


@router.get("/images/{image}/ground-truth", permission="truth:read")
def show_truth(image: str, caller: Caller, limit: Limit = DEFAULT_LIMIT) -> Listing[wire.Truth]:
    """Show an image's truths, newest first, with those that were superseded."""
    row = get_image(caller.session, caller.actor, image)
    page = service.find_truths(caller.session, caller.actor, image_id=row.id, limit=limit)
    items = service.tell_truths(caller.session, caller.actor, page.items)
    return Listing(items=items, next_cursor=page.next_cursor)

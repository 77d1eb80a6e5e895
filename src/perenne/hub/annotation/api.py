"""Routes of label schemas."""

from typing import Annotated

from fastapi import Query

from perenne.hub.accounts.auth import Caller, GuardedRouter
from perenne.hub.annotation import queries, service
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import schemas as wire
from perenne.wire.base import Listing

router = GuardedRouter(tag="annotation")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get("/label-schemas", permission="schemas:read")
def list_schemas(
    caller: Caller, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> Listing[wire.LabelSchema]:
    """List the label schemas, by short name."""
    page = service.list_schemas(caller.session, caller.actor, cursor=cursor, limit=limit)
    items = [wire.LabelSchema.model_validate(row) for row in page.items]
    return Listing(items=items, next_cursor=page.next_cursor)


@router.post("/label-schemas", permission="schemas:write", status_code=201)
def create_schema(body: wire.LabelSchemaNew, caller: Caller) -> wire.LabelSchema:
    """Add a label schema: the problem and its classes."""
    row = service.create_schema(caller.session, caller.actor, now=caller.hub.clock.now(), **body.model_dump())
    return wire.LabelSchema.model_validate(row)


@router.get("/label-schemas/{schema}", permission="schemas:read")
def show_schema(schema: str, caller: Caller) -> wire.LabelSchema:
    """Show a label schema at its present version."""
    return wire.LabelSchema.model_validate(service.get_schema(caller.session, caller.actor, schema))


@router.patch("/label-schemas/{schema}", permission="schemas:write")
def change_schema(schema: str, body: wire.LabelSchemaChange, caller: Caller) -> wire.LabelSchema:
    """Add classes at the end, which makes a new version, or change the shown name."""
    row = service.change_schema(
        caller.session,
        caller.actor,
        schema,
        add_classes=body.add_classes,
        shown_name=body.name,
        now=caller.hub.clock.now(),
    )
    return wire.LabelSchema.model_validate(row)


@router.get("/label-schemas/{schema}/versions", permission="schemas:read")
def list_schema_versions(schema: str, caller: Caller) -> Listing[wire.LabelSchemaVersion]:
    """List the versions of a label schema, oldest first."""
    row = service.get_schema(caller.session, caller.actor, schema)
    versions = queries.versions_of(caller.session, caller.actor, row.id)
    return Listing(items=[wire.LabelSchemaVersion.model_validate(version) for version in versions])

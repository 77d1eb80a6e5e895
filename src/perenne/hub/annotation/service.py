"""Use cases of label schemas."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event
from perenne.hub.annotation import queries
from perenne.hub.annotation.errors import SchemaExists
from perenne.hub.annotation.rules import check_schema, good_class_first, grow_classes
from perenne.hub.annotation.tables import LabelSchemaRow, LabelSchemaVersionRow
from perenne.kit.errors import NotFound
from perenne.kit.ids import new_id
from perenne.kit.paging import Page, decode_cursor, encode_cursor


def create_schema(
    session: Session,
    actor: Actor,
    *,
    slug: str,
    name: str,
    problem: str,
    classes: Sequence[str],
    now: datetime,
    good_class: str | None = None,
    unit: str | None = None,
) -> LabelSchemaRow:
    """Add a label schema at version 1. Raises: SchemaExists, SchemaInvalid."""
    check_schema(problem=problem, classes=classes, good_class=good_class, unit=unit)
    if queries.find_schema(session, actor, slug) is not None:
        raise SchemaExists(
            f"A label schema is called '{slug}' already.", remedy="Use it as it is, or choose another name."
        )
    row = LabelSchemaRow(
        id=new_id("sch"),
        organisation_id=actor.organisation_id,
        slug=slug,
        name=name,
        problem=problem,
        classes=good_class_first(classes, good_class),
        good_class=good_class,
        unit=unit,
        version=1,
    )
    session.add(row)
    _keep_version(session, row, now)
    record_event(session, actor, "label-schema.created", "label-schema", row.id, {"classes": row.classes})
    return row


def change_schema(
    session: Session,
    actor: Actor,
    name: str,
    *,
    add_classes: Sequence[str],
    shown_name: str | None,
    now: datetime,
) -> LabelSchemaRow:
    """Return the schema with classes added at its end (a new version) or renamed.

    Raises: NotFound, SchemaInvalid.
    """
    row = get_schema(session, actor, name)
    if add_classes:
        grown = grow_classes(row.classes, add_classes)
        check_schema(problem=row.problem, classes=grown, good_class=row.good_class, unit=row.unit)
        row.classes = grown
        row.version += 1
        _keep_version(session, row, now)
        detail = {"version": row.version, "added": list(add_classes)}
        record_event(session, actor, "label-schema.grown", "label-schema", row.id, detail)
    if shown_name is not None:
        row.name = shown_name
    session.flush()
    return row


def get_schema(session: Session, actor: Actor, name: str) -> LabelSchemaRow:
    """Return the schema called `name` (slug or id). Raises: NotFound."""
    row = queries.find_schema(session, actor, name)
    if row is None:
        raise NotFound.of("label schema", name)
    return row


def get_schema_by_id(session: Session, actor: Actor, schema_id: str) -> LabelSchemaRow:
    """Return the schema with this id. Raises: NotFound."""
    return get_schema(session, actor, schema_id)


def list_schemas(session: Session, actor: Actor, *, cursor: str | None, limit: int) -> Page[LabelSchemaRow]:
    """Return schemas by slug."""
    after = decode_cursor(cursor, parts=1)[0] if cursor else ""
    rows = queries.schemas_after(session, actor, after_slug=after, limit=limit)
    return Page(rows, encode_cursor(rows[-1].slug) if len(rows) == limit else None)


def _keep_version(session: Session, row: LabelSchemaRow, now: datetime) -> None:
    session.flush()
    session.add(
        LabelSchemaVersionRow(
            id=new_id("scv"),
            organisation_id=row.organisation_id,
            schema_id=row.id,
            version=row.version,
            classes=list(row.classes),
            at=now,
        )
    )
    session.flush()

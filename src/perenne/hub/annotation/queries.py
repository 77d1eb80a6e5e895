"""All SQL of label schemas."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.annotation.tables import LabelSchemaRow, LabelSchemaVersionRow


def find_schema(session: Session, actor: Actor, name: str) -> LabelSchemaRow | None:
    named = or_(LabelSchemaRow.id == name, LabelSchemaRow.slug == name)
    return session.scalar(select(LabelSchemaRow).where(*visible_to(actor, LabelSchemaRow), named))


def schemas_after(session: Session, actor: Actor, *, after_slug: str, limit: int) -> Sequence[LabelSchemaRow]:
    wanted = select(LabelSchemaRow).where(
        *visible_to(actor, LabelSchemaRow), LabelSchemaRow.slug > after_slug
    )
    return session.scalars(wanted.order_by(LabelSchemaRow.slug).limit(limit)).all()


def versions_of(session: Session, actor: Actor, schema_id: str) -> Sequence[LabelSchemaVersionRow]:
    wanted = select(LabelSchemaVersionRow).where(
        *visible_to(actor, LabelSchemaVersionRow), LabelSchemaVersionRow.schema_id == schema_id
    )
    return session.scalars(wanted.order_by(LabelSchemaVersionRow.version)).all()

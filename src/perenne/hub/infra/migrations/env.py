"""Run by Alembic: applies revisions on the connection and in the transaction that `migrate` opened."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON

from perenne.hub.infra.database import UtcDateTime


def render_item(kind: str, item: Any, autogenerate: Any) -> str | Literal[False]:
    """Return how a type of this house is written in a revision: free of this code, which will change."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime()"
    if kind == "type" and isinstance(item, JSON):
        autogenerate.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")'
    return False


config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes["metadata"],
    render_item=render_item,
    compare_type=True,
    transactional_ddl=True,
)
context.run_migrations()

"""Annotation: what may be answered about an image; for now the label schemas.

Owns label schemas and their versions. Promises that a class keeps its name and its position for ever: a
schema only grows at its end, and every version of it stays readable.
Does not keep answers (that is review) and does not know models.
"""

from perenne.hub.annotation.service import (
    change_schema,
    create_schema,
    get_schema,
    get_schema_by_id,
    list_schemas,
)
from perenne.hub.annotation.tables import LabelSchemaRow, LabelSchemaVersionRow

__all__ = [
    "LabelSchemaRow",
    "LabelSchemaVersionRow",
    "change_schema",
    "create_schema",
    "get_schema",
    "get_schema_by_id",
    "list_schemas",
]

"""One row in every table of an organisation, so that a test can ask whether anybody else sees any of it.

Owns rows made from the tables' own shapes: a new room is covered the day it has a table.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Float, Integer, Table, insert
from sqlalchemy.orm import Session

from perenne.hub.infra.database import Base, UtcDateTime
from perenne.kit.ids import new_id

PREFIXES = {
    "users": "usr",
    "api_tokens": "tok",
    "sites": "sit",
    "production_lines": "lin",
    "stations": "stn",
    "products": "pdt",
    "images": "img",
    "label_schemas": "sch",
    "ground_truths": "gts",
    "imports": "imp",
    "import_files": "imf",
    "datasets": "dst",
    "dataset_versions": "dsv",
    "runs": "run",
    "model_versions": "mod",
    "claims": "clm",
    "evaluations": "evl",
    "deployments": "dep",
    "predictions": "ins",
    "watch_contexts": "wct",
    "incidents": "inc",
    "jobs": "job",
}


def fill_tenant(session: Session, *, organisation_id: str, mark: str, now: datetime) -> dict[str, str]:
    """Add one row to every table of tenant data; return table name -> id. Texts hold `mark`."""
    made: dict[str, str] = {}
    for table in Base.metadata.sorted_tables:
        if "organisation_id" not in table.columns or "id" not in table.columns:
            continue
        row_id = new_id(PREFIXES.get(table.name, "row"))
        values = {
            column.name: _value(column, made=made, mark=mark, now=now)
            for column in table.columns
            if column.name not in ("id", "organisation_id")
        }
        values |= {"id": row_id, "organisation_id": organisation_id}
        session.execute(insert(table).values(values))
        made[table.name] = row_id
    return made


def _value(column: Column[Any], *, made: dict[str, str], mark: str, now: datetime) -> Any:
    for key in column.foreign_keys:
        target: Table = key.column.table
        if target.name in made:
            return made[target.name]
        return None
    if column.name == "site_id" and "sites" in made:
        return made["sites"]
    if column.nullable and not isinstance(column.type, UtcDateTime | DateTime):
        return None
    return _plain_value(column, mark=mark, now=now)


def _plain_value(column: Column[Any], *, mark: str, now: datetime) -> Any:
    kind = column.type
    if isinstance(kind, UtcDateTime | DateTime):
        return None if column.nullable else now
    if isinstance(kind, Integer):
        return 1
    if isinstance(kind, Float):
        return 0.5
    try:
        python_type = kind.python_type
    except NotImplementedError:
        return {}
    if python_type is date:
        return now.date()
    if python_type is bool:
        return False
    if python_type is str:
        length = getattr(kind, "length", None) or 200
        return mark[: int(length)]
    return [] if "list" in str(column.name) or column.name in ("classes", "site_ids") else {}

"""Tables as lines of JSON, and back: the same lines from SQLite and from PostgreSQL.

Owns the order of tables and rows, the form of each value, and rows that refer to each other in a circle.
Reads the shape from the database itself, so no room need be imported. Refuses to know what a table means.
"""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, DateTime, MetaData, String, Table, insert, select, update
from sqlalchemy.orm import Session

from perenne.hub.infra.database import Json
from perenne.kit.hashing import canonical_json

LEFT_OUT = {"alembic_version", "job_workers", "change_notices", "change_listeners", "browser_sessions"}
"""The shape's revision is in the manifest; workers and news are of the moment; who signed out stays so."""
BATCH = 500


@dataclass(frozen=True)
class TableSum:
    """How many rows a table has, and the SHA-256 of its lines."""

    rows: int
    sha256: str


def reflect_tables(session: Session) -> list[Table]:
    """Return the tables that hold data, those first that others cannot be without."""
    metadata = MetaData()
    metadata.reflect(session.connection())
    tables = {name: table for name, table in metadata.tables.items() if name not in LEFT_OUT}
    for table in tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type = Json
    needs = {name: _needs(table) for name, table in sorted(tables.items())}
    return [tables[name] for name in TopologicalSorter(needs).static_order() if name in tables]


def dump_table(session: Session, table: Table, *, to: Path | None = None) -> TableSum:
    """Write every row of `table` to a compressed file (or nowhere) and return their sum."""
    digest, rows = hashlib.sha256(), 0
    stream = None if to is None else gzip.GzipFile(to, "wb", compresslevel=3, mtime=0)
    try:
        for line in _lines(session, table):
            digest.update(line)
            rows += 1
            if stream is not None:
                stream.write(line)
    finally:
        if stream is not None:
            stream.close()
    return TableSum(rows, digest.hexdigest())


def sum_file(path: Path) -> TableSum:
    """Return the sum of a file that `dump_table` wrote.

    Raises: OSError, EOFError or zlib.error for a damaged one.
    """
    digest, rows = hashlib.sha256(), 0
    with gzip.open(path, "rb") as stream:
        for line in stream:
            digest.update(line)
            rows += 1
    return TableSum(rows, digest.hexdigest())


def load_tables(session: Session, tables: list[Table], *, folder: Path) -> None:
    """Every row of the files in `folder` is in the empty `tables`, in the session's transaction."""
    for table in tables:
        later = _optional_references(table)
        for batch in _batches(_rows(folder / file_name(table.name), table), BATCH):
            session.execute(insert(table), [{**row, **dict.fromkeys(later)} for row in batch])
    for table in tables:
        _fill_references(session, table, folder=folder)


def file_name(table: str) -> str:
    """Return the name of a table's file."""
    return f"{table}.jsonl.gz"


def _needs(table: Table) -> set[str]:
    """Return the tables that a row of `table` cannot be inserted before."""
    return {key.column.table.name for key in table.foreign_keys if not key.parent.nullable} - {table.name}


def _optional_references(table: Table) -> list[str]:
    return [key.parent.name for key in table.foreign_keys if key.parent.nullable]


def _fill_references(session: Session, table: Table, *, folder: Path) -> None:
    """References that may be empty are filled in when every row they can point to is there."""
    names = _optional_references(table)
    keys = [column.name for column in table.primary_key]
    if not names:
        return
    for row in _rows(folder / file_name(table.name), table):
        values = {name: row[name] for name in names if row[name] is not None}
        if values:
            same = [table.c[key] == row[key] for key in keys]
            session.execute(update(table).where(*same).values(**values))


def _lines(session: Session, table: Table) -> Iterator[bytes]:
    is_postgres = session.get_bind().dialect.name == "postgresql"
    order = [_ordered(column, is_postgres=is_postgres) for column in table.primary_key]
    found = session.execute(select(table).order_by(*order).execution_options(yield_per=BATCH))
    for row in found.mappings():
        yield canonical_json({name: _plain(value) for name, value in row.items()}) + b"\n"


def _ordered(column: Column[Any], *, is_postgres: bool) -> Any:
    """Return the column in the order of its bytes, which is the same everywhere."""
    return column.collate("C") if is_postgres and isinstance(column.type, String) else column


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _rows(path: Path, table: Table) -> Iterator[dict[str, Any]]:
    moments = [column.name for column in table.columns if isinstance(column.type, DateTime)]
    with gzip.open(path, "rb") as stream:
        for line in stream:
            row: dict[str, Any] = json.loads(line)
            for name in moments:
                if row[name] is not None:
                    row[name] = datetime.fromisoformat(row[name])
            yield row


def _batches(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, size)):
        yield batch

"""Which tables of which organisation a transaction changed, told once it is committed.

Owns noticing: rows that a session writes, and statements that run on its connection. Refuses to say what
changed: who wants to know asks the database. With no listener it costs nothing.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Delete, Engine, Insert, Table, Update, event, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter

Change = tuple[str, str]
"""An organisation's id and the name of a table."""
Listener = Callable[[frozenset[Change]], None]

_NOTES = "perenne.notes"
_ORGANISATION = "organisation_id"
_log = logging.getLogger("perenne.hub")


@dataclass
class _Notes:
    """What one transaction has changed so far; `flushing` while rows, which say whose they are, go."""

    changes: set[Change] = field(default_factory=set)
    flushing: bool = False


def track_changes(engine: Engine, sessions: "sessionmaker[Session]", listeners: list[Listener]) -> None:
    """Each of `listeners`, also one added later, is told what every session changed, after its commit."""

    def begin(session: Session, _transaction: Any, connection: Connection) -> None:
        if listeners:
            connection.info[_NOTES] = session.info.setdefault(_NOTES, _Notes())
        else:
            connection.info.pop(_NOTES, None)

    def tell(session: Session) -> None:
        if session.in_nested_transaction():
            return
        notes: _Notes | None = session.info.pop(_NOTES, None)
        for listener in listeners if notes and notes.changes else ():
            try:
                listener(frozenset(notes.changes if notes else ()))
            except Exception:  # the change is durable; nobody's curiosity may turn it into an error
                _log.exception("a listener to changes failed")

    def forget(session: Session) -> None:
        notes: _Notes | None = session.info.get(_NOTES)
        if not session.in_nested_transaction():
            session.info.pop(_NOTES, None)
        elif notes is not None:
            notes.flushing = False  # a savepoint was undone in the middle of it

    event.listen(sessions, "after_begin", begin)
    event.listen(sessions, "before_flush", _begin_flush)
    event.listen(sessions, "after_flush", _note_rows)
    event.listen(sessions, "after_commit", tell)
    event.listen(sessions, "after_rollback", forget)
    event.listen(engine, "before_execute", _note_statement)


def _begin_flush(session: Session, _context: Any, _instances: Any) -> None:
    notes: _Notes | None = session.info.get(_NOTES)
    if notes is not None:
        notes.flushing = True


def _note_rows(session: Session, _context: Any) -> None:
    notes: _Notes | None = session.info.get(_NOTES)
    if notes is None:
        return
    notes.flushing = False
    modified = [row for row in session.dirty if session.is_modified(row)]
    for row in [*session.new, *session.deleted, *modified]:
        organisation = vars(row).get(_ORGANISATION)
        if organisation is not None:
            notes.changes.add((organisation, row.__tablename__))


def _note_statement(
    connection: Connection, statement: Any, many: list[Any], one: dict[str, Any], _options: Any
) -> None:
    """Note whose rows an INSERT, UPDATE or DELETE touches; where it does not say, the database is asked."""
    if not isinstance(statement, Insert | Update | Delete):
        return
    notes: _Notes | None = connection.info.get(_NOTES)
    table = statement.table
    if notes is None or notes.flushing or not isinstance(table, Table) or _ORGANISATION not in table.columns:
        return
    rows: list[Any] = list(many) or [one]
    if isinstance(statement, Insert):
        named = {row[_ORGANISATION] for row in rows if _ORGANISATION in row} | set(_inserted(statement))
    else:
        named = set(_compared(statement.whereclause, rows))
        if not named:
            named = _asked(connection, statement, table, rows)
    notes.changes.update((organisation, table.name) for organisation in named)


def _inserted(statement: Any) -> Iterable[str]:
    """Yield the organisations among the values that an INSERT holds itself."""
    for values in [statement._values or {}, *(row for many in statement._multi_values for row in many)]:
        for column, value in values.items():
            if getattr(column, "key", column) == _ORGANISATION:
                yield str(getattr(value, "value", value))


def _compared(clause: Any, rows: list[Any]) -> Iterable[str]:
    """Yield the organisations that a WHERE clause names as `organisation_id = ...`."""
    for element in visitors.iterate(clause) if clause is not None else ():
        if not isinstance(element, BinaryExpression) or getattr(element.left, "key", "") != _ORGANISATION:
            continue
        if isinstance(element.right, BindParameter):
            key = element.right.key
            yield from {str(row[key]) for row in rows if key in row} or filter(None, [element.right.value])


def _asked(connection: Connection, statement: Update | Delete, table: Table, rows: list[Any]) -> set[str]:
    """Return whose rows the statement is about to touch."""
    whose = select(table.c[_ORGANISATION]).distinct()
    if statement.whereclause is not None:
        whose = whose.where(statement.whereclause)
    return {name for row in rows for name in connection.scalars(whose, row)}

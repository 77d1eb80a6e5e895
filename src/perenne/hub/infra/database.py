"""The database: one engine, two kinds of session, and the base of every table.

Owns transactions: `transaction()` writes (BEGIN IMMEDIATE on SQLite, so that a writer waits instead of
failing half-way) and `reading()` reads. Refuses naive datetimes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Engine, String, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

from perenne.hub.infra.changes import Listener, track_changes
from perenne.kit.clock import utc_now
from perenne.kit.errors import PerenneError

BUSY_TIMEOUT_MS = 20_000


class DatabaseUnreachable(PerenneError):
    """The database does not answer."""

    code = "database-unreachable"
    title = "The database does not answer"
    status = 503


class UtcDateTime(TypeDecorator[datetime]):
    """A UTC-aware datetime; stored without zone, given back with it."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without time zone cannot be stored: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """The base of every table; `dict[str, Any]` and `list[Any]` columns are JSON."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: Json,
        list[Any]: Json,
        list[str]: Json,
    }


class TenantRow:
    """What every row of tenant data has: id, organisation (first in every index) and birth."""

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    @declared_attr
    def organisation_id(cls) -> Mapped[str]:  # noqa: N805
        return mapped_column(String(40), index=True)


class Database:
    """A database and its sessions."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url) if self.is_sqlite else _server_engine(url)
        self._reader = self.engine.execution_options(perenne_reading=True)
        self.change_listeners: list[Listener] = []
        """Who is told, after each commit of this process, what it changed."""
        self._writing = sessionmaker(self.engine, expire_on_commit=False)
        track_changes(self.engine, self._writing, self.change_listeners)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session that writes; commits at the end, rolls back on any error."""
        with self.writing_session() as session:
            yield session
            session.commit()

    @contextmanager
    def quiet_transaction(self) -> Iterator[Session]:
        """Like `transaction`, and nobody is told: for marks such as "last seen", which are no news."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    def writing_session(self) -> Session:
        """Return a session whose transaction begins with its first statement; the caller commits."""
        return self._writing()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that reads one consistent state and never waits for writers."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    def create_all(self) -> None:
        """Make every table of the imported rooms exist; for tests (a hub migrates instead)."""
        Base.metadata.create_all(self.engine)

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def is_disk_full(error: BaseException) -> bool:
    """Say whether a database error means that the disk has no room left."""
    text = str(error).lower()
    full = ("database or disk is full", "disk full", "no space left", "disk i/o error")
    return isinstance(error, OperationalError) and any(words in text for words in full)


def lacks_tables(error: BaseException) -> bool:
    """Say whether a database error means that a table or column is not there: another version made them."""
    origin = getattr(error, "orig", None)
    of_postgres = type(origin).__name__ in ("UndefinedTable", "UndefinedColumn")
    return of_postgres or str(origin).startswith(("no such table", "no such column"))


def _sqlite_engine(url: str) -> Engine:
    path = url.removeprefix("sqlite:///")
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=16, max_overflow=32)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-8000")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("perenne_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _server_engine(url: str) -> Engine:
    return create_engine(url, pool_size=16, max_overflow=32, pool_pre_ping=True)

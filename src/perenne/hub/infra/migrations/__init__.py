"""Migrations: the database's shape, one revision after the other.

Owns `migrate`, which brings a database to the shape of this version, and the revisions in `versions/`.
Refuses a database that a newer version has written, and half a migration: one transaction holds all of it.
"""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from perenne.hub.infra.database import Base, Database
from perenne.kit.errors import PerenneError

FOLDER = Path(__file__).parent
_REVISION = re.compile(r'^revision(?:: \w+)? = "([^"]+)"', re.MULTILINE)
_DOWN_REVISION = re.compile(r'^down_revision(?::[^=]+)? = "([^"]+)"', re.MULTILINE)


class SchemaTooNew(PerenneError):
    """The database was written by a newer version."""

    code = "schema-too-new"
    title = "The database was written by a newer version of Perenne"
    status = 503


def migrate(database: Database) -> None:
    """The database has the shape of this version. Does nothing, quickly, when it has it already.

    Raises: SchemaTooNew.
    """
    head, known = known_revisions()
    present = present_revision(database)
    if present is not None and present not in known:
        raise _too_new(present, head=head)
    if present != head:
        _upgrade(database)


def migrate_to(database: Database, revision: str) -> None:
    """An empty database has the shape of `revision`. Raises: SchemaTooNew when it is not known here."""
    head, known = known_revisions()
    if revision not in known:
        raise _too_new(revision, head=head)
    _upgrade(database, to=revision)


def is_current(database: Database) -> bool:
    """Say whether the database has the shape of this version."""
    return present_revision(database) == known_revisions()[0]


def present_revision(database: Database) -> str | None:
    """Return the revision that the database is at, None when it is empty."""
    with database.reading() as session:
        if not inspect(session.connection()).has_table("alembic_version"):
            return None
        return session.execute(text("SELECT version_num FROM alembic_version")).scalar()


def known_revisions() -> tuple[str, set[str]]:
    """Return the newest revision and all of them, read without loading the migration machinery."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((FOLDER / "versions").glob("*.py"))]
    revisions = {match.group(1) for text_ in texts if (match := _REVISION.search(text_))}
    followed = {match.group(1) for text_ in texts if (match := _DOWN_REVISION.search(text_))}
    heads = sorted(revisions - followed)
    if len(heads) != 1:
        raise RuntimeError(f"expected one newest revision in {FOLDER / 'versions'}, found {heads}")
    return heads[0], revisions


def alembic_config(connection: Any = None) -> Any:
    """Return Alembic's configuration for these revisions, on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = Base.metadata
    return config


def _too_new(revision: str, *, head: str) -> SchemaTooNew:
    return SchemaTooNew(
        f"The database is at revision {revision}, newer than this version ({head}).",
        remedy="Install the version that wrote it or a later one, or restore the backup made before.",
    )


def _upgrade(database: Database, *, to: str = "head") -> None:
    from alembic import command

    with database.engine.begin() as connection:  # SQLite: BEGIN IMMEDIATE, so two hubs take turns
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(7305827)"))
        command.upgrade(alembic_config(connection), to)

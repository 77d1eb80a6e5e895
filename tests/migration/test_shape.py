"""The revisions and the tables say the same, on every database; what is newer is refused."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from perenne.hub.app.rooms import import_tables
from perenne.hub.infra.database import Base, Database
from perenne.hub.infra.migrations import (
    SchemaTooNew,
    alembic_config,
    is_current,
    known_revisions,
    migrate,
    migrate_to,
)
from perenne.kit.ids import new_id
from perenne.testing.postgres import PostgresServer


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "SQLite":
        return f"sqlite:///{tmp_path / 'perenne.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create_database(new_id("tst"))


def test_the_newest_revision_has_the_shape_of_the_tables(url: str) -> None:
    import_tables()
    database = Database(url)
    assert not is_current(database)
    migrate(database)
    migrate(database)
    assert is_current(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.dispose()


def test_a_database_of_a_newer_version_is_refused(url: str) -> None:
    database = Database(url)
    migrate(database)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="Install"):
        migrate(database)
    with pytest.raises(SchemaTooNew):
        migrate_to(database, "9999")
    database.dispose()


def test_the_newest_revision_is_found_without_the_migration_machinery() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    head, known = known_revisions()
    assert head == scripts.get_current_head()
    assert known == {script.revision for script in scripts.walk_revisions()}

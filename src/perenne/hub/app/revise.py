"""Writes the next revision of the database's shape: `python -m perenne.hub.app.revise "what changes"`.

Compares the tables of every room with an empty database brought to the newest revision. For developers;
what it writes is read before it is committed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from perenne.hub.app.rooms import import_tables
from perenne.hub.infra.database import Database
from perenne.hub.infra.migrations import FOLDER, alembic_config, migrate
from perenne.kit.ids import slugify


def write_revision(message: str) -> Path:
    """Return the file of a new revision that turns the newest known shape into that of the tables."""
    from alembic import command

    import_tables()
    count = len(list((FOLDER / "versions").glob("*.py")))
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'shape.db'}")
        if count:
            migrate(database)
        with database.engine.begin() as connection:
            number = f"{count + 1:04d}"
            config = alembic_config(connection)
            script = command.revision(config, message=message, autogenerate=True, rev_id=number)
        database.dispose()
    written = Path(script.path)  # type: ignore[union-attr]
    named = written.rename(written.with_name(f"{number}_{slugify(message).replace('-', '_')}.py"))
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(named)], check=False)
    return named


if __name__ == "__main__":
    print(write_revision(" ".join(sys.argv[1:])))

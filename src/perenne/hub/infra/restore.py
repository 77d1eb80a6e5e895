"""Brings a backup back to life in an empty place: another folder, another database, another store.

Owns the order: verify, keys, shape, rows, blobs, compare, and only then a new epoch and store id. Refuses a
place that holds anything, and to end well when a single row or byte differs from the backup.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from perenne.hub.infra.backup import (
    BLOBS,
    KEY_FILES,
    BackupDamaged,
    BackupReport,
    read_blob_list,
    read_manifest,
    verify_backup,
)
from perenne.hub.infra.database import Database
from perenne.hub.infra.dump import LEFT_OUT, dump_table, load_tables, reflect_tables
from perenne.hub.infra.installation import STORE_ID, begin_epoch, write_fact
from perenne.hub.infra.migrations import migrate, migrate_to
from perenne.hub.infra.services import Hub, open_services
from perenne.hub.settings import Settings
from perenne.kit.errors import Conflict
from perenne.kit.ids import new_id


class PlaceNotEmpty(Conflict):
    """A restore into a place that holds something already."""

    code = "place-not-empty"
    title = "The place to restore to is not empty"


def restore_backup(
    folder: Path, *, settings: Settings, note: Callable[[str], None] = lambda text: None
) -> BackupReport:
    """The hub that `settings` describe holds what the backup holds, compared row by row and blob by blob.

    Raises: NotABackup, BackupDamaged, PlaceNotEmpty, SchemaTooNew, DiskFull.
    """
    note("verifying the backup")
    report = verify_backup(folder)
    manifest = read_manifest(folder)
    _refuse_filled_folder(settings.data)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in KEY_FILES:
        if name in manifest["keys"]:
            shutil.copyfile(folder / manifest["dump"] / name, settings.data / name)
            (settings.data / name).chmod(0o600)
    try:
        _restore(manifest, folder=folder, settings=settings, note=note)
    except BaseException:
        shutil.rmtree(settings.data)  # it was empty before
        raise
    return report


def _restore(
    manifest: dict[str, Any], *, folder: Path, settings: Settings, note: Callable[[str], None]
) -> None:
    hub = open_services(settings)
    try:
        _refuse_filled_place(hub)
        note("restoring the database")
        _restore_tables(hub.database, manifest, folder=folder)
        note("restoring blobs")
        _restore_blobs(hub, read_blob_list(folder, manifest), folder=folder)
        migrate(hub.database)
        _begin_anew(hub)
    finally:
        hub.database.dispose()


def _restore_tables(database: Database, manifest: dict[str, Any], *, folder: Path) -> None:
    """The rows are there, in one transaction, and read back the same as they were dumped."""
    migrate_to(database, manifest["revision"])
    with database.transaction() as session:
        tables = reflect_tables(session)
        load_tables(session, tables, folder=folder / manifest["dump"])
        for table in tables:
            found, expected = vars(dump_table(session, table)), manifest["tables"].get(table.name)
            if found != expected:
                raise BackupDamaged(
                    f"The restored table {table.name} differs from the backup ({found}, {expected}).",
                    remedy="Nothing was kept in the database; report this with the backup's manifest.",
                )


def _restore_blobs(hub: Hub, blobs: dict[str, int], *, folder: Path) -> None:
    for key, size in blobs.items():
        organisation, _, sha256 = key.partition("/")
        stored = hub.blobs.put(
            folder / BLOBS / organisation / sha256[:2] / sha256, organisation_id=organisation
        )
        if stored != sha256 or hub.blobs.size(sha256, organisation_id=organisation) != size:
            raise BackupDamaged(
                f"The blob {sha256[:16]}… changed while it was restored.",
                remedy="Check the disk, then restore again into an empty place.",
            )


def _begin_anew(hub: Hub) -> None:
    """The restored hub has its own store and a new epoch: those who kept data for it send it again."""
    store_id = new_id("str")
    hub.blobs.mark(store_id)
    with hub.database.transaction() as session:
        write_fact(session, STORE_ID, store_id)
        begin_epoch(session)


def _refuse_filled_folder(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise PlaceNotEmpty(
            f"The data folder {folder} is not empty.", remedy="Give a new folder: --data NEW_FOLDER."
        )


def _refuse_filled_place(hub: Hub) -> None:
    with hub.database.reading() as session:
        filled = set(inspect(session.connection()).get_table_names()) - LEFT_OUT
    if filled or hub.blobs.store_id() is not None or hub.blobs.organisations():
        what = "database" if filled else "blob store"
        raise PlaceNotEmpty(
            f"The {what} to restore to is not empty.",
            remedy="Give an empty one (PERENNE_DATABASE_URL, PERENNE_BLOBS_URL), or leave both out.",
        )

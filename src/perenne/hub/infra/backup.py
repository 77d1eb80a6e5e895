"""Backups: everything a hub keeps, copied while it works, verified, and copied again only where it changed.

Owns the folder's form: `manifest.json` names one dump of the tables, the keys and every blob, each with its
hash. The database is read first, in one snapshot; a blob is always stored before the row that names it, so
what the rows name is there. Refuses to call a backup good before it has read it back. A backup holds secrets.
"""

import errno
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from perenne import __version__
from perenne.hub.infra.blobs import BlobDamaged, BlobMissing, DiskFull, StorageUnavailable
from perenne.hub.infra.blobs.local import LocalBlobStore
from perenne.hub.infra.dump import dump_table, file_name, reflect_tables, sum_file
from perenne.hub.infra.installation import EPOCH, LAST_BACKUP, STORE_ID, read_fact, write_fact
from perenne.hub.infra.migrations import present_revision
from perenne.hub.infra.services import Hub
from perenne.kit.errors import InvalidInput, PerenneError
from perenne.kit.hashing import canonical_json, sha256_file, sha256_hex
from perenne.kit.ids import new_id

MANIFEST = "manifest.json"
BLOBS = "blobs"
BLOB_LIST = "blobs.json"
KEY_FILES = ("signing-key.pem", "credentials.json")
BLOB_COLUMNS = {
    ("images", "sha256"),
    ("model_versions", "artefact_sha256"),
    ("dataset_versions", "manifest_sha256"),
    ("dataset_versions", "training_sha256"),
}
"""The columns that name a blob of the row's organisation."""


class NotABackup(InvalidInput):
    """A folder that holds no backup, or one that this version cannot read."""

    code = "not-a-backup"
    title = "There is no usable backup here"


class BackupDamaged(PerenneError):
    """A backup that is not what it was when it was made."""

    code = "backup-damaged"
    title = "The backup is damaged"
    status = 500


@dataclass(frozen=True)
class BackupReport:
    """What a backup holds, as read back from it."""

    made_at: str
    revision: str
    tables: dict[str, int]
    blobs: int
    blob_bytes: int
    copied_blobs: int
    missing_blobs: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return dict(vars(self))


def back_up(
    hub: Hub, *, to: Path, now: datetime, note: Callable[[str], None] = lambda text: None
) -> BackupReport:
    """The folder `to` holds a verified copy of the hub; what it held before is replaced at the very end.

    Blobs that it holds already are not copied again. `note` hears what is being done.
    Raises: DiskFull, StorageUnavailable, BackupDamaged, NotABackup when `to` is another kind of folder.
    """
    _refuse_other_folder(to)
    try:
        copied = _write(hub, to=to, now=now, note=note)
    except OSError as error:
        raise _translate(error, place=str(to)) from error
    note("verifying")
    report = verify_backup(to, copied_blobs=copied)
    with hub.database.transaction() as session:
        write_fact(session, LAST_BACKUP, now.isoformat())
    return report


def verify_backup(folder: Path, *, copied_blobs: int = 0) -> BackupReport:
    """Return what the backup holds, after reading every byte of it. Raises: NotABackup, BackupDamaged."""
    manifest = read_manifest(folder)
    wrong = [*_wrong_tables(folder, manifest), *_wrong_keys(folder, manifest)]
    blobs = {} if wrong else read_blob_list(folder, manifest)
    wrong += list(_wrong_blobs(folder, blobs))
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise BackupDamaged(
            f"The backup in {folder} is damaged: {'; '.join(wrong[:5])}{more}.",
            remedy="Use another backup, or make a new one in an empty folder while the hub lives.",
            damaged=wrong[:1000],
        )
    return BackupReport(
        made_at=manifest["made_at"],
        revision=manifest["revision"],
        tables={name: held["rows"] for name, held in manifest["tables"].items()},
        blobs=len(blobs),
        blob_bytes=sum(blobs.values()),
        copied_blobs=copied_blobs,
        missing_blobs=manifest["missing_blobs"],
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a backup. Raises: NotABackup, BackupDamaged."""
    try:
        text = (folder / MANIFEST).read_bytes()
        manifest: dict[str, Any] = json.loads(text)
        seal = manifest.pop("seal")
    except FileNotFoundError as error:
        raise NotABackup(
            f"{folder} holds no {MANIFEST}.", remedy="Give the folder that perenne backup wrote to."
        ) from error
    except (ValueError, KeyError, AttributeError) as error:
        raise _damaged_manifest(folder) from error
    if manifest.get("format") != 1:
        raise NotABackup(
            f"The backup in {folder} has the form {manifest.get('format')}; this version reads form 1.",
            remedy="Restore it with the version that wrote it, or a later one.",
        )
    if sha256_hex(canonical_json(manifest)) != seal:
        raise _damaged_manifest(folder)
    return manifest


def read_blob_list(folder: Path, manifest: dict[str, Any]) -> dict[str, int]:
    """Return every blob of the backup, `organisation/hash`, and its size."""
    listed: dict[str, int] = json.loads((folder / manifest["dump"] / BLOB_LIST).read_bytes())
    return listed


def _write(hub: Hub, *, to: Path, now: datetime, note: Callable[[str], None]) -> int:
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    dump = to / f"dump-{new_id('bak')[4:]}"
    dump.mkdir(mode=0o700)
    revision = present_revision(hub.database)
    note("reading the database")
    with hub.database.reading() as session:
        if not hub.database.is_sqlite:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        tables = reflect_tables(session)
        sums = {table.name: dump_table(session, table, to=dump / file_name(table.name)) for table in tables}
        facts = {name: read_fact(session, name) for name in (STORE_ID, EPOCH)}
        named = set(_named_blobs(session, tables))
    blobs, copied = _copy_blobs(hub, to=to, note=note)
    (dump / BLOB_LIST).write_bytes(canonical_json(blobs))
    manifest = {
        "format": 1,
        "made_at": now.isoformat(),
        "perenne_version": __version__,
        "revision": revision,
        "dump": dump.name,
        "hub": facts,
        "tables": {name: vars(found) for name, found in sums.items()},
        "blob_list_sha256": sha256_file(dump / BLOB_LIST),
        "missing_blobs": sorted(named - set(blobs)),
        "keys": _copy_keys(hub.settings.data, dump),
    }
    _sync_files(dump)
    _replace_manifest(to, manifest)
    for old in to.glob("dump-*"):
        if old != dump:
            shutil.rmtree(old)
    return copied


def _copy_blobs(hub: Hub, *, to: Path, note: Callable[[str], None]) -> tuple[dict[str, int], int]:
    """Return every sound blob of the hub with its size, and how many had to be copied."""
    target = LocalBlobStore(to / BLOBS)
    sizes, copied = {}, 0
    for organisation in hub.blobs.organisations():
        for sha256 in hub.blobs.iterate(organisation_id=organisation):
            if not target.exists(sha256, organisation_id=organisation):
                try:
                    data = hub.blobs.get(sha256, organisation_id=organisation, verify=True)
                except (BlobDamaged, BlobMissing):
                    continue  # a blob that is lost must not keep the others from being saved
                target.put(data, organisation_id=organisation)
                copied += 1
                if copied % 100 == 0:
                    note(f"{copied} blobs copied")
            sizes[f"{organisation}/{sha256}"] = target.size(sha256, organisation_id=organisation)
    return sizes, copied


def _named_blobs(session: Session, tables: list[Table]) -> Iterator[str]:
    for table in tables:
        for name, column in BLOB_COLUMNS:
            if table.name == name and column in table.c:
                wanted = select(table.c.organisation_id, table.c[column]).where(table.c[column].is_not(None))
                for organisation, sha256 in session.execute(wanted.distinct()):
                    yield f"{organisation}/{sha256}"


def _copy_keys(data: Path, dump: Path) -> dict[str, str]:
    copied = {}
    for name in KEY_FILES:
        if (data / name).exists():
            shutil.copyfile(data / name, dump / name)
            (dump / name).chmod(0o600)
            copied[name] = sha256_file(dump / name)
    return copied


def _replace_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    sealed = {**manifest, "seal": sha256_hex(canonical_json(manifest))}
    incoming = folder / f"{MANIFEST}.incoming"
    incoming.write_text(json.dumps(sealed, indent=1, sort_keys=True), encoding="utf-8")
    _sync_files(folder)
    os.replace(incoming, folder / MANIFEST)
    _sync(folder)


def _sync_files(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_file():
            _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_other_folder(folder: Path) -> None:
    if folder.is_dir() and not (folder / MANIFEST).exists():
        strangers = [p.name for p in folder.iterdir() if p.name != BLOBS and not p.name.startswith("dump-")]
        if strangers:
            raise NotABackup(
                f"{folder} holds other things ({', '.join(sorted(strangers)[:3])}).",
                remedy="Give an empty folder, or one that holds an earlier backup.",
            )


def _wrong_tables(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    for name, held in manifest["tables"].items():
        path = folder / manifest["dump"] / file_name(name)
        try:
            if vars(sum_file(path)) != held:
                yield f"table {name} has changed"
        except (OSError, EOFError, ValueError, zlib.error):
            yield f"table {name} cannot be read"


def _wrong_keys(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    expected = {**manifest["keys"], BLOB_LIST: manifest["blob_list_sha256"]}
    for name, sha256 in expected.items():
        path = folder / manifest["dump"] / name
        if not path.exists() or sha256_file(path) != sha256:
            yield f"{name} is missing or has changed"


def _wrong_blobs(folder: Path, blobs: dict[str, int]) -> Iterator[str]:
    for key in blobs:
        organisation, _, sha256 = key.partition("/")
        path = folder / BLOBS / organisation / sha256[:2] / sha256
        if not path.exists():
            yield f"blob {sha256[:16]}… is missing"
        elif sha256_file(path) != sha256:
            yield f"blob {sha256[:16]}… has changed"


def _damaged_manifest(folder: Path) -> BackupDamaged:
    return BackupDamaged(
        f"The {MANIFEST} in {folder} is damaged.", remedy="Use another backup of the same hub."
    )


def _translate(error: OSError, *, place: str) -> PerenneError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull.at(place)
    return StorageUnavailable.because(place, reason=error.strerror or str(error))

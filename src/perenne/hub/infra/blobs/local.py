"""Blobs in a folder of this machine.

Owns the order of a durable write: temporary file in the same file system, fsync, rename, fsync of the
folder. Refuses to leave anything half written under a blob's name, and to delete an organisation's blob.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from perenne.hub.infra.blobs.errors import (
    BlobDamaged,
    BlobMissing,
    DiskFull,
    StorageUnavailable,
    StoreMismatch,
)
from perenne.hub.infra.blobs.port import (
    MARKER_NAME,
    PASSING,
    BlobSource,
    blob_key,
    check_passing,
    hash_of,
)
from perenne.kit.hashing import sha256_hex
from perenne.kit.ids import new_id

INCOMING = ".incoming"
INCOMING_MAX_AGE_S = 3600.0
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalBlobStore:
    """A folder of blobs. Several processes may share it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = str(root)
        self._incoming = root / INCOMING
        try:
            self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _translate(error, place=self.place) from error

    def put(self, data: BlobSource, *, organisation_id: str) -> str:
        sha256 = hash_of(data)
        target = self._path(sha256, organisation_id=organisation_id)
        if target.exists():
            return sha256
        incoming = self._incoming / new_id("tmp")
        try:
            _write_durably(data, target=incoming)
            if isinstance(data, Path) and hash_of(incoming) != sha256:
                raise StorageUnavailable.because(self.place, reason=f"{data.name} changed while it was read")
            _make_folder_durably(target.parent, below=self.root)
            os.rename(incoming, target)
            _sync_folder(target.parent)
        except OSError as error:
            raise _translate(error, place=self.place) from error
        finally:
            incoming.unlink(missing_ok=True)
        return sha256

    def get(self, sha256: str, *, organisation_id: str, verify: bool = False) -> bytes:
        with self.open(sha256, organisation_id=organisation_id) as stream:
            data = stream.read()
        if verify and (found := sha256_hex(data)) != sha256:
            raise BlobDamaged.with_hash(sha256, found=found)
        return data

    def open(self, sha256: str, *, organisation_id: str) -> BinaryIO:
        try:
            return self._path(sha256, organisation_id=organisation_id).open("rb")
        except FileNotFoundError as error:
            raise BlobMissing.with_hash(sha256) from error
        except OSError as error:
            raise _translate(error, place=self.place) from error

    def local_path(self, sha256: str, *, organisation_id: str) -> Path:
        path = self._path(sha256, organisation_id=organisation_id)
        if not path.exists():
            raise BlobMissing.with_hash(sha256)
        return path

    def exists(self, sha256: str, *, organisation_id: str) -> bool:
        return self._path(sha256, organisation_id=organisation_id).exists()

    def size(self, sha256: str, *, organisation_id: str) -> int:
        return self.local_path(sha256, organisation_id=organisation_id).stat().st_size

    def iterate(self, *, organisation_id: str) -> Iterator[str]:
        folder = self._path("0" * 64, organisation_id=organisation_id).parent.parent
        for part in sorted(folder.iterdir()) if folder.is_dir() else []:
            yield from sorted(entry.name for entry in part.iterdir())

    def organisations(self) -> list[str]:
        return sorted(
            e.name for e in self.root.iterdir() if e.is_dir() and not e.name.startswith((".", PASSING))
        )

    def drop(self, place: str) -> None:
        try:
            shutil.rmtree(self.root / check_passing(place))
        except FileNotFoundError:
            return
        except OSError as error:
            raise _translate(error, place=self.place) from error

    def store_id(self) -> str | None:
        try:
            return str(json.loads((self.root / MARKER_NAME).read_bytes())["store_id"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageUnavailable.because(
                self.place, reason=f"its marker {MARKER_NAME} is unreadable"
            ) from error

    def mark(self, store_id: str) -> None:
        present = self.store_id()
        if present is not None and present != store_id:
            raise StoreMismatch(
                f"The blob store {self.place} carries the id {present}, not {store_id}.",
                remedy="Choose an empty folder for a new store.",
            )
        incoming = self._incoming / new_id("tmp")
        try:
            _write_durably(json.dumps({"format": 1, "store_id": store_id}).encode(), target=incoming)
            os.rename(incoming, self.root / MARKER_NAME)
            _sync_folder(self.root)
        except OSError as error:
            raise _translate(error, place=self.place) from error
        finally:
            incoming.unlink(missing_ok=True)

    def sweep_incoming(self, *, now_s: float, max_age_s: float = INCOMING_MAX_AGE_S) -> int:
        """Remove temporary files that a killed process left behind; return how many. Never touches a blob."""
        swept = 0
        for entry in self._incoming.iterdir():
            try:
                if now_s - entry.stat().st_mtime > max_age_s:
                    entry.unlink()
                    swept += 1
            except FileNotFoundError:
                continue
        return swept

    def _path(self, sha256: str, *, organisation_id: str) -> Path:
        return self.root / blob_key(sha256, organisation_id=organisation_id)


def _write_durably(data: BlobSource, *, target: Path) -> None:
    """`target` holds the bytes, and they survive a power cut."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        if isinstance(data, Path):
            with data.open("rb") as source:
                shutil.copyfileobj(source, stream, 1 << 20)
        else:
            stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _make_folder_durably(folder: Path, *, below: Path) -> None:
    """`folder` exists, and so will it after a power cut."""
    if folder.is_dir():
        return
    if folder.parent != below:
        _make_folder_durably(folder.parent, below=below)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _translate(error: OSError, *, place: str) -> DiskFull | StorageUnavailable:
    if error.errno in _NO_ROOM:
        return DiskFull.at(place)
    return StorageUnavailable.because(place, reason=error.strerror or str(error))

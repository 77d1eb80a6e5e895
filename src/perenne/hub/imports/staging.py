"""Where received files lie until their import ends: in a passing place of the blob store, under their hashes.

Owns that place, and the folder in which a job sees the files under their names. Refuses to keep either when
the import has ended.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from perenne.formats import UnreadableSet
from perenne.hub.imports.errors import ReceivedFileMissing
from perenne.hub.infra.blobs import BlobMissing, passing_place
from perenne.hub.infra.services import Hub


def keep_file(hub: Hub, import_id: str, data: bytes) -> str:
    """Return the hash of received bytes, stored durably until the import ends."""
    return hub.blobs.put(data, organisation_id=passing_place(import_id))


@contextmanager
def lay_out(hub: Hub, import_id: str, files: Mapping[str, str]) -> Iterator[Path]:
    """Yield a folder with the import's files (path -> hash) under their names, gone afterwards.

    Where it can, a file is a second name of its stored bytes, not a copy: never write to it.
    Raises: ReceivedFileMissing; UnreadableSet when a name is a file and a folder at once.
    """
    root = _folder(hub, import_id)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True, mode=0o700)
    try:
        for path, sha256 in files.items():
            _lay(hub, import_id, sha256, to=root / path)
        yield root.resolve()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def forget_files(hub: Hub, import_id: str) -> None:
    """Nothing of what the import received is left, except what became an image."""
    hub.blobs.drop(passing_place(import_id))
    shutil.rmtree(_folder(hub, import_id), ignore_errors=True)


def _lay(hub: Hub, import_id: str, sha256: str, *, to: Path) -> None:
    try:
        stored = hub.blobs.local_path(sha256, organisation_id=passing_place(import_id))
    except BlobMissing as error:
        raise ReceivedFileMissing(
            f"The received file '{to.name}' is not in the store any more.",
            remedy="Delete this import and send the files again; what came in stays.",
        ) from error
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(stored, to)
        except OSError:
            shutil.copyfile(stored, to)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise UnreadableSet(
            f"'{to.name}' is the name of a file and of a folder at once.", remedy="Rename one of them."
        ) from error


def _folder(hub: Hub, import_id: str) -> Path:
    return hub.settings.data / "imports" / import_id

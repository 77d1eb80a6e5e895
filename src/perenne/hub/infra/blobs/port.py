"""What a blob store is, for everyone who uses one.

Refuses names: bytes are asked for by their hash and the organisation they belong to.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from perenne.kit.errors import InvalidInput
from perenne.kit.hashing import sha256_file, sha256_hex

BlobSource = bytes | Path
PASSING = "tmp_"
MARKER_NAME = ".perenne-store"
_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_ORGANISATION = re.compile(r"^[a-z0-9_]{1,64}$")


class BlobStore(Protocol):
    """Content-addressed bytes of several organisations. One contract suite runs over every member."""

    place: str
    """Where it is, in words for an error message."""

    def put(self, data: BlobSource, *, organisation_id: str) -> str:
        """Store the bytes, or the bytes of a file, durably; return their SHA-256. Idempotent.

        Raises: DiskFull, StorageUnavailable; then nothing half written is left behind.
        """
        ...

    def get(self, sha256: str, *, organisation_id: str, verify: bool = False) -> bytes:
        """Return the bytes. Raises: BlobMissing; with `verify` BlobDamaged when they have changed."""
        ...

    def open(self, sha256: str, *, organisation_id: str) -> BinaryIO:
        """Return a stream over the bytes, to be closed by the caller. Raises: BlobMissing."""
        ...

    def local_path(self, sha256: str, *, organisation_id: str) -> Path:
        """Return a file on this machine that holds the bytes; never write to it. Raises: BlobMissing."""
        ...

    def exists(self, sha256: str, *, organisation_id: str) -> bool:
        """Say whether the organisation has stored these bytes."""
        ...

    def size(self, sha256: str, *, organisation_id: str) -> int:
        """Return the number of bytes. Raises: BlobMissing."""
        ...

    def iterate(self, *, organisation_id: str) -> Iterator[str]:
        """Yield the hash of every stored blob of the organisation, sorted."""
        ...

    def organisations(self) -> list[str]:
        """Return the organisations that have stored anything; passing places are none."""
        ...

    def drop(self, place: str) -> None:
        """Remove every blob of a passing place (`passing_place`); an organisation's are never removed.

        Raises: InvalidInput for any other place.
        """
        ...

    def store_id(self) -> str | None:
        """Return the id in the store's marker, None when it has none."""
        ...

    def mark(self, store_id: str) -> None:
        """Write the marker of a new store. Raises: StoreMismatch when it is marked otherwise already."""
        ...


def blob_key(sha256: str, *, organisation_id: str) -> str:
    """Return where a blob lies in any store: organisation, two digits, hash.

    Raises: InvalidInput for what is not a hash or not an organisation id, so no key leaves the store.

    >>> blob_key("ab" * 32, organisation_id="org_1")[:14]
    'org_1/ab/ababa'
    """
    if not _SHA256.match(sha256):
        raise InvalidInput(
            f"'{sha256[:80]}' is not a SHA-256.", remedy="Give 64 lower-case hexadecimal digits."
        )
    if not _ORGANISATION.match(organisation_id):
        raise InvalidInput(
            f"'{organisation_id[:80]}' is not an organisation id.", remedy="Give the id, not the name."
        )
    return f"{organisation_id}/{sha256[:2]}/{sha256}"


def passing_place(name: str) -> str:
    """Return a place, used like an organisation's id, whose blobs are dropped when they are not needed."""
    return f"{PASSING}{name}"


def check_passing(place: str) -> str:
    """Return the place when its blobs may be dropped. Raises: InvalidInput."""
    if not place.startswith(PASSING) or not _ORGANISATION.match(place):
        raise InvalidInput(
            f"'{place[:80]}' is not a passing place: its blobs stay.",
            remedy="Drop what was put to pass only.",
        )
    return place


def hash_of(data: BlobSource) -> str:
    """Return the SHA-256 of bytes or of a file's content."""
    return sha256_file(data) if isinstance(data, Path) else sha256_hex(data)

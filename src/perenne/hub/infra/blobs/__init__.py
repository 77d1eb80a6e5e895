"""Blobs: immutable bytes kept by their SHA-256, apart for every organisation.

Owns: where blobs lie (a local folder, an S3 bucket), how they get there without ever being half
there, and the mark by which a store is known again.
Promises: what `put` answered for is on stable storage; putting the same bytes twice keeps one copy;
two organisations never share a copy, so none learns what the other has; only a passing place is ever dropped.
Does not: know images or models, decide what may be deleted, or check rights.
"""

from perenne.hub.infra.blobs.errors import (
    BlobDamaged,
    BlobMissing,
    DiskFull,
    StorageUnavailable,
    StoreMismatch,
)
from perenne.hub.infra.blobs.port import BlobSource, BlobStore, passing_place
from perenne.hub.infra.blobs.stores import BLOB_STORES, open_blob_store

__all__ = [
    "BLOB_STORES",
    "BlobDamaged",
    "BlobMissing",
    "BlobSource",
    "BlobStore",
    "DiskFull",
    "StorageUnavailable",
    "StoreMismatch",
    "open_blob_store",
    "passing_place",
]

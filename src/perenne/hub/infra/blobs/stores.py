"""The visible registry of blob stores, and how an address becomes one.

A new kind of store is one file and one line here; the contract suite runs over every member.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from perenne.hub.infra.blobs.local import LocalBlobStore
from perenne.hub.infra.blobs.port import BlobStore
from perenne.kit.registry import Registry

BLOB_STORES: Registry[Callable[[str], BlobStore]] = Registry("blob store")


def _open_local(address: str) -> BlobStore:
    path = urlsplit(address).path if address.startswith("file://") else address
    return LocalBlobStore(Path(path).expanduser())


def _open_s3(address: str) -> BlobStore:
    from perenne.hub.infra.blobs.s3 import S3BlobStore

    return S3BlobStore.from_address(address)


BLOB_STORES.register("file", _open_local)
BLOB_STORES.register("s3", _open_s3)


def open_blob_store(address: str | Path) -> BlobStore:
    """Return the store at a folder, `file:///folder`, or `s3://bucket/prefix?endpoint=…&region=…`.

    Raises: UnknownMember for another scheme, BadStoreAddress, StorageUnavailable.
    """
    text = str(address)
    scheme = urlsplit(text).scheme if "://" in text else "file"
    return BLOB_STORES.get(scheme)(text)

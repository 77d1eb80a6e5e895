"""Blobs in a bucket that speaks S3, by obstore.

Owns keys, retries and the local copies that a runtime needs as files. Refuses to look for credentials
anywhere but in the environment: nothing here asks a metadata service or any other host by itself.
"""

import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from perenne.hub.infra.blobs.errors import (
    BadStoreAddress,
    BlobDamaged,
    BlobMissing,
    StorageUnavailable,
    StoreMismatch,
)
from perenne.hub.infra.blobs.port import MARKER_NAME, PASSING, BlobSource, blob_key, check_passing, hash_of
from perenne.kit.hashing import canonical_json, sha256_hex

ADDRESS_OPTIONS = {"endpoint", "region", "anonymous"}
CREDENTIAL_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
LOCAL_COPIES_MAX_BYTES = 4 << 30


class S3BlobStore:
    """A prefix of a bucket. Several processes may share it."""

    def __init__(self, store: Any, *, place: str, local_copies: Path | None = None) -> None:
        self.place = place
        self._store = store
        self._local_copies = local_copies

    @classmethod
    def from_address(cls, address: str, *, local_copies: Path | None = None) -> "S3BlobStore":
        """Return the store at `s3://bucket/prefix?endpoint=…&region=…&anonymous=true`.

        Raises: BadStoreAddress for an unknown option, a missing bucket or missing credentials.
        """
        parts = urlsplit(address)
        options = dict(parse_qsl(parts.query))
        _check_address(parts.netloc, options=options, environment=os.environ)
        endpoint = options.get("endpoint")
        config: Any = {
            "bucket": parts.netloc,
            "region": options.get("region") or os.environ.get("AWS_REGION") or "us-east-1",
            "checksum_algorithm": "SHA256",
        }
        if endpoint:
            config |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
        if options.get("anonymous") == "true":
            config["skip_signature"] = True
        store = S3Store(
            prefix=parts.path.strip("/") or None,
            config=config,
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "connect_timeout": "5s",
                "timeout": "60s",
            },
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=30)},
        )
        return cls(store, place=f"s3://{parts.netloc}{parts.path}", local_copies=local_copies)

    def put(self, data: BlobSource, *, organisation_id: str) -> str:
        sha256 = hash_of(data)
        if not self.exists(sha256, organisation_id=organisation_id):
            self._call(obstore.put, blob_key(sha256, organisation_id=organisation_id), data)
        return sha256

    def get(self, sha256: str, *, organisation_id: str, verify: bool = False) -> bytes:
        found = self._read(blob_key(sha256, organisation_id=organisation_id))
        if found is None:
            raise BlobMissing.with_hash(sha256)
        if verify and (actual := sha256_hex(found)) != sha256:
            raise BlobDamaged.with_hash(sha256, found=actual)
        return found

    def open(self, sha256: str, *, organisation_id: str) -> BinaryIO:
        return io.BytesIO(self.get(sha256, organisation_id=organisation_id))

    def local_path(self, sha256: str, *, organisation_id: str) -> Path:
        if self._local_copies is None:
            self._local_copies = Path(tempfile.mkdtemp(prefix="perenne-blobs-"))
        path = self._local_copies / blob_key(sha256, organisation_id=organisation_id)
        if path.exists():
            path.touch()
            return path
        data = self.get(sha256, organisation_id=organisation_id, verify=True)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as stream:
            stream.write(data)
        os.rename(stream.name, path)
        _evict_oldest(self._local_copies, keep=path, max_bytes=LOCAL_COPIES_MAX_BYTES)
        return path

    def exists(self, sha256: str, *, organisation_id: str) -> bool:
        return self._head(blob_key(sha256, organisation_id=organisation_id)) is not None

    def size(self, sha256: str, *, organisation_id: str) -> int:
        size = self._head(blob_key(sha256, organisation_id=organisation_id))
        if size is None:
            raise BlobMissing.with_hash(sha256)
        return size

    def iterate(self, *, organisation_id: str) -> Iterator[str]:
        prefix = blob_key("0" * 64, organisation_id=organisation_id).split("/")[0]
        names: list[str] = []
        try:
            for chunk in obstore.list(self._store, prefix):
                names.extend(str(entry["path"]).rsplit("/", 1)[-1] for entry in chunk)
        except (BaseError, OSError) as error:
            raise self._unavailable(error) from error
        yield from sorted(names)

    def organisations(self) -> list[str]:
        listing = self._call(obstore.list_with_delimiter)
        names = (str(prefix).rstrip("/").rsplit("/", 1)[-1] for prefix in listing["common_prefixes"])
        return sorted(name for name in names if not name.startswith(PASSING))

    def drop(self, place: str) -> None:
        try:
            for chunk in obstore.list(self._store, check_passing(place)):
                self._call(obstore.delete, [str(entry["path"]) for entry in chunk])
        except (BaseError, OSError) as error:
            raise self._unavailable(error) from error

    def store_id(self) -> str | None:
        marker = self._read(MARKER_NAME)
        try:
            return None if marker is None else str(json.loads(marker)["store_id"])
        except (ValueError, KeyError, TypeError) as error:
            reason = f"its marker {MARKER_NAME} is unreadable"
            raise StorageUnavailable.because(self.place, reason=reason) from error

    def mark(self, store_id: str) -> None:
        marker = canonical_json({"format": 1, "store_id": store_id})
        try:
            obstore.put(self._store, MARKER_NAME, marker, mode="create")
        except AlreadyExistsError as error:
            present = self.store_id()
            if present != store_id:
                raise StoreMismatch(
                    f"The blob store {self.place} carries the id {present}, not {store_id}.",
                    remedy="Choose an empty prefix for a new store.",
                ) from error
        except (BaseError, OSError) as error:
            raise self._unavailable(error) from error

    def _head(self, key: str) -> int | None:
        try:
            return int(obstore.head(self._store, key)["size"])
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._unavailable(error) from error

    def _read(self, key: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._unavailable(error) from error

    def _call(self, act: Any, *arguments: Any) -> Any:
        try:
            return act(self._store, *arguments)
        except (BaseError, OSError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> StorageUnavailable:
        reason = " ".join(str(error).split())[:300]
        return StorageUnavailable.because(self.place, reason=reason)


def _check_address(bucket: str, *, options: Mapping[str, str], environment: Mapping[str, str]) -> None:
    unknown = sorted(set(options) - ADDRESS_OPTIONS)
    if not bucket or unknown:
        what = f"unknown option {', '.join(unknown)}" if unknown else "no bucket"
        raise BadStoreAddress(
            f"The S3 address has {what}.",
            remedy="Write s3://bucket/prefix?endpoint=https://host&region=name.",
        )
    known_caller = options.get("anonymous") == "true" or any(environment.get(v) for v in CREDENTIAL_VARIABLES)
    if not known_caller:
        raise BadStoreAddress(
            f"There are no credentials for the bucket '{bucket}' in the environment.",
            remedy="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or add anonymous=true to the address.",
        )


def _evict_oldest(folder: Path, *, keep: Path, max_bytes: int) -> None:
    """The local copies take at most `max_bytes`; the least recently asked for go first."""
    files = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_mtime)
    total = sum(path.stat().st_size for path in files)
    for path in files:
        if total <= max_bytes or path == keep:
            continue
        total -= path.stat().st_size
        path.unlink(missing_ok=True)

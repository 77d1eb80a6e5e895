"""The things a use case needs beside its session, gathered once per process."""

import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perenne.hub.infra.database import Database
from perenne.hub.settings import Settings
from perenne.kit.clock import Clock, SystemClock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from perenne.hub.infra.blobs import BlobStore
    from perenne.hub.infra.jobs.port import JobQueue


@dataclass
class Hub:
    """Database, blobs, clock, settings and the signing key of one hub process.

    `shared` holds process-wide caches of the rooms (loaded models), keyed by the room's name.
    """

    settings: Settings
    database: Database
    blobs: "BlobStore"
    signing_key: "Ed25519PrivateKey"
    clock: Clock = field(default_factory=SystemClock)
    jobs: "JobQueue | None" = None
    """Runs jobs inside this process; None in the hub, where the worker process finds the rows by itself."""
    shared: dict[str, Any] = field(default_factory=dict)


def open_services(settings: Settings, *, database: Database | None = None) -> Hub:
    """Return the services that `settings` describe. Creates data folder and signing key, nothing else.

    Raises: DiskFull and StorageUnavailable when the data folder cannot be made; what opening a store raises.
    """
    from perenne.hub.infra.blobs import DiskFull, StorageUnavailable, open_blob_store
    from perenne.hub.infra.secrets import load_signing_key

    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        signing_key = load_signing_key(settings.data / "signing-key.pem")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull.at(str(settings.data)) from error
        raise StorageUnavailable.because(str(settings.data), reason=error.strerror or str(error)) from error
    return Hub(
        settings=settings,
        database=database or Database(settings.database),
        blobs=open_blob_store(settings.blobs),
        signing_key=signing_key,
    )

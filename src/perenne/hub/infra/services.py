"""The things a use case needs beside its session, gathered once per process."""

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

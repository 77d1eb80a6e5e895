"""Messages about the hub itself: is it well, what is it made of, and what just changed."""

from datetime import datetime
from typing import Literal

from perenne.wire.base import Message


class Alive(Message):
    """The process answers."""

    status: str
    version: str


class Readiness(Message):
    """Whether the hub can work: each thing it needs with `ok`, or with what is wrong."""

    status: str
    checks: dict[str, str]


class Licence(Message):
    """A package of others that this hub runs or hands to browsers."""

    name: str
    version: str
    licence: str
    kind: Literal["python", "web"]


class HealthCheck(Message):
    """One thing that the hub needs; `detail` says what is wrong, or is empty."""

    name: str
    ok: bool
    detail: str


class Health(Message):
    """How the hub does, for those who may see it. Counts of jobs and trainers are the organisation's own."""

    database: str
    blobs: str
    jobs: dict[str, int]
    checks: list[HealthCheck]
    backup_age_s: float | None
    disk_free_bytes: int | None
    workers: int
    trainers: int


class About(Message):
    """What this hub is: its version, what it is made of, and how it does."""

    version: str
    licence: str
    started_at: datetime
    licences: list[Licence]
    health: Health | None

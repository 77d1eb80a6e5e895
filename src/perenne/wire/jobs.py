"""Messages about background jobs."""

from datetime import datetime
from typing import Any, Literal

from perenne.wire.base import Message

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class Job(Message):
    """A background job: how far it is, and its result or its problem document once it has ended."""

    id: str
    kind: str
    state: JobState
    progress: float
    message: str
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    attempt: int

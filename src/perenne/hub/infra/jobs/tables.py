"""Tables of jobs and of the workers that run them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class JobRow(TenantRow, Base):
    """One piece of background work. `key` makes enqueuing idempotent within organisation and kind."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("organisation_id", "kind", "key"),
        Index("ix_jobs_state", "state", "submitted_at"),
    )
    kind: Mapped[str] = mapped_column(String(80))
    key: Mapped[str | None] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(String(500), default="")
    result: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    created_by: Mapped[str] = mapped_column(String(40))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    """When the queue learned of it; null: a worker still has to find it."""
    submission: Mapped[int] = mapped_column(default=1)
    """Counts how often the queue was told anew, after it had forgotten the job."""
    attempt: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(40))


class WorkerRow(Base):
    """A worker process and its last sign of life."""

    __tablename__ = "job_workers"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    machine: Mapped[str] = mapped_column(String(200))
    process: Mapped[str] = mapped_column(String(60))
    seen_at: Mapped[datetime]
    adopted_by: Mapped[str | None] = mapped_column(String(40))

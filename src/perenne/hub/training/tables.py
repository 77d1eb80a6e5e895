"""Tables of training runs, their curves and logs, and of the trainers seen."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class RunRow(TenantRow, Base):
    """One execution of a recipe on a dataset version.

    `epoch` counts the claims; only the words of the latest one count. `last_batch` is the last heartbeat of
    that claim, so that one which arrives twice is counted once.
    """

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        Index("ix_runs_state", "organisation_id", "state"),
    )
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    recipe: Mapped[str] = mapped_column(String(80))
    config: Mapped[dict[str, Any]]
    seed: Mapped[int]
    dataset_version_id: Mapped[str] = mapped_column(ForeignKey("dataset_versions.id"))
    base_model_id: Mapped[str | None] = mapped_column(ForeignKey("model_versions.id"))
    state: Mapped[str] = mapped_column(String(20))
    trainer: Mapped[str | None] = mapped_column(String(120))
    epoch: Mapped[int] = mapped_column(default=0)
    last_batch: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    claims_without_progress: Mapped[int] = mapped_column(default=0)
    progress: Mapped[float] = mapped_column(default=0.0)
    progress_at_claim: Mapped[float] = mapped_column(default=0.0)
    eta_s: Mapped[float | None]
    message: Mapped[str] = mapped_column(String(500), default="")
    metrics: Mapped[dict[str, Any]]
    error: Mapped[dict[str, Any] | None]
    log_lines: Mapped[int] = mapped_column(default=0)
    upload_sha256: Mapped[str | None] = mapped_column(String(64))
    model_version_id: Mapped[str | None] = mapped_column(ForeignKey("model_versions.id"))
    cancel_requested_at: Mapped[datetime | None]
    created_by: Mapped[str] = mapped_column(String(200))
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class RunPointRow(TenantRow, Base):
    """The values of a run's curves at one step; said again after a resume, the later word stands."""

    __tablename__ = "run_points"
    __table_args__ = (UniqueConstraint("run_id", "step"),)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    step: Mapped[int]
    at: Mapped[datetime]
    values: Mapped[dict[str, Any]]


class RunLogLineRow(TenantRow, Base):
    """One line of a run's log."""

    __tablename__ = "run_log_lines"
    __table_args__ = (UniqueConstraint("run_id", "seq"),)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    seq: Mapped[int]
    at: Mapped[datetime]
    level: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)


class TrainerRow(TenantRow, Base):
    """A trainer that has asked for work, and the recipes that it has."""

    __tablename__ = "trainers"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)
    name: Mapped[str] = mapped_column(String(120))
    recipes: Mapped[list[str]]
    seen_at: Mapped[datetime]

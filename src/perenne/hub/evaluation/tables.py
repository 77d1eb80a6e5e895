"""Tables of evaluations and of their slices."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class EvaluationRow(TenantRow, Base):
    """A model version measured on one split of a dataset version; asked for twice, it is the same row.

    `chunks` are the blobs with the outcome of every image, in the order of the image hashes (NDJSON); they
    grow while the evaluation runs, so that a killed worker's is continued. `acceptance` is the rule by which
    the slices were judged last. Whether an unfinished one failed, its job says.
    """

    __tablename__ = "evaluations"
    __table_args__ = (UniqueConstraint("organisation_id", "model_version_id", "dataset_version_id", "split"),)
    model_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    dataset_version_id: Mapped[str] = mapped_column(ForeignKey("dataset_versions.id"))
    split: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20))
    job_id: Mapped[str | None] = mapped_column(String(40))
    attempts: Mapped[int] = mapped_column(default=1)
    acceptance: Mapped[dict[str, Any]]
    summary: Mapped[dict[str, Any]]
    chunks: Mapped[list[str]]
    artefact_sha256: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(200))
    finished_at: Mapped[datetime | None]


class EvaluationSliceRow(TenantRow, Base):
    """A part of the evaluated images with its metrics. `site_id` is set where the part lies in one site."""

    __tablename__ = "evaluation_slices"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "kind", "key"),
        Index("ix_evaluation_slices_evaluation", "organisation_id", "evaluation_id"),
    )
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("evaluations.id"))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    n_images: Mapped[int]
    n_groups: Mapped[int]
    metrics: Mapped[dict[str, Any]]
    verdict: Mapped[str] = mapped_column(String(20))
    verdict_reason: Mapped[str] = mapped_column(Text)
    more_images: Mapped[int | None]

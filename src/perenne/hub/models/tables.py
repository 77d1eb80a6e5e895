"""Table of model versions."""

from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class ModelVersionRow(TenantRow, Base):
    """One version of a model line: a signed artefact in the blob store, and where it came from.

    `origin` holds what the run and the dataset version were, in words, as known when it was registered.
    `upload_sha256` is the hash of the artefact as it arrived, before the hub signed it.
    """

    __tablename__ = "model_versions"
    __table_args__ = (UniqueConstraint("organisation_id", "name", "number"),)
    name: Mapped[str] = mapped_column(String(120))
    number: Mapped[int]
    problem: Mapped[str] = mapped_column(String(40))
    schema_id: Mapped[str | None] = mapped_column(String(40))
    classes: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(20))
    artefact_sha256: Mapped[str] = mapped_column(String(64))
    artefact_bytes: Mapped[int]
    upload_sha256: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any]]
    metrics: Mapped[dict[str, Any]]
    card: Mapped[str] = mapped_column(Text)
    signed_by: Mapped[str] = mapped_column(String(64))
    run_id: Mapped[str | None] = mapped_column(String(40))
    dataset_version_id: Mapped[str | None] = mapped_column(String(40))
    base_model_id: Mapped[str | None] = mapped_column(ForeignKey("model_versions.id"))
    origin: Mapped[dict[str, Any]]
    created_by: Mapped[str] = mapped_column(String(200))

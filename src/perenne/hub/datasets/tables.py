"""Tables of datasets, their frozen versions, items, and the openings of sealed test sets."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class DatasetRow(TenantRow, Base):
    """A named line of frozen versions, all of one label schema."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("organisation_id", "slug"),)
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    schema_id: Mapped[str] = mapped_column(ForeignKey("label_schemas.id"))
    problem: Mapped[str] = mapped_column(String(40))
    acceptance: Mapped[dict[str, Any] | None]


class DatasetVersionRow(TenantRow, Base):
    """A frozen snapshot; nothing of it changes. The manifests lie in the blob store under their hashes.

    `training_sha256` is the manifest without its test lines: what a trainer may see, and what everybody sees
    of a sealed version. `site_ids` are the sites that it holds images of.
    """

    __tablename__ = "dataset_versions"
    __table_args__ = (
        UniqueConstraint("dataset_id", "number"),
        UniqueConstraint("dataset_id", "manifest_sha256", "sealed"),
    )
    dataset_id: Mapped[str] = mapped_column(ForeignKey("datasets.id"))
    number: Mapped[int]
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    training_sha256: Mapped[str] = mapped_column(String(64))
    classes: Mapped[list[str]]
    sealed: Mapped[bool]
    rules: Mapped[dict[str, Any]]
    card: Mapped[dict[str, Any]]
    site_ids: Mapped[list[str]]
    n_images: Mapped[int]
    note: Mapped[str] = mapped_column(Text)
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[str] = mapped_column(String(200))


class DatasetItemRow(TenantRow, Base):
    """One image of a version with the truth it had then; `ground_truth_id` leads back to who said so."""

    __tablename__ = "dataset_items"
    __table_args__ = (
        UniqueConstraint("version_id", "sha256"),
        Index("ix_dataset_items_image", "organisation_id", "image_id"),
    )
    version_id: Mapped[str] = mapped_column(ForeignKey("dataset_versions.id"))
    image_id: Mapped[str] = mapped_column(ForeignKey("images.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    product_id: Mapped[str | None] = mapped_column(ForeignKey("products.id"))
    split: Mapped[str] = mapped_column(String(10))
    group_key: Mapped[str] = mapped_column(String(200))
    target: Mapped[dict[str, Any]]
    ground_truth_id: Mapped[str] = mapped_column(String(40))


class SealedOpeningRow(TenantRow, Base):
    """Somebody, or an evaluation, opened a sealed test set; rows are only ever added."""

    __tablename__ = "sealed_openings"
    __table_args__ = (Index("ix_sealed_openings_version", "organisation_id", "version_id"),)
    version_id: Mapped[str] = mapped_column(ForeignKey("dataset_versions.id"))
    actor: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

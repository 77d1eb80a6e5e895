"""Tables of label schemas."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class LabelSchemaRow(TenantRow, Base):
    """What may be answered: the problem and, at its present version, the classes in their fixed order."""

    __tablename__ = "label_schemas"
    __table_args__ = (UniqueConstraint("organisation_id", "slug"),)
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    problem: Mapped[str] = mapped_column(String(20))
    classes: Mapped[list[str]]
    good_class: Mapped[str | None] = mapped_column(String(100))
    unit: Mapped[str | None] = mapped_column(String(50))
    version: Mapped[int]


class LabelSchemaVersionRow(TenantRow, Base):
    """The classes that a schema had at one version; never changed."""

    __tablename__ = "label_schema_versions"
    __table_args__ = (UniqueConstraint("schema_id", "version"),)
    schema_id: Mapped[str] = mapped_column(ForeignKey("label_schemas.id"))
    version: Mapped[int]
    classes: Mapped[list[Any]]
    at: Mapped[datetime]

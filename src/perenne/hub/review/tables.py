"""The table of ground truth."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class GroundTruthRow(TenantRow, Base):
    """One truth of one image under one label schema, or of a part whose images take it when they arrive.

    A row with `image_id` speaks of that image; one without speaks of every image of `part_id` (at `site_id`
    when given). Of the rows of an image under a schema, the one with `superseded_by` null stands. `stream`
    tells how the image was chosen for labelling: "audit", "seeded", "active" or "unknown".
    """

    __tablename__ = "ground_truths"
    __table_args__ = (
        Index("ix_ground_truths_list", "organisation_id", "id"),
        Index("ix_ground_truths_image", "organisation_id", "image_id", "schema_id"),
        Index("ix_ground_truths_part", "organisation_id", "part_id", "schema_id"),
        Index("ix_ground_truths_standing", "organisation_id", "schema_id", "superseded_by", "image_id"),
    )
    image_id: Mapped[str | None] = mapped_column(ForeignKey("images.id"))
    part_id: Mapped[str | None] = mapped_column(String(200))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"))
    schema_id: Mapped[str] = mapped_column(ForeignKey("label_schemas.id"))
    target: Mapped[dict[str, Any]]
    source: Mapped[str] = mapped_column(String(20))
    given_by: Mapped[str] = mapped_column(String(200))
    given_at: Mapped[datetime]
    superseded_by: Mapped[str | None] = mapped_column(String(40))
    stream: Mapped[str] = mapped_column(String(10), default="unknown")
    inclusion_probability: Mapped[float | None]

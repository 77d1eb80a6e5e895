"""The table of deployments: one row for each time that a version began to answer somewhere."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class DeploymentRow(TenantRow, Base):
    """A model version that answers, or answered, at a site (`station_id` null) or at one station.

    `scope_id` is the station's id, else the site's: at most one active row has it. `previous_id` is the
    deployment that an undo goes back to.
    """

    __tablename__ = "deployments"
    __table_args__ = (
        Index(
            "ix_deployments_one_active",
            "scope_id",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_deployments_site", "organisation_id", "site_id", "id"),
    )
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    station_id: Mapped[str | None] = mapped_column(ForeignKey("stations.id"))
    scope_id: Mapped[str] = mapped_column(String(40))
    model_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("deployments.id"))
    thresholds: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)

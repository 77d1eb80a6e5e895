"""The table of what model versions said of images."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class PredictionRow(TenantRow, Base):
    """One answer of a station: immutable, with all that explains it.

    `thresholds` and `latency_ms` are copies of that moment: a later deployment does not change them.
    `quality` is what the station's gate said of the image then: a verdict and its reasons. `signals` are the
    numbers that are watched of the answer, `embedding` the 68 bytes of `perenne.runtime.projection`; null
    where the model has none.
    """

    __tablename__ = "predictions"
    __table_args__ = (
        Index("ix_predictions_list", "organisation_id", "id"),
        Index("ix_predictions_image", "organisation_id", "image_id", "id"),
        Index("ix_predictions_station_list", "organisation_id", "station_id", "id"),
        Index("ix_predictions_site", "organisation_id", "site_id", "id"),
        Index("ix_predictions_day", "organisation_id", "at", "site_id", "decision"),
        Index("ix_predictions_station", "organisation_id", "station_id", "at", "decision"),
    )
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    station_id: Mapped[str] = mapped_column(ForeignKey("stations.id"))
    image_id: Mapped[str] = mapped_column(ForeignKey("images.id"))
    reference_image_id: Mapped[str | None] = mapped_column(ForeignKey("images.id"))
    model_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    deployment_id: Mapped[str] = mapped_column(String(40))
    target: Mapped[dict[str, Any]]
    decision: Mapped[str] = mapped_column(String(10))
    thresholds: Mapped[dict[str, Any]]
    latency_ms: Mapped[dict[str, Any]]
    quality: Mapped[dict[str, Any] | None]
    signals: Mapped[dict[str, Any] | None]
    embedding: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]

"""Tables of stored images, of the classes seen in them, and of refused ones."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class ImageRow(TenantRow, Base):
    """An immutable stored image with its capture context; its bytes lie in the blob store.

    `width` and `height` are upright. `difference_hash` is a signed 64-bit number. `taken_at` is the capture
    time, or the time of arrival when nobody knows it. `has_truth` is kept by the review room; `last_…` tell
    the latest prediction and are kept by the predictions room: a large gallery is filtered inside one index.
    """

    __tablename__ = "images"
    __table_args__ = (
        UniqueConstraint("organisation_id", "sha256"),
        Index(
            "ix_images_gallery",
            "organisation_id",
            "id",
            "site_id",
            "kind",
            "has_truth",
            "last_decision",
            "last_score",
            "last_model_id",
            "station_id",
            "product_id",
            "taken_at",
        ),
        Index("ix_images_site", "organisation_id", "site_id", "id"),
        Index("ix_images_station", "organisation_id", "station_id", "id"),
        Index("ix_images_taken", "organisation_id", "site_id", "taken_at"),
        Index("ix_images_part", "organisation_id", "part_id", "id"),
        Index("ix_images_batch", "organisation_id", "batch_id", "id"),
        Index("ix_images_group", "organisation_id", "group_key", "id"),
        Index("ix_images_external", "organisation_id", "external_id", "id"),
    )
    sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))
    format: Mapped[str] = mapped_column(String(10))
    width: Mapped[int]
    height: Mapped[int]
    orientation: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    line_id: Mapped[str | None] = mapped_column(ForeignKey("production_lines.id"))
    station_id: Mapped[str | None] = mapped_column(ForeignKey("stations.id"))
    product_id: Mapped[str | None] = mapped_column(ForeignKey("products.id"))
    captured_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    taken_at: Mapped[datetime]
    camera: Mapped[str | None] = mapped_column(String(200))
    part_id: Mapped[str | None] = mapped_column(String(200))
    batch_id: Mapped[str | None] = mapped_column(String(200))
    group_key: Mapped[str | None] = mapped_column(String(200))
    external_id: Mapped[str | None] = mapped_column(String(200))
    file_name: Mapped[str | None] = mapped_column(String(200))
    context: Mapped[dict[str, Any]]
    difference_hash: Mapped[int] = mapped_column(BigInteger)
    reference_image_id: Mapped[str | None] = mapped_column(ForeignKey("images.id"))
    has_truth: Mapped[bool] = mapped_column(default=False)
    last_decision: Mapped[str | None] = mapped_column(String(10))
    last_score: Mapped[float | None]
    last_model_id: Mapped[str | None] = mapped_column(String(40))


class ImageClassRow(Base):
    """A class seen in an image: by the latest prediction, or by the truth that stands under a label schema.

    `origin` is "prediction" or the id of the schema; what an origin says anew replaces what it said before.
    """

    __tablename__ = "image_classes"
    __table_args__ = (Index("ix_image_classes_name", "organisation_id", "name", "image_id"),)
    image_id: Mapped[str] = mapped_column(ForeignKey("images.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(40))


class RefusedImageRow(TenantRow, Base):
    """Bytes that were refused, with the reason; the same bytes sent again only raise `count`."""

    __tablename__ = "refused_images"
    __table_args__ = (Index("ix_refused_images_hash", "organisation_id", "sha256"),)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str | None] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    reason_code: Mapped[str] = mapped_column(String(50))
    detail: Mapped[str] = mapped_column(String(500))
    count: Mapped[int]
    at: Mapped[datetime]


class ImageSignalRow(Base):
    """What was measured of an image, and what its station's gate said of it when it came.

    `fingerprint` and `signals` are JSON texts of the quality package. `reasons` hold code, words, value and
    limit. `closeness_admitted` says whether the image may be used for training; null where the station was
    not calibrated.
    """

    __tablename__ = "image_signals"
    __table_args__ = (
        Index("ix_image_signals_station", "organisation_id", "station_id", "measured_at", "verdict"),
        Index("ix_image_signals_site", "organisation_id", "site_id", "measured_at"),
    )
    image_id: Mapped[str] = mapped_column(ForeignKey("images.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(40))
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    station_id: Mapped[str | None] = mapped_column(ForeignKey("stations.id"))
    fingerprint: Mapped[str | None] = mapped_column(Text)
    signals: Mapped[str | None] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(String(10))
    reasons: Mapped[list[Any]]
    closeness: Mapped[float | None]
    closeness_admitted: Mapped[bool | None]
    closeness_reasons: Mapped[list[Any]]
    measured_at: Mapped[datetime]


class StationGateRow(TenantRow, Base):
    """What the images of a station are like, learnt once; the newest row of a station is what judges.

    `limits` and `fingerprints` are JSON texts of the quality package. `since` and `until` bound the capture
    times of the images it was learnt from, `first_image_id` and `last_image_id` name two of them.
    """

    __tablename__ = "station_gates"
    __table_args__ = (Index("ix_station_gates_station", "organisation_id", "station_id", "id"),)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    station_id: Mapped[str] = mapped_column(ForeignKey("stations.id"))
    limits: Mapped[str] = mapped_column(Text)
    fingerprints: Mapped[str] = mapped_column(Text)
    n_images: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime]
    first_image_id: Mapped[str] = mapped_column(ForeignKey("images.id"))
    last_image_id: Mapped[str] = mapped_column(ForeignKey("images.id"))
    automatic: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(2000))
    calibrated_by: Mapped[str] = mapped_column(String(200))
    calibrated_at: Mapped[datetime]

"""Tables of judged images, weekly figures, claims with their certificates, and estimates."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class PerformanceLedgerRow(TenantRow, Base):
    """How far an organisation's truths and predictions have been judged: the last ids that were looked at."""

    __tablename__ = "performance_ledgers"
    __table_args__ = (UniqueConstraint("organisation_id"),)
    truth_cursor: Mapped[str] = mapped_column(String(40), default="")
    prediction_cursor: Mapped[str] = mapped_column(String(40), default="")
    looked_at: Mapped[datetime]


class JudgedImageRow(TenantRow, Base):
    """What a model version said of an image in production, held against the truth that stands.

    `tp`, `fp`, `fn` at the operating point of that moment (IoU 0.5 for boxes; a part that should fail counts
    as one object for classes). `objects`: every scored object as [class, score, hit], the low scores too;
    `missed`: true objects that no box hit at any score. `error`: of a value. `week` starts on the Monday of
    the site's time in which the image was inspected.
    """

    __tablename__ = "judged_images"
    __table_args__ = (
        UniqueConstraint("image_id", "schema_id", "model_version_id"),
        Index("ix_judged_images_cell", "organisation_id", "site_id", "model_version_id", "schema_id", "week"),
        Index("ix_judged_images_model", "organisation_id", "model_version_id", "stream", "at"),
    )
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    station_id: Mapped[str] = mapped_column(String(40))
    image_id: Mapped[str] = mapped_column(ForeignKey("images.id"))
    prediction_id: Mapped[str] = mapped_column(ForeignKey("predictions.id"))
    truth_id: Mapped[str] = mapped_column(ForeignKey("ground_truths.id"))
    schema_id: Mapped[str] = mapped_column(ForeignKey("label_schemas.id"))
    model_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    stream: Mapped[str] = mapped_column(String(10))
    inclusion_probability: Mapped[float | None]
    group_key: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    week: Mapped[date] = mapped_column(Date)
    given_at: Mapped[datetime]
    tp: Mapped[int]
    fp: Mapped[int]
    fn: Mapped[int]
    wanted: Mapped[str] = mapped_column(String(10))
    decision: Mapped[str] = mapped_column(String(10))
    error: Mapped[float | None]
    missed: Mapped[int]
    objects: Mapped[list[Any]]


class PerformanceWeekRow(TenantRow, Base):
    """The measured figures of one site, week, model version, schema and stream; made anew with labels."""

    __tablename__ = "performance_weeks"
    __table_args__ = (
        UniqueConstraint("site_id", "week", "model_version_id", "schema_id", "stream"),
        Index("ix_performance_weeks_site", "organisation_id", "site_id", "week"),
    )
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    week: Mapped[date] = mapped_column(Date)
    model_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    schema_id: Mapped[str] = mapped_column(ForeignKey("label_schemas.id"))
    stream: Mapped[str] = mapped_column(String(10))
    n_labelled: Mapped[int]
    last_label_at: Mapped[datetime]
    figures: Mapped[list[Any]]


class InspectedWeekRow(TenantRow, Base):
    """How many images a model version inspected at a site in a week."""

    __tablename__ = "inspected_weeks"
    __table_args__ = (
        UniqueConstraint("site_id", "week", "model_version_id"),
        Index("ix_inspected_weeks_site", "organisation_id", "site_id", "week"),
    )
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    week: Mapped[date] = mapped_column(Date)
    model_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    n_inspected: Mapped[int]
    last_at: Mapped[datetime]


class ClaimRow(TenantRow, Base):
    """What somebody wants certified at a site; `max_objects` was chosen from predictions, not labels."""

    __tablename__ = "claims"
    __table_args__ = (Index("ix_claims_site", "organisation_id", "site_id", "id"),)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    schema_id: Mapped[str] = mapped_column(ForeignKey("label_schemas.id"))
    metric: Mapped[str] = mapped_column(String(20))
    at_least: Mapped[float]
    alpha: Mapped[float]
    stream: Mapped[str] = mapped_column(String(10))
    max_objects: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(200))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(200))


class CertificateRow(TenantRow, Base):
    """Where a claim stands for one model version; made anew when labels of that version come.

    `path` is (labels, log wealth for it, against it) thinned for a chart. `why_open`: what stands in the way
    of a decision.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        UniqueConstraint("claim_id", "model_version_id"),
        Index("ix_certificates_site", "organisation_id", "site_id", "claim_id"),
    )
    claim_id: Mapped[str] = mapped_column(ForeignKey("claims.id"))
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    model_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    state: Mapped[str] = mapped_column(String(10))
    value: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    n_labels: Mapped[int]
    n_objects: Mapped[int]
    labels_left: Mapped[int | None]
    log_wealth: Mapped[float]
    log_threshold: Mapped[float]
    decided_at: Mapped[datetime | None]
    degraded_since: Mapped[datetime | None]
    why_open: Mapped[str | None] = mapped_column(Text)
    why_open_said: Mapped[dict[str, Any] | None]
    path: Mapped[list[Any]]


class PerformanceEstimateRow(TenantRow, Base):
    """What was estimated without labels for a week that had ended; written once and never changed.

    `value` is what the page showed, none when the guard held it back; `raw` is what would have been said.
    """

    __tablename__ = "performance_estimates"
    __table_args__ = (
        UniqueConstraint("site_id", "week", "model_version_id", "metric"),
        Index("ix_performance_estimates_site", "organisation_id", "site_id", "week"),
    )
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    week: Mapped[date] = mapped_column(Date)
    model_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    metric: Mapped[str] = mapped_column(String(20))
    value: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    raw: Mapped[float | None]
    n_images: Mapped[int]
    support_share: Mapped[float | None]
    why_not: Mapped[str | None] = mapped_column(Text)
    why_not_said: Mapped[dict[str, Any] | None]
    labels_needed: Mapped[int | None]
    recorded_at: Mapped[datetime]

"""All SQL of performance."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.annotation import LabelSchemaRow
from perenne.hub.images import ImageRow, in_portions
from perenne.hub.models import ModelVersionRow
from perenne.hub.monitoring import AlarmRow, IncidentRow
from perenne.hub.performance.tables import (
    CertificateRow,
    ClaimRow,
    InspectedWeekRow,
    JudgedImageRow,
    PerformanceEstimateRow,
    PerformanceLedgerRow,
    PerformanceWeekRow,
)
from perenne.hub.predictions import PredictionRow
from perenne.hub.review import GroundTruthRow
from perenne.hub.sites import SiteRow

Cell = tuple[str, str, str, str, date]
"""site, model version, label schema, stream, week."""
IMAGE_GROUPS = ("fingerprint", "acquisition", "embedding")
"""Groups of watched channels that tell of the images themselves."""


def ledger_of(session: Session, actor: Actor, *, lock: bool = False) -> PerformanceLedgerRow | None:
    wanted = select(PerformanceLedgerRow).where(*visible_to(actor, PerformanceLedgerRow))
    return session.scalar(wanted.with_for_update() if lock else wanted)


def newest_ids(session: Session, actor: Actor) -> tuple[str, str]:
    """Return the id of the newest truth and of the newest prediction, empty where there is none."""
    found = []
    for table in (GroundTruthRow, PredictionRow):
        wanted = select(table.id).where(*visible_to(actor, table)).order_by(table.id.desc()).limit(1)
        found.append(session.scalar(wanted) or "")
    return found[0], found[1]


def images_of_truths(session: Session, actor: Actor, *, after_id: str, limit: int) -> Sequence[Any]:
    """Return (truth id, image id or None) of truths given since, oldest first."""
    wanted = select(GroundTruthRow.id, GroundTruthRow.image_id).where(
        *visible_to(actor, GroundTruthRow), GroundTruthRow.id > after_id
    )
    return session.execute(wanted.order_by(GroundTruthRow.id).limit(limit)).all()


def answers_since(session: Session, actor: Actor, *, after_id: str, limit: int) -> Sequence[Any]:
    """Return (id, image id, site id, model version id, at, whether the image has a truth), oldest first."""
    wanted = (
        select(
            PredictionRow.id,
            PredictionRow.image_id,
            PredictionRow.site_id,
            PredictionRow.at,
            ImageRow.has_truth,
        )
        .join(ImageRow, ImageRow.id == PredictionRow.image_id)
        .where(*visible_to(actor, PredictionRow), PredictionRow.id > after_id)
    )
    return session.execute(wanted.order_by(PredictionRow.id).limit(limit)).all()


def late_truths(session: Session, actor: Actor, *, after_id: str, until_id: str, limit: int) -> set[str]:
    """Return the images of the last truths up to an id."""
    row = GroundTruthRow
    wanted = select(row.image_id).where(
        *visible_to(actor, row), row.id > after_id, row.id < until_id, row.image_id.is_not(None)
    )
    return {str(one) for one in session.scalars(wanted.order_by(row.id.desc()).limit(limit))}


def late_answers(session: Session, actor: Actor, *, after_id: str, until_id: str, limit: int) -> set[str]:
    """Return the images with a truth among the last answers up to an id."""
    row = PredictionRow
    wanted = (
        select(row.image_id, ImageRow.has_truth)
        .join(ImageRow, ImageRow.id == row.image_id)
        .where(*visible_to(actor, row), row.id > after_id, row.id < until_id)
    )
    found = session.execute(wanted.order_by(row.id.desc()).limit(limit))
    return {image for image, has_truth in found if has_truth}


def pairs_of_images(session: Session, actor: Actor, image_ids: Iterable[str]) -> list[Any]:
    """Return (truth, prediction, image) of every standing truth and prediction of these images, by id."""
    found: list[Any] = []
    for some in in_portions(image_ids):
        wanted = (
            select(GroundTruthRow, PredictionRow, ImageRow)
            .join(PredictionRow, PredictionRow.image_id == GroundTruthRow.image_id)
            .join(ImageRow, ImageRow.id == GroundTruthRow.image_id)
            .where(
                *visible_to(actor, GroundTruthRow),
                *visible_to(actor, PredictionRow),
                GroundTruthRow.image_id.in_(some),
                GroundTruthRow.superseded_by.is_(None),
            )
        )
        found += session.execute(wanted.order_by(PredictionRow.id)).all()
    return found


def judged_of_images(session: Session, actor: Actor, image_ids: Iterable[str]) -> list[JudgedImageRow]:
    found: list[JudgedImageRow] = []
    for some in in_portions(image_ids):
        wanted = select(JudgedImageRow).where(
            *visible_to(actor, JudgedImageRow), JudgedImageRow.image_id.in_(some)
        )
        found += session.scalars(wanted)
    return found


def judged_rows(
    session: Session,
    actor: Actor,
    *,
    model_id: str,
    stream: str,
    site_id: str | None = None,
    schema_id: str | None = None,
    week: date | None = None,
    before: datetime | None = None,
) -> list[JudgedImageRow]:
    """Return judged images of a model version and stream, in the order of labelling."""
    wanted = select(JudgedImageRow).where(
        *visible_to(actor, JudgedImageRow),
        JudgedImageRow.model_version_id == model_id,
        JudgedImageRow.stream == stream,
    )
    if site_id is not None:
        wanted = wanted.where(JudgedImageRow.site_id == site_id)
    if schema_id is not None:
        wanted = wanted.where(JudgedImageRow.schema_id == schema_id)
    if week is not None:
        wanted = wanted.where(JudgedImageRow.week == week)
    if before is not None:
        wanted = wanted.where(JudgedImageRow.at < before)
    return list(session.scalars(wanted.order_by(JudgedImageRow.given_at, JudgedImageRow.truth_id)))


def labels_for_claims(
    session: Session,
    actor: Actor,
    *,
    site_id: str,
    model_id: str,
    schema_id: str,
    stream: str,
    week: date | None = None,
) -> Sequence[Any]:
    """Return what a certificate needs of each label, without objects, in the order of labelling."""
    columns = (
        JudgedImageRow.tp,
        JudgedImageRow.fp,
        JudgedImageRow.fn,
        JudgedImageRow.error,
        JudgedImageRow.group_key,
        JudgedImageRow.wanted,
        JudgedImageRow.decision,
        JudgedImageRow.inclusion_probability,
        JudgedImageRow.week,
        JudgedImageRow.at,
        JudgedImageRow.given_at,
    )
    wanted = select(*columns).where(
        *visible_to(actor, JudgedImageRow),
        JudgedImageRow.site_id == site_id,
        JudgedImageRow.model_version_id == model_id,
        JudgedImageRow.schema_id == schema_id,
        JudgedImageRow.stream == stream,
    )
    if week is not None:
        wanted = wanted.where(JudgedImageRow.week == week)
    return session.execute(wanted.order_by(JudgedImageRow.given_at, JudgedImageRow.truth_id)).all()


def count_inspected(
    session: Session, actor: Actor, *, site_id: str, since: datetime, until: datetime
) -> Sequence[Any]:
    """Return (model version id, images, last moment) of a site's answers in a span of time."""
    wanted = select(
        PredictionRow.model_version_id,
        func.count(func.distinct(PredictionRow.image_id)),
        func.max(PredictionRow.at),
    ).where(
        *visible_to(actor, PredictionRow),
        PredictionRow.site_id == site_id,
        PredictionRow.at >= since,
        PredictionRow.at < until,
    )
    return session.execute(wanted.group_by(PredictionRow.model_version_id)).all()


def week_cells(session: Session, actor: Actor, *, site_ids: Iterable[str]) -> dict[Cell, PerformanceWeekRow]:
    """Return the kept figures of these sites by cell."""
    row, found = PerformanceWeekRow, {}
    for some in in_portions(site_ids):
        for one in session.scalars(select(row).where(*visible_to(actor, row), row.site_id.in_(some))):
            found[(one.site_id, one.model_version_id, one.schema_id, one.stream, one.week)] = one
    return found


def weeks_of_sites(
    session: Session, actor: Actor, *, site_id: str | None = None
) -> Sequence[PerformanceWeekRow]:
    wanted = select(PerformanceWeekRow).where(*visible_to(actor, PerformanceWeekRow))
    if site_id is not None:
        wanted = wanted.where(PerformanceWeekRow.site_id == site_id)
    return session.scalars(wanted.order_by(PerformanceWeekRow.week, PerformanceWeekRow.id)).all()


def last_labels(session: Session, actor: Actor) -> dict[str, datetime]:
    """Return when each site's last label came."""
    wanted = select(PerformanceWeekRow.site_id, func.max(PerformanceWeekRow.last_label_at)).where(
        *visible_to(actor, PerformanceWeekRow)
    )
    return {row[0]: row[1] for row in session.execute(wanted.group_by(PerformanceWeekRow.site_id))}


def inspected_weeks(
    session: Session, actor: Actor, *, site_id: str | None = None
) -> Sequence[InspectedWeekRow]:
    wanted = select(InspectedWeekRow).where(*visible_to(actor, InspectedWeekRow))
    if site_id is not None:
        wanted = wanted.where(InspectedWeekRow.site_id == site_id)
    return session.scalars(wanted.order_by(InspectedWeekRow.week, InspectedWeekRow.last_at)).all()


def claims_standing(session: Session, actor: Actor, *, site_id: str | None = None) -> Sequence[ClaimRow]:
    """Return the claims that were not withdrawn, oldest first."""
    wanted = select(ClaimRow).where(*visible_to(actor, ClaimRow), ClaimRow.withdrawn_at.is_(None))
    if site_id is not None:
        wanted = wanted.where(ClaimRow.site_id == site_id)
    return session.scalars(wanted.order_by(ClaimRow.id)).all()


def claims_stated(session: Session, actor: Actor, *, site_id: str, before: datetime) -> Sequence[ClaimRow]:
    """Return the claims of a site that had been stated and not withdrawn at a moment, oldest first."""
    wanted = select(ClaimRow).where(
        *visible_to(actor, ClaimRow),
        ClaimRow.site_id == site_id,
        ClaimRow.created_at < before,
        ClaimRow.withdrawn_at.is_(None) | (ClaimRow.withdrawn_at >= before),
    )
    return session.scalars(wanted.order_by(ClaimRow.id)).all()


def claim_by_id(session: Session, actor: Actor, claim_id: str) -> ClaimRow | None:
    return session.scalar(select(ClaimRow).where(*visible_to(actor, ClaimRow), ClaimRow.id == claim_id))


def certificates_of(
    session: Session, actor: Actor, claim_ids: Iterable[str]
) -> dict[tuple[str, str], CertificateRow]:
    """Return the certificates of these claims by claim and model version."""
    found: dict[tuple[str, str], CertificateRow] = {}
    for some in in_portions(claim_ids):
        wanted = select(CertificateRow).where(
            *visible_to(actor, CertificateRow), CertificateRow.claim_id.in_(some)
        )
        found.update({(row.claim_id, row.model_version_id): row for row in session.scalars(wanted)})
    return found


def estimates_of(
    session: Session, actor: Actor, *, site_id: str | None = None
) -> Sequence[PerformanceEstimateRow]:
    wanted = select(PerformanceEstimateRow).where(*visible_to(actor, PerformanceEstimateRow))
    if site_id is not None:
        wanted = wanted.where(PerformanceEstimateRow.site_id == site_id)
    return session.scalars(wanted.order_by(PerformanceEstimateRow.week, PerformanceEstimateRow.id)).all()


def remove_estimates(session: Session, actor: Actor, *, site_id: str, model_id: str, week: date) -> None:
    """Forget the estimate of a week that was still running."""
    row = PerformanceEstimateRow
    session.execute(
        delete(row).where(
            *visible_to(actor, row),
            row.site_id == site_id,
            row.model_version_id == model_id,
            row.week == week,
        )
    )


def image_alarms(session: Session, actor: Actor, *, site_id: str) -> list[str]:
    """Return the channels of alarms on the images of a site whose incidents are not closed."""
    wanted = (
        select(AlarmRow.main_channel)
        .join(IncidentRow, IncidentRow.id == AlarmRow.incident_id)
        .where(
            *visible_to(actor, AlarmRow),
            AlarmRow.site_id == site_id,
            AlarmRow.main_group.in_(IMAGE_GROUPS),
            IncidentRow.state != "closed",
        )
    )
    return sorted(set(session.scalars(wanted)))


def first_open_onset(session: Session, actor: Actor, *, site_id: str) -> datetime | None:
    """Return since when the oldest incident at a site that is not closed goes on."""
    wanted = (
        select(func.min(AlarmRow.onset_at))
        .join(IncidentRow, IncidentRow.id == AlarmRow.incident_id)
        .where(*visible_to(actor, AlarmRow), AlarmRow.site_id == site_id, IncidentRow.state != "closed")
    )
    return session.scalar(wanted)


def audited_losses(
    session: Session, actor: Actor, *, site_id: str
) -> list[tuple[str, datetime, bool, bool | None]]:
    """Return (image, when inspected, whether anything was wrong, whether its label shows a defect) of a
    site's last 2,000 audited images; a value has no defect to show: None."""
    row = JudgedImageRow
    wanted = select(row.image_id, row.at, row.fp + row.fn > 0, row.tp + row.fn > 0, row.error).where(
        *visible_to(actor, row), row.site_id == site_id, row.stream == "audit"
    )
    found = session.execute(wanted.order_by(row.at.desc()).limit(2_000)).all()
    return [
        (image, at, bool(wrong), bool(defect) if error is None else None)
        for image, at, wrong, defect, error in found
    ]


def answers_of_week(
    session: Session,
    actor: Actor,
    *,
    site_id: str,
    model_id: str,
    since: datetime,
    until: datetime,
    most: int,
) -> list[Any]:
    """Return (prediction id, image id, lot, group, part, target, thresholds, embedding) in order.

    Of more than `most` answers every k-th is taken.
    """
    said = (
        *visible_to(actor, PredictionRow),
        PredictionRow.site_id == site_id,
        PredictionRow.model_version_id == model_id,
        PredictionRow.at >= since,
        PredictionRow.at < until,
    )
    ids = session.scalars(select(PredictionRow.id).where(*said).order_by(PredictionRow.id)).all()
    found: list[Any] = []
    for some in in_portions(ids[:: -(-len(ids) // most) or 1]):
        wanted = (
            select(
                PredictionRow.id,
                PredictionRow.image_id,
                ImageRow.batch_id,
                ImageRow.group_key,
                ImageRow.part_id,
                PredictionRow.target,
                PredictionRow.thresholds,
                PredictionRow.embedding,
            )
            .join(ImageRow, ImageRow.id == PredictionRow.image_id)
            .where(*visible_to(actor, PredictionRow), PredictionRow.id.in_(some))
        )
        found += session.execute(wanted.order_by(PredictionRow.id)).all()
    return found


def recent_targets(session: Session, actor: Actor, *, site_id: str, limit: int) -> Sequence[Any]:
    """Return (target, thresholds) of a site's last answers."""
    wanted = select(PredictionRow.target, PredictionRow.thresholds).where(
        *visible_to(actor, PredictionRow), PredictionRow.site_id == site_id
    )
    return session.execute(wanted.order_by(PredictionRow.id.desc()).limit(limit)).all()


def all_sites(session: Session, actor: Actor) -> Sequence[SiteRow]:
    return session.scalars(select(SiteRow).where(*visible_to(actor, SiteRow)).order_by(SiteRow.slug)).all()


def all_schemas(session: Session, actor: Actor) -> dict[str, LabelSchemaRow]:
    wanted = select(LabelSchemaRow).where(*visible_to(actor, LabelSchemaRow))
    return {row.id: row for row in session.scalars(wanted)}


def models_by_id(session: Session, actor: Actor, ids: Iterable[str]) -> dict[str, ModelVersionRow]:
    found: dict[str, ModelVersionRow] = {}
    for some in in_portions(ids):
        wanted = select(ModelVersionRow).where(
            *visible_to(actor, ModelVersionRow), ModelVersionRow.id.in_(some)
        )
        found.update({row.id: row for row in session.scalars(wanted)})
    return found


def embeddings_of(session: Session, actor: Actor, prediction_ids: Iterable[str]) -> dict[str, bytes | None]:
    """Return the embedding of each of these answers."""
    found: dict[str, bytes | None] = {}
    for some in in_portions(prediction_ids):
        wanted = select(PredictionRow.id, PredictionRow.embedding).where(
            *visible_to(actor, PredictionRow), PredictionRow.id.in_(some)
        )
        found.update({row[0]: row[1] for row in session.execute(wanted)})
    return found

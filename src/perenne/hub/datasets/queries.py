"""All SQL of datasets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, true
from sqlalchemy.orm import Session, aliased

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.datasets.tables import (
    DatasetItemRow,
    DatasetRow,
    DatasetVersionRow,
    SealedOpeningRow,
)
from perenne.hub.images import ImageRow, ImageSignalRow
from perenne.hub.review import GroundTruthRow
from perenne.hub.sites import LineRow, ProductRow, SiteRow, StationRow

INSERT_CHUNK = 5000


class Material(NamedTuple):
    """An image with its standing truth, as freezing needs it."""

    image_id: str
    sha256: str
    bytes: int
    format: str
    width: int
    height: int
    site_id: str
    site: str
    line: str | None
    station: str | None
    product_id: str | None
    product: str | None
    captured_at: datetime | None
    taken_at: datetime
    part_id: str | None
    batch_id: str | None
    group_key: str | None
    difference_hash: int | None
    reference: str | None
    reference_id: str | None
    ground_truth_id: str
    target: dict[str, Any]
    source: str


class ImageFilter(NamedTuple):
    """A selection with its names resolved to ids; empty means all."""

    site_ids: tuple[str, ...]
    station_ids: tuple[str, ...]
    product_ids: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    include_unlike: bool = False


def find_dataset(session: Session, actor: Actor, name: str) -> DatasetRow | None:
    named = or_(DatasetRow.id == name, DatasetRow.slug == name)
    return session.scalar(select(DatasetRow).where(*visible_to(actor, DatasetRow), named))


def lock_dataset(session: Session, actor: Actor, dataset_id: str) -> DatasetRow | None:
    wanted = select(DatasetRow).where(*visible_to(actor, DatasetRow), DatasetRow.id == dataset_id)
    return session.scalar(wanted.with_for_update())


def datasets_before(
    session: Session, actor: Actor, *, before_id: str | None, limit: int
) -> Sequence[DatasetRow]:
    wanted = select(DatasetRow).where(*visible_to(actor, DatasetRow))
    if before_id is not None:
        wanted = wanted.where(DatasetRow.id < before_id)
    return session.scalars(wanted.order_by(DatasetRow.id.desc()).limit(limit)).all()


def count_versions(session: Session, actor: Actor, dataset_ids: Iterable[str]) -> dict[str, int]:
    wanted = (
        select(DatasetVersionRow.dataset_id, func.count())
        .where(*visible_to(actor, DatasetVersionRow), DatasetVersionRow.dataset_id.in_(list(dataset_ids)))
        .group_by(DatasetVersionRow.dataset_id)
    )
    return {str(name): value for name, value in session.execute(wanted)}


def version_by_id(session: Session, actor: Actor, version_id: str) -> DatasetVersionRow | None:
    wanted = select(DatasetVersionRow).where(
        *visible_to(actor, DatasetVersionRow), DatasetVersionRow.id == version_id
    )
    return session.scalar(wanted)


def version_by_number(
    session: Session, actor: Actor, dataset_id: str, number: int | None
) -> DatasetVersionRow | None:
    """Return the version with this number, or the latest one for None."""
    wanted = select(DatasetVersionRow).where(*_versions_of(actor, dataset_id))
    if number is not None:
        wanted = wanted.where(DatasetVersionRow.number == number)
    return session.scalar(wanted.order_by(DatasetVersionRow.number.desc()).limit(1))


def version_by_content(
    session: Session, actor: Actor, dataset_id: str, *, manifest_sha256: str, sealed: bool
) -> DatasetVersionRow | None:
    wanted = select(DatasetVersionRow).where(
        *_versions_of(actor, dataset_id),
        DatasetVersionRow.manifest_sha256 == manifest_sha256,
        DatasetVersionRow.sealed == sealed,
    )
    return session.scalar(wanted)


def versions_before(
    session: Session, actor: Actor, dataset_id: str, *, before_number: int | None, limit: int
) -> Sequence[DatasetVersionRow]:
    wanted = select(DatasetVersionRow).where(*_versions_of(actor, dataset_id))
    if before_number is not None:
        wanted = wanted.where(DatasetVersionRow.number < before_number)
    return session.scalars(wanted.order_by(DatasetVersionRow.number.desc()).limit(limit)).all()


def datasets_by_id(session: Session, actor: Actor, ids: Iterable[str]) -> dict[str, DatasetRow]:
    wanted = select(DatasetRow).where(*visible_to(actor, DatasetRow), DatasetRow.id.in_(list(ids)))
    return {row.id: row for row in session.scalars(wanted)}


def count_material(session: Session, actor: Actor, filters: ImageFilter, *, schema_id: str) -> int:
    wanted = (
        select(func.count())
        .select_from(ImageRow)
        .join(GroundTruthRow, _standing_truth(actor, schema_id))
        .where(*_inside(actor, filters))
    )
    return session.scalar(wanted) or 0


def read_material(session: Session, actor: Actor, filters: ImageFilter, *, schema_id: str) -> list[Material]:
    """Return every image inside the filter that has standing truth of the schema, by hash."""
    template = aliased(ImageRow)
    wanted = (
        select(
            ImageRow.id, ImageRow.sha256, ImageRow.bytes, ImageRow.format, ImageRow.width, ImageRow.height,
            ImageRow.site_id, SiteRow.slug, LineRow.slug, StationRow.slug, ImageRow.product_id,
            ProductRow.slug, ImageRow.captured_at, ImageRow.taken_at, ImageRow.part_id, ImageRow.batch_id,
            ImageRow.group_key, ImageRow.difference_hash, template.sha256, template.id,
            GroundTruthRow.id, GroundTruthRow.target, GroundTruthRow.source,
        )
        .join(GroundTruthRow, _standing_truth(actor, schema_id))
        .join(SiteRow, SiteRow.id == ImageRow.site_id)
        .outerjoin(LineRow, LineRow.id == ImageRow.line_id)
        .outerjoin(StationRow, StationRow.id == ImageRow.station_id)
        .outerjoin(ProductRow, ProductRow.id == ImageRow.product_id)
        .outerjoin(
            template,
            template.id == func.coalesce(ImageRow.reference_image_id, StationRow.reference_image_id),
        )
        .where(*_inside(actor, filters))
        .outerjoin(ImageSignalRow, ImageSignalRow.image_id == ImageRow.id)
        .where(true() if filters.include_unlike else ImageSignalRow.closeness_admitted.is_not(False))
        .order_by(ImageRow.sha256)
    )  # fmt: skip
    return [Material._make(row) for row in session.execute(wanted)]


def count_unlike(session: Session, actor: Actor, filters: ImageFilter, *, schema_id: str) -> dict[str, int]:
    """Return the images inside the filter that have truth but are barred from training, by reason code."""
    if filters.include_unlike:
        return {}
    code = ImageSignalRow.closeness_reasons[0]["code"].as_string()
    wanted = (
        select(code, func.count())
        .select_from(ImageRow)
        .join(GroundTruthRow, _standing_truth(actor, schema_id))
        .join(ImageSignalRow, ImageSignalRow.image_id == ImageRow.id)
        .where(*_inside(actor, filters), ImageSignalRow.closeness_admitted.is_(False))
    )
    return {str(name): count for name, count in session.execute(wanted.group_by(code))}


def images_without_truth(
    session: Session, actor: Actor, filters: ImageFilter, *, schema_id: str, first: int
) -> tuple[int, list[str]]:
    """Return how many images inside the filter have no standing truth, and the first of them."""
    lacking = (
        select(ImageRow.id)
        .outerjoin(GroundTruthRow, _standing_truth(actor, schema_id))
        .where(*_inside(actor, filters), GroundTruthRow.id.is_(None))
    )
    count = session.scalar(select(func.count()).select_from(lacking.subquery())) or 0
    ids = session.scalars(lacking.order_by(ImageRow.id).limit(first)).all() if count and first else []
    return count, list(ids)


def splits_by_group(session: Session, actor: Actor, version_id: str) -> dict[str, str]:
    wanted = (
        select(DatasetItemRow.group_key, DatasetItemRow.split)
        .where(*visible_to(actor, DatasetItemRow), DatasetItemRow.version_id == version_id)
        .distinct()
    )
    return {str(name): value for name, value in session.execute(wanted)}


def add_items(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    for start in range(0, len(rows), INSERT_CHUNK):
        session.execute(insert(DatasetItemRow), list(rows[start : start + INSERT_CHUNK]))


def items_after(
    session: Session,
    actor: Actor,
    version_id: str,
    *,
    after_sha256: str,
    splits: Sequence[str],
    site_id: str | None,
    limit: int,
) -> Sequence[tuple[DatasetItemRow, str, str | None]]:
    """Return items with the slugs of their site and product."""
    wanted = (
        select(DatasetItemRow, SiteRow.slug, ProductRow.slug)
        .join(SiteRow, SiteRow.id == DatasetItemRow.site_id)
        .outerjoin(ProductRow, ProductRow.id == DatasetItemRow.product_id)
        .where(
            *visible_to(actor, DatasetItemRow),
            DatasetItemRow.version_id == version_id,
            DatasetItemRow.sha256 > after_sha256,
            DatasetItemRow.split.in_(list(splits)),
        )
    )
    if site_id is not None:
        wanted = wanted.where(DatasetItemRow.site_id == site_id)
    found = session.execute(wanted.order_by(DatasetItemRow.sha256).limit(limit)).all()
    return [(item, site, product) for item, site, product in found]


def all_items(
    session: Session, actor: Actor, version_id: str, *, splits: Sequence[str]
) -> Sequence[DatasetItemRow]:
    wanted = select(DatasetItemRow).where(
        *visible_to(actor, DatasetItemRow),
        DatasetItemRow.version_id == version_id,
        DatasetItemRow.split.in_(list(splits)),
    )
    return session.scalars(wanted.order_by(DatasetItemRow.sha256)).all()


def openings_before(
    session: Session, actor: Actor, version_id: str, *, before_id: str | None, limit: int
) -> Sequence[SealedOpeningRow]:
    wanted = select(SealedOpeningRow).where(
        *visible_to(actor, SealedOpeningRow), SealedOpeningRow.version_id == version_id
    )
    if before_id is not None:
        wanted = wanted.where(SealedOpeningRow.id < before_id)
    return session.scalars(wanted.order_by(SealedOpeningRow.id.desc()).limit(limit)).all()


def opened_versions(session: Session, actor: Actor, version_ids: Iterable[str]) -> set[str]:
    """Return those of the versions that a person has opened."""
    wanted = select(SealedOpeningRow.version_id).where(
        *visible_to(actor, SealedOpeningRow),
        SealedOpeningRow.version_id.in_(list(version_ids)),
        SealedOpeningRow.purpose == "person",
    )
    return set(session.scalars(wanted))


def _versions_of(actor: Actor, dataset_id: str) -> list[ColumnElement[bool]]:
    return [*visible_to(actor, DatasetVersionRow), DatasetVersionRow.dataset_id == dataset_id]


def _standing_truth(actor: Actor, schema_id: str) -> ColumnElement[bool]:
    return and_(
        GroundTruthRow.image_id == ImageRow.id,
        GroundTruthRow.organisation_id == actor.organisation_id,
        GroundTruthRow.schema_id == schema_id,
        GroundTruthRow.superseded_by.is_(None),
    )


def _inside(actor: Actor, filters: ImageFilter) -> list[ColumnElement[bool]]:
    clauses = [*visible_to(actor, ImageRow), ImageRow.kind == "capture"]
    if filters.site_ids:
        clauses.append(ImageRow.site_id.in_(filters.site_ids))
    if filters.station_ids:
        clauses.append(ImageRow.station_id.in_(filters.station_ids))
    if filters.product_ids:
        clauses.append(ImageRow.product_id.in_(filters.product_ids))
    if filters.since is not None:
        clauses.append(ImageRow.taken_at >= filters.since)
    if filters.until is not None:
        clauses.append(ImageRow.taken_at < filters.until)
    return clauses

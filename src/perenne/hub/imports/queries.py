"""All SQL of imports."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.images import ImageRow, ImageSignalRow, in_portions
from perenne.hub.imports.tables import ImportFileRow, ImportRow
from perenne.hub.sites import ProductRow, SiteRow, StationRow


def import_by_id(
    session: Session, actor: Actor, import_id: str, *, for_update: bool = False
) -> ImportRow | None:
    query = select(ImportRow).where(*visible_to(actor, ImportRow), ImportRow.id == import_id)
    return session.scalar(query.with_for_update() if for_update else query)


def imports_before(
    session: Session, actor: Actor, *, before_id: str | None, limit: int
) -> Sequence[ImportRow]:
    query = select(ImportRow).where(*visible_to(actor, ImportRow))
    if before_id is not None:
        query = query.where(ImportRow.id < before_id)
    return session.scalars(query.order_by(ImportRow.id.desc()).limit(limit)).all()


def slugs_of(session: Session, actor: Actor, rows: Sequence[ImportRow]) -> dict[str, str]:
    """Return the short names of the imports' sites, stations and products, by their ids."""
    found: dict[str, str] = {}
    places: tuple[tuple[Any, set[str | None]], ...] = (
        (SiteRow, {row.site_id for row in rows}),
        (StationRow, {row.station_id for row in rows}),
        (ProductRow, {row.product_id for row in rows}),
    )
    for table, identities in places:
        for some in in_portions(identity for identity in identities if identity is not None):
            wanted = select(table.id, table.slug).where(*visible_to(actor, table), table.id.in_(some))
            found.update((identity, slug) for identity, slug in session.execute(wanted))
    return found


def files_after(
    session: Session, actor: Actor, import_id: str, *, after_path: str, image: str | None, limit: int
) -> Sequence[ImportFileRow]:
    query = _files(actor, import_id).where(ImportFileRow.path > after_path)
    if image is not None:
        query = query.where(ImportFileRow.image == image)
    return session.scalars(query.order_by(ImportFileRow.path).limit(limit)).all()


def all_files(session: Session, actor: Actor, import_id: str) -> dict[str, ImportFileRow]:
    return {row.path: row for row in session.scalars(_files(actor, import_id))}


def files_at(
    session: Session, actor: Actor, import_id: str, paths: Collection[str]
) -> dict[str, ImportFileRow]:
    found: dict[str, ImportFileRow] = {}
    for some in in_portions(paths):
        query = _files(actor, import_id).where(ImportFileRow.path.in_(some))
        found.update({row.path: row for row in session.scalars(query)})
    return found


def count_outcomes(
    session: Session, actor: Actor, import_id: str
) -> list[tuple[str | None, str | None, int]]:
    """Return (image, truth, count) of the import's files."""
    query = select(ImportFileRow.image, ImportFileRow.truth, func.count())
    query = query.where(*visible_to(actor, ImportFileRow), ImportFileRow.import_id == import_id)
    rows = session.execute(query.group_by(ImportFileRow.image, ImportFileRow.truth))
    return [(image, truth, count) for image, truth, count in rows]


def files_with_issue(
    session: Session, actor: Actor, import_id: str, *, limit: int
) -> Sequence[ImportFileRow]:
    query = _files(actor, import_id).where(ImportFileRow.issue.is_not(None))
    return session.scalars(query.order_by(ImportFileRow.path).limit(limit)).all()


def count_issues(session: Session, actor: Actor, import_id: str) -> int:
    query = select(func.count()).select_from(ImportFileRow)
    mine = (*visible_to(actor, ImportFileRow), ImportFileRow.import_id == import_id)
    return session.scalar(query.where(*mine, ImportFileRow.issue.is_not(None))) or 0


def count_unlike(session: Session, actor: Actor, import_id: str) -> dict[str, int]:
    """Return the import's images that are barred from training, by the code of the first reason."""
    code = ImageSignalRow.closeness_reasons[0]["code"].as_string()
    query = (
        select(code, func.count(ImageRow.id.distinct()))
        .select_from(ImportFileRow)
        .join(ImageRow, ImageRow.sha256 == ImportFileRow.sha256)
        .join(ImageSignalRow, ImageSignalRow.image_id == ImageRow.id)
        .where(
            *visible_to(actor, ImportFileRow),
            *visible_to(actor, ImageRow),
            ImportFileRow.import_id == import_id,
            ImportFileRow.image.in_(("created", "known")),
            ImageSignalRow.closeness_admitted.is_(False),
        )
    )
    return {str(name): count for name, count in session.execute(query.group_by(code))}


def unlike_reasons(session: Session, actor: Actor, image_ids: Collection[str]) -> dict[str, list[Any]]:
    """Return why images are barred from training, of those that are."""
    found: dict[str, list[Any]] = {}
    for some in in_portions(image_ids):
        query = select(ImageSignalRow.image_id, ImageSignalRow.closeness_reasons).where(
            *visible_to(actor, ImageSignalRow),
            ImageSignalRow.image_id.in_(some),
            ImageSignalRow.closeness_admitted.is_(False),
        )
        found.update((image_id, reasons) for image_id, reasons in session.execute(query))
    return found


def forget_outcomes(session: Session, actor: Actor, import_id: str) -> None:
    mine = (*visible_to(actor, ImportFileRow), ImportFileRow.import_id == import_id)
    session.execute(update(ImportFileRow).where(*mine).values(image=None, truth=None, issue=None))


def delete_import(session: Session, actor: Actor, import_id: str) -> None:
    files = (*visible_to(actor, ImportFileRow), ImportFileRow.import_id == import_id)
    session.execute(delete(ImportFileRow).where(*files))
    session.execute(delete(ImportRow).where(*visible_to(actor, ImportRow), ImportRow.id == import_id))


def _files(actor: Actor, import_id: str) -> Select[ImportFileRow]:
    return select(ImportFileRow).where(
        *visible_to(actor, ImportFileRow), ImportFileRow.import_id == import_id
    )

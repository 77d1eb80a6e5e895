"""All SQL of ground truth."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.annotation import LabelSchemaRow
from perenne.hub.images import ImageRow, in_portions
from perenne.hub.review.tables import GroundTruthRow


def standing_of_images(
    session: Session, actor: Actor, *, schema_id: str, image_ids: Iterable[str]
) -> dict[str, GroundTruthRow]:
    """Return the truth that stands for each of the images that has one."""
    found: dict[str, GroundTruthRow] = {}
    for some in in_portions(image_ids):
        query = _standing(actor, schema_id).where(GroundTruthRow.image_id.in_(some))
        found.update({str(row.image_id): row for row in session.scalars(query)})
    return found


def all_standing(session: Session, actor: Actor, *, schema_id: str) -> Iterator[GroundTruthRow]:
    """Yield the truth that stands for every image under a schema."""
    query = _standing(actor, schema_id).where(GroundTruthRow.image_id.is_not(None))
    yield from session.scalars(query.order_by(GroundTruthRow.image_id))


def standing_of_parts(
    session: Session, actor: Actor, *, schema_id: str, part_ids: Iterable[str]
) -> dict[tuple[str, str | None], GroundTruthRow]:
    """Return the standing truth of parts, by part and site (None: any site)."""
    found: dict[tuple[str, str | None], GroundTruthRow] = {}
    for some in in_portions(part_ids):
        query = _standing(actor, schema_id).where(
            GroundTruthRow.image_id.is_(None), GroundTruthRow.part_id.in_(some)
        )
        found.update({(str(row.part_id), row.site_id): row for row in session.scalars(query)})
    return found


def waiting_for(session: Session, actor: Actor, part_ids: Iterable[str]) -> list[GroundTruthRow]:
    """Return the standing truths of these parts under every schema, the one given last first."""
    wanted = list(part_ids)
    if len(wanted) == 1 and _nothing_waits_for(session, actor, wanted[0]):
        return []
    found: list[GroundTruthRow] = []
    for some in in_portions(wanted):
        found += session.scalars(_waiting_statement(actor), {"part_ids": list(some)})
    return found


def _nothing_waits_for(session: Session, actor: Actor, part_id: str) -> bool:
    """Every inspected part asks this, and hardly one has a truth already: no rows are made of the answer."""
    return session.connection().scalar(_any_waiting(actor), {"part_id": part_id}) is None


@lru_cache(maxsize=256)
def _any_waiting(actor: Actor) -> Select[Any]:
    return (
        select(GroundTruthRow.id)
        .where(
            *visible_to(actor, GroundTruthRow),
            GroundTruthRow.image_id.is_(None),
            GroundTruthRow.superseded_by.is_(None),
            GroundTruthRow.part_id == bindparam("part_id"),
        )
        .limit(1)
    )


@lru_cache(maxsize=256)
def _waiting_statement(actor: Actor) -> Select[Any]:
    """Return the question that every arriving part asks; kept, because making it takes its time."""
    wanted: BindParameter[list[str]] = bindparam("part_ids", expanding=True)
    query = select(GroundTruthRow).where(
        *visible_to(actor, GroundTruthRow),
        GroundTruthRow.image_id.is_(None),
        GroundTruthRow.superseded_by.is_(None),
        GroundTruthRow.part_id.in_(wanted),
    )
    return query.order_by(GroundTruthRow.given_at.desc(), GroundTruthRow.id.desc())


def count_part_images(session: Session, actor: Actor, *, part_id: str, site_id: str) -> int:
    query = select(func.count()).where(
        *visible_to(actor, ImageRow),
        ImageRow.part_id == part_id,
        ImageRow.site_id == site_id,
        ImageRow.kind == "capture",
    )
    return session.scalar(query) or 0


def schemas_by_id(session: Session, actor: Actor, ids: Iterable[str]) -> dict[str, LabelSchemaRow]:
    wanted = sorted(set(ids))
    query = select(LabelSchemaRow).where(*visible_to(actor, LabelSchemaRow), LabelSchemaRow.id.in_(wanted))
    return {row.id: row for row in session.scalars(query)}


def truths_before(
    session: Session,
    actor: Actor,
    *,
    image_id: str | None,
    part_id: str | None,
    schema_id: str | None,
    standing_only: bool,
    before_id: str | None,
    limit: int,
) -> Sequence[GroundTruthRow]:
    """Return truths, newest first."""
    query = select(GroundTruthRow).where(*visible_to(actor, GroundTruthRow))
    if image_id is not None:
        query = query.where(GroundTruthRow.image_id == image_id)
    if part_id is not None:
        query = query.where(GroundTruthRow.part_id == part_id)
    if schema_id is not None:
        query = query.where(GroundTruthRow.schema_id == schema_id)
    if standing_only:
        query = query.where(GroundTruthRow.superseded_by.is_(None))
    if before_id is not None:
        query = query.where(GroundTruthRow.id < before_id)
    return session.scalars(query.order_by(GroundTruthRow.id.desc()).limit(limit)).all()


def _standing(actor: Actor, schema_id: str) -> Select[Any]:
    return select(GroundTruthRow).where(
        *visible_to(actor, GroundTruthRow),
        GroundTruthRow.schema_id == schema_id,
        GroundTruthRow.superseded_by.is_(None),
    )

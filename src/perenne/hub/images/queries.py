"""All SQL of images."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, Update, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.images.rules import Placed, PredictionNote
from perenne.hub.images.tables import (
    ImageClassRow,
    ImageRow,
    ImageSignalRow,
    RefusedImageRow,
    StationGateRow,
)
from perenne.hub.sites import LineRow, ProductRow, SiteRow, StationRow

IN_LIMIT = 5_000
"""How many values one IN clause carries; databases limit the number of parameters."""


@dataclass(frozen=True)
class ImageFilter:
    """Which images are wanted; None means any. Times are those of capture (of arrival when unknown).

    `decision`, the scores and `model_id` speak of the latest prediction; `class_name` of it or of a truth.
    """

    site_id: str | None = None
    line_id: str | None = None
    station_id: str | None = None
    product_id: str | None = None
    kind: str | None = None
    part_id: str | None = None
    batch_id: str | None = None
    group_key: str | None = None
    external_id: str | None = None
    sha256: str | None = None
    has_truth: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    decision: str | None = None
    model_id: str | None = None
    class_name: str | None = None
    min_score: float | None = None
    max_score: float | None = None


def image_by_id(session: Session, actor: Actor, image_id: str) -> ImageRow | None:
    return session.scalar(select(ImageRow).where(*visible_to(actor, ImageRow), ImageRow.id == image_id))


def images_before(
    session: Session, actor: Actor, wanted: ImageFilter, *, before_id: str | None, limit: int
) -> Sequence[ImageRow]:
    """Return images, newest first."""
    query = select(ImageRow).where(*_wanted(actor, wanted))
    if before_id is not None:
        query = query.where(ImageRow.id < before_id)
    return session.scalars(query.order_by(ImageRow.id.desc()).limit(limit)).all()


def tiles_before(
    session: Session, actor: Actor, wanted: ImageFilter, *, before_id: str | None, limit: int
) -> Sequence[Any]:
    """Return what a gallery draws of images, newest first: plain rows, no objects."""
    query = (
        select(
            ImageRow.id,
            ImageRow.width,
            ImageRow.height,
            SiteRow.slug.label("site"),
            ImageRow.captured_at,
            ImageRow.has_truth,
            ImageRow.last_decision.label("decision"),
            ImageRow.last_score.label("score"),
        )
        .join(SiteRow, SiteRow.id == ImageRow.site_id)
        .where(*_wanted(actor, wanted))
    )
    if before_id is not None:
        query = query.where(ImageRow.id < before_id)
    return session.execute(query.order_by(ImageRow.id.desc()).limit(limit)).all()


def landmark_ids(
    session: Session, actor: Actor, wanted: ImageFilter, *, every: int
) -> tuple[int, Sequence[str]]:
    """Return how many images there are and the id of every `every`th, newest first.

    Each landmark is found from the one before by skipping inside the index: four times quicker than numbering
    all rows.
    """
    total = session.scalar(select(func.count()).select_from(ImageRow).where(*_wanted(actor, wanted))) or 0
    if total <= every:
        return total, []
    ahead = select(ImageRow.id).where(*_wanted(actor, wanted)).order_by(ImageRow.id.desc())
    ahead = ahead.offset(every - 1).limit(1)
    marks = select(ahead.scalar_subquery().label("id")).cte("marks", recursive=True)
    following = ahead.where(ImageRow.id < marks.c.id).correlate(marks).scalar_subquery()
    marks = marks.union_all(select(following).where(marks.c.id.is_not(None)))
    found = select(marks.c.id).where(marks.c.id.is_not(None)).order_by(marks.c.id.desc())
    return total, session.scalars(found).all()


def images_after(
    session: Session, actor: Actor, wanted: ImageFilter, *, after_id: str, limit: int
) -> Sequence[ImageRow]:
    """Return images, oldest first."""
    query = select(ImageRow).where(*_wanted(actor, wanted), ImageRow.id > after_id)
    return session.scalars(query.order_by(ImageRow.id).limit(limit)).all()


def images_where(session: Session, actor: Actor, column: str, values: Iterable[str]) -> Iterator[ImageRow]:
    """Yield the visible images whose `column` (id, sha256, part_id, external_id) is among `values`."""
    attribute = getattr(ImageRow, column)
    for some in in_portions(values):
        query = select(ImageRow).where(*visible_to(actor, ImageRow), attribute.in_(some))
        yield from session.scalars(query.order_by(ImageRow.id))


def ids_of_hashes(session: Session, actor: Actor, hashes: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in in_portions(hashes):
        query = select(ImageRow.sha256, ImageRow.id)
        query = query.where(*visible_to(actor, ImageRow), ImageRow.sha256.in_(some))
        found.update((sha256, image_id) for sha256, image_id in session.execute(query))
    return found


def stored_in_organisation(session: Session, actor: Actor, hashes: Iterable[str]) -> dict[str, ImageRow]:
    """Return the stored images of the whole organisation by hash: bytes are stored once for all its sites."""
    found: dict[str, ImageRow] = {}
    for some in in_portions(hashes):
        same_organisation = ImageRow.organisation_id == actor.organisation_id
        for row in session.scalars(select(ImageRow).where(same_organisation, ImageRow.sha256.in_(some))):
            found[row.sha256] = row
    return found


def set_has_truth(session: Session, actor: Actor, image_ids: Iterable[str], *, has_truth: bool) -> None:
    for some in in_portions(image_ids):
        mine = visible_to(actor, ImageRow)
        session.execute(update(ImageRow).where(*mine, ImageRow.id.in_(some)).values(has_truth=has_truth))


def set_last_prediction(session: Session, actor: Actor, *, image_id: str, note: PredictionNote) -> None:
    mine = {"o": actor.organisation_id, "i": image_id}
    values = {**mine, "d": note.decision, "s": note.score, "m": note.model_id}
    session.connection().execute(_last_prediction_statement(), values)


def replace_classes(
    session: Session, actor: Actor, *, origin: str, classes: Mapping[str, Iterable[str]]
) -> None:
    """What `origin` said of the classes of these images is this now."""
    connection, mine = session.connection(), ImageClassRow.organisation_id == actor.organisation_id
    for some in in_portions(classes):
        these = (mine, ImageClassRow.origin == origin, ImageClassRow.image_id.in_(some))
        connection.execute(delete(ImageClassRow).where(*these))
    insert_classes(session, actor, origin=origin, classes=classes)


def insert_classes(
    session: Session, actor: Actor, *, origin: str, classes: Mapping[str, Iterable[str]]
) -> None:
    """`origin` says these classes of images that it said nothing of before."""
    rows = [
        {"image_id": image_id, "origin": origin, "name": name, "organisation_id": actor.organisation_id}
        for image_id, names in classes.items()
        for name in sorted(set(names))
    ]
    if rows:
        session.connection().execute(_insert_class(), rows)


def insert_measured(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """What was measured of these images is kept; one that was measured before keeps what it has."""
    if rows:
        connection = session.connection()
        connection.execute(_insert_measured(connection.dialect.name), rows)


def images_without_signals(
    session: Session, actor: Actor, *, after_id: str, limit: int
) -> Sequence[ImageRow]:
    """Return images of which nothing was measured, oldest first."""
    query = select(ImageRow).where(*_unmeasured(actor), ImageRow.id > after_id)
    return session.scalars(query.order_by(ImageRow.id).limit(limit)).all()


def count_without_signals(session: Session, actor: Actor) -> int:
    return session.scalar(select(func.count()).select_from(ImageRow).where(*_unmeasured(actor))) or 0


def _unmeasured(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    measured = select(ImageSignalRow.image_id).where(ImageSignalRow.image_id == ImageRow.id).exists()
    return (*visible_to(actor, ImageRow), ~measured)


@lru_cache(maxsize=1)
def _last_prediction_statement() -> Update:
    """Return the statement of every inspection; made once, because making it takes its time."""
    return (
        update(ImageRow)
        .where(ImageRow.organisation_id == bindparam("o"), ImageRow.id == bindparam("i"))
        .values(last_decision=bindparam("d"), last_score=bindparam("s"), last_model_id=bindparam("m"))
    )


@lru_cache(maxsize=1)
def _insert_class() -> Insert:
    return insert(ImageClassRow)


def counts_by_site(session: Session, actor: Actor, *, since: datetime) -> Sequence[Any]:
    """Return (site id, images, images taken since, last taken at) of every visible site that has images."""
    recent = func.count().filter(ImageRow.taken_at >= since).label("recent")
    query = select(
        ImageRow.site_id, func.count().label("total"), recent, func.max(ImageRow.taken_at).label("last_at")
    )
    return session.execute(query.where(*visible_to(actor, ImageRow)).group_by(ImageRow.site_id)).all()


def refused_row(
    session: Session, actor: Actor, *, sha256: str, site_id: str | None, code: str
) -> RefusedImageRow | None:
    query = select(RefusedImageRow).where(
        *visible_to(actor, RefusedImageRow),
        RefusedImageRow.sha256 == sha256,
        RefusedImageRow.site_id.is_(None) if site_id is None else RefusedImageRow.site_id == site_id,
        RefusedImageRow.reason_code == code,
    )
    return session.scalar(query.limit(1))


def refused_counts(session: Session, actor: Actor) -> Sequence[Any]:
    """Return (site id, site slug, code, count, last id) of refusals, the most frequent first."""
    total = func.sum(RefusedImageRow.count).label("total")
    query = (
        select(
            RefusedImageRow.site_id,
            SiteRow.slug,
            RefusedImageRow.reason_code,
            total,
            func.max(RefusedImageRow.at).label("last_at"),
        )
        .outerjoin(SiteRow, SiteRow.id == RefusedImageRow.site_id)
        .where(*visible_to(actor, RefusedImageRow))
        .group_by(RefusedImageRow.site_id, SiteRow.slug, RefusedImageRow.reason_code)
        .order_by(total.desc(), RefusedImageRow.reason_code)
    )
    return session.execute(query).all()


def last_refused(session: Session, actor: Actor, *, site_id: str | None, code: str) -> RefusedImageRow | None:
    query = select(RefusedImageRow).where(
        *visible_to(actor, RefusedImageRow),
        RefusedImageRow.site_id.is_(None) if site_id is None else RefusedImageRow.site_id == site_id,
        RefusedImageRow.reason_code == code,
    )
    return session.scalar(query.order_by(RefusedImageRow.at.desc(), RefusedImageRow.id.desc()).limit(1))


def slugs_of(session: Session, actor: Actor, rows: Sequence[ImageRow | Placed]) -> dict[str, str]:
    """Return the short names of the sites, lines, stations and products that `rows` name, by id."""
    wanted: list[tuple[Any, set[str | None]]] = [
        (SiteRow, {row.site_id for row in rows}),
        (LineRow, {row.line_id for row in rows}),
        (StationRow, {row.station_id for row in rows}),
        (ProductRow, {row.product_id for row in rows}),
    ]
    slugs: dict[str, str] = {}
    for table, ids in wanted:
        present = sorted(found for found in ids if found is not None)
        if present:
            query = select(table.id, table.slug).where(*visible_to(actor, table), table.id.in_(present))
            slugs.update((identity, slug) for identity, slug in session.execute(query))
    return slugs


def newest_gate_id(session: Session, actor: Actor, station_id: str) -> str | None:
    """Return the id of the station's calibration in force."""
    mine = (*visible_to(actor, StationGateRow), StationGateRow.station_id == station_id)
    return session.scalar(select(StationGateRow.id).where(*mine).order_by(StationGateRow.id.desc()).limit(1))


def newest_gates(session: Session, actor: Actor, station_id: str, *, limit: int) -> Sequence[StationGateRow]:
    """Return the station's calibrations; the first is in force."""
    mine = (*visible_to(actor, StationGateRow), StationGateRow.station_id == station_id)
    query = select(StationGateRow).where(*mine).order_by(StationGateRow.id.desc())
    return session.scalars(query.limit(limit)).all()


def gate_by_id(session: Session, actor: Actor, gate_id: str) -> StationGateRow | None:
    return session.scalar(
        select(StationGateRow).where(*visible_to(actor, StationGateRow), StationGateRow.id == gate_id)
    )


def calibration_images(
    session: Session,
    actor: Actor,
    station_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    include_refused: bool = False,
    limit: int,
) -> Sequence[Any]:
    """Return (id, sha256, taken_at) of the images that a calibration may learn from, newest first."""
    clauses = [*visible_to(actor, ImageRow), ImageRow.station_id == station_id, ImageRow.kind == "capture"]
    if since is not None:
        clauses.append(ImageRow.taken_at >= since)
    if until is not None:
        clauses.append(ImageRow.taken_at < until)
    query = select(ImageRow.id, ImageRow.sha256, ImageRow.taken_at).where(*clauses)
    if not include_refused:
        said = ImageSignalRow.verdict
        query = query.outerjoin(ImageSignalRow, ImageSignalRow.image_id == ImageRow.id)
        query = query.where(said.is_(None) | (said != "refused"))
    return session.execute(query.order_by(ImageRow.id.desc()).limit(limit)).all()


def verdict_counts(session: Session, actor: Actor, station_id: str, *, since: datetime) -> Sequence[Any]:
    """Return (verdict, code of the first reason, images) of a station since then."""
    code = ImageSignalRow.reasons[0]["code"].as_string()
    return _signal_counts(session, actor, station_id, since, ImageSignalRow.verdict, code)


def closeness_counts(session: Session, actor: Actor, station_id: str, *, since: datetime) -> Sequence[Any]:
    """Return (admitted for training or not, code of the first reason, images) of a station since then."""
    code = ImageSignalRow.closeness_reasons[0]["code"].as_string()
    return _signal_counts(session, actor, station_id, since, ImageSignalRow.closeness_admitted, code)


def _signal_counts(
    session: Session, actor: Actor, station_id: str, since: datetime, *columns: Any
) -> Sequence[Any]:
    query = select(*columns, func.count()).where(
        *visible_to(actor, ImageSignalRow),
        ImageSignalRow.station_id == station_id,
        ImageSignalRow.measured_at >= since,
    )
    return session.execute(query.group_by(*columns)).all()


def in_portions(values: Iterable[str]) -> Iterator[list[str]]:
    """Yield `values` in lists that fit one IN clause."""
    unique = list(dict.fromkeys(values))
    for start in range(0, len(unique), IN_LIMIT):
        yield unique[start : start + IN_LIMIT]


def _wanted(actor: Actor, wanted: ImageFilter) -> list[ColumnElement[bool]]:
    clauses = [*visible_to(actor, ImageRow), *_clauses(wanted)]
    if wanted.class_name is not None:
        mine = ImageClassRow.organisation_id == actor.organisation_id
        showing = select(ImageClassRow.image_id).where(mine, ImageClassRow.name == wanted.class_name)
        clauses.append(ImageRow.id.in_(showing))
    return clauses


def _clauses(wanted: ImageFilter) -> list[ColumnElement[bool]]:
    equal = (
        "site_id", "line_id", "station_id", "product_id", "kind", "part_id", "batch_id", "group_key",
        "external_id", "sha256", "has_truth",
    )  # fmt: skip
    clauses = [
        getattr(ImageRow, name) == getattr(wanted, name)
        for name in equal
        if getattr(wanted, name) is not None
    ]
    if wanted.since is not None:
        clauses.append(ImageRow.taken_at >= wanted.since)
    if wanted.until is not None:
        clauses.append(ImageRow.taken_at < wanted.until)
    if wanted.decision is not None:
        clauses.append(ImageRow.last_decision == wanted.decision)
    if wanted.model_id is not None:
        clauses.append(ImageRow.last_model_id == wanted.model_id)
    if wanted.min_score is not None:
        clauses.append(ImageRow.last_score >= wanted.min_score)
    if wanted.max_score is not None:
        clauses.append(ImageRow.last_score <= wanted.max_score)
    return clauses


def insert_unless_stored(session: Session, row: ImageRow) -> bool:
    """Add the row by one statement and say so; False when the organisation has stored these bytes before."""
    connection = session.connection()
    statement = _insert_image(connection.dialect.name)
    values = {column.key: getattr(row, column.key) for column in ImageRow.__table__.columns}
    return connection.execute(statement, values).rowcount == 1


@lru_cache(maxsize=4)
def _insert_measured(dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(ImageSignalRow).on_conflict_do_nothing(index_elements=["image_id"])


@lru_cache(maxsize=4)
def _insert_image(dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(ImageRow).on_conflict_do_nothing(index_elements=["organisation_id", "sha256"])

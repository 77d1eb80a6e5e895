"""All SQL of the tick: what is new, what was taken up, and what a context knows afterwards.

Owns the order of reading. Refuses to read a prediction twice: what was taken up has an entry.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.images import ImageRow, ImageSignalRow
from perenne.hub.monitoring.tables import (
    WatchContextRow,
    WatchCursorRow,
    WatchEntryRow,
    WatchPointRow,
    WatchReferenceRow,
    WatchStateRow,
)
from perenne.hub.predictions import PredictionRow
from perenne.kit.ids import is_id, least_id_before

SETTLED_S = 30.0
"""A prediction may appear so long after one with a greater id: longer than a writer waits for a lock."""


@dataclass(frozen=True)
class Cursor:
    """Up to which prediction was read, at which version of the row; version 0 when there is none yet."""

    prediction_id: str
    version: int

    @property
    def settled(self) -> str:
        """The id below which nothing can appear any more."""
        if not is_id(self.prediction_id, self.prediction_id[:3]):
            return ""
        return least_id_before(self.prediction_id, seconds=SETTLED_S)


def read_cursor(session: Session, actor: Actor) -> Cursor:
    """Return up to where the organisation was read."""
    row = session.scalar(select(WatchCursorRow).where(*visible_to(actor, WatchCursorRow)))
    return Cursor(row.prediction_id, row.version) if row is not None else Cursor("", 0)


def move_cursor(session: Session, actor: Actor, cursor: Cursor, *, to: str) -> bool:
    """Say whether the cursor was still where `cursor` says, and stands at `to` now."""
    if cursor.version == 0:
        row = WatchCursorRow(organisation_id=actor.organisation_id, prediction_id=to, version=1)
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            return False
        return True
    changed = session.execute(
        update(WatchCursorRow)
        .where(*visible_to(actor, WatchCursorRow), WatchCursorRow.version == cursor.version)
        .values(prediction_id=to, version=cursor.version + 1)
    )
    return cast(CursorResult[Any], changed).rowcount == 1


def has_unread(session: Session, actor: Actor, cursor: Cursor) -> bool:
    """Say whether a prediction waits, a reference is due or a closed incident asks for a new start."""
    asked = select(WatchContextRow.id).where(
        *visible_to(actor, WatchContextRow), WatchContextRow.restart_asked
    )
    if session.scalar(asked.limit(1)) is not None:
        return True
    return session.execute(_unread(actor, cursor).limit(1)).first() is not None


def unread_predictions(session: Session, actor: Actor, cursor: Cursor, *, limit: int) -> Sequence[Any]:
    """Return predictions that nobody took up yet, with what was measured of their images, by id."""
    return session.execute(_unread(actor, cursor).order_by(PredictionRow.id).limit(limit)).all()


def _columns() -> "Select[Any]":
    """Return what a record is made of, and which context it belongs to."""
    return (
        select(
            PredictionRow.id,
            PredictionRow.site_id,
            PredictionRow.station_id,
            PredictionRow.model_version_id,
            PredictionRow.at,
            PredictionRow.decision,
            PredictionRow.embedding,
            PredictionRow.signals.label("predicted"),
            PredictionRow.image_id,
            ImageRow.product_id,
            ImageRow.batch_id.label("lot"),
            ImageRow.part_id,
            ImageRow.kind,
            ImageSignalRow.fingerprint,
            ImageSignalRow.signals,
            ImageSignalRow.verdict,
        )
        .join(ImageRow, ImageRow.id == PredictionRow.image_id)
        .outerjoin(ImageSignalRow, ImageSignalRow.image_id == PredictionRow.image_id)
    )


def _unread(actor: Actor, cursor: Cursor) -> "Select[Any]":
    return (
        _columns()
        .outerjoin(WatchEntryRow, WatchEntryRow.prediction_id == PredictionRow.id)
        .where(
            *visible_to(actor, PredictionRow),
            PredictionRow.id > cursor.settled,
            WatchEntryRow.prediction_id.is_(None),
        )
    )


def entries_of(session: Session, actor: Actor, *, context_id: str, after: int, limit: int) -> list[Any]:
    """Return the predictions that a context took up after its image number `after`: the newest, in order."""
    wanted = (
        _columns()
        .add_columns(WatchEntryRow.number)
        .join(WatchEntryRow, WatchEntryRow.prediction_id == PredictionRow.id)
        .where(
            *visible_to(actor, PredictionRow),
            WatchEntryRow.context_id == context_id,
            WatchEntryRow.number > after,
        )
    )
    found = session.execute(wanted.order_by(WatchEntryRow.number.desc()).limit(limit)).all()
    return list(reversed(found))


def _of_context(actor: Actor, context: WatchContextRow) -> list[Any]:
    """Return what holds of the predictions that a context sees."""
    return [
        *visible_to(actor, PredictionRow),
        PredictionRow.station_id == context.station_id,
        PredictionRow.model_version_id == context.model_version_id,
        ImageRow.product_id.is_(None)
        if context.product_id is None
        else ImageRow.product_id == context.product_id,
        ImageRow.kind == "capture",
    ]


def lots_between(
    session: Session, actor: Actor, context: WatchContextRow, *, since: datetime, until: datetime, limit: int
) -> list[Any]:
    """Return (prediction id, at, lot, part) of what a context saw in [since, until): the newest, in order."""
    wanted = (
        select(PredictionRow.id, PredictionRow.at, ImageRow.batch_id.label("lot"), ImageRow.part_id)
        .join(ImageRow, ImageRow.id == PredictionRow.image_id)
        .where(*_of_context(actor, context), PredictionRow.at >= since, PredictionRow.at < until)
        .order_by(PredictionRow.at.desc(), PredictionRow.id.desc())
        .limit(limit)
    )
    return list(reversed(session.execute(wanted).all()))


def predictions_among(session: Session, actor: Actor, ids: Iterable[str]) -> list[Any]:
    """Return these predictions with what was measured of their images, by id."""
    wanted = _columns().where(*visible_to(actor, PredictionRow), PredictionRow.id.in_(sorted(ids)))
    return list(session.execute(wanted.order_by(PredictionRow.id)).all())


def context_predictions(
    session: Session,
    actor: Actor,
    context: WatchContextRow,
    *,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
    up_to_id: str | None = None,
    first: bool = False,
) -> list[Any]:
    """Return what a context saw in a span of time: the newest (or first) `limit` predictions, in order."""
    wanted = _columns().where(*_of_context(actor, context))
    if since is not None:
        wanted = wanted.where(PredictionRow.at >= since)
    if until is not None:
        wanted = wanted.where(PredictionRow.at <= until)
    if up_to_id is not None:
        wanted = wanted.where(PredictionRow.id <= up_to_id)
    if first:
        return list(session.execute(wanted.order_by(PredictionRow.id).limit(limit)).all())
    found = session.execute(wanted.order_by(PredictionRow.id.desc()).limit(limit)).all()
    return list(reversed(found))


def add_entries(session: Session, values: list[dict[str, Any]]) -> None:
    """These predictions are taken up."""
    if values:
        session.execute(insert(WatchEntryRow), values)


def drop_entries(session: Session, actor: Actor, *, context_id: str | None, up_to: int, before: str) -> None:
    """Forget entries that a snapshot holds and that no late prediction can lie beside."""
    session.execute(
        delete(WatchEntryRow).where(
            *visible_to(actor, WatchEntryRow),
            WatchEntryRow.context_id == context_id
            if context_id is not None
            else WatchEntryRow.context_id.is_(None),
            WatchEntryRow.number <= up_to,
            WatchEntryRow.prediction_id < before,
        )
    )


def contexts_of_keys(session: Session, actor: Actor, keys: Iterable[str]) -> dict[str, WatchContextRow]:
    """Return the contexts of these keys that are there already."""
    wanted = select(WatchContextRow).where(
        *visible_to(actor, WatchContextRow), WatchContextRow.key.in_(sorted(keys))
    )
    return {row.key: row for row in session.scalars(wanted)}


def contexts_to_restart(session: Session, actor: Actor) -> Sequence[WatchContextRow]:
    """Return the contexts whose incident was closed since their last tick."""
    wanted = select(WatchContextRow).where(*visible_to(actor, WatchContextRow), WatchContextRow.restart_asked)
    return session.scalars(wanted).all()


def siblings_of(session: Session, actor: Actor, context: WatchContextRow) -> Sequence[WatchContextRow]:
    """Return the contexts of the same station and product under other model versions."""
    wanted = select(WatchContextRow).where(
        *visible_to(actor, WatchContextRow),
        WatchContextRow.station_id == context.station_id,
        WatchContextRow.id != context.id,
    )
    return [row for row in session.scalars(wanted) if row.product_id == context.product_id]


def current_evidence(session: Session, actor: Actor) -> dict[str, float]:
    """Return the evidence of every context that is watched, by its id."""
    wanted = select(WatchContextRow.id, WatchContextRow.log_evidence).where(
        *visible_to(actor, WatchContextRow), WatchContextRow.reference_id.is_not(None)
    )
    return {row[0]: -745.0 if row[1] is None else row[1] for row in session.execute(wanted)}


def state_of(session: Session, actor: Actor, context_id: str) -> WatchStateRow | None:
    """Return the snapshot of a context."""
    wanted = select(WatchStateRow).where(
        *visible_to(actor, WatchStateRow), WatchStateRow.context_id == context_id
    )
    return session.scalar(wanted)


def reference_with_data(session: Session, actor: Actor, reference_id: str) -> WatchReferenceRow | None:
    """Return a reference with the engine's data."""
    wanted = select(WatchReferenceRow).where(
        *visible_to(actor, WatchReferenceRow), WatchReferenceRow.id == reference_id
    )
    everything = (undefer(WatchReferenceRow.data), undefer(WatchReferenceRow.signatures))
    return session.scalar(wanted.options(*everything))


def points_of(
    session: Session, actor: Actor, wanted: Iterable[tuple[str, int, datetime]]
) -> dict[tuple[str, int, datetime], WatchPointRow]:
    """Return the rows of these buckets (context, length, beginning) that are there already."""
    keys = set(wanted)
    query = select(WatchPointRow).where(
        *visible_to(actor, WatchPointRow),
        WatchPointRow.context_id.in_(sorted({context_id for context_id, _, _ in keys})),
        WatchPointRow.at.in_(sorted({at for _, _, at in keys})),
    )
    found = {(row.context_id, row.bucket_s, row.at): row for row in session.scalars(query)}
    return {key: row for key, row in found.items() if key in keys}


def read_json(text: str | None) -> dict[str, Any]:
    """Return the object that a text column holds; an empty one for none."""
    found: dict[str, Any] = json.loads(text) if text else {}
    return found

"""The tick: new predictions of an organisation, each taken up once, by its context, in order.

Owns the three steps: read what is new, judge it outside any transaction, write everything in one. A worker
that dies in between has written nothing, and another goes on from the same place; of two workers one writes.
Refuses the inspection path: an inspection never waits for a watch.
"""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perenne.hub.accounts import Actor, system_actor
from perenne.hub.infra.services import Hub
from perenne.hub.monitoring import queries, stream
from perenne.hub.monitoring.alarming import draft_alarms
from perenne.hub.monitoring.findings import Work
from perenne.hub.monitoring.records import make_record
from perenne.hub.monitoring.referring import Fitted, fit
from perenne.hub.monitoring.rules import MOST_REFERENCE, context_key, next_attempt
from perenne.hub.monitoring.tables import WatchContextRow, WatchReferenceRow
from perenne.hub.monitoring.watcher import WINDOW, Seen, Watcher
from perenne.hub.monitoring.writing import write_tick
from perenne.kit.ids import new_id
from perenne.kit.saying import to_code
from perenne.monitoring.reference import Reference

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BATCH = 2_000
SNAPSHOT_EVERY = 500
"""A snapshot is written after so many images; up to as many are taken up again when a worker starts."""
WATCHERS_KEPT = 200
ITSELF = "the watch itself"
_log = logging.getLogger("perenne.monitoring")


def tick(hub: Hub, organisation_id: str, *, limit: int = BATCH) -> int:
    """Return how many predictions were read; 0 when nothing was new, or another worker was first."""
    actor = system_actor(organisation_id, name=ITSELF)
    with hub.database.reading() as session:
        cursor = stream.read_cursor(session, actor)
        due = queries.due_references(session, actor, now=hub.clock.now())
        if not due and not stream.has_unread(session, actor, cursor):
            return 0
        rows = stream.unread_predictions(session, actor, cursor, limit=limit)
        work = _gather(session, hub, actor, rows, due)
    watchers = _watchers(hub)
    for one in work:
        watchers.pop(one.context.id, None)  # it changes now: good again when it is written
        _judge(hub, one)
    taken = {entry["prediction_id"] for one in work for entry in one.entries}
    left_out = [row.id for row in rows if row.id not in taken]
    moved = max([cursor.prediction_id, *(row.id for row in rows)])
    if not write_tick(hub, actor, work, cursor=cursor, moved=moved, left_out=left_out):
        _log.info("another worker has watched organisation %s meanwhile", organisation_id)
        return 0
    for one in work:
        watchers[one.context.id] = (one.context.version, one.watcher)
    while len(watchers) > WATCHERS_KEPT:
        watchers.popitem(last=False)
    return max(1, len(rows))


def _gather(
    session: "Session", hub: Hub, actor: Actor, rows: Sequence[Any], due: Sequence[WatchReferenceRow]
) -> list[Work]:
    """Return every touched context with its watcher, in the order of their keys."""
    golden = queries.golden_part_ids(session, actor)
    by_key: dict[str, list[Any]] = {}
    for row in rows:
        measured = row.fingerprint or row.signals or row.embedding or row.predicted
        if row.kind == "capture" and measured and (row.station_id, row.part_id or "") not in golden:
            key = context_key(row.station_id, row.product_id, row.model_version_id)
            by_key.setdefault(key, []).append(row)
    known = stream.contexts_of_keys(session, actor, by_key)
    known.update({row.key: row for row in stream.contexts_to_restart(session, actor)})
    named = queries.contexts_among(session, actor, {row.context_id for row in due})
    known.update({row.key: row for row in named.values()})
    for row in known.values():
        session.expunge(row)  # what is found out is written later, in a transaction of its own
    work = []
    for key in sorted({*by_key, *known}):
        context = known.get(key)
        made = context or _new_context(hub, by_key[key][0], key=key)
        asked = [
            (one.id, _images_between(session, actor, made, one)) for one in due if one.context_id == made.id
        ]
        watcher = Watcher() if context is None else _watcher(session, hub, actor, context)
        new = context is None
        work.append(Work(made, watcher, new, by_key.get(key, []), asked, images_before=made.n_images))
    return work


def _images_between(
    session: "Session", actor: Actor, context: WatchContextRow, asked: WatchReferenceRow
) -> list[Seen]:
    rows = stream.context_predictions(
        session, actor, context, limit=MOST_REFERENCE, since=asked.since, until=asked.until
    )
    return [see(row) for row in rows]


def _new_context(hub: Hub, row: Any, *, key: str) -> WatchContextRow:
    return WatchContextRow(
        id=new_id("wct"),
        key=key,
        site_id=row.site_id,
        station_id=row.station_id,
        product_id=row.product_id,
        model_version_id=row.model_version_id,
        n_images=0,
        n_needed=hub.settings.watch_first_reference,
        why_collecting="",
        why_collecting_said=None,
        alarmed=[],
        told={},
        first_image_at=row.at,
        last_image_at=row.at,
        last_prediction_id=row.id,
        restart_asked=False,
        version=0,
    )


def _judge(hub: Hub, work: Work) -> None:
    """The watcher has taken up what is new, and `work` holds what it showed."""
    watcher, context = work.watcher, work.context
    alarmed = set(context.alarmed)
    told = {name: list(values) for name, values in context.told.items()}
    for asked_id, seen in work.asked:
        fitted = fit(hub, seen, asked_id=asked_id)
        work.fitted.append(fitted)
        if fitted.reference is not None:
            _begin(watcher, fitted)
            alarmed, told, work.restarted = set(), {}, True
    if context.restart_asked:
        watcher.restart()
        alarmed, work.restarted = set(), True
    for row in work.rows:
        one = see(row)
        step = watcher.take(one)
        work.entries.append({"prediction_id": row.id, "context_id": context.id, "number": watcher.number})
        if watcher.monitor is None:
            _try_first(hub, work)
        elif step is not None:
            work.alarms += draft_alarms(
                step,
                watcher=watcher,
                seen=one,
                alarmed=alarmed,
                told=told,
                context_id=context.id,
                site_id=context.site_id,
            )
    work.touched = watcher.take_touched()
    fresh = watcher.number - watcher.snapshot_at >= SNAPSHOT_EVERY or any(
        one.reference for one in work.fitted
    )
    if watcher.monitor is not None and (fresh or work.restarted):
        work.snapshot = watcher.to_npz()
        watcher.snapshot_at = watcher.number
    context.alarmed, context.told = sorted(alarmed), told
    if work.rows:
        context.last_image_at = max(context.last_image_at, work.rows[-1].at)
        context.last_prediction_id = max(context.last_prediction_id, work.rows[-1].id)


def _begin(watcher: Watcher, fitted: Fitted) -> None:
    assert fitted.reference is not None and fitted.promise is not None
    watcher.begin(fitted.reference, run_length=fitted.promise.alarm, amber_run_length=fitted.promise.amber)


def _try_first(hub: Hub, work: Work) -> None:
    """The watch begins when enough images were collected and they make a reference."""
    context, watcher = work.context, work.watcher
    if watcher.number < context.n_needed:
        return
    fitted = fit(hub, list(watcher.collected))
    if fitted.reference is None:
        context.why_collecting, context.why_collecting_said = fitted.why[:500], to_code(fitted.why)
        context.n_needed = next_attempt(watcher.number, first=hub.settings.watch_first_reference)
        return
    context.why_collecting, context.why_collecting_said = "", None
    work.fitted.append(fitted)
    _begin(watcher, fitted)


def see(row: Any) -> Seen:
    """Return a prediction as a watcher takes it up."""
    record = make_record(
        image_id=row.image_id,
        at=row.at,
        lot=row.lot,
        fingerprint=row.fingerprint,
        signals=row.signals,
        embedding=row.embedding,
        predicted=row.predicted,
        decision=row.decision,
    )
    return Seen(row.id, record, row.verdict or "not_judged")


def _watcher(session: "Session", hub: Hub, actor: Actor, context: WatchContextRow) -> Watcher:
    """Return the context's watcher: the one in memory, or its snapshot and what came since."""
    held = _watchers(hub).get(context.id)
    if held is not None and held[0] == context.version:
        return held[1]
    watcher = _restore(session, actor, context)
    limit = MOST_REFERENCE if watcher.monitor is None else context.n_images
    for row in stream.entries_of(session, actor, context_id=context.id, after=watcher.number, limit=limit):
        watcher.number = row.number - 1
        watcher.take(see(row))
    watcher.number = context.n_images
    watcher.forget_touched()
    return watcher


def _restore(session: "Session", actor: Actor, context: WatchContextRow) -> Watcher:
    state = stream.state_of(session, actor, context.id)
    if context.reference_id is None or state is None or state.data is None:
        return Watcher()
    row = stream.reference_with_data(session, actor, context.reference_id)
    assert row is not None and row.data is not None  # a context's reference is kept for ever
    before = stream.context_predictions(
        session, actor, context, limit=WINDOW, up_to_id=state.last_prediction_id
    )
    reference = Reference.from_npz(row.data)
    return Watcher.from_npz(state.data, reference=reference, window=[see(one) for one in before])


def _watchers(hub: Hub) -> "OrderedDict[str, tuple[int, Watcher]]":
    found: OrderedDict[str, tuple[int, Watcher]] = hub.shared.setdefault("monitoring.watchers", OrderedDict())
    return found

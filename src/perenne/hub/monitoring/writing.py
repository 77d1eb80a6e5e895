"""What a tick found out, written down in one transaction: contexts, references, hours, alarms, incidents.

Owns that transaction. Refuses to write when another worker has read the same predictions first.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from perenne.hub.accounts import Actor, record_event
from perenne.hub.infra.services import Hub
from perenne.hub.monitoring import queries, service, stream, telling
from perenne.hub.monitoring.alarming import AlarmDraft
from perenne.hub.monitoring.findings import Work
from perenne.hub.monitoring.referring import Fitted, keep_bands
from perenne.hub.monitoring.rules import (
    CAUSE_AGAIN_AFTER,
    MOST_REFERENCE,
    Group,
    IncidentState,
    KnownIncident,
    NewAlarm,
    group_alarms,
    moved_channels,
    watch_state,
)
from perenne.hub.monitoring.stream import Cursor
from perenne.hub.monitoring.tables import (
    AlarmRow,
    IncidentRow,
    WatchContextRow,
    WatchPointRow,
    WatchReferenceRow,
    WatchStateRow,
)
from perenne.kit.ids import new_id
from perenne.kit.saying import Said, to_code
from perenne.stats.sequential import alarmed_sites

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

FLEET_ALPHA = 0.1 / 1_000_000
"""Over a million units of patience at most a tenth of the fleet's alarms are false."""


def write_tick(
    hub: Hub, actor: Actor, work: Sequence[Work], *, cursor: Cursor, moved: str, left_out: Sequence[str]
) -> bool:
    """Say whether everything was written; False when another worker was first, and nothing changed."""
    with hub.database.transaction() as session:
        if not stream.move_cursor(session, actor, cursor, to=moved):
            session.rollback()
            return False
        _write(session, hub, actor, work)
        common = {"organisation_id": actor.organisation_id, "context_id": None, "number": 0}
        stream.add_entries(session, [{**common, "prediction_id": one} for one in left_out])
        settled = Cursor(moved, 0).settled
        stream.drop_entries(session, actor, context_id=None, up_to=0, before=settled)
    return True


def _write(session: "Session", hub: Hub, actor: Actor, work: Sequence[Work]) -> None:
    known = queries.contexts_among(session, actor, {one.context.id for one in work})
    references: dict[str, WatchReferenceRow] = {}
    for one in work:
        row = known.get(one.context.id) or _add_context(session, actor, one.context)
        known[row.id] = row
        for fitted in one.fitted:
            kept = _keep_reference(session, hub, actor, row, fitted)
            references[row.id] = kept if kept.state == "current" else references.get(row.id, kept)
        _update(row, one)
        _snapshot(session, hub, actor, row, one)
    session.flush()
    for one in work:
        entries = [{**entry, "organisation_id": actor.organisation_id} for entry in one.entries]
        stream.add_entries(session, entries)
    _write_points(session, actor, work)
    _mark_fleet(session, actor)
    _raise_alarms(session, hub, actor, work, known)
    _look_again(session, hub, actor, work)


def _add_context(session: "Session", actor: Actor, made: WatchContextRow) -> WatchContextRow:
    row = WatchContextRow(
        id=made.id,
        organisation_id=actor.organisation_id,
        key=made.key,
        site_id=made.site_id,
        station_id=made.station_id,
        product_id=made.product_id,
        model_version_id=made.model_version_id,
        state="collecting",
        n_images=0,
        n_needed=made.n_needed,
        n_units=0,
        why_collecting="",
        level=0.0,
        anchored_level=0.0,
        fleet=False,
        alarmed=[],
        told={},
        first_image_at=made.first_image_at,
        last_image_at=made.last_image_at,
        last_prediction_id=made.last_prediction_id,
        restart_asked=False,
        version=0,
    )
    session.add(row)
    session.flush()
    for sibling in stream.siblings_of(session, actor, row):
        if not sibling.alarmed and sibling.last_image_at <= row.first_image_at:
            sibling.state = "paused"  # until an image comes for it again
    return row


def _update(row: WatchContextRow, work: Work) -> None:
    """The context's row says how far its watch is."""
    context, watcher = work.context, work.watcher
    monitor = watcher.monitor
    row.n_images, row.n_needed = watcher.number, context.n_needed
    row.why_collecting, row.why_collecting_said = context.why_collecting, context.why_collecting_said
    row.alarmed, row.told = context.alarmed, context.told
    row.last_image_at, row.last_prediction_id = context.last_image_at, context.last_prediction_id
    row.level, row.anchored_level = watcher.levels
    amber = False
    if monitor is not None:
        reading = monitor.reading()
        row.n_units = reading.n_units
        row.log_evidence = reading.log_evidence if math.isfinite(reading.log_evidence) else None
        amber = reading.level != "quiet"
    if work.alarms:
        row.alarm_number = work.alarms[0].number
    elif not row.alarmed:
        row.alarm_number = None
    if work.rows or work.restarted:
        row.state = watch_state(
            has_reference=monitor is not None, alarmed=row.alarmed, amber=amber, paused=False
        )
    if work.restarted:
        row.restart_asked = False
    row.version += 1
    context.version, context.alarm_number = row.version, row.alarm_number


def _snapshot(session: "Session", hub: Hub, actor: Actor, row: WatchContextRow, work: Work) -> None:
    """The watch is kept whole now and then; entries that are no longer needed go."""
    watcher = work.watcher
    settled = Cursor(row.last_prediction_id, 0).settled
    if watcher.monitor is None:
        up_to = watcher.number - MOST_REFERENCE
        if up_to > 0:
            stream.drop_entries(session, actor, context_id=row.id, up_to=up_to, before=settled)
        return
    if work.snapshot is None:
        return
    state = stream.state_of(session, actor, row.id)
    if state is None:
        state = WatchStateRow(
            id=new_id("wst"), organisation_id=actor.organisation_id, context_id=row.id, site_id=row.site_id
        )
    state.n_judged, state.at = watcher.number, hub.clock.now()
    state.last_prediction_id, state.data = row.last_prediction_id, work.snapshot
    session.add(state)
    stream.drop_entries(session, actor, context_id=row.id, up_to=watcher.number, before=settled)


def _keep_reference(
    session: "Session", hub: Hub, actor: Actor, context: WatchContextRow, fitted: Fitted
) -> WatchReferenceRow:
    """The reference is the context's, or the request for it was refused with the reason; both are logged."""
    now = hub.clock.now()
    row = queries.reference_by_id(session, actor, fitted.asked_id) if fitted.asked_id else None
    if row is None:
        row = WatchReferenceRow(
            id=new_id("wrf"),
            organisation_id=actor.organisation_id,
            context_id=context.id,
            site_id=context.site_id,
            automatic=True,
            set_by=actor.name,
            reason=str(telling.FIRST_REFERENCE),
        )
    row.n_images, row.unit_reason, row.set_at = fitted.n_images, fitted.why[:500], now
    row.unit_reason_said = to_code(fitted.why)
    reference, promise = fitted.reference, fitted.promise
    if reference is None or promise is None:
        row.state, row.enough = "refused", False
        detail = {"reference_id": row.id, "why": fitted.why[:500]}
        record_event(session, actor, "reference.refused", "watch context", context.id, detail)
        return row
    for earlier in queries.references_of(session, actor, context.id):
        if earlier.state == "current":
            earlier.state = "past"
    row.state, row.enough = "current", True
    row.n_units, row.unit, row.unit_images = (
        reference.unit.n_units,
        reference.unit.kind,
        reference.unit.length,
    )
    row.since, row.until = reference.since, reference.until
    row.run_length, row.amber_run_length = promise.alarm, promise.amber
    row.units_per_day = promise.units_per_day
    row.bands, row.replay = keep_bands(reference), list(fitted.replay)
    row.data = fitted.data
    context.reference_id = row.id
    session.add(row)
    session.flush()
    told = {"reference_id": row.id, "by": row.set_by, "reason": row.reason, "n_images": row.n_images}
    record_event(session, actor, "reference.set", "watch context", context.id, told)
    for incident in _incidents_of(session, actor, {context.id}):
        service.add_step(
            session, actor, incident, act="reference", now=now, text=telling.reason_of(row), detail=told
        )
    return row


def _write_points(session: "Session", actor: Actor, work: Sequence[Work]) -> None:
    touched = {(one.context.id, part.bucket_s, part.at): (one, part) for one in work for part in one.touched}
    held = stream.points_of(session, actor, touched)
    for key, (one, part) in touched.items():
        row = held.get(key)
        if row is None:
            row = WatchPointRow(
                id=new_id("wpt"),
                organisation_id=actor.organisation_id,
                context_id=one.context.id,
                site_id=one.context.site_id,
                bucket_s=part.bucket_s,
                at=part.at,
                n=0,
                n_flagged=0,
                n_refused=0,
                n_judged=0,
                level=0.0,
                anchored_level=0.0,
                channels={},
            )
            session.add(row)
        row.n += part.n
        row.n_flagged += part.n_flagged
        row.n_refused += part.n_refused
        row.n_judged += part.n_judged
        row.level = max(row.level, part.level)
        row.anchored_level = max(row.anchored_level, part.anchored_level)
        row.channels = part.channels


def _mark_fleet(session: "Session", actor: Actor) -> None:
    """Contexts whose present evidence also passes the limit over all contexts together are marked."""
    session.flush()
    evidence = stream.current_evidence(session, actor)
    if not evidence:
        return
    over = set(alarmed_sites(evidence, alpha=FLEET_ALPHA).sites)
    for row in queries.contexts_among(session, actor, evidence).values():
        if row.fleet != (row.id in over):
            row.fleet = row.id in over


def _raise_alarms(
    session: "Session",
    hub: Hub,
    actor: Actor,
    work: Sequence[Work],
    contexts: Mapping[str, WatchContextRow],
) -> None:
    drafts = [draft for one in work for draft in one.alarms]
    if not drafts:
        return
    drafts.sort(key=lambda draft: (draft.raised_at, draft.prediction_id, draft.detector))
    known = _known_incidents(session, actor)
    fresh = [
        NewAlarm(
            context=draft.context_id,
            site=draft.site_id,
            channels=moved_channels(draft.main_channel, draft.effects),
            at=draft.raised_at,
        )
        for draft in drafts
    ]
    references = queries.references_among(
        session, actor, {row.reference_id for row in contexts.values() if row.reference_id}
    )
    for group in group_alarms(fresh, known):
        own = [drafts[index] for index in group.alarms]
        incident = _incident_for(session, hub, actor, group, own)
        for draft in own:
            context = contexts[draft.context_id]
            _add_alarm(
                session, hub, actor, draft, incident, context, references.get(context.reference_id or "")
            )
        service.ask_for_cause(session, hub, actor, incident.id)


def _known_incidents(session: "Session", actor: Actor) -> list[KnownIncident]:
    held: dict[str, tuple[IncidentRow, list[AlarmRow]]] = {}
    for row, _, _, alarm in queries.live_incidents(session, actor):
        held.setdefault(row.id, (row, []))[1].append(alarm)
    return [
        KnownIncident(
            id=row.id,
            number=row.number,
            channels=frozenset().union(*(moved_channels(one.main_channel, one.effects) for one in alarms)),
            contexts=frozenset(one.context_id for one in alarms),
            sites=frozenset(one.site_id for one in alarms),
            opened_at=row.opened_at,
        )
        for row, alarms in held.values()
    ]


def _incident_for(
    session: "Session", hub: Hub, actor: Actor, group: Group, drafts: Sequence[AlarmDraft]
) -> IncidentRow:
    """Return the incident that a group of alarms belongs to; others that it takes over are closed."""
    now = hub.clock.now()
    onset = min(draft.onset_at for draft in drafts)
    if group.into is None:
        row = IncidentRow(
            id=new_id("inc"),
            organisation_id=actor.organisation_id,
            number=queries.next_incident_number(session, actor),
            state=IncidentState.OPEN,
            main_channel=drafts[0].main_channel,
            main_group=drafts[0].main_group,
            onset_at=onset,
            opened_at=drafts[0].raised_at,
        )
        session.add(row)
        session.flush()
        service.add_step(session, actor, row, act="opened", now=now)
        service.start_probe(session, hub, actor, row, kind="replay", now=now)
    else:
        row = service.get_incident(session, actor, group.into)
        row.onset_at = min(row.onset_at, onset)
    if group.common:
        service.add_step(
            session, actor, row, act="common_cause", now=now, detail={"channel": row.main_channel}
        )
    for other_id in group.takes_over:
        other = service.get_incident(session, actor, other_id)
        other.state, other.closed_at, other.merged_into = IncidentState.CLOSED, now, row.id
        told = Said(
            f"Common cause: goes on as incident {row.number}", code="incident.common", incident=row.number
        )
        other.close_reason, other.close_reason_said = str(told), to_code(told)
        row.onset_at = min(row.onset_at, other.onset_at)
        detail = {"into": row.number, "incident_id": row.id}
        service.add_step(session, actor, other, act="merged", now=now, detail=detail)
        detail = {"from": other.number, "incident_id": other.id}
        service.add_step(session, actor, row, act="took_over", now=now, detail=detail)
    if group.takes_over:
        session.flush()
        queries.move_alarms(session, actor, from_ids=group.takes_over, to_id=row.id)
    return row


def _add_alarm(
    session: "Session",
    hub: Hub,
    actor: Actor,
    draft: AlarmDraft,
    incident: IncidentRow,
    context: WatchContextRow,
    reference: WatchReferenceRow | None,
) -> None:
    promise = telling.tell_promise(reference)
    row = AlarmRow(
        id=new_id("alm"),
        organisation_id=actor.organisation_id,
        context_id=draft.context_id,
        site_id=draft.site_id,
        incident_id=incident.id,
        reference_id=context.reference_id,
        detector=draft.detector,
        prediction_id=draft.prediction_id,
        raised_at=draft.raised_at,
        onset_at=draft.onset_at,
        onset_image_id=draft.onset_image_id,
        delay_images=draft.delay_images,
        log_evidence=draft.log_evidence,
        log_threshold=draft.log_threshold,
        fleet=context.fleet,
        promise=promise.model_dump(mode="json") if promise and draft.log_evidence is not None else None,
        shares=draft.shares,
        effects=draft.effects,
        new_values=draft.new_values,
        typical_images=draft.typical_images,
        reference_images=draft.reference_images,
        main_channel=draft.main_channel,
        main_group=draft.main_group,
    )
    session.add(row)
    session.flush()
    detail = {
        "alarm_id": row.id,
        "site_id": draft.site_id,
        "context_id": draft.context_id,
        "detector": draft.detector,
        "channel": draft.main_channel,
    }
    service.add_step(session, actor, incident, act="alarm", now=hub.clock.now(), detail=detail)


def _look_again(session: "Session", hub: Hub, actor: Actor, work: Sequence[Work]) -> None:
    """The cause of an incident is looked for again when more images of the change have come."""
    crossed = {
        one.context.id
        for one in work
        if (began := one.context.alarm_number) is not None
        and any(one.images_before < began + more <= one.watcher.number for more in CAUSE_AGAIN_AFTER)
    }
    if not crossed:
        return
    for incident in _incidents_of(session, actor, crossed):
        service.ask_for_cause(session, hub, actor, incident.id)


def _incidents_of(session: "Session", actor: Actor, context_ids: set[str]) -> list[IncidentRow]:
    """Return the incidents of these contexts that are not closed, by number."""
    live = queries.live_incidents(session, actor)
    found = {row.id: row for row, context_id, _, _ in live if context_id in context_ids}
    return list(found.values())

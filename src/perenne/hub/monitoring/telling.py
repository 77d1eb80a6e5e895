"""What the room keeps, as people and programs read it: rows in, messages out.

Owns the shape of the answers. Refuses to decide or to change anything.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.monitoring import queries
from perenne.hub.monitoring.rules import badness_of, worst_state, years_of
from perenne.hub.monitoring.tables import (
    GoldenPartRow,
    IncidentRow,
    IncidentStepRow,
    ProbeRow,
    WatchContextRow,
    WatchReferenceRow,
)
from perenne.kit.saying import Said, to_code
from perenne.wire import monitoring as wire
from perenne.wire.base import Said as Coded

WEEK = timedelta(days=7)
FIRST_REFERENCE = Said("The first reference", code="reference.first")


def tell_sites(session: Session, actor: Actor, *, now: datetime) -> list[wire.SiteWatch]:
    """Return how the watching of every visible site stands, the worst first."""
    contexts: dict[str, list[WatchContextRow]] = {}
    for named in queries.contexts_named(session, actor):
        contexts.setdefault(named[0].site_id, []).append(named[0])
    incidents = queries.open_incidents_by_site(session, actor)
    lately = queries.sum_points(session, actor, since=now - WEEK)
    items = [
        _site(
            site,
            contexts.get(site.id, []),
            open_incidents=incidents.get(site.id, 0),
            lately=lately.get(site.id),
        )
        for site in queries.all_sites(session, actor)
    ]
    return sorted(items, key=lambda item: badness_of(item.state, level=item.level, name=item.site))


def _site(site: Any, rows: Sequence[WatchContextRow], *, open_incidents: int, lately: Any) -> wire.SiteWatch:
    judged = lately.n_judged if lately else 0
    return wire.SiteWatch(
        site_id=site.id,
        site=site.slug,
        name=site.name,
        state=worst_state(row.state for row in rows),  # type: ignore[arg-type]
        contexts=len(rows),
        in_alarm=sum(1 for row in rows if row.alarmed),
        open_incidents=open_incidents,
        images_7d=int(lately.n) if lately else 0,
        last_image_at=max((row.last_image_at for row in rows), default=None),
        refused_share_7d=lately.n_refused / judged if judged else None,
        flagged_share_7d=lately.n_flagged / judged if judged else None,
        level=max((max(row.level, row.anchored_level) for row in rows), default=0.0),
    )


def tell_contexts(session: Session, actor: Actor, found: Sequence[Any]) -> list[wire.WatchContext]:
    """Return contexts as the wire has them, in the same order; `found` comes from `contexts_named`."""
    references = queries.references_among(
        session, actor, {row[0].reference_id for row in found if row[0].reference_id}
    )
    behind = queries.count_behind(session, actor, [row[0] for row in found])
    return [_context(row, references.get(row[0].reference_id or ""), behind=behind) for row in found]


def _context(found: Any, reference: WatchReferenceRow | None, *, behind: dict[str, int]) -> wire.WatchContext:
    row: WatchContextRow = found[0]
    return wire.WatchContext(
        id=row.id,
        site_id=row.site_id,
        site=found.site,
        station_id=row.station_id,
        station=found.station,
        product=found.product,
        site_name=found.site_name,
        station_name=found.station_name,
        product_name=found.product_name,
        model_version_id=row.model_version_id,
        model=f"{found.model_name}:{found.model_number}",
        state=row.state,  # type: ignore[arg-type]
        n_images=row.n_images,
        n_needed=row.n_needed,
        n_units=row.n_units,
        level=row.level,
        anchored_level=row.anchored_level,
        promise=tell_promise(reference),
        reference=tell_reference(reference) if reference else None,
        last_image_at=row.last_image_at,
        behind=behind.get(row.id, 0),
        why_collecting=row.why_collecting,
        why_collecting_said=Coded.of(row.why_collecting_said),
        fleet=row.fleet,
    )


def tell_promise(reference: WatchReferenceRow | None) -> wire.Promise | None:
    """Return what is promised while this reference is in force."""
    if reference is None or reference.run_length is None:
        return None
    return wire.Promise(
        run_length=reference.run_length,
        unit=reference.unit,  # type: ignore[arg-type]
        unit_images=reference.unit_images,
        years=years_of(reference.run_length, units_per_day=reference.units_per_day),
    )


def reason_of(row: WatchReferenceRow) -> str:
    """Return why a reference was set: what a person wrote, or of the first one what the hub says."""
    return FIRST_REFERENCE if row.automatic else row.reason


def tell_reference(row: WatchReferenceRow) -> wire.ReferenceState:
    """Return a reference as the wire has it."""
    return wire.ReferenceState(
        id=row.id,
        n_images=row.n_images,
        n_units=row.n_units,
        since=row.since,
        until=row.until,
        unit=row.unit,  # type: ignore[arg-type]
        unit_reason=row.unit_reason,
        unit_reason_said=Coded.of(row.unit_reason_said),
        enough=row.enough,
        set_by=row.set_by,
        set_at=row.set_at,
        reason=row.reason,
        reason_said=Coded.of(to_code(reason_of(row))),
        automatic=row.automatic,
        state=row.state,  # type: ignore[arg-type]
        due_at=row.due_at,
    )


def tell_incidents(session: Session, actor: Actor, rows: Sequence[IncidentRow]) -> list[wire.IncidentSummary]:
    """Return incidents in short, in the same order; each with those of its sites that the actor sees."""
    alarms = queries.alarms_named(session, actor, incident_ids=[row.id for row in rows])
    return [wire.IncidentSummary(**_summary(row, alarms)) for row in rows]


def tell_incident(session: Session, actor: Actor, row: IncidentRow) -> wire.Incident:
    """Return an incident with its alarms, its cause, its probes and its history."""
    alarms = queries.alarms_named(session, actor, incident_ids=[row.id])
    steps = [step for step in queries.steps_of(session, actor, row.id) if _may_read(actor, step)]
    return wire.Incident(
        **_summary(row, alarms),
        alarms=[_alarm(found) for found in alarms],
        finding=wire.CauseFinding.model_validate(row.finding) if row.finding else None,
        probes=[tell_probe(probe) for probe in queries.probes_of(session, actor, row.id)],
        steps=[
            wire.IncidentStep(
                at=step.at,
                by=step.by,
                act=step.act,
                text=step.text,
                text_said=Coded.of(step.text_said),
                detail=step.detail,
            )
            for step in steps
        ],
        close_reason=row.close_reason,
        close_reason_said=Coded.of(row.close_reason_said),
        confirmed_cause=row.confirmed_cause,
        merged_into=row.merged_into,
    )


def _may_read(actor: Actor, step: IncidentStepRow) -> bool:
    """Say whether a step speaks of no site, or of one inside the actor's limits."""
    site_id = step.detail.get("site_id")
    return site_id is None or actor.may_touch_site(str(site_id))


def _summary(row: IncidentRow, alarms: Iterable[Any]) -> dict[str, Any]:
    own = [found for found in alarms if found[0].incident_id == row.id]
    return {
        "id": row.id,
        "number": row.number,
        "state": row.state,
        "sites": sorted({found.site for found in own}),
        "site_names": {found.site: found.site_name for found in own},
        "stations": len({(found.site, found.station) for found in own}),
        "main_channel": row.main_channel,
        "main_group": row.main_group,
        "cause": row.cause,
        "action": row.action,
        "n_alarms": len(own),
        "onset_at": row.onset_at,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "assignee": row.assignee,
    }


def _alarm(found: Any) -> wire.Alarm:
    row = found[0]
    return wire.Alarm(
        id=row.id,
        context_id=row.context_id,
        site_id=row.site_id,
        site=found.site,
        station=found.station,
        product=found.product,
        site_name=found.site_name,
        station_name=found.station_name,
        product_name=found.product_name,
        detector=row.detector,
        raised_at=row.raised_at,
        onset_at=row.onset_at,
        onset_image_id=row.onset_image_id,
        delay_images=row.delay_images,
        log_evidence=row.log_evidence,
        log_threshold=row.log_threshold,
        promise=wire.Promise.model_validate(row.promise) if row.promise else None,
        effects=[wire.ChannelEffect.model_validate(effect) for effect in row.effects],
        new_values={str(name): str(value) for name, value in row.new_values.items()},
        typical_images=list(row.typical_images),
        reference_images=list(row.reference_images),
        incident_id=row.incident_id,
        fleet=row.fleet,
    )


def tell_probe(row: ProbeRow) -> wire.ProbeResult:
    """Return a probe as the wire has it."""
    return wire.ProbeResult(
        kind=row.kind,  # type: ignore[arg-type]
        state=row.state,  # type: ignore[arg-type]
        n_images=row.n_images,
        n_different=row.n_different,
        largest_difference=row.largest_difference,
        detail=row.detail,
        detail_said=Coded.of(row.detail_said),
        by=row.by,
        at=row.at,
        job_id=row.job_id,
    )


def about_channel(name: str) -> tuple[wire.ChannelGroup, str]:
    """Return the group and the unit of a channel."""
    from perenne.monitoring.channels import describe_channel

    found = describe_channel(name)
    return found.group, found.unit


def tell_band(band: Any) -> wire.SignalBand | None:
    """Return the band of a channel; it is kept as [n, q05, q50, q95]."""
    if not band:
        return None
    n, q05, q50, q95 = band
    return wire.SignalBand(q05=q05, q50=q50, q95=q95, n=int(n))


def sort_contexts(items: list[wire.WatchContext]) -> list[wire.WatchContext]:
    """Return contexts with the worst first."""
    return sorted(
        items,
        key=lambda item: badness_of(
            item.state, level=max(item.level, item.anchored_level), name=f"{item.station} {item.product}"
        ),
    )


def tell_golden_part(session: Session, actor: Actor, row: GoldenPartRow) -> wire.GoldenPart:
    """Return a station's golden part, how often it was photographed, and its newest picture."""
    return _golden_parts(session, actor, [row])[0]


def tell_golden_parts(session: Session, actor: Actor, *, site_id: str) -> list[wire.GoldenPart]:
    """Return the golden parts of a site's stations, by station."""
    told = _golden_parts(session, actor, queries.golden_parts_of(session, actor, site_id=site_id))
    return sorted(told, key=lambda one: one.station)


def _golden_parts(session: Session, actor: Actor, rows: Sequence[GoldenPartRow]) -> list[wire.GoldenPart]:
    stations = queries.stations_among(session, actor, {row.station_id for row in rows})
    captures = queries.newest_captures(session, actor, rows)
    told = []
    for row in rows:
        station, last = stations[row.station_id], captures.get((row.station_id, row.part_id))
        told.append(
            wire.GoldenPart(
                part_id=row.part_id,
                name=row.name,
                station=station.slug,
                station_name=station.name,
                set_by=row.set_by,
                set_at=row.set_at,
                captures=last.captures if last else 0,
                last_image_id=last.id if last else None,
                last_at=last.taken_at if last else None,
            )
        )
    return told

"""Use cases of watching that people and other rooms ask for: look, act on incidents, set references."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, find_user, record_event
from perenne.hub.infra.jobs import enqueue_job
from perenne.hub.infra.services import Hub
from perenne.hub.monitoring import queries
from perenne.hub.monitoring.errors import NobodyToAssign, NothingToProbe, ReferenceInThePast
from perenne.hub.monitoring.rules import Act, after_act
from perenne.hub.monitoring.tables import (
    GoldenPartRow,
    IncidentRow,
    IncidentStepRow,
    ProbeRow,
    WatchContextRow,
    WatchFactsRow,
    WatchReferenceRow,
)
from perenne.hub.sites import SiteRow, StationRow
from perenne.kit.errors import NotFound
from perenne.kit.ids import new_id
from perenne.kit.paging import Page, decode_cursor, encode_cursor
from perenne.kit.saying import Said, to_code

CAUSE_JOB = "monitoring.find_cause"
PROBE_JOB = "monitoring.probe"


def get_context(session: Session, actor: Actor, context_id: str) -> WatchContextRow:
    """Return a watch context. Raises: NotFound."""
    row = queries.context_by_id(session, actor, context_id)
    if row is None:
        raise NotFound.of("watch context", context_id)
    return row


def get_incident(session: Session, actor: Actor, incident_id: str) -> IncidentRow:
    """Return an incident of which the actor sees an alarm. Raises: NotFound."""
    row = queries.incident_by_id(session, actor, incident_id)
    if row is None:
        raise NotFound.of("incident", incident_id)
    return row


def list_incidents(
    session: Session,
    actor: Actor,
    *,
    state: str | None,
    site: SiteRow | None,
    cursor: str | None,
    limit: int,
) -> Page[IncidentRow]:
    """Return incidents, newest first. Raises: BadCursor."""
    rows = queries.incidents_before(
        session,
        actor,
        states=None if state is None else [state],
        site_id=site.id if site else None,
        before_id=decode_cursor(cursor, parts=1)[0] if cursor else None,
        limit=limit,
    )
    return Page(rows, encode_cursor(rows[-1].id) if len(rows) == limit else None)


def acknowledge_incident(
    session: Session, actor: Actor, incident_id: str, *, note: str, now: datetime
) -> IncidentRow:
    """Somebody looks after it; the watch stays as it is. Raises: NotFound, IncidentStateRefused."""
    row = _act(session, actor, incident_id, Act.ACKNOWLEDGE)
    add_step(session, actor, row, act="acknowledged", text=note, now=now)
    return row


def assign_incident(
    session: Session, actor: Actor, incident_id: str, *, assignee: str, note: str, now: datetime
) -> IncidentRow:
    """A person is responsible. Raises: NotFound, IncidentStateRefused, NobodyToAssign."""
    row = _act(session, actor, incident_id, Act.ASSIGN)
    try:
        person = find_user(session, actor, assignee)
    except NotFound as error:
        raise NobodyToAssign(
            f"Incident {row.number} cannot be assigned to '{assignee}': no such user of your organisation.",
            remedy="Give the e-mail of a user: perenne users list.",
        ) from error
    row.assignee = person.email
    add_step(session, actor, row, act="assigned", text=note, now=now, detail={"assignee": person.email})
    return row


def close_incident(
    session: Session,
    actor: Actor,
    incident_id: str,
    *,
    reason: str,
    confirmed_cause: str | None,
    now: datetime,
) -> IncidentRow:
    """The incident is over, and the evidence of its contexts begins anew with the next image.

    Raises: NotFound, IncidentStateRefused.
    """
    row = _act(session, actor, incident_id, Act.CLOSE)
    row.closed_at, row.close_reason, row.confirmed_cause = now, reason, confirmed_cause
    context_ids = {alarm.context_id for alarm in queries.alarms_of(session, actor, row.id)}
    for context in queries.contexts_among(session, actor, context_ids).values():
        context.restart_asked = True
    detail = {"confirmed_cause": confirmed_cause, "proposed_cause": row.cause}
    add_step(session, actor, row, act="closed", text=reason, now=now, detail=detail)
    return row


def reopen_incident(
    session: Session, actor: Actor, incident_id: str, *, note: str, now: datetime
) -> IncidentRow:
    """A closed incident is open again; what has restarted stays restarted.

    Raises: NotFound, IncidentStateRefused.
    """
    row = _act(session, actor, incident_id, Act.REOPEN)
    row.closed_at = row.close_reason = row.close_reason_said = None
    row.confirmed_cause = row.merged_into = None
    add_step(session, actor, row, act="reopened", text=note, now=now)
    return row


def _act(session: Session, actor: Actor, incident_id: str, act: Act) -> IncidentRow:
    row = get_incident(session, actor, incident_id)
    row.state = after_act(row.state, act, number=row.number)
    return row


def add_step(
    session: Session,
    actor: Actor,
    row: IncidentRow,
    *,
    act: str,
    now: datetime,
    text: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """The incident's history and the record of what was done have one entry more."""
    told = dict(detail or {})
    session.add(
        IncidentStepRow(
            id=new_id("ist"),
            organisation_id=row.organisation_id,
            incident_id=row.id,
            at=now,
            by=actor.name,
            act=act,
            text=str(text),
            text_said=to_code(text),
            detail=told,
        )
    )
    record_event(session, actor, f"incident.{act}", "incident", row.id, {"number": row.number, **told})


def ask_for_reference(
    session: Session,
    actor: Actor,
    context_id: str,
    *,
    since: datetime | None,
    until: datetime | None,
    at: datetime | None,
    reason: str,
    now: datetime,
) -> WatchReferenceRow:
    """A context will be held against other images, at `at` or with the worker's next tick; logged.

    Of the images in that span the newest are taken, as many as a reference holds.
    Raises: NotFound, ReferenceInThePast.
    """
    context = get_context(session, actor, context_id)
    due = at or now
    end = until or due
    start = since or context.first_image_at
    if due < now or start >= end or end > due:
        raise ReferenceInThePast(
            f"A reference from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}, set at {due:%Y-%m-%d %H:%M}, "
            f"is not possible at {now:%Y-%m-%d %H:%M}: it begins before it ends, and ends before it is set.",
            remedy="Correct `since`, `until` or `at`; leave `at` out to set it now.",
        )
    row = WatchReferenceRow(
        id=new_id("wrf"),
        organisation_id=actor.organisation_id,
        context_id=context.id,
        site_id=context.site_id,
        state="asked",
        n_images=0,
        n_units=0,
        since=start,
        until=end,
        unit="image",
        unit_images=None,
        unit_reason="",
        enough=False,
        automatic=False,
        set_by=actor.name,
        set_at=now,
        due_at=due,
        reason=reason,
        bands={},
        replay=[],
    )
    session.add(row)
    session.flush()
    detail = {"reason": reason, "since": start.isoformat(), "until": end.isoformat(), "at": due.isoformat()}
    record_event(session, actor, "reference.asked", "watch context", context.id, detail)
    return row


def list_references(session: Session, actor: Actor, context_id: str) -> Sequence[WatchReferenceRow]:
    """Return every reference that a context had, has or shall have, newest first. Raises: NotFound."""
    return queries.references_of(session, actor, get_context(session, actor, context_id).id)


def ask_for_probe(
    session: Session, hub: Hub, actor: Actor, incident_id: str, *, kind: str, now: datetime
) -> ProbeRow:
    """A probe will run in the background. Raises: NotFound, IncidentStateRefused, NothingToProbe."""
    row = _act(session, actor, incident_id, Act.PROBE)
    alarms = queries.alarms_of(session, actor, row.id)
    contexts = queries.contexts_among(session, actor, {alarm.context_id for alarm in alarms})
    if kind == "golden" and not any(
        queries.golden_part_of(session, actor, context.station_id) for context in contexts.values()
    ):
        none = Said("none is registered at its stations", code="probe.no_golden")
        raise nothing_golden(row.id, none)
    return start_probe(session, hub, actor, row, kind=kind, now=now)


def start_probe(
    session: Session, hub: Hub, actor: Actor, row: IncidentRow, *, kind: str, now: datetime
) -> ProbeRow:
    """A probe of the incident is asked, and its job waits for a worker."""
    probe = ProbeRow(
        id=new_id("prb"),
        organisation_id=actor.organisation_id,
        incident_id=row.id,
        kind=kind,
        state="asked",
        n_images=0,
        n_different=0,
        detail="",
        numbers={},
        by=actor.name,
        at=now,
    )
    session.add(probe)
    session.flush()
    job = enqueue_job(session, hub, actor, kind=PROBE_JOB, payload={"probe_id": probe.id}, key=probe.id)
    probe.job_id = job.id
    add_step(session, actor, row, act="probe", now=now, detail={"kind": kind, "probe_id": probe.id})
    return probe


def nothing_golden(incident: str, why: Said) -> NothingToProbe:
    """Return the error of a golden part that cannot be looked at."""
    text = f"The golden part cannot be compared for incident {incident}: {why}."
    return NothingToProbe(
        Said(text, code=why.code, **why.values),
        remedy="Register one (PUT /sites/{site}/stations/{station}/golden-part) and have it photographed: "
        "when all is well, and now.",
    )


def nothing_to_replay(incident: str) -> NothingToProbe:
    """Return the error of a reference that has no files."""
    return NothingToProbe(
        Said(f"There are no kept files to replay for incident {incident}.", code="probe.no_files"),
        remedy="Set a reference from images that are stored here.",
    )


def nothing_alarmed(number: int) -> NothingToProbe:
    """Return the error of an incident whose alarms went to another one."""
    text = f"The alarms of incident {number} went to a common incident, so there is nothing left to probe."
    return NothingToProbe(
        Said(text, code="probe.no_alarms", incident=number), remedy="Run the probe on the common incident."
    )


def set_golden_part(
    session: Session, actor: Actor, *, station: StationRow, part_id: str, name: str = "", now: datetime
) -> GoldenPartRow:
    """The part is the station's golden one: its captures are compared, and are no production from now on."""
    row = GoldenPartRow(
        id=new_id("gld"),
        organisation_id=actor.organisation_id,
        site_id=station.site_id,
        station_id=station.id,
        part_id=part_id,
        name=name,
        set_by=actor.name,
        set_at=now,
    )
    session.add(row)
    session.flush()
    record_event(session, actor, "station.golden_part", "station", station.id, {"part_id": part_id})
    return row


def get_golden_part(session: Session, actor: Actor, *, station: StationRow) -> GoldenPartRow:
    """Return the station's golden part. Raises: NotFound."""
    row = queries.golden_part_of(session, actor, station.id)
    if row is None:
        raise NotFound.of("golden part of station", station.slug)
    return row


def remove_golden_part(session: Session, actor: Actor, *, station: StationRow, now: datetime) -> None:
    """The station has no golden part any more; pictures of it taken so far stay. Raises: NotFound."""
    row = get_golden_part(session, actor, station=station)
    row.removed_by, row.removed_at = actor.name, now
    told = {"part_id": row.part_id}
    record_event(session, actor, "station.golden_part_removed", "station", station.id, told)


def note_performance(
    session: Session,
    hub: Hub,
    actor: Actor,
    *,
    site_id: str,
    station_id: str | None = None,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    """What truth says of a site (or station) is known here, and the causes of its incidents are found anew.

    `facts` is plain JSON: `audit`, `audit_by_class`, `labelled` and `agreement`, each with change, low, high,
    n; `losses` by image.
    """
    session.add(
        WatchFactsRow(
            id=new_id("wfa"),
            organisation_id=actor.organisation_id,
            site_id=site_id,
            station_id=station_id,
            facts=dict(facts),
            told_by=actor.name,
            at=now,
        )
    )
    live = {row.id for row, _, where, _ in queries.live_incidents(session, actor) if where == site_id}
    for incident_id in sorted(live):
        ask_for_cause(session, hub, actor, incident_id)


def ask_for_cause(session: Session, hub: Hub, actor: Actor, incident_id: str) -> None:
    """The cause of an incident will be looked for in the background."""
    enqueue_job(session, hub, actor, kind=CAUSE_JOB, payload={"incident_id": incident_id})


def level_numbers(session: Session, actor: Actor) -> list[tuple[str, str, str, str, float]]:
    """Return (site, station, product, model, level) of every visible context, for the metrics."""
    return [
        (
            found.site,
            found.station,
            found.product or "",
            f"{found.model_name}:{found.model_number}",
            max(found[0].level, found[0].anchored_level),
        )
        for found in queries.contexts_named(session, actor)
    ]


def open_numbers(session: Session, actor: Actor) -> dict[str, int]:
    """Return how many incidents are not closed, for every visible site, for the metrics."""
    counts = queries.open_incidents_by_site(session, actor)
    return {site.slug: counts.get(site.id, 0) for site in queries.all_sites(session, actor)}

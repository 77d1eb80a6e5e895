"""Routes of watching."""

from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import AwareDatetime

from perenne.hub.accounts.auth import Caller, GuardedRouter
from perenne.hub.images import get_image
from perenne.hub.monitoring import history, imaging, queries, service, telling
from perenne.hub.sites import get_site, get_station
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import monitoring as wire
from perenne.wire.base import Listing

router = GuardedRouter(tag="monitoring")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get("/monitoring/sites", permission="monitoring:read")
def list_watched_sites(caller: Caller) -> Listing[wire.SiteWatch]:
    """List how the watching of every site stands, the worst first; a site is as bad as its worst context."""
    return Listing(items=telling.tell_sites(caller.session, caller.actor, now=caller.hub.clock.now()))


@router.get("/sites/{site}/monitoring", permission="monitoring:read")
def list_watch_contexts(site: str, caller: Caller) -> Listing[wire.WatchContext]:
    """List what is watched at a site, the worst first: one context a station, product and model version."""
    row = get_site(caller.session, caller.actor, site)
    found = queries.contexts_named(caller.session, caller.actor, site_id=row.id)
    return Listing(items=telling.sort_contexts(telling.tell_contexts(caller.session, caller.actor, found)))


@router.get(
    "/monitoring/contexts/{context}/history",
    permission="monitoring:read",
    response_model=wire.ContextHistory,
)
def show_context_history(
    context: str,
    caller: Caller,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> Response:
    """Show a context over time: signals beside the reference's band, evidence, versions, incidents."""
    found = history.tell_history(
        caller.session,
        caller.actor,
        context_id=context,
        since=since,
        until=until,
        now=caller.hub.clock.now(),
    )
    return Response(found, media_type="application/json")


@router.get("/monitoring/contexts/{context}/window", permission="monitoring:read")
def compare_context_window(
    context: str,
    caller: Caller,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    against_since: AwareDatetime | None = None,
    against_until: AwareDatetime | None = None,
) -> wire.WindowComparison:
    """Show how the images of a span (a day) differ from the reference, or another span; it alarms nobody."""
    from perenne.hub.monitoring import windowing  # brings numpy

    end = until or caller.hub.clock.now()
    return windowing.compare_window(
        caller.session,
        caller.actor,
        context_id=context,
        span=(since or end - windowing.DAY, end),
        against=(against_since, against_until),
    )


@router.get("/monitoring/contexts/{context}/references", permission="monitoring:read")
def list_watch_references(context: str, caller: Caller) -> Listing[wire.ReferenceState]:
    """List every reference of a context, newest first: who set it, when, why."""
    rows = service.list_references(caller.session, caller.actor, context)
    return Listing(items=[telling.tell_reference(row) for row in rows])


@router.post("/monitoring/contexts/{context}/reference", permission="monitoring:write", status_code=202)
def set_watch_reference(context: str, body: wire.ReferenceRequest, caller: Caller) -> wire.ReferenceState:
    """Hold a context against other images from now on, or from `at` on; logged with its reason."""
    row = service.ask_for_reference(
        caller.session,
        caller.actor,
        context,
        since=body.since,
        until=body.until,
        at=body.at,
        reason=body.reason,
        now=caller.hub.clock.now(),
    )
    return telling.tell_reference(row)


@router.get("/incidents", permission="monitoring:read")
def list_incidents(
    caller: Caller,
    state: wire.IncidentState | None = None,
    site: str | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[wire.IncidentSummary]:
    """List incidents, newest first."""
    row = get_site(caller.session, caller.actor, site) if site is not None else None
    page = service.list_incidents(
        caller.session, caller.actor, state=state, site=row, cursor=cursor, limit=limit
    )
    items = telling.tell_incidents(caller.session, caller.actor, page.items)
    return Listing(items=items, next_cursor=page.next_cursor)


@router.get("/incidents/{incident}", permission="monitoring:read")
def show_incident(incident: str, caller: Caller) -> wire.Incident:
    """Show an incident: its alarms with their evidence, its cause, its probes and its history."""
    row = service.get_incident(caller.session, caller.actor, incident)
    return telling.tell_incident(caller.session, caller.actor, row)


@router.post("/incidents/{incident}/acknowledge", permission="monitoring:write")
def acknowledge_incident(incident: str, body: wire.IncidentAct, caller: Caller) -> wire.Incident:
    """Say that somebody looks after it; the watch goes on as it is."""
    now = caller.hub.clock.now()
    row = service.acknowledge_incident(caller.session, caller.actor, incident, note=body.note, now=now)
    return telling.tell_incident(caller.session, caller.actor, row)


@router.post("/incidents/{incident}/assign", permission="monitoring:write")
def assign_incident(incident: str, body: wire.IncidentAssignment, caller: Caller) -> wire.Incident:
    """Make a person responsible."""
    row = service.assign_incident(
        caller.session,
        caller.actor,
        incident,
        assignee=body.assignee,
        note=body.note,
        now=caller.hub.clock.now(),
    )
    return telling.tell_incident(caller.session, caller.actor, row)


@router.post("/incidents/{incident}/close", permission="monitoring:write")
def close_incident(incident: str, body: wire.IncidentClosing, caller: Caller) -> wire.Incident:
    """Close it with a reason; the evidence of its contexts begins anew with the next image."""
    row = service.close_incident(
        caller.session,
        caller.actor,
        incident,
        reason=body.reason,
        confirmed_cause=body.confirmed_cause,
        now=caller.hub.clock.now(),
    )
    return telling.tell_incident(caller.session, caller.actor, row)


@router.post("/incidents/{incident}/reopen", permission="monitoring:write")
def reopen_incident(incident: str, body: wire.IncidentAct, caller: Caller) -> wire.Incident:
    """Open a closed incident again."""
    now = caller.hub.clock.now()
    row = service.reopen_incident(caller.session, caller.actor, incident, note=body.note, now=now)
    return telling.tell_incident(caller.session, caller.actor, row)


@router.post("/incidents/{incident}/probes/{kind}", permission="monitoring:write", status_code=202)
def probe_incident(incident: str, kind: Literal["replay", "golden"], caller: Caller) -> wire.ProbeResult:
    """Run a probe: `replay` of kept files through today's path, or a look at the `golden` part."""
    row = service.ask_for_probe(
        caller.session, caller.hub, caller.actor, incident, kind=kind, now=caller.hub.clock.now()
    )
    return telling.tell_probe(row)


@router.get("/images/{image}/watch", permission="monitoring:read")
def show_image_watch(image: str, caller: Caller) -> wire.ImageWatch:
    """Show all that was measured of an image beside the reference of its context."""
    row = get_image(caller.session, caller.actor, image)
    return imaging.tell_image(caller.session, caller.actor, image=row)


@router.get("/sites/{site}/stations/{station}/golden-part", permission="monitoring:read")
def show_golden_part(site: str, station: str, caller: Caller) -> wire.GoldenPart:
    """Show the known part that is photographed again to tell the camera from the product."""
    site_row = get_site(caller.session, caller.actor, site)
    station_row = get_station(caller.session, caller.actor, site=site_row, name=station)
    row = service.get_golden_part(caller.session, caller.actor, station=station_row)
    return telling.tell_golden_part(caller.session, caller.actor, row)


@router.get("/sites/{site}/golden-parts", permission="monitoring:read")
def list_golden_parts(site: str, caller: Caller) -> Listing[wire.GoldenPart]:
    """List the golden parts of a site's stations, each with its newest picture."""
    row = get_site(caller.session, caller.actor, site)
    return Listing(items=telling.tell_golden_parts(caller.session, caller.actor, site_id=row.id))


@router.delete("/sites/{site}/stations/{station}/golden-part", permission="monitoring:write", status_code=204)
def remove_golden_part(site: str, station: str, caller: Caller) -> None:
    """Remove the golden part of a station; the pictures of it so far stay out of what is watched."""
    site_row = get_site(caller.session, caller.actor, site)
    station_row = get_station(caller.session, caller.actor, site=site_row, name=station)
    now = caller.hub.clock.now()
    service.remove_golden_part(caller.session, caller.actor, station=station_row, now=now)


@router.put("/sites/{site}/stations/{station}/golden-part", permission="monitoring:write")
def set_golden_part(site: str, station: str, body: wire.GoldenPartNew, caller: Caller) -> wire.GoldenPart:
    """Register a part as the golden one, or replace it; its captures are no longer counted as production."""
    site_row = get_site(caller.session, caller.actor, site)
    station_row = get_station(caller.session, caller.actor, site=site_row, name=station)
    now = caller.hub.clock.now()
    row = service.set_golden_part(
        caller.session, caller.actor, station=station_row, part_id=body.part_id, name=body.name, now=now
    )
    return telling.tell_golden_part(caller.session, caller.actor, row)

"""Routes of deployments and of inspections."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from perenne.hub.accounts import Actor
from perenne.hub.accounts.auth import Call, Caller, GuardedRouter, HubOnly, current_actor
from perenne.hub.deployments import live, overview, service
from perenne.hub.deployments.errors import BadInspection
from perenne.hub.deployments.explaining import NEIGHBOURS, explain_answer, nearest_images
from perenne.hub.deployments.inspection import inspect_image
from perenne.hub.deployments.tables import DeploymentRow
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import deployments as wire
from perenne.wire import sites as sites_wire
from perenne.wire.base import Listing
from perenne.wire.images import CaptureContext
from perenne.wire.models import ModelLineage
from perenne.wire.performance import Neighbour, Sensitivity
from perenne.wire.predictions import Inspection, InspectionQuery

router = GuardedRouter(tag="deployments")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
CONTEXT_FIELDS = frozenset(InspectionQuery.model_fields)
MAX_FILES, MAX_FIELDS = 2, 20
_FILE = {"type": "string", "format": "binary"}
_TEXTS: dict[str, Any] = {name: {"type": "string"} for name in sorted(CONTEXT_FIELDS)}
_FORM = {
    "type": "object",
    "required": ["image"],
    "properties": {"image": _FILE, "reference": _FILE, **_TEXTS},
}
_DOCUMENTED = {
    "requestBody": {
        "required": True,
        "content": {"image/*": {"schema": _FILE}, "multipart/form-data": {"schema": _FORM}},
    },
    "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in _TEXTS.items()],
}


@dataclass(frozen=True)
class InspectionBody:
    """The bytes of an inspection request and the context that came with them."""

    data: bytes
    reference: bytes | None
    context: dict[str, Any]


def _messages(call: Call, rows: list[DeploymentRow]) -> list[wire.Deployment]:
    names = service.name_places(call.session, call.actor, rows)
    return [
        wire.Deployment(
            id=row.id,
            site_id=row.site_id,
            site=names.sites[row.site_id],
            station_id=row.station_id,
            station=names.stations[row.station_id] if row.station_id else None,
            model_version_id=row.model_version_id,
            model_name=names.models[row.model_version_id].name,
            model_number=names.models[row.model_version_id].number,
            problem=names.models[row.model_version_id].problem,
            thresholds=row.thresholds,
            state=row.state,  # type: ignore[arg-type]
            previous_id=row.previous_id,
            reason=row.reason,
            by=row.by,
            at=row.at,
            ended_at=row.ended_at,
            end_reason=row.end_reason,
            shared_sites=names.shared.get(row.model_version_id, 0),
        )
        for row in rows
    ]


@router.get("/sites/overview", permission="sites:read")
def show_sites_overview(caller: Caller) -> Listing[sites_wire.SiteOverview]:
    """Show every site, worst first: is the deployed version good enough there, and is anything happening."""
    found = overview.overview_of_sites(caller.session, caller.actor, now=caller.hub.clock.now())
    return Listing(items=found)


@router.get("/sites/{site}/stations/{station}/live", permission="predictions:read")
def show_live_station(site: str, station: str, caller: Caller) -> wire.StationLive:
    """Show what happens at a station now: the last inspection, those before it, counts and speed."""
    site_row, station_row = service.find_place(caller.session, caller.actor, site=site, station=station)
    assert station_row is not None
    now = caller.hub.clock.now()
    found = live.watch_station(caller.session, caller.actor, site=site_row, station=station_row, now=now)
    return wire.StationLive(
        station=sites_wire.Station.model_validate(station_row),
        deployment=_messages(caller, [found.deployment])[0] if found.deployment else None,
        last=found.last,
        recent=found.recent,
        counts_24h=sites_wire.DecisionCounts.model_validate(found.counts_24h),
        per_minute=found.per_minute,
        latency_p50_ms=found.latency_p50_ms,
        latency_p95_ms=found.latency_p95_ms,
    )


@router.get("/models/{model}/lineage", permission="models:read")
def show_model_lineage(model: str, caller: Caller) -> ModelLineage:
    """Show what a version was made of (run, dataset version, base models and theirs) and where it is used."""
    row = service.find_model(caller.session, caller.actor, model)
    return service.lineage_with_use(caller.session, caller.actor, row)


@router.get("/deployments", permission="deployments:read")
def list_deployments(
    caller: Caller,
    site: str | None = None,
    state: wire.DeploymentState | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[wire.Deployment]:
    """List deployments, newest first; `state=active` gives what answers now at every site."""
    page = service.list_deployments(
        caller.session, caller.actor, site=site, state=state, cursor=cursor, limit=limit
    )
    return Listing(items=_messages(caller, list(page.items)), next_cursor=page.next_cursor)


@router.get("/deployments/{deployment_id}", permission="deployments:read")
def show_deployment(deployment_id: str, caller: Caller) -> wire.Deployment:
    """Show one deployment."""
    row = service.get_deployment(caller.session, caller.actor, deployment_id)
    return _messages(caller, [row])[0]


@router.get("/sites/{site}/deployments", permission="deployments:read")
def list_site_deployments(
    site: str, caller: Caller, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> Listing[wire.Deployment]:
    """List the history of a site and its stations, newest first: who, when, why."""
    page = service.list_deployments(
        caller.session, caller.actor, site=site, state=None, cursor=cursor, limit=limit
    )
    return Listing(items=_messages(caller, list(page.items)), next_cursor=page.next_cursor)


@router.post("/sites/{site}/deployments", permission="deployments:write", status_code=201)
def deploy_version(site: str, body: wire.DeploymentRequest, caller: Caller) -> wire.Deployment:
    """Let a model version answer at a site, or at one of its stations.

    The version is loaded and proven beside the present one first; when that fails, nothing changes.
    """
    with caller.hub.database.reading() as reading:
        service.find_place(reading, caller.actor, site=site, station=body.station)
        model = service.find_model(reading, caller.actor, body.model_version)
    service.prove_model(caller.hub, organisation_id=caller.actor.organisation_id, model=model)
    site_row, station_row = service.find_place(caller.session, caller.actor, site=site, station=body.station)
    row = service.deploy_version(
        caller.session,
        caller.actor,
        site=site_row,
        station=station_row,
        model=model,
        thresholds=body.thresholds,
        reason=body.reason,
        now=caller.hub.clock.now(),
    )
    return _messages(caller, [row])[0]


@router.post("/sites/{site}/deployments/undo", permission="deployments:write", status_code=201)
def undo_deployment(site: str, body: wire.UndoRequest, caller: Caller) -> wire.Deployment:
    """Go back to the version deployed before; the answer is the deployment that is active now."""
    with caller.hub.database.reading() as reading:
        place = service.find_place(reading, caller.actor, site=site, station=body.station)
        _, previous = service.deployment_to_restore(reading, caller.actor, site=place[0], station=place[1])
        earlier = None
        if previous is not None:
            earlier = service.find_model(reading, caller.actor, previous.model_version_id)
    if earlier is not None:
        service.prove_model(caller.hub, organisation_id=caller.actor.organisation_id, model=earlier)
    row = service.undo_deployment(
        caller.session,
        caller.actor,
        site=place[0],
        station=place[1],
        reason=body.reason,
        now=caller.hub.clock.now(),
    )
    return _messages(caller, [row])[0]


async def read_inspection(request: Request) -> InspectionBody:
    """Return the image of a request: the raw body, or the part `image` of a form. Raises: BadInspection."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    context: dict[str, Any] = {k: v for k, v in request.query_params.items() if k in CONTEXT_FIELDS}
    if media_type != "multipart/form-data":
        return InspectionBody(await request.body(), None, context)
    try:
        async with request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS) as form:
            image, reference = form.get("image"), form.get("reference")
            if not isinstance(image, UploadFile):
                raise BadInspection(
                    "The form has no file 'image'.", remedy="Send the image as the file 'image' of the form."
                )
            fields = {k: v for k, v in form.items() if k in CONTEXT_FIELDS and isinstance(v, str)}
            template = await reference.read() if isinstance(reference, UploadFile) else None
            return InspectionBody(await image.read(), template, {**context, **fields})
    except MultiPartException as error:
        raise BadInspection(
            f"The form cannot be read: {error.message}.",
            remedy="Send multipart/form-data as RFC 7578 has it.",
        ) from error


@router.post(
    "/sites/{site}/stations/{station}/inspect",
    permission="inspections:write",
    response_model=Inspection,
    openapi_extra=_DOCUMENTED,
)
def inspect(
    site: str,
    station: str,
    hub: HubOnly,
    actor: Annotated[Actor, Depends(current_actor)],
    body: Annotated[InspectionBody, Depends(read_inspection)],
) -> Response:
    """Inspect an image: prediction, decision, thresholds, version and latency; always recorded.

    Send the bytes as the body (Content-Type image/…), context as query; or a form with `image`,
    optionally `reference` (the defect-free template), and context as fields. Context: part_id, batch_id,
    camera, product, captured_at.
    """
    context = _place_context(site, station, body.context)
    seen = inspect_image(hub, actor, data=body.data, reference=body.reference, context=context)
    return Response(seen.model_dump_json(), media_type="application/json")  # written once, not checked twice


def _place_context(site: str, station: str, given: dict[str, Any]) -> CaptureContext:
    try:
        return CaptureContext(site=site, station=station, **given)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInspection(
            f"The context cannot be used: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}.",
            remedy="Correct the field; times are RFC 3339 with a zone.",
        ) from error


@router.get("/images/{image}/sensitivity", permission="performance:read")
def show_sensitivity(
    image: str, hub: HubOnly, actor: Annotated[Actor, Depends(current_actor)], model: str | None = None
) -> Sensitivity:
    """Show which part of an image decided: how far the answer falls where it is covered; seconds."""
    return explain_answer(hub, actor, image=image, model=model)


@router.get("/images/{image}/neighbours", permission="performance:read")
def list_neighbours(
    image: str,
    caller: Caller,
    model: str | None = None,
    limit: Annotated[int, Query(ge=1, le=24)] = NEIGHBOURS,
) -> Listing[Neighbour]:
    """List the images that looked most alike to the model, the nearest first, with their truth."""
    found = nearest_images(caller.session, caller.actor, image=image, model=model, limit=limit)
    return Listing(items=found)

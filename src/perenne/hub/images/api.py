"""Routes of images."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from perenne.hub.accounts.auth import Caller, GuardedRouter, binary
from perenne.hub.images import gallery, gate, measuring, queries, service, thumbnails
from perenne.hub.images.errors import BatchMalformed
from perenne.hub.images.queries import ImageFilter
from perenne.hub.images.rules import MEDIA_TYPES
from perenne.hub.images.service import Outcome, Upload
from perenne.hub.images.tables import ImageRow
from perenne.hub.sites import get_line, get_product, get_site, get_station
from perenne.kit.errors import InvalidInput
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import gates as gates_wire
from perenne.wire import images as wire
from perenne.wire import sites as sites_wire
from perenne.wire.base import Listing
from perenne.wire.predictions import Decision

router = GuardedRouter(tag="images")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
CACHED = "private, max-age=86400, immutable"
CONTEXT_BYTES = 2_000_000
MAX_TILES = 500
_CONTEXT = TypeAdapter(wire.CaptureContext)
_FILE = {"type": "string", "format": "binary"}
_ONE_CONTEXT = {"type": "string", "description": "JSON of a CaptureContext."}
_CONTEXTS = {
    "type": "string",
    "description": "JSON list with one CaptureContext for each file, in their order.",
}


def _form(**parts: Any) -> dict[str, Any]:
    return {"schema": {"type": "object", "required": list(parts), "properties": parts}}


_SINGLE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": _form(file=_FILE, context=_ONE_CONTEXT),
            "application/octet-stream": {"schema": _FILE},
        },
    }
}
_BATCH_BODY = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": _form(files={"type": "array", "items": _FILE}, items=_CONTEXTS)},
    }
}


async def read_single(request: Request) -> Upload:
    """Return the one image of a request: a form, or a raw body with query parameters."""
    if not _is_form(request):
        return Upload(await request.body(), _context(dict(request.query_params)))
    async with request.form(max_files=1, max_fields=2, max_part_size=CONTEXT_BYTES) as form:
        file, text = form.get("file"), form.get("context")
        if not isinstance(file, UploadFile) or not isinstance(text, str):
            raise BatchMalformed(
                "The form needs a part 'file' (the image) and a part 'context' (JSON).",
                remedy='Send context={"site": "lyon", "station": "s1"} beside the file.',
            )
        return Upload(await file.read(), _named(_context_json(text), file))


async def read_batch(request: Request) -> list[Upload]:
    """Return the images of a batch with their contexts, paired by their order."""
    if not _is_form(request):
        raise BatchMalformed(
            "A batch is a form with parts 'files' and one part 'items'.", remedy="Send multipart/form-data."
        )
    most = wire.MAX_BATCH_IMAGES
    async with request.form(max_files=most, max_fields=2, max_part_size=CONTEXT_BYTES) as form:
        files = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
        text = form.get("items")
        if not isinstance(text, str):
            raise BatchMalformed("The part 'items' is missing.", remedy="Send a JSON list of contexts.")
        items = _batch_json(text).items
        if len(files) != len(items):
            raise BatchMalformed(
                f"The batch has {len(files)} files and {len(items)} contexts.",
                remedy=f"Send one context for each file, at most {most} of each.",
            )
        pairs = zip(files, items, strict=True)
        return [Upload(await file.read(), _named(item, file)) for file, item in pairs]


@router.post("/images", permission="images:write", status_code=201, openapi_extra=_SINGLE_BODY)
def push_image(
    caller: Caller, upload: Annotated[Upload, Depends(read_single)], response: Response
) -> wire.Ingested:
    """Store one image: 201 when it is new, 200 when its bytes were stored before, a problem when refused.

    Send a form with `file` and `context` (JSON), or the raw bytes with the context as query parameters.
    """
    outcome = service.ingest_image(
        caller.session, caller.hub, caller.actor, data=upload.data, context=upload.context
    )
    service.record_push(caller.session, caller.actor, [outcome])
    response.status_code = 201 if outcome.status == "created" else 200
    return _answers(caller, [upload], [outcome])[0]


@router.post("/images/batch", permission="images:write", openapi_extra=_BATCH_BODY)
def push_batch(caller: Caller, uploads: Annotated[list[Upload], Depends(read_batch)]) -> wire.BatchIngested:
    """Store up to 100 images; the answer says of each whether it is new, known or refused, and why."""
    outcomes = service.ingest_images(caller.session, caller.hub, caller.actor, uploads)
    service.record_push(caller.session, caller.actor, outcomes)
    answers = _answers(caller, uploads, outcomes)
    counts = {status: sum(a.status == status for a in answers) for status in ("created", "known", "refused")}
    return wire.BatchIngested(items=answers, **counts)


@router.post("/images/known", permission="images:write")
def ask_known(body: wire.KnownQuestion, caller: Caller) -> wire.KnownAnswer:
    """Say which hashes are stored already, so that a push goes on where it stopped."""
    return wire.KnownAnswer(known=service.find_known(caller.session, caller.actor, body.sha256))


def read_filter(
    caller: Caller,
    *,
    site: str | None = None,
    line: str | None = None,
    station: str | None = None,
    product: str | None = None,
    kind: wire.ImageKind | None = None,
    part_id: str | None = None,
    batch_id: str | None = None,
    group_key: str | None = None,
    external_id: str | None = None,
    sha256: str | None = None,
    has_truth: bool | None = None,
    since: Annotated[AwareDatetime | None, Query(description="Captured then or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Captured before.")] = None,
    decision: Annotated[Decision | None, Query(description="Of the latest prediction.")] = None,
    class_name: Annotated[
        str | None, Query(alias="class", description="A class of the latest prediction or of the truth.")
    ] = None,
    min_score: Annotated[float | None, Query(description="Highest score of the latest prediction.")] = None,
    max_score: float | None = None,
    model: Annotated[str | None, Query(description="Id of the model version that predicted last.")] = None,
) -> ImageFilter:
    """Return which images a request speaks of. Raises: NotFound, InvalidInput."""
    plain = ImageFilter(
        kind=kind,
        part_id=part_id,
        batch_id=batch_id,
        group_key=group_key,
        external_id=external_id,
        sha256=sha256,
        has_truth=has_truth,
        since=since,
        until=until,
        decision=decision,
        class_name=class_name,
        min_score=min_score,
        max_score=max_score,
        model_id=model,
    )
    return _with_places(caller, plain, site=site, line=line, station=station, product=product)


Wanted = Annotated[ImageFilter, Depends(read_filter)]


@router.get("/images", permission="images:read")
def list_images(
    caller: Caller, wanted: Wanted, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> Listing[wire.Image]:
    """List images, newest first. `since` (included) and `until` (excluded) speak of the capture time."""
    page = service.find_images(caller.session, caller.actor, wanted, cursor=cursor, limit=limit)
    items = images_on_wire(caller, page.items)
    return Listing(items=items, next_cursor=page.next_cursor)


@router.get("/images/tiles", permission="images:read")
def list_tiles(
    caller: Caller,
    wanted: Wanted,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_TILES)] = MAX_TILES,
) -> Listing[wire.ImageTile]:
    """List what a gallery draws of images, newest first: small rows, many at a time."""
    page = gallery.find_tiles(caller.session, caller.actor, wanted, cursor=cursor, limit=limit)
    items = [wire.ImageTile.model_validate(row) for row in page.items]
    return Listing(items=items, next_cursor=page.next_cursor)


@router.get("/images/landmarks", permission="images:read")
def show_landmarks(
    caller: Caller, wanted: Wanted, every: Annotated[int, Query(ge=20, le=MAX_TILES)] = MAX_TILES
) -> wire.ImageLandmarks:
    """Count the images and give the cursor of every page, so that a gallery can jump anywhere at once."""
    found = gallery.find_landmarks(caller.session, caller.actor, wanted, every=every)
    return wire.ImageLandmarks.model_validate(found)


@router.get("/images/refused", permission="images:read")
def count_refused(caller: Caller) -> wire.RefusedSummary:
    """Count refused images by site and reason."""
    items = []
    for row in queries.refused_counts(caller.session, caller.actor):
        last = queries.last_refused(caller.session, caller.actor, site_id=row.site_id, code=row.reason_code)
        items.append(
            wire.RefusedCount(
                site_id=row.site_id,
                site=row.slug,
                code=row.reason_code,
                count=row.total,
                last_at=row.last_at,
                last_file_name=last.name if last else None,
                last_detail=last.detail if last else "",
            )
        )
    return wire.RefusedSummary(total=sum(item.count for item in items), items=items)


@router.get("/images/{image}", permission="images:read")
def show_image(image: str, caller: Caller) -> wire.Image:
    """Show an image and its capture context."""
    row = service.get_image(caller.session, caller.actor, image)
    return images_on_wire(caller, [row])[0]


@router.get(
    "/images/{image}/bytes",
    permission="images:read",
    response_class=Response,
    responses=binary("image/*"),
)
def download_image(
    image: str, caller: Caller, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Return the very bytes that were pushed (their SHA-256 is the ETag)."""
    row = service.get_image(caller.session, caller.actor, image)
    media_type, suffix = MEDIA_TYPES[row.format]
    headers = {
        "ETag": f'"{row.sha256}"',
        "Cache-Control": CACHED,
        "Content-Disposition": f'attachment; filename="{row.id}.{suffix}"',
    }
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(service.image_bytes(caller.hub, row), media_type=media_type, headers=headers)


@router.get(
    "/images/{image}/thumbnail",
    permission="images:read",
    response_class=Response,
    responses=binary("image/*"),
)
def show_thumbnail(
    image: str,
    caller: Caller,
    size: Annotated[int, Query(ge=16, le=1024, description="Longer side, in pixels.")] = 256,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return the upright image as a small JPEG, encoded anew: nothing else of the original is in it.

    Sizes 256 and 512 are made once and kept.
    """
    row = service.get_image(caller.session, caller.actor, image)
    headers = {"ETag": f'"{row.sha256[:32]}-{size}"', "Cache-Control": CACHED}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    data = thumbnails.thumbnail_of(caller.hub, row, side=size)
    return Response(data, media_type="image/jpeg", headers=headers)


@router.put("/sites/{site}/stations/{station}/reference", permission="sites:write")
def set_reference(
    site: str, station: str, body: sites_wire.StationReference, caller: Caller
) -> sites_wire.Station:
    """Make a reference image the station's defect-free template; images pushed from now on use it."""
    row = service.use_as_station_reference(
        caller.session, caller.actor, site=site, station=station, image_id=body.reference_image_id
    )
    return sites_wire.Station.model_validate(row)


@router.get("/sites/{site}/stations/{station}/gate", permission="monitoring:read")
def show_gate(site: str, station: str, caller: Caller) -> gates_wire.StationGate:
    """Show how the station's quality gate stands: its calibration, its promise, and what it did lately."""
    site_row = get_site(caller.session, caller.actor, site)
    row = get_station(caller.session, caller.actor, site=site_row, name=station)
    return gate.tell_gate(caller.session, caller.hub, caller.actor, site=site_row.slug, station=row)


@router.post("/sites/{site}/stations/{station}/gate", permission="monitoring:write", status_code=202)
def calibrate_gate(
    site: str, station: str, body: gates_wire.GateRequest, caller: Caller
) -> gates_wire.GateAsked:
    """Calibrate the station's quality gate from its own images, as a job; logged with its reason."""
    site_row = get_site(caller.session, caller.actor, site)
    row = get_station(caller.session, caller.actor, site=site_row, name=station)
    job, available = gate.ask_for_calibration(
        caller.session, caller.hub, caller.actor, station_id=row.id, request=body
    )
    return gates_wire.GateAsked(job_id=job.id, n_available=available)


@router.post("/images/signals", permission="images:write", status_code=202)
def measure_images(caller: Caller) -> wire.MeasureAsked:
    """Measure all images that have no signals, as a job: those of a database older than the signals."""
    job, count = measuring.ask_to_measure(caller.session, caller.hub, caller.actor)
    return wire.MeasureAsked(job_id=job.id, n_images=count)


def images_on_wire(caller: Caller, rows: Sequence[ImageRow]) -> list[wire.Image]:
    """Return the rows as messages, with short names instead of ids for their places."""
    slugs = queries.slugs_of(caller.session, caller.actor, rows)
    return [
        wire.Image(
            site=slugs.get(row.site_id, row.site_id),
            line=slugs.get(row.line_id or ""),
            station=slugs.get(row.station_id or ""),
            product=slugs.get(row.product_id or ""),
            extra=row.context,
            **{name: getattr(row, name) for name in _PLAIN},
        )
        for row in rows
    ]


_PLAIN = [n for n in wire.Image.model_fields if n not in ("site", "line", "station", "product", "extra")]


def _answers(caller: Caller, uploads: Sequence[Upload], outcomes: Sequence[Outcome]) -> list[wire.Ingested]:
    stored = [outcome.image for outcome in outcomes if outcome.image is not None]
    images = {image.id: image for image in images_on_wire(caller, stored)}
    return [
        wire.Ingested(
            index=index,
            file_name=upload.context.file_name,
            status=outcome.status,
            sha256=outcome.sha256,
            image=None if outcome.image is None else images[outcome.image.id],
            differences=outcome.differences,
            refusal=_refusal(outcome),
        )
        for index, (upload, outcome) in enumerate(zip(uploads, outcomes, strict=True))
    ]


def _refusal(outcome: Outcome) -> wire.Refusal | None:
    error = outcome.refusal
    if error is None:
        return None
    return wire.Refusal(code=service.refusal_code(error), detail=error.detail, remedy=error.remedy)


def _with_places(
    caller: Caller,
    wanted: ImageFilter,
    *,
    site: str | None,
    line: str | None,
    station: str | None,
    product: str | None,
) -> ImageFilter:
    session, actor = caller.session, caller.actor
    if product is not None:
        wanted = replace(wanted, product_id=get_product(session, actor, product).id)
    if site is None:
        if line is not None or station is not None:
            raise InvalidInput(
                "A line or station is named without its site.",
                remedy="Add site=…: their names are the site's own.",
            )
        return wanted
    row = get_site(session, actor, site)
    return replace(
        wanted,
        site_id=row.id,
        line_id=None if line is None else get_line(session, actor, site=row, name=line).id,
        station_id=None if station is None else get_station(session, actor, site=row, name=station).id,
    )


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def _context(given: dict[str, str]) -> wire.CaptureContext:
    try:
        return _CONTEXT.validate_python(given)
    except ValidationError as error:
        raise _invalid(error, "query") from error


def _context_json(text: str) -> wire.CaptureContext:
    try:
        return _CONTEXT.validate_json(text)
    except ValidationError as error:
        raise _invalid(error, "context") from error


def _batch_json(text: str) -> wire.BatchItems:
    try:
        if text.lstrip().startswith("["):
            text = f'{{"items": {text}}}'
        return wire.BatchItems.model_validate_json(text)
    except ValidationError as error:
        raise _invalid(error, "items") from error


def _invalid(error: ValidationError, where: str) -> RequestValidationError:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return RequestValidationError([{**detail, "loc": (where, *detail["loc"])} for detail in details])


def _named(context: wire.CaptureContext, file: UploadFile) -> wire.CaptureContext:
    """Return the context with the name of the uploaded file, printable and short, unless it has one."""
    if context.file_name is not None:
        return context
    name = "".join(letter for letter in file.filename or "" if letter.isprintable())
    return context.model_copy(update={"file_name": name[-200:] or None})

"""Routes of imports."""

import errno
from collections.abc import AsyncIterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import Annotated, Any, BinaryIO

from fastapi import Depends, Query, Request, Response

from perenne.hub.accounts.auth import Caller, GuardedRouter, current_hub
from perenne.hub.imports import queries, service
from perenne.hub.imports.service import SeenImport
from perenne.hub.imports.tables import ImportFileRow
from perenne.hub.infra.blobs import DiskFull
from perenne.hub.infra.services import Hub
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import imports as wire
from perenne.wire.base import Listing, Problem

router = GuardedRouter(tag="imports")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


def _raw(about: str, media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "string", "format": "binary", "description": about}}}
    return {"requestBody": {"required": True, "content": content}}


async def read_body(request: Request) -> bytes:
    """Return the whole body of a request."""
    return await request.body()


async def keep_body(request: Request, hub: Annotated[Hub, Depends(current_hub)]) -> AsyncIterator[BinaryIO]:
    """Yield a file without a name that holds the body of a request: an archive may be large."""
    folder = hub.settings.data / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with TemporaryFile(dir=folder) as kept:
        try:
            async for part in request.stream():
                kept.write(part)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise DiskFull.at(str(folder)) from error
            raise
        yield kept


@router.get("/imports", permission="images:read")
def list_imports(
    caller: Caller, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> Listing[wire.Import]:
    """List the imports, newest first, without their issues."""
    page = service.list_imports(caller.session, caller.actor, cursor=cursor, limit=limit)
    return Listing(items=_show_all(caller, page.items, issues=False), next_cursor=page.next_cursor)


@router.post("/imports", permission="images:write", status_code=201)
def create_import(body: wire.ImportNew, caller: Caller) -> wire.Import:
    """Begin an import at a site; then send its files."""
    row = service.create_import(caller.session, caller.actor, new=body)
    caller.session.flush()
    return _show(caller, service.get_import(caller.session, caller.actor, row.id))


@router.get("/imports/{import_id}", permission="images:read")
def show_import(import_id: str, caller: Caller) -> wire.Import:
    """Show an import: how far it is, what the dry run found, what became of it."""
    return _show(caller, service.get_import(caller.session, caller.actor, import_id))


@router.delete("/imports/{import_id}", permission="images:write", status_code=204)
def delete_import(import_id: str, caller: Caller) -> Response:
    """Forget an import and its received files; the images and truths that came in stay."""
    service.delete_import(caller.session, caller.hub, caller.actor, import_id=import_id)
    return Response(status_code=204)


@router.get("/imports/{import_id}/files", permission="images:read")
def list_files(
    import_id: str,
    caller: Caller,
    image: Annotated[str | None, Query(pattern="^(created|known|refused|template)$")] = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[wire.ImportFile]:
    """List the received files by path, with their hashes: whoever was interrupted sends only the rest."""
    page = service.list_files(
        caller.session, caller.actor, import_id=import_id, image=image, cursor=cursor, limit=limit
    )
    return Listing(items=[_show_file(row) for row in page.items], next_cursor=page.next_cursor)


@router.put(
    "/imports/{import_id}/files/{path:path}",
    permission="images:write",
    openapi_extra=_raw("The file.", "application/octet-stream"),
)
def send_file(
    import_id: str, path: str, caller: Caller, data: Annotated[bytes, Depends(read_body)]
) -> wire.ImportFile:
    """Receive one file under its path in the folder; the same bytes sent again change nothing."""
    row = service.receive_file(
        caller.session, caller.hub, caller.actor, import_id=import_id, path=path, data=data
    )
    return _show_file(row)


@router.post(
    "/imports/{import_id}/archive",
    permission="images:write",
    openapi_extra=_raw("A ZIP archive.", "application/zip"),
)
def send_archive(
    import_id: str, caller: Caller, stream: Annotated[BinaryIO, Depends(keep_body)]
) -> wire.Import:
    """Receive the files of a ZIP archive, all of them or, when one of them is refused, none."""
    seen = service.receive_archive(
        caller.session, caller.hub, caller.actor, import_id=import_id, stream=stream
    )
    return _show(caller, seen)


@router.post("/imports/{import_id}/check", permission="images:write", status_code=202)
def check_import(import_id: str, body: wire.CheckRequest, caller: Caller) -> wire.Import:
    """Ask for the dry run: what the files are, where their classes lead, what would be refused and why."""
    seen = service.start_check(
        caller.session, caller.hub, caller.actor, import_id=import_id, mapping=body.mapping
    )
    return _show(caller, seen)


@router.post("/imports/{import_id}/run", permission="images:write", status_code=202)
def run_import(import_id: str, body: wire.RunRequest, caller: Caller) -> wire.Import:
    """Take in the images and, with the right to send truth, what is said of them."""
    seen = service.start_run(
        caller.session, caller.hub, caller.actor, import_id=import_id, mapping=body.mapping
    )
    return _show(caller, seen)


@router.post("/imports/{import_id}/cancel", permission="images:write")
def cancel_import(import_id: str, caller: Caller) -> wire.Import:
    """Stop a dry run (the files stay) or end the import (what came in stays, the rest is gone)."""
    seen = service.cancel_import(caller.session, caller.hub, caller.actor, import_id=import_id)
    return _show(caller, seen)


def _show(caller: Caller, seen: SeenImport) -> wire.Import:
    return _show_all(caller, [seen], issues=True)[0]


def _show_all(caller: Caller, imports: Sequence[SeenImport], *, issues: bool) -> list[wire.Import]:
    slugs = queries.slugs_of(caller.session, caller.actor, [seen.row for seen in imports])
    return [_tell(seen, slugs, issues=issues) for seen in imports]


def _tell(seen: SeenImport, slugs: Mapping[str, str], *, issues: bool) -> wire.Import:
    row, job = seen.row, seen.job
    error = None if job is None or seen.state != "failed" or job.error is None else job.error
    report, result = (_with_issues(kept, issues) for kept in (row.report, row.result))
    at_work = job is not None and seen.state in ("checking", "running", "failed")
    return wire.Import(
        id=row.id,
        name=row.name,
        state=seen.state.value,
        site=slugs.get(row.site_id, row.site_id),
        station=slugs.get(row.station_id or ""),
        product=slugs.get(row.product_id or ""),
        files=row.files,
        bytes=row.bytes,
        passed_over=row.passed_over,
        job_id=row.job_id,
        progress=job.progress if at_work and job is not None else float(seen.state == "succeeded"),
        message=error["detail"] if error else job.message if at_work and job is not None else "",
        error=None if error is None else Problem.model_validate(error),
        mapping=wire.ImportMapping.model_validate(row.mapping),
        report=None if report is None else wire.ImportCheck.model_validate(report),
        result=None if result is None else wire.ImportResult.model_validate(result),
        created_at=row.created_at,
        created_by=row.created_by,
    )


def _with_issues(kept: dict[str, Any] | None, wanted: bool) -> dict[str, Any] | None:
    return kept if kept is None or wanted else {**kept, "issues": []}


def _show_file(row: ImportFileRow) -> wire.ImportFile:
    return wire.ImportFile.model_validate(row)

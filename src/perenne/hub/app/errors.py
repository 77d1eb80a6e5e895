"""Every error leaves the hub as a problem document (RFC 9457) that says what to do."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from perenne.hub.infra.database import is_disk_full, lacks_tables
from perenne.kit.errors import InvalidInput, PerenneError

log = structlog.get_logger("perenne.hub")


class InternalError(PerenneError):
    """Something the hub did not expect; the log has the traceback under the request's id."""

    code = "internal-error"
    title = "The hub failed"
    status = 500


class DiskFull(PerenneError):
    """The disk of the hub has no room left."""

    code = "disk-full"
    title = "The hub's disk is full"
    status = 507


class DatabaseBusy(PerenneError):
    """The database did not answer in time."""

    code = "database-busy"
    title = "The database did not answer"
    status = 503


class TablesDiffer(PerenneError):
    """The database has other tables than this version of the hub expects."""

    code = "tables-differ"
    title = "The database is of another version"
    status = 500


class HttpRefusal(PerenneError):
    """A request that no route takes."""

    code = "http-refusal"
    title = "The request cannot be taken"


def problem_response(error: PerenneError, *, status: int | None = None) -> JSONResponse:
    """Return the problem document of `error` as a response."""
    problem = error.to_problem()
    if status is not None:
        problem["status"] = status
    headers = {"WWW-Authenticate": "Bearer"} if problem["status"] == 401 else {}
    if "retry_after_s" in problem:
        headers["Retry-After"] = str(problem["retry_after_s"])
    return JSONResponse(
        problem, status_code=problem["status"], media_type="application/problem+json", headers=headers
    )


def install_error_handlers(app: FastAPI) -> None:
    """Make `app` answer every error with a problem document."""
    app.add_exception_handler(PerenneError, _on_perenne_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(OperationalError, _on_database_error)
    app.add_exception_handler(ProgrammingError, _on_database_error)
    app.add_exception_handler(DataError, _on_value_refused)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(Exception, _on_surprise)


def _on_perenne_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PerenneError)
    return problem_response(error)


def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [
        {"where": ".".join(str(part) for part in item["loc"]), "what": str(item["msg"])}
        for item in error.errors()[:20]
    ]
    first = fields[0] if fields else {"where": "body", "what": "cannot be read"}
    return problem_response(
        InvalidInput(
            f"{request.method} {request.url.path} cannot be taken: {first['where']}: {first['what']}.",
            remedy="Compare with the documentation at /docs.",
            errors=fields,
        )
    )


def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    refusal = HttpRefusal(
        f"{request.method} {request.url.path}: {error.detail}.", remedy="See /docs for what this hub answers."
    )
    return problem_response(refusal, status=error.status_code)


def _on_database_error(request: Request, error: Exception) -> JSONResponse:
    if is_disk_full(error):
        return problem_response(disk_full())
    if isinstance(error, ProgrammingError) and not lacks_tables(error):
        return _on_surprise(request, error)
    log.error("database error", path=request.url.path, error=str(error)[:500])
    if lacks_tables(error):
        return problem_response(
            TablesDiffer(
                "A table or column that this version of the hub asks for is not in its database.",
                remedy="Restart the hub: it brings its tables up to date. If it lasts, another version wrote "
                "them: start that one.",
            )
        )
    return problem_response(
        DatabaseBusy("The database did not answer in time.", remedy="Try again; `perenne doctor` says more.")
    )


def _on_value_refused(request: Request, error: Exception) -> JSONResponse:
    """Answer for a value that the database cannot hold (PostgreSQL: a NUL character, a number too large)."""
    log.warning("value refused by the database", path=request.url.path, error=str(error)[:200])
    return problem_response(
        InvalidInput(
            f"{request.method} {request.url.path} holds a value that cannot be stored or looked up.",
            remedy="Take out control characters and numbers beyond 64 bits, and shorten very long texts.",
        )
    )


def _on_disconnect(request: Request, error: Exception) -> JSONResponse:
    """Answer nobody: the client hung up before its request was whole, and nothing of it was kept."""
    gone = HttpRefusal("The connection closed before the request was whole.", remedy="Send it again.")
    return problem_response(gone)


def disk_full() -> DiskFull:
    """Return the error for a full disk: nothing was kept, nothing was lost."""
    return DiskFull(
        "The hub's disk has no room left: nothing of this request was kept.",
        remedy="Free space or move the data folder, then send it again; `perenne doctor` shows the sizes.",
    )


def _on_surprise(request: Request, error: Exception) -> JSONResponse:
    request_id = getattr(request.state, "request_id", "-")
    log.error("unexpected error", path=request.url.path, request_id=request_id, exc_info=error)
    return problem_response(
        InternalError(
            f"The hub did not expect this (request {request_id}).",
            remedy="Look for this request id in the hub's log, and report it.",
            request_id=request_id,
        )
    )

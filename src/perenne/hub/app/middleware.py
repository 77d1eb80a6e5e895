"""What happens to every request: an id, a size limit, safe headers, one log line, the metrics."""

import re
import time
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perenne.hub.app.errors import problem_response
from perenne.kit.errors import PerenneError
from perenne.kit.ids import new_id

log = structlog.get_logger("perenne.hub")
_REQUEST_ID = re.compile(rb"^[A-Za-z0-9_.-]{1,64}$")
_ARCHIVE = re.compile(r"^/api/v1/imports/[^/]+/archive$")
_LASTING = {"/api/v1/events"}
_QUIET = {"/livez", "/readyz", "/metrics"}
Headers = list[tuple[bytes, bytes]]
API_POLICY = b"default-src 'none'; frame-ancestors 'none'"
DOCS_POLICY = (
    b"default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class BodyLimit:
    """How large a request body may be, and the setting that says so."""

    n_bytes: int
    setting: str


class BodyTooLarge(PerenneError):
    """A request body over the hub's limit."""

    code = "body-too-large"
    title = "The request is too large"
    status = 413


class Metrics:
    """The hub's counters; never an image or part in a label."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "perenne_http_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "perenne_http_request_seconds", "Time to answer.", ["route"], registry=self.registry
        )
        self.denied = Counter(
            "perenne_authz_denied_total", "Requests refused for want of rights.", registry=self.registry
        )
        self.jobs = Gauge("perenne_jobs", "Background jobs by state.", ["state"], registry=self.registry)
        self.backup_age = Gauge(
            "perenne_backup_verified_age_seconds",
            "Age of the last verified backup; NaN when there is none.",
            registry=self.registry,
        )


class RequestFrame:
    """The outermost layer around the application."""

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, max_body_bytes: int, max_archive_bytes: int
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.body = BodyLimit(max_body_bytes, "PERENNE_MAX_BODY_MB")
        self.archive = BodyLimit(max_archive_bytes, "PERENNE_MAX_IMPORT_GB")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        told = headers.get(b"x-request-id", b"")
        request_id = told.decode() if _REQUEST_ID.match(told) else new_id("req")
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = message.get("headers", [])
                message["headers"] = [*given, *_safe_headers(scope["path"], request_id, given=given)]
            await send(message)

        # An archive goes to disk part by part; a body with a key is held in memory to be compared.
        streamed = _ARCHIVE.match(scope["path"]) and b"idempotency-key" not in headers
        limit = self.archive if streamed else self.body
        if _declared_length(headers) > limit.n_bytes:
            await _refuse_body(limit)(scope, receive, send_with_headers)
        else:
            limited = _limit_body(receive, limit)
            await self.app(scope, limited, send_with_headers)
        self._account(scope, status, time.perf_counter() - started, request_id)

    def _account(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self.metrics.requests.labels(scope["method"], route, str(status)).inc()
        if route not in _LASTING:
            self.metrics.seconds.labels(route).observe(seconds)
        if status in (401, 403):
            self.metrics.denied.inc()
        if scope["path"] not in _QUIET:
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round(seconds * 1000, 1),
                request_id=request_id,
            )


def _declared_length(headers: dict[bytes, bytes]) -> int:
    text = headers.get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0


def _refuse_body(limit: BodyLimit) -> ASGIApp:
    return problem_response(_too_large(limit))


def _too_large(limit: BodyLimit) -> BodyTooLarge:
    return BodyTooLarge(
        f"The request body is larger than the {limit.n_bytes // 1_000_000} MB that this hub takes.",
        remedy=f"Send fewer images in one request, or raise {limit.setting}.",
    )


def _limit_body(receive: Receive, limit: BodyLimit) -> Receive:
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit.n_bytes:
                raise _too_large(limit)
        return message

    return limited


def _safe_headers(path: str, request_id: str, *, given: Headers) -> Headers:
    """Return what every answer says; what an answer says of its own caching and policy stays."""
    said = {name.lower() for name, _ in given}
    docs = path.startswith("/docs")
    headers = [
        (b"x-request-id", request_id.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]
    if b"content-security-policy" not in said:
        headers.append((b"content-security-policy", DOCS_POLICY if docs else API_POLICY))
    if path.startswith("/api/") and b"cache-control" not in said:
        headers.append((b"cache-control", b"no-store"))
    return headers

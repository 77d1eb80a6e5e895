"""HTTP to the hub: one request at a time, repeated when that is safe, refused with the hub's own words.

Owns addresses, the token header, retries with jitter, and the reading of problem documents. Refuses to
repeat a request that the hub may have carried out already, unless the caller says that repeating it changes
nothing.
"""

import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

import perenne
from perenne.client.errors import AnswerNotUnderstood, CredentialsMissing, HubError, HubUnreachable

T = TypeVar("T")
API = "/api/v1"
BUSY_STATUSES = frozenset({429, 502, 503, 504})
SAFE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
UNDER_WAY = "request-under-way"
FIRST_PATIENCE_S = 4.0
PATIENCE_S = 120.0
LONGEST_PAUSE_S = 4.0


class Transport:
    """Requests to one hub. Share it freely between threads."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        http: httpx.Client | None = None,
        patience_s: float = PATIENCE_S,
        first_patience_s: float | None = None,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.patience_s = patience_s
        self.first_patience_s = FIRST_PATIENCE_S if first_patience_s is None else first_patience_s
        self.pause = pause
        self.now = now
        self.rng = rng or random.Random()
        self.answered = False
        self._owned = http is None
        self._http = http or httpx.Client(
            base_url=self.url,
            timeout=httpx.Timeout(60.0, connect=5.0, pool=60.0),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
        )

    def close(self) -> None:
        """Close the connections that this transport opened itself."""
        if self._owned:
            self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        files: Any = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        timeout_s: float | None = None,
    ) -> httpx.Response:
        """Return the hub's answer, a success. Raises: HubError, HubUnreachable.

        `repeatable`: sending it twice has the effect of once, as of GET, PUT and DELETE. Any other POST
        carries one Idempotency-Key over all of its attempts, so that the hub sees to it.
        """
        options: dict[str, Any] = {
            "params": {k: v for k, v in (params or {}).items() if v is not None},
            "headers": self._headers(headers),
        }
        if method == "POST" and repeatable is None:
            options["headers"].setdefault("idempotency-key", uuid.uuid4().hex)
        given = {"json": json, "content": content, "files": files, "data": data}
        if self._owned:  # a given connection keeps its own time limits
            given["timeout"] = timeout_s
        options |= {name: value for name, value in given.items() if value is not None}
        keyed = "idempotency-key" in options["headers"]
        again = repeatable if repeatable is not None else keyed or method in SAFE_METHODS
        response = self._send_with_patience(method, path, options, again)
        if response.is_success:
            return response
        raise self._refusal(response)

    def get(self, path: str, shape: type[T], **options: Any) -> T:
        """Return the answer of a GET, read as `shape`."""
        return self.read(self.request("GET", path, **options), shape)

    def post(self, path: str, shape: type[T], *, body: BaseModel | None = None, **options: Any) -> T:
        """Return the answer of a POST, read as `shape`."""
        if body is not None:
            options["json"] = body.model_dump(mode="json", exclude_none=True)
        return self.read(self.request("POST", path, **options), shape)

    def read(self, response: httpx.Response, shape: type[T]) -> T:
        """Return the body of `response` as `shape`. Raises: AnswerNotUnderstood when it is something else."""
        try:
            message: T = TypeAdapter(shape).validate_json(response.content)
            return message
        except ValidationError as error:
            raise AnswerNotUnderstood(
                f"{response.request.url} answered what Perenne {perenne.__version__} does not know: "
                f"{error.errors()[0]['msg']} at {'.'.join(map(str, error.errors()[0]['loc']))}.",
                remedy="Is that address a Perenne hub, and is it of the same version as this client?",
            ) from error

    def pages(self, path: str, shape: type[T], **params: Any) -> Iterator[T]:
        """Yield every page of a listing; `shape` has `next_cursor`."""
        cursor: str | None = None
        while True:
            page: Any = self.get(path, shape, params={**params, "cursor": cursor})
            yield page
            cursor = page.next_cursor
            if not cursor:
                return

    @contextmanager
    def stream(self, path: str, **options: Any) -> Iterator[httpx.Response]:
        """Give the open answer of a GET whose body is too large to hold. Not repeated: the caller resumes."""
        headers = self._headers(options.pop("headers", None))
        try:
            with self._http.stream("GET", API + path, headers=headers, **options) as response:
                if not response.is_success:
                    response.read()
                    raise self._refusal(response)
                self.answered = True
                yield response
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _send_with_patience(
        self, method: str, path: str, options: dict[str, Any], again: bool
    ) -> httpx.Response:
        started = self.now()
        attempt = 0
        while True:
            failure: httpx.TransportError | None = None
            response: httpx.Response | None = None
            try:
                response = self._http.request(method, API + path, **options)
            except httpx.TransportError as error:
                failure = error
            if response is not None and not _is_busy(response):
                self.answered = True
                return response
            wait_s = self._pause_before(attempt, response)
            patience_s = self.patience_s if self.answered else self.first_patience_s
            out_of_patience = self.now() - started + wait_s > patience_s
            if out_of_patience or not (
                again or isinstance(failure, (httpx.ConnectError, httpx.ConnectTimeout))
            ):
                if response is not None:
                    return response
                raise self._unreachable(failure) from failure
            self.pause(wait_s)
            attempt += 1

    def _pause_before(self, attempt: int, response: httpx.Response | None) -> float:
        asked = response.headers.get("retry-after", "") if response is not None else ""
        if asked.isdigit():
            return min(float(asked), 30.0) + self.rng.random() * 0.2
        return min(LONGEST_PAUSE_S, 0.2 * 2.0**attempt) * (0.5 + self.rng.random() / 2)

    def _headers(self, extra: Mapping[str, str] | None) -> dict[str, str]:
        headers = {"user-agent": f"perenne/{perenne.__version__}", "accept": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        return headers | dict(extra or {})

    def _refusal(self, response: httpx.Response) -> Exception:
        problem: Any = None
        try:
            problem = response.json()
        except ValueError:
            problem = None
        if response.status_code == 401 and not self.token:
            return CredentialsMissing(
                f"The hub at {self.url} asks who calls, and no token is known for it on this machine.",
                remedy="Run `perenne login`, give --token, or set PERENNE_TOKEN.",
            )
        if isinstance(problem, dict) and ("title" in problem or "detail" in problem):
            return HubError({"status": response.status_code, **problem})
        return AnswerNotUnderstood(
            f"{response.request.url} answered {response.status_code} without saying why.",
            remedy="Is that address a Perenne hub? Look at its log; `perenne doctor` checks the rest.",
        )

    def _unreachable(self, cause: httpx.TransportError | None) -> HubUnreachable:
        lost = isinstance(
            cause, (httpx.ReadError, httpx.RemoteProtocolError, httpx.ReadTimeout, httpx.WriteError)
        )
        if lost:
            return HubUnreachable(
                f"The hub at {self.url} stopped answering during a request ({type(cause).__name__}).",
                remedy="It may have carried the request out: look before you send it again.",
            )
        return HubUnreachable(
            f"The hub is not reachable at {self.url} ({cause}).",
            remedy="Start it with `perenne up`, or give its address with --url or PERENNE_URL.",
        )


def _is_busy(response: httpx.Response) -> bool:
    if response.status_code == 409:
        return UNDER_WAY in response.text
    return response.status_code in BUSY_STATUSES

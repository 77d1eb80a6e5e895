"""The trainer's side of the hub's HTTP: claim, heartbeat, fail, deliver, download.

Owns one small client without retries of its own: the loop decides when to try again. Refuses to hold a
file in memory, and to keep one whose hash is not the promised one.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

import perenne
from perenne.kit.errors import PerenneError
from perenne.wire.base import Message
from perenne.wire.training import (
    Claim,
    ClaimAnswer,
    ClaimRequest,
    Heartbeat,
    HeartbeatAnswer,
    RunFailure,
    RunModelAnswer,
)

API = "/api/v1"
AWAY_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 507})
PIECE_BYTES = 1 << 20
M = TypeVar("M", bound=Message)


class HubAway(PerenneError):
    """The hub does not answer now, or is too busy; the same words may be said again later."""

    code = "trainer-hub-away"
    title = "The hub does not answer"
    status = 503


class HubRefused(PerenneError):
    """The hub answered, and refused; `problem` is what it said."""

    code = "trainer-hub-refused"
    title = "The hub refused"
    status = 409

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(
            str(problem.get("detail") or problem.get("title") or "The hub refused."),
            remedy=str(problem.get("remedy") or ""),
        )
        self.problem = problem
        self.problem_code = str(problem.get("code", ""))
        self.problem_status = int(problem.get("status", 500))


class DownloadDamaged(PerenneError):
    """What arrived does not have the promised hash."""

    code = "trainer-download-damaged"
    title = "A download is damaged"
    status = 502


class HubLink:
    """Calls of one trainer to one hub. `http` is any client with httpx's interface (tests inject one)."""

    def __init__(self, url: str, token: str, *, http: Any = None) -> None:
        self.url = url.rstrip("/")
        self._headers = {
            "authorization": f"Bearer {token}",
            "user-agent": f"perenne-trainer/{perenne.__version__}",
        }
        self._http = http if http is not None else _client(self.url, read_s=60.0)
        self._patient = http if http is not None else _client(self.url, read_s=600.0)

    def claim(self, *, trainer: str, recipes: list[str]) -> Claim | None:
        """Return a run to work on, or None. Raises: HubAway, HubRefused."""
        return self._post("/runs/claim", ClaimRequest(trainer=trainer, recipes=recipes), ClaimAnswer).claim

    def beat(self, run_id: str, heartbeat: Heartbeat) -> HeartbeatAnswer:
        """Tell how the run is doing; return whether to stop. Raises: HubAway, HubRefused."""
        return self._post(f"/runs/{run_id}/heartbeat", heartbeat, HeartbeatAnswer)

    def fail(self, run_id: str, failure: RunFailure) -> None:
        """Tell that the run has ended without a model. Raises: HubAway, HubRefused."""
        self._send("POST", f"/runs/{run_id}/fail", json=failure.model_dump(mode="json"))

    def deliver(self, run_id: str, artefact: Path, *, epoch: int) -> RunModelAnswer:
        """Upload the artefact as a stream; return the model version. Raises: HubAway, HubRefused."""
        headers = {
            "content-type": "application/octet-stream",
            "content-length": str(artefact.stat().st_size),
        }
        response = self._send(
            "POST",
            f"/runs/{run_id}/model",
            params={"epoch": epoch},
            content=_pieces(artefact),
            headers=headers,
            client=self._patient,
        )
        return _read(response, RunModelAnswer)

    def download(self, path: str, target: Path, *, sha256: str) -> None:
        """Put the bytes of `path` (below /api/v1) into `target`, whole and with this hash, or not at all.

        Raises: HubAway, HubRefused, DownloadDamaged.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.{os.getpid()}-{threading.get_ident()}.part")
        digest = hashlib.sha256()
        try:
            with self._calling(path), self._http.stream("GET", API + path, headers=self._headers) as response:
                if not response.is_success:
                    response.read()
                    raise _refusal(response, path)
                with part.open("wb") as stream:
                    for piece in response.iter_bytes(PIECE_BYTES):
                        digest.update(piece)
                        stream.write(piece)
            if digest.hexdigest() != sha256:
                raise DownloadDamaged(
                    f"{path} arrived with the hash {digest.hexdigest()[:12]}…, not {sha256[:12]}….",
                    remedy="It is fetched again; if it persists, run `perenne doctor` on the hub.",
                )
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def _post(self, path: str, message: Message, answer: type[M]) -> M:
        return _read(
            self._send("POST", path, json=message.model_dump(mode="json", exclude_none=True)), answer
        )

    def _send(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        client: Any = None,
        **options: Any,
    ) -> Any:
        with self._calling(path):
            response = (client or self._http).request(
                method, API + path, headers={**self._headers, **(headers or {})}, **options
            )
        if response.is_success:
            return response
        raise _refusal(response, path)

    def _calling(self, path: str) -> "_Calling":
        return _Calling(self.url, path)


class _Calling:
    """Turns a lost connection into HubAway."""

    def __init__(self, url: str, path: str) -> None:
        self.url, self.path = url, path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpx.HTTPError | ConnectionError):
            raise HubAway(
                f"The hub at {self.url} did not answer {self.path} ({type(error).__name__}).",
                remedy="The trainer goes on trying; look at the hub.",
            ) from error


def keep_trying(call: Callable[[], M], *, pause: Callable[[float], bool]) -> M | None:
    """Return the answer of `call`, repeated while the hub is away; None when `pause` says to stop waiting."""
    wait_s = 0.5
    while True:
        try:
            return call()
        except HubAway:
            if pause(wait_s):
                return None
            wait_s = min(5.0, wait_s * 2)


def _client(url: str, *, read_s: float) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=httpx.Timeout(read_s, connect=5.0))


def _refusal(response: Any, path: str) -> PerenneError:
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if response.status_code in AWAY_STATUSES:
        return HubAway(
            f"The hub answered {response.status_code} to {path}.", remedy="The trainer tries again."
        )
    if not isinstance(problem, dict):
        problem = {"detail": f"The hub answered {response.status_code} to {path} without saying why."}
    return HubRefused({"status": response.status_code, **problem})


def _read(response: Any, shape: type[M]) -> M:
    try:
        return shape.model_validate_json(response.content)
    except ValidationError as error:
        raise HubRefused(
            {
                "status": 502,
                "code": "answer-not-understood",
                "detail": f"The hub's answer is not what this trainer knows: {error.errors()[0]['msg']}.",
                "remedy": "Run hub and trainer of the same version.",
            }
        ) from error


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece

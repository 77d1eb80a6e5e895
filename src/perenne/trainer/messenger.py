"""What a run has to say to the hub, kept until the hub has heard it.

Owns the buffer and the numbering of heartbeats: one that may have been lost is said again with the same
number, so that the hub counts it once. Refuses to lose a point because the hub is away.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from perenne.trainer.hub_link import HubAway, HubLink, HubRefused
from perenne.wire.training import Claim, Heartbeat, LogLine, MetricPoint

MAX_IN_ONE = 1000
MAX_BUFFERED = 50_000
LEVELS = ("debug", "info", "warning", "error")
Say = Callable[[str], None]


class ClaimLost(Exception):
    """The hub says that the run is not this trainer's any more."""


class Messenger:
    """Reports one claim of one run."""

    def __init__(
        self,
        link: HubLink,
        claim: Claim,
        *,
        beat_s: float,
        say: Say,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link, self._claim, self._beat_s, self._say, self._now = link, claim, beat_s, say, now
        self._points: list[MetricPoint] = []
        self._log: list[LogLine] = []
        self._progress: float | None = None
        self._eta_s: float | None = None
        self._message: str | None = None
        self._batch = 0
        self._pending: Heartbeat | None = None
        self._next_beat = 0.0
        self._away = False
        self.cancel = False
        """Whether the hub asked to stop."""

    def point(self, event: Mapping[str, Any]) -> None:
        """Keep a point of the curves."""
        self._progress = min(1.0, max(0.0, float(event["fraction"])))
        self._eta_s = event["eta_s"]
        self._message = "Training"
        self._points.append(MetricPoint(step=event["step"], values=event["values"], at=datetime.now(UTC)))
        if len(self._points) > MAX_BUFFERED:
            self._points = self._points[::2]

    def log(self, level: str, text: str) -> None:
        """Keep a line of the log."""
        known: Any = level if level in LEVELS else "info"
        self._log.append(LogLine(level=known, text=text[:4000], at=datetime.now(UTC)))
        del self._log[:-MAX_BUFFERED]

    def message(self, text: str) -> None:
        """Say in one line what is being done."""
        self._message = text[:500]

    def beat_if_due(self) -> bool:
        """Send a heartbeat when it is time; return whether to stop. Raises: ClaimLost."""
        if self._now() >= self._next_beat:
            self.beat()
        return self.cancel

    def beat(self, *, state: Literal["running", "uploading"] = "running") -> bool:
        """Send one heartbeat; return whether the hub heard it. Raises: ClaimLost, HubRefused."""
        self._next_beat = self._now() + self._beat_s
        heartbeat = self._pending or self._next(state)
        if heartbeat.state != state:
            heartbeat = heartbeat.model_copy(update={"state": state})
        self._pending = heartbeat
        try:
            answer = self._link.beat(self._claim.run.id, heartbeat)
        except HubAway as error:
            if not self._away:
                self._say(f"{error.detail} Training goes on; what it says is kept.")
            self._away = True
            return False
        except HubRefused as error:
            raise _lost(error) from error
        if self._away:
            self._say("The hub answers again.")
        self._away, self._pending = False, None
        self.cancel = self.cancel or answer.cancel
        return True

    def flush(self, *, state: Literal["running", "uploading"] = "running") -> bool:
        """Send everything that is kept; return whether the hub heard it all. Raises: ClaimLost."""
        while self._pending or self._points or self._log or state == "uploading":
            if not self.beat(state=state):
                return False
            if not (self._points or self._log):
                break
        return True

    def _next(self, state: Literal["running", "uploading"]) -> Heartbeat:
        self._batch += 1
        points, self._points = self._points[:MAX_IN_ONE], self._points[MAX_IN_ONE:]
        log, self._log = self._log[:MAX_IN_ONE], self._log[MAX_IN_ONE:]
        return Heartbeat(
            epoch=self._claim.epoch,
            batch=self._batch,
            state=state,
            progress=self._progress,
            eta_s=self._eta_s,
            message=self._message,
            points=points,
            log=log,
        )


def _lost(error: HubRefused) -> Exception:
    gone = error.problem_code == "run-claim-replaced" or error.problem_status in (404, 410)
    return ClaimLost(error.detail) if gone else error

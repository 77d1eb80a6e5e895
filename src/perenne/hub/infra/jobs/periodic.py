"""What a worker does by itself every few seconds, without a row for each time.

Owns the one thread that takes the turns. Refuses to be durable: whatever is done here finds out by itself
what is left to do, and two workers that do it at once must not disturb each other.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perenne.hub.infra.services import Hub

PeriodicWork = Callable[["Hub"], object]
_log = logging.getLogger("perenne.jobs")


class PeriodicTurns:
    """Does each work again so many seconds after it was done, until closed."""

    def __init__(self, hub: "Hub", works: Mapping[str, tuple[float, PeriodicWork]]) -> None:
        self._hub = hub
        self._works = dict(works)
        self._due = dict.fromkeys(works, 0.0)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._take_turns, name="periodic", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No turn begins any more; one that runs may come to its end."""
        self._closing.set()
        self._thread.join(timeout=10)

    def _take_turns(self) -> None:
        while self._works:
            name = min(self._due, key=lambda one: self._due[one])
            if self._closing.wait(max(0.0, self._due[name] - time.monotonic())):
                return
            every_s, work = self._works[name]
            try:
                work(self._hub)
            except Exception:  # a database that is away for a moment must not end the turns
                _log.exception("%s failed; it is tried again", name)
            self._due[name] = time.monotonic() + every_s

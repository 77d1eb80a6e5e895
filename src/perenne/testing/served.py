"""A hub that really listens: for what only a real connection shows (streams, disconnects, stopping).

Owns one server in a thread, on a free port of this machine. Refuses to outlive its `with`.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from perenne.hub.app.serve import end_streams_at_exit, listen


@dataclass
class ServedApp:
    """Where the application answers, and how to stop it."""

    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> float:
        """The server has stopped; return the seconds that this took."""
        started = time.monotonic()
        self.server.should_exit = True
        self.thread.join()
        return time.monotonic() - started


@contextmanager
def served(app: FastAPI) -> Iterator[ServedApp]:
    """Yield `app` as it answers on a port of this machine; stopped at the end."""
    with listen("127.0.0.1", 0) as listening:
        config = uvicorn.Config(
            app,
            http="httptools",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=5,
        )
        server = end_streams_at_exit(uvicorn.Server(config), app)
        thread = threading.Thread(target=server.run, args=([listening],), name="served", daemon=True)
        thread.start()
        running = ServedApp(f"http://127.0.0.1:{listening.getsockname()[1]}", server, thread)
        try:
            yield running
        finally:
            running.stop()

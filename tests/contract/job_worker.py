"""A worker process for the contract suite: prints a line for every start and end of a job."""

import socket
import sys
import threading
from pathlib import Path
from typing import Any, cast

from perenne.hub.infra.blobs import open_blob_store
from perenne.hub.infra.database import Database
from perenne.hub.infra.jobs import JobContext
from perenne.hub.infra.jobs.durable import DbosJobs
from perenne.hub.infra.services import Hub
from perenne.hub.settings import Settings


def say(*words: object) -> None:
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def note(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    say("ran", context.job_id, context.attempt)
    return {"n": payload.get("n")}


def hang_at_first(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    say("ran", context.job_id, context.attempt)
    while context.attempt == 1 and not context.cancelled():
        threading.Event().wait(0.05)
    say("left", context.job_id, context.attempt)
    return {"attempt": context.attempt}


def tell_every_connection() -> None:
    connect = socket.socket.connect

    def told(self: socket.socket, address: Any) -> None:
        say("connects", address)
        connect(self, address)

    socket.socket.connect = told  # type: ignore[method-assign]


def main(folder: Path, url: str) -> None:
    tell_every_connection()
    settings = Settings(data=folder, database_url=url)
    hub = Hub(settings, Database(url), open_blob_store(folder / "blobs"), cast(Any, None))
    jobs = DbosJobs(hub, {"test.note": note, "test.hang": hang_at_first}, concurrency=4)
    say("ready", jobs.worker.id)
    sys.stdin.read()
    jobs.close()
    say("closed")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

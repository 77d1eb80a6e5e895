"""The job worker's process: waits for a hub's database, then runs its durable jobs until told to stop.

Owns the visible list of rooms that bring jobs. Refuses to change the database's shape: the hub does that.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from perenne.hub.infra.installation import settle_store
from perenne.hub.infra.jobs import JobHandler
from perenne.hub.infra.logs import configure_logs
from perenne.hub.infra.migrations import is_current
from perenne.hub.infra.notices import ChangeTeller
from perenne.hub.infra.services import open_services
from perenne.hub.settings import Settings

if TYPE_CHECKING:
    from perenne.hub.infra.jobs.periodic import PeriodicWork

JOB_ROOMS = (
    "images",
    "monitoring",
    "imports",
    "datasets",
    "training",
    "models",
    "performance",
    "evaluation",
    "deployments",
)
"""A job's kind starts with the room that handles it: `evaluation.measure` is in hub/evaluation/jobs.py."""

PERIODIC_ROOMS = ("monitoring", "performance")
"""Rooms whose jobs also have PERIODIC: what a worker does by itself; they must be small to import."""

_log = logging.getLogger("perenne.worker")


class RoomHandlers(Mapping[str, JobHandler]):
    """The handlers of every room, a room imported when its first job comes: an idle worker stays small."""

    def __getitem__(self, kind: str) -> JobHandler:
        return self._of_room(kind.partition(".")[0])[kind]

    def __iter__(self) -> Iterator[str]:
        for room in JOB_ROOMS:
            yield from self._of_room(room)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _of_room(self, room: str) -> dict[str, JobHandler]:
        if room not in JOB_ROOMS:
            return {}
        name = f"perenne.hub.{room}.jobs"
        try:
            handlers: dict[str, JobHandler] = import_module(name).JOBS
        except ModuleNotFoundError as error:
            if error.name is not None and name.startswith(error.name):
                return {}  # a room without background work
            raise
        return handlers


def run_worker(settings: Settings) -> None:
    """Run jobs until SIGTERM or SIGINT, then leave at once: what still runs is taken over or run again."""
    from perenne.hub.infra.jobs.durable import DbosJobs
    from perenne.hub.infra.jobs.periodic import PeriodicTurns

    configure_logs(settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    hub = open_services(settings)
    while not is_current(hub.database):
        _log.info("waiting for the hub to prepare the database")
        if stop.wait(0.5):
            return
    settle_store(hub.database, hub.blobs)
    ChangeTeller(hub.database, clock=hub.clock)
    jobs = DbosJobs(hub, RoomHandlers(), concurrency=settings.job_concurrency)
    turns = PeriodicTurns(hub, periodic_works())
    _log.info("the worker runs jobs", extra={"worker": jobs.worker.id})
    while not stop.wait(3600.0):
        sweep_leftovers(hub.blobs)
    turns.close()
    jobs.close()
    # Threads of interrupted jobs would hold a normal exit back; their jobs are safe in their rows.
    os._exit(0)


def periodic_works() -> "dict[str, tuple[float, PeriodicWork]]":
    """Return what the rooms want to be done every few seconds."""
    works: dict[str, tuple[float, PeriodicWork]] = {}
    for room in PERIODIC_ROOMS:
        works.update(import_module(f"perenne.hub.{room}.jobs").PERIODIC)
    return works


def sweep_leftovers(blobs: object) -> int:
    """Temporary files that a killed process left in a local store are gone; return how many."""
    sweep = getattr(blobs, "sweep_incoming", None)
    return 0 if sweep is None else int(sweep(now_s=time.time()))

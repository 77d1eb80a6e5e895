"""Which worker processes are alive, and who takes over the work of a dead one.

A worker on this machine is dead as soon as its process is gone; one elsewhere when it has not been seen
for a while. Refuses to let two workers take over the same dead one.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from perenne.hub.infra.database import Database
from perenne.hub.infra.jobs import queries
from perenne.hub.infra.jobs.tables import WorkerRow
from perenne.kit.ids import new_id

UNSEEN_AFTER = timedelta(seconds=60)
GONE = "gone"


@dataclass(frozen=True)
class Worker:
    """This process as a worker. The id is new at each start, so no work is mistaken for its own."""

    id: str
    machine: str
    process: str

    @classmethod
    def here(cls) -> "Worker":
        """Return the running process as a new worker."""
        return cls(new_id("wrk"), this_machine(), process_mark(os.getpid()) or str(os.getpid()))


def this_machine() -> str:
    """Return what tells process numbers of this machine, boot and container from all others."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))
    except OSError:
        parts.append("no-proc")
    return "|".join(parts)[:200]


def process_mark(pid: int) -> str | None:
    """Return number and start time of a process, None when it is gone (a zombie is gone too)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else f"{pid}:{fields[19]}"
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except (OSError, IndexError):
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return str(pid)


def is_dead(row: WorkerRow, *, now: datetime, machine: str) -> bool:
    """Say whether the worker of `row` will not come back to its work."""
    if row.process == GONE or now - row.seen_at > UNSEEN_AFTER:
        return True
    if row.machine != machine:
        return False
    return process_mark(int(row.process.split(":")[0])) != row.process


def note_alive(database: Database, worker: Worker, *, now: datetime) -> None:
    """The other workers see that this one lives."""
    with database.transaction() as session:
        queries.note_alive(session, _row(worker, process=worker.process, now=now))


def note_gone(database: Database, worker: Worker, *, now: datetime) -> None:
    """The other workers may take over at once what this one leaves behind."""
    with database.transaction() as session:
        queries.note_alive(session, _row(worker, process=GONE, now=now))


def claim_dead_workers(database: Database, worker: Worker, *, now: datetime) -> list[str]:
    """Return the ids of the dead workers whose work this one, and no other, may take over now."""
    with database.reading() as session:
        others = list(queries.other_workers(session, worker_id=worker.id))
    dead = [row for row in others if is_dead(row, now=now, machine=worker.machine)]
    if not dead:
        return []
    dead_ids = [row.id for row in dead]
    with database.transaction() as session:
        return [
            row.id
            for row in dead
            if queries.claim_dead_worker(session, row, adopter=worker.id, dead_ids=dead_ids)
        ]


def forget_worker(database: Database, worker_id: str) -> None:
    """The worker's work has been taken over; its row is gone."""
    with database.transaction() as session:
        queries.remove_worker(session, worker_id)


def known_workers(database: Database) -> set[str]:
    """Return the ids of all workers that have a row."""
    with database.reading() as session:
        return {row.id for row in queries.other_workers(session, worker_id="")}


def alive_workers(session: Session, *, now: datetime) -> int:
    """Return how many workers live, on this machine or another."""
    machine = this_machine()
    rows = queries.other_workers(session, worker_id="")
    return sum(not is_dead(row, now=now, machine=machine) for row in rows)


def _row(worker: Worker, *, process: str, now: datetime) -> WorkerRow:
    return WorkerRow(id=worker.id, machine=worker.machine, process=process, seen_at=now, adopted_by=None)

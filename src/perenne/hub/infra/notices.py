"""News of changes from one process of the hub to another, through the database that they share.

Owns telling (a worker's or another hub's commits) and watching (while somebody in this process wants to
know). Promises that nothing is written while no other process listens, and that inspections wait for none of
it: a thread of its own gathers what was changed. Refuses to be relied upon: news lost in a crash stays lost.
"""

import logging
import threading
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from perenne.hub.infra.changes import Change, Listener
from perenne.hub.infra.database import Database
from perenne.hub.infra.tables import ChangeListenerRow, ChangeNoticeRow
from perenne.kit.clock import Clock
from perenne.kit.ids import new_id

GATHER_S = 0.3
LOOK_S = 0.5
LISTENS_FOR = timedelta(seconds=60)
RENEW_AFTER = timedelta(seconds=20)
FORGET_AFTER = timedelta(hours=1)

_log = logging.getLogger("perenne.hub")


class ChangeTeller:
    """Tells other processes what this one commits, a few times a second at most."""

    def __init__(self, database: Database, *, clock: Clock, process_id: str | None = None) -> None:
        self.process_id = process_id or new_id("prc")
        self._database = database
        self._clock = clock
        self._pending: set[Change] = set()
        self._lock = threading.Lock()
        self._something = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        database.change_listeners.append(self._note)

    def close(self) -> None:
        """The last news is out and nothing more will be told."""
        if self._note in self._database.change_listeners:
            self._database.change_listeners.remove(self._note)
        self._closing.set()
        self._something.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _note(self, changes: frozenset[Change]) -> None:
        with self._lock:
            self._pending |= changes
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="change-teller", daemon=True)
                self._thread.start()
        self._something.set()

    def _work(self) -> None:
        while not self._closing.is_set():
            self._something.wait()
            self._closing.wait(GATHER_S)
            self._something.clear()
            with self._lock:
                changes, self._pending = self._pending, set()
            try:
                self.tell(changes)
            except Exception:  # a database that is away for a moment: what follows will be told
                _log.warning("changes could not be told to other processes", exc_info=True)

    def tell(self, changes: set[Change]) -> bool:
        """The other processes that listen can see `changes`; return whether there were any."""
        now = self._clock.now()
        others = select(ChangeListenerRow.process_id).where(
            ChangeListenerRow.process_id != self.process_id, ChangeListenerRow.until > now
        )
        with self._database.reading() as session:
            if not changes or session.connection().scalar(others.limit(1)) is None:
                return False
        with self._database.engine.begin() as connection:
            for organisation_id, table_name in sorted(changes):
                key = {
                    "process_id": self.process_id,
                    "organisation_id": organisation_id,
                    "table_name": table_name,
                }
                mine = [getattr(ChangeNoticeRow, name) == value for name, value in key.items()]
                more = {"number": ChangeNoticeRow.number + 1, "at": now}
                if connection.execute(update(ChangeNoticeRow).where(*mine).values(**more)).rowcount == 0:
                    connection.execute(insert(ChangeNoticeRow).values(**key, number=1, at=now))
        return True


class ChangeWatch:
    """Hears what other processes tell, from `start` to `stop`, and hands it on."""

    def __init__(self, database: Database, *, clock: Clock, process_id: str, hand_on: Listener) -> None:
        self._database = database
        self._clock = clock
        self._process_id = process_id
        self._hand_on = hand_on
        self._seen: dict[tuple[str, str, str], int] | None = None
        self._registered_at: datetime | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Watch, unless it does already."""
        if self._thread is None:
            self._stopping = threading.Event()
            self._seen = self._registered_at = None
            self._thread = threading.Thread(
                target=self._work, args=(self._stopping,), name="change-watch", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Stop looking, soon; the place among the listeners runs out by itself."""
        self._stopping.set()
        self._thread = None

    def _work(self, stopping: threading.Event) -> None:
        while True:
            try:
                found = self.look()
                if found and not stopping.is_set():
                    self._hand_on(found)
            except Exception:  # a database that is away for a moment must not end the watch
                _log.warning("changes of other processes could not be read", exc_info=True)
            if stopping.wait(LOOK_S):
                return

    def look(self) -> frozenset[Change]:
        """Return what other processes have told since the last look; nothing at the first one."""
        self._register()
        row = ChangeNoticeRow
        wanted = select(row.process_id, row.organisation_id, row.table_name, row.number).where(
            row.process_id != self._process_id
        )
        with self._database.reading() as session:
            rows = session.connection().execute(wanted).all()
        numbers = {(process, organisation, table): number for process, organisation, table, number in rows}
        before, self._seen = self._seen, numbers
        if before is None:
            return frozenset()
        return frozenset(key[1:] for key, number in numbers.items() if before.get(key) != number)

    def _register(self) -> None:
        now = self._clock.now()
        if self._registered_at is not None and now - self._registered_at < RENEW_AFTER:
            return
        with self._database.engine.begin() as connection:
            row = ChangeListenerRow
            over = (row.process_id == self._process_id) | (row.until < now - FORGET_AFTER)
            connection.execute(delete(row).where(over))
            listener = {"process_id": self._process_id, "until": now + LISTENS_FOR}
            connection.execute(insert(row).values(**listener))
            connection.execute(delete(ChangeNoticeRow).where(ChangeNoticeRow.at < now - FORGET_AFTER))
        self._registered_at = now

"""One thread that writes down what many requests have to record: all that wait go into one commit.

Owns the order of writing. Refuses to answer before the commit is durable. Requests that each open their own
transaction would wait for the one write lock by sleeping; here they queue, and share the commit.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from perenne.hub.infra.database import Database
from perenne.hub.infra.services import Hub

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")
MOST_TOGETHER = 32
Write = Callable[["Session"], Any]


class Recorder:
    """Records for all threads of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[tuple[Write, Future[Any]]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="recorder", daemon=True).start()

    def record(self, write: "Callable[[Session], T]") -> T:
        """Return what `write` returned, once it is durable; what it raises is raised here.

        `write` may be called again after its transaction was undone because of another one's error.
        """
        answer: Future[T] = Future()
        self._waiting.put((write, answer))
        return answer.result()

    def _work(self) -> None:
        while True:
            together = [self._waiting.get()]
            while len(together) < MOST_TOGETHER and not self._waiting.empty():
                together.append(self._waiting.get())
            self._commit(together)

    def _commit(self, together: list[tuple[Write, Future[Any]]]) -> None:
        try:
            with self._database.transaction() as session:
                results = [write(session) for write, _ in together]
        except BaseException as error:
            if len(together) == 1:
                together[0][1].set_exception(error)
                return
            for one in together:  # one of them failed: the others must not
                self._commit([one])
            return
        for (_, answer), result in zip(together, results, strict=True):
            answer.set_result(result)


def recorder_of(hub: Hub) -> Recorder:
    """Return the recorder of this process."""
    found = hub.shared.get("deployments.recorder")
    if found is None:
        with _STARTING:
            found = hub.shared.get("deployments.recorder")
            if found is None:
                found = hub.shared["deployments.recorder"] = Recorder(hub.database)
    assert isinstance(found, Recorder)
    return found


_STARTING = threading.Lock()

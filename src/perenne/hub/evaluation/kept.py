"""Answers that took their time and never change, kept in this process while there is room.

Owns the curves and the comparisons of finished evaluations. Refuses whatever may still change: outcomes of a
finished evaluation do not.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from perenne.hub.infra.services import Hub

T = TypeVar("T")
MOST = 128


class KeptAnswers:
    """The answers given last, by what was asked."""

    def __init__(self, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._most = most

    def answer(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under `key`, made now when it is not."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                found: T = self._answers[key]
                return found
        made = make()
        with self._lock:
            self._answers[key] = made
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return made


def kept_answers(hub: Hub) -> KeptAnswers:
    """Return the answers kept by this process."""
    found = hub.shared.setdefault("evaluation.kept", KeptAnswers())
    assert isinstance(found, KeptAnswers)
    return found

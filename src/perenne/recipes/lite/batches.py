"""Batches made ahead of time by a thread, the same ones after a restart.

Owns the prefetch queue. Refuses hidden state: batch k depends on (seed, process, k) alone.
"""

import queue
import threading
from types import TracebackType
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

Batch = dict[str, Tensor]


class BatchSource(Protocol):
    """Makes one batch; called from one thread, must not keep state between calls."""

    def make_batch(self, rng: np.random.Generator, *, fraction: float) -> dict[str, np.ndarray]:
        """Return the arrays of one batch; `fraction` is the used part of the budget."""


class Prefetcher:
    """An iterator over batches `first_step`, `first_step` + 1, ...; close it, or use it as a context."""

    def __init__(
        self, source: BatchSource, *, seed: int, rank: int, first_step: int, ahead: int = 3, pin: bool = False
    ) -> None:
        self.fraction = 0.0
        self._source = source
        self._seeds = (seed, rank)
        self._pin = pin
        self._queue: queue.Queue[Batch | BaseException] = queue.Queue(ahead)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(first_step,), name="batches", daemon=True)
        self._thread.start()

    def _run(self, step: int) -> None:
        while not self._closing.is_set():
            try:
                rng = np.random.default_rng([*self._seeds, step])
                arrays = self._source.make_batch(rng, fraction=self.fraction)
                made: Batch | BaseException = {name: torch.from_numpy(v) for name, v in arrays.items()}
                if self._pin and not isinstance(made, BaseException):
                    made = {name: value.pin_memory() for name, value in made.items()}
            except BaseException as error:
                made = error
            while not self._closing.is_set():
                try:
                    self._queue.put(made, timeout=0.2)
                    break
                except queue.Full:
                    continue
            if isinstance(made, BaseException):
                return
            step += 1

    def next_batch(self) -> Batch:
        """Return the next batch; raises here what making it raised in the thread."""
        made = self._queue.get()
        if isinstance(made, BaseException):
            raise made
        return made

    def __enter__(self) -> "Prefetcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()

"""Batches made ahead of time by threads, the same ones after a restart.

Owns the prefetch queue. Refuses hidden state: batch k depends on (seed, process, k) alone.
"""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

Batch = dict[str, Tensor]


class BatchSource(Protocol):
    """Makes one batch; called from several threads, must not keep state between calls."""

    def make_batch(self, rng: np.random.Generator, *, fraction: float) -> dict[str, np.ndarray]:
        """Return the arrays of one batch; `fraction` is the used part of the budget."""


class Prefetcher:
    """Batches `first_step`, `first_step` + 1, ... in order, made by `workers` threads; used as a context."""

    def __init__(
        self,
        source: BatchSource,
        *,
        seed: int,
        rank: int,
        first_step: int,
        workers: int = 1,
        pin: bool = False,
    ) -> None:
        self.fraction = 0.0
        self._source, self._seeds, self._pin = source, (seed, rank), pin
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="batches")
        self._step = first_step
        self._coming: deque[Future[Batch]] = deque()
        for _ in range(2 * workers + 1):
            self._order_next()

    def _order_next(self) -> None:
        self._coming.append(self._pool.submit(self._make, self._step))
        self._step += 1

    def _make(self, step: int) -> Batch:
        rng = np.random.default_rng([*self._seeds, step])
        arrays = self._source.make_batch(rng, fraction=self.fraction)
        batch = {name: torch.from_numpy(value) for name, value in arrays.items()}
        return {name: value.pin_memory() for name, value in batch.items()} if self._pin else batch

    def next_batch(self) -> Batch:
        """Return the next batch; raises here what making it raised in its thread."""
        batch = self._coming.popleft().result()
        self._order_next()
        return batch

    def __enter__(self) -> "Prefetcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

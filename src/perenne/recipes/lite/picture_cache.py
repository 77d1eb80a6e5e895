"""Pictures kept in memory up to a limit; the rest is read again each time.

Owns the limit. Safe to use from several threads. Refuses to drop what it keeps: a run draws pictures evenly,
so the first ones are as good as any.
"""

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


class PictureCache:
    """Pictures by their index, read by `read` where they are not kept."""

    def __init__(self, read: Callable[[int], Picture], *, cache_mb: int) -> None:
        self._read = read
        self._left_bytes = cache_mb * 1_000_000
        self._kept: dict[int, Picture] = {}
        self._lock = threading.Lock()

    def picture(self, index: int) -> Picture:
        """Return the picture. Raises: what reading raises."""
        kept = self._kept.get(index)
        if kept is not None:
            return kept
        made = self._read(index)
        with self._lock:
            if made.nbytes <= self._left_bytes and index not in self._kept:
                self._kept[index] = made
                self._left_bytes -= made.nbytes
        return made

"""What an hour or a day of a context is like, summed up while the images come.

Owns a sample of at most 256 images a bucket (exact below that), drawn by the hashes of their ids: the same
images give the same sample on every run. Refuses to keep raw values of buckets that are over.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE = 256
QUANTILES = [0.05, 0.5, 0.95]
_DIGITS = 6


@dataclass
class Bucket:
    """One open bucket: its beginning, how many images it has, and the sample by hash."""

    at: datetime
    n: int = 0
    sample: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, name: str, values: Mapping[str, float]) -> None:
        """The image called `name` is counted, and kept if its hash is among the smallest."""
        self.n += 1
        drawn = hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
        if len(self.sample) >= SAMPLE:
            largest = max(self.sample)
            if drawn >= largest:
                return
            del self.sample[largest]
        self.sample[drawn] = {key: value for key, value in values.items() if math.isfinite(value)}

    def summary(self) -> dict[str, list[float]]:
        """Return [n, q05, q50, q95] of every channel; n counts the images of the sample with a value.

        >>> bucket = Bucket(datetime(2026, 1, 5))
        >>> for value in range(101):
        ...     bucket.add(f"ins_{value}", {"noise": float(value)})
        >>> bucket.summary()
        {'noise': [101, 5.0, 50.0, 95.0]}
        """
        rows = [self.sample[drawn] for drawn in sorted(self.sample)]
        names = sorted({name for row in rows for name in row})
        table_NC = np.array([[row.get(name, math.nan) for name in names] for row in rows])
        return dict(zip(names, _summaries(table_NC), strict=True)) if names else {}

    def to_json(self) -> dict[str, Any]:
        """Return the bucket as plain JSON."""
        return {"at": self.at.isoformat(), "n": self.n, "sample": self.sample}

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> "Bucket":
        """Return the bucket that `to_json` gave."""
        return cls(datetime.fromisoformat(held["at"]), int(held["n"]), dict(held["sample"]))


def _summaries(table_NC: NDArray[np.float64]) -> list[list[float]]:
    """Return [n, q05, q50, q95] of every column, missing values left out; by linear interpolation."""
    ordered = np.sort(table_NC, axis=0)  # missing values come last
    n_C = (~np.isnan(table_NC)).sum(0)
    columns = np.arange(table_NC.shape[1])
    found: list[list[float]] = [[int(n)] for n in n_C]
    for quantile in QUANTILES:
        place_C = quantile * (n_C - 1)
        below = np.floor(place_C).astype(np.int64)
        above = np.minimum(below + 1, n_C - 1)
        low, high = ordered[below, columns], ordered[above, columns]
        for one, value in zip(found, low + (place_C - below) * (high - low), strict=True):
            one.append(_short(float(value)))
    return found


def _short(value: float) -> float:
    """Return the value to six significant digits: what a page draws."""
    return float(f"{value:.{_DIGITS}g}")

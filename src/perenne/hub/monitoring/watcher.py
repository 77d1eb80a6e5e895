"""The watch of one context in memory: records in, what they showed out.

Owns the reference being collected or the monitor, the last images (for effects and examples) and the open
buckets. Deterministic: the same records in the same order leave the same watcher, so that a snapshot and the
records since then are as good as the watcher itself. Refuses to read or write anything.
"""

import io
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from perenne.hub.monitoring.history import DAY_S, HOUR_S, bucket_start
from perenne.hub.monitoring.records import plain_values
from perenne.hub.monitoring.rules import MOST_REFERENCE
from perenne.hub.monitoring.sampling import Bucket
from perenne.monitoring.channels import channel_values
from perenne.monitoring.monitor import Monitor, Step
from perenne.monitoring.record import ImageRecord
from perenne.monitoring.reference import Reference

WINDOW = 300
"""So many of the last images are kept at hand for the effects and examples of an alarm."""


@dataclass(frozen=True)
class Seen:
    """A prediction as the watcher takes it up."""

    prediction_id: str
    record: ImageRecord
    verdict: str


@dataclass(frozen=True)
class Touched:
    """What one tick adds to a bucket, and its summary now."""

    at: datetime
    bucket_s: int
    n: int
    n_flagged: int
    n_refused: int
    n_judged: int
    level: float
    anchored_level: float
    channels: dict[str, list[float]]


@dataclass
class _Delta:
    """What came into a bucket since `take_touched`."""

    n: int = 0
    n_flagged: int = 0
    n_refused: int = 0
    n_judged: int = 0
    level: float = 0.0
    anchored_level: float = 0.0


@dataclass
class Watcher:
    """One context: `collected` until there is a monitor; `number` counts its images."""

    number: int = 0
    monitor: Monitor | None = None
    snapshot_at: int = 0
    collected: deque[Seen] = field(default_factory=lambda: deque(maxlen=MOST_REFERENCE))
    window: deque[Seen] = field(default_factory=lambda: deque(maxlen=WINDOW))
    buckets: dict[int, Bucket] = field(default_factory=dict)
    levels: tuple[float, float] = (0.0, 0.0)
    _done: dict[tuple[int, datetime], dict[str, list[float]]] = field(default_factory=dict)
    _deltas: dict[tuple[int, datetime], _Delta] = field(default_factory=dict)

    def take(self, seen: Seen) -> Step | None:
        """Return what this image showed; None while collecting, or while a unit is being filled."""
        self.number += 1
        self.window.append(seen)
        step = None
        if self.monitor is None:
            self.collected.append(seen)
        else:
            step = self.monitor.update(seen.record)
        if step is not None:
            self.levels = (step.growing.level, step.anchored.level)
        self._sum_up(seen)
        return step

    def begin(self, reference: Reference, *, run_length: float, amber_run_length: float) -> None:
        """From the next image on, the context is watched against `reference`."""
        self.monitor = Monitor(reference, run_length=run_length, amber_run_length=amber_run_length)
        self.levels = (0.0, 0.0)
        self.collected.clear()

    def restart(self) -> None:
        """The evidence begins anew, against the same reference."""
        if self.monitor is not None:
            self.monitor.restart()
        self.levels = (0.0, 0.0)

    def take_touched(self) -> list[Touched]:
        """Return what came into each bucket since the last time; buckets that are over are forgotten."""
        found = []
        for (bucket_s, at), delta in self._deltas.items():
            bucket = self.buckets[bucket_s]
            channels = bucket.summary() if bucket.at == at else self._done[bucket_s, at]
            found.append(Touched(at=at, bucket_s=bucket_s, channels=channels, **vars(delta)))
        self._deltas, self._done = {}, {}
        return found

    def since(self, image_id: str | None) -> list[ImageRecord]:
        """Return the last images from `image_id` on, all of them where it is not among them."""
        records = [seen.record for seen in self.window]
        for index in range(len(records) - 1, -1, -1):
            if records[index].image_id == image_id:
                return records[index:]
        return records

    def _values(self, record: ImageRecord) -> Mapping[str, float]:
        if self.monitor is None:
            return plain_values(record)
        frame = self.monitor.reference.frame
        return dict(zip(frame.channels, channel_values(record, frame).tolist(), strict=True))

    def _sum_up(self, seen: Seen) -> None:
        values = self._values(seen.record)
        level, anchored = self.levels
        for bucket_s in (HOUR_S, DAY_S):
            start = bucket_start(seen.record.at, bucket_s)
            bucket = self.buckets.get(bucket_s)
            if bucket is None or start > bucket.at:
                if bucket is not None and (bucket_s, bucket.at) in self._deltas:
                    self._done[bucket_s, bucket.at] = bucket.summary()
                bucket = self.buckets[bucket_s] = Bucket(start)
            bucket.add(seen.prediction_id, values)
            delta = self._deltas.setdefault((bucket_s, bucket.at), _Delta())
            delta.n += 1
            delta.n_flagged += seen.verdict == "flagged"
            delta.n_refused += seen.verdict == "refused"
            delta.n_judged += seen.verdict in ("accepted", "flagged", "refused")
            delta.level = max(delta.level, level)
            delta.anchored_level = max(delta.anchored_level, anchored)

    def to_npz(self) -> bytes:
        """Return the state of a watcher with a monitor, without the reference and the last images."""
        assert self.monitor is not None
        facts = {
            "number": self.number,
            "buckets": {str(bucket_s): bucket.to_json() for bucket_s, bucket in self.buckets.items()},
        }
        stream = io.BytesIO()
        np.savez(
            stream,
            facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
            monitor=np.frombuffer(self.monitor.to_npz(), dtype=np.uint8),
        )
        return stream.getvalue()

    @classmethod
    def from_npz(cls, data: bytes, *, reference: Reference, window: Sequence[Seen]) -> "Watcher":
        """Return the watcher that `to_npz` wrote; `window` are the images before that moment."""
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            facts: dict[str, Any] = json.loads(held["facts"].tobytes())
            monitor = Monitor.from_npz(held["monitor"].tobytes(), reference=reference)
        step = monitor.reading()
        return cls(
            number=facts["number"],
            monitor=monitor,
            snapshot_at=facts["number"],
            window=deque(window, maxlen=WINDOW),
            levels=(step.growing.level, step.anchored.level),
            buckets={int(key): Bucket.from_json(value) for key, value in facts["buckets"].items()},
        )

    def forget_touched(self) -> None:
        """What was taken up again from the entries stands in the buckets' rows already."""
        self._deltas, self._done = {}, {}

"""The monitor of one stream: each record in, the evidence out.

Owns the order of things for one context: filling a block or a lot, the growing and the anchored detector, new
values of the fingerprint, and pictures that stand still. Refuses to decide what an alarm means, to page
anybody, and to renew its reference.

Promises, each by itself, in units on average before a false alarm: `run_length` for the growing detector
(exact), `anchored_run_length` for the anchored one (for all but 5 % of references), `amber_run_length` for
amber. Both detectors together alarm falsely at most as often as the two promises add up to. A new value of a
steady field comes by chance with probability 1 / (n + 1) an image and field at most. The same records in the
same order give the same steps, to the bit, on every run: what is random follows from the images' ids.
"""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from perenne.kit.errors import InvalidInput
from perenne.monitoring.channels import channel_values, channel_weights, sum_shares
from perenne.monitoring.record import ImageRecord
from perenne.monitoring.reference import Reference
from perenne.stats.sequential import AnchoredDetector, EDetector, Reading, summarise_unit
from perenne.stats.sequential.evidence import ONSET_WINDOW
from perenne.stats.sequential.ranks import DEFAULT_CAP

Floats = NDArray[np.float64]
Level = Literal["quiet", "amber", "alarm"]

FROZEN_AFTER = 3
"""So many identical pictures in a row are no live camera, unless the reference had longer runs."""
_FORMAT = 1


class ReferenceNotEnough(InvalidInput):
    """A reference that is no basis for a watch."""

    code = "reference-not-enough"
    title = "The reference is not enough"


@dataclass(frozen=True)
class Onset:
    """Where a change began, as the evidence points back to it: an image, and how many came since with it."""

    image_id: str
    at: datetime
    n_images: int


@dataclass(frozen=True)
class Step:
    """What a record, or the unit that it completed, showed.

    `level` is that of the evidence alone; `new_values` (of the image's fingerprint) and `frozen` are events
    of their own and come at once, also in the middle of a unit: then `unit_id` is None and the readings are
    those of before. `shares`: of the evidence of the detector that leads, by channel. `onset`: of that
    detector, when it alarms.
    """

    unit_id: str | None
    n_units: int
    n_images: int
    level: Level
    growing: Reading
    anchored: Reading
    shares: dict[str, float]
    onset: Onset | None
    new_values: dict[str, str]
    frozen: bool

    @property
    def log_evidence(self) -> float:
        """The logarithm of the evidence of the growing detector, which fleets compare."""
        return self.growing.log_evidence


class Monitor:
    """Watches one context; see the module for its promises.

    >>> from perenne.monitoring.plain import records_from_embeddings
    >>> rng = np.random.default_rng(0)
    >>> reference = Reference.fit(records_from_embeddings(rng.normal(size=(600, 8))))
    >>> monitor = Monitor(reference, run_length=1e6, amber_run_length=1e4)
    >>> later = records_from_embeddings(rng.normal(size=(60, 8)) + 3 * (np.arange(60) >= 40)[:, None],
    ...                                 name="later")
    >>> alarm = next(step for step in map(monitor.update, later) if step and step.level == "alarm")
    >>> alarm.n_images, alarm.onset.image_id
    (50, 'later-000040')
    """

    def __init__(
        self,
        reference: Reference,
        *,
        run_length: float,
        amber_run_length: float,
        anchored_run_length: float | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        """Start without evidence.

        `weights`: of the entries of a unit; None for those of the registry of channels. Raises:
        ReferenceNotEnough, and ValueError when a run length or a weight is none.
        """
        if not reference.enough:
            raise ReferenceNotEnough(
                f"The reference of {reference.n_images} images is no basis for a watch: {reference.reason}.",
                remedy="Take a longer reference, or one of a single product and station.",
            )
        if not 1 < amber_run_length <= run_length:
            raise ValueError(f"Amber comes before the alarm: {amber_run_length} is above {run_length}.")
        self.reference = reference
        self.amber_run_length = float(amber_run_length)
        weighed = dict(weights) if weights is not None else channel_weights(reference.entries)
        units = reference.units_NU
        self._growing = EDetector(
            units,
            channels=reference.entries,
            run_length=run_length,
            weights=weighed,
            cap=max(DEFAULT_CAP, len(units)),
        )
        self._anchored = AnchoredDetector(
            units, channels=reference.entries, run_length=anchored_run_length or run_length, weights=weighed
        )
        self._start()

    def _start(self) -> None:
        self.n_images = 0
        self._readings = self._growing.reading(), self._anchored.reading()
        self._picture: str | None = None
        self._still = 0
        self._pending: list[Floats] = []
        self._lot: str | None = None
        self._first: tuple[str, str, int] | None = None
        self._firsts: list[tuple[str, str, int]] = []

    @property
    def run_length(self) -> float:
        """What the growing detector promises, in units."""
        return self._growing.run_length

    @property
    def anchored_run_length(self) -> float:
        """What the anchored detector promises, in units."""
        return self._anchored.run_length

    @property
    def n_units(self) -> int:
        """Units since the start or the last restart."""
        return self._growing.n_units

    def update(self, record: ImageRecord) -> Step | None:
        """Return what this record showed; None while its block or lot is being filled and it is nothing new.

        Records come in the order of capture. A lot is complete when an image of another one comes (the step
        is that of the lot before), or with `flush_lot`.
        """
        values = channel_values(record, self.reference.frame)
        new_values = self.reference.new_values(record.fingerprint)
        frozen = self._stands_still(record)
        kind = self.reference.unit.kind
        unit_id = None
        if kind == "lot" and self._pending and (record.lot or "") != self._lot:
            unit_id = self._complete()
        self.n_images += 1
        self._take(record, values)
        if kind == "image" or (kind == "block" and len(self._pending) == self.reference.unit.length):
            unit_id = self._complete()
        if unit_id is None and not new_values and not frozen:
            return None
        return self._step(unit_id, new_values=new_values, frozen=frozen)

    def flush_lot(self) -> Step | None:
        """Return the step of the lot that is being filled, which ends here; None without one."""
        if self.reference.unit.kind != "lot" or not self._pending:
            return None
        return self._step(self._complete(), new_values={}, frozen=False)

    def restart(self) -> None:
        """Forget the evidence and an unfilled unit; the promises begin anew, against the same reference."""
        self._growing.restart()
        self._anchored.restart()
        self._start()

    def reading(self) -> Step:
        """Return how things stand, without a new unit."""
        return self._step(None, new_values={}, frozen=False)

    def _take(self, record: ImageRecord, values_C: Floats) -> None:
        if not self._pending:
            self._lot = record.lot or ""
            self._first = record.image_id, record.at.isoformat(), self.n_images
        self._pending.append(values_C)

    def _complete(self) -> str:
        """Feed the pending unit to both detectors; return its id."""
        assert self._first is not None
        kind = self.reference.unit.kind
        unit_id = self._first[0] if kind == "image" else f"{kind}:{self._lot}:{self._first[0]}"
        unit = self._pending[0] if kind == "image" else summarise_unit(np.array(self._pending))
        self._firsts.append(self._first)
        del self._firsts[:-ONSET_WINDOW]
        self._pending, self._first = [], None
        self._readings = self._growing.update(unit_id, unit), self._anchored.update(unit_id, unit)
        return unit_id

    def _step(self, unit_id: str | None, *, new_values: dict[str, str], frozen: bool) -> Step:
        growing, anchored = self._readings
        leading = growing if (growing.alarm, growing.level) >= (anchored.alarm, anchored.level) else anchored
        return Step(
            unit_id=unit_id,
            n_units=growing.n_units,
            n_images=self.n_images,
            level=self._level(growing, anchored),
            growing=growing,
            anchored=anchored,
            shares=sum_shares(leading.shares.items(), channels=self.reference.channels),
            onset=self._onset(leading.onset),
            new_values=new_values,
            frozen=frozen,
        )

    def _level(self, growing: Reading, anchored: Reading) -> Level:
        if growing.alarm or anchored.alarm:
            return "alarm"
        strongest = max(growing.log_evidence, anchored.log_evidence)
        return "amber" if strongest >= math.log(self.amber_run_length) else "quiet"

    def _onset(self, unit: int | None) -> Onset | None:
        if unit is None:
            return None
        image_id, at, number = self._firsts[unit - 1 - (self._growing.n_units - len(self._firsts))]
        return Onset(image_id, datetime.fromisoformat(at), self.n_images - number + 1)

    def _stands_still(self, record: ImageRecord) -> bool:
        picture = None if record.signals is None else record.signals.picture
        self._still = self._still + 1 if picture is not None and picture == self._picture else 1
        self._picture = picture
        return picture is not None and self._still >= max(FROZEN_AFTER, self.reference.longest_still + 1)

    def to_npz(self) -> bytes:
        """Return the state as an npz file without pickles and without the reference."""
        facts: dict[str, Any] = {
            "format": _FORMAT,
            "reference": self.reference.digest,
            "amber_run_length": self.amber_run_length,
            "n_images": self.n_images,
            "picture": self._picture,
            "still": self._still,
            "lot": self._lot,
            "first": self._first,
            "firsts": self._firsts,
        }
        stream = io.BytesIO()
        np.savez(
            stream,
            facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
            growing=np.frombuffer(self._growing.to_npz(), dtype=np.uint8),
            anchored=np.frombuffer(self._anchored.to_npz(), dtype=np.uint8),
            pending=np.array(self._pending, dtype=np.float64).reshape(-1, len(self.reference.channels)),
        )
        return stream.getvalue()

    @classmethod
    def from_npz(cls, data: bytes, *, reference: Reference) -> Self:
        """Return the monitor that `to_npz` wrote, against the reference that it had.

        Raises: ValueError when the format or the reference is another one.
        """
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            facts = json.loads(held["facts"].tobytes())
            if facts["format"] != _FORMAT:
                raise ValueError(f"A monitor's state of format {facts['format']}; known is {_FORMAT}.")
            if facts["reference"] != reference.digest:
                raise ValueError("The state of a monitor goes with the reference that it was started on.")
            made = cls.__new__(cls)
            made.reference = reference
            made.amber_run_length = facts["amber_run_length"]
            made._growing = EDetector.from_npz(held["growing"].tobytes())
            made._anchored = AnchoredDetector.from_npz(held["anchored"].tobytes())
            made._start()
            made._pending = list(held["pending"])
        made.n_images = facts["n_images"]
        made._picture, made._still, made._lot = facts["picture"], facts["still"], facts["lot"]
        made._first = None if facts["first"] is None else tuple(facts["first"])
        made._firsts = [tuple(one) for one in facts["firsts"]]
        return made

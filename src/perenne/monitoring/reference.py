"""The reference: what a stream of one context is held against.

Owns the choice of the unit, the split into units that the embedding's frame is fitted to and units that later
ones are ranked against, the values of the fingerprint, and the bands of every channel. Refuses to grow or to
be renewed: a new reference is an act of a person.

Every image is a value a channel; a block or a lot is the record of its images (mean, spread, two quantiles).
With embeddings, about half of the units fit their frame and only the others are ranked against: a unit lies
closer to a frame that has seen it. Assumes: records of one context, in the order of capture.
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from perenne.kit.errors import InvalidInput
from perenne.kit.saying import Said
from perenne.monitoring.channels import channel_values, name_channels
from perenne.monitoring.frame import EmbeddingFrame, Frame
from perenne.monitoring.record import ImageRecord, unpack_embedding
from perenne.quality.fingerprint import Fingerprint
from perenne.stats.sequential.unit import (
    MIN_UNITS,
    UnitChoice,
    choose_unit,
    record_channels,
    say_lots,
    summarise_unit,
)

Floats = NDArray[np.float64]
UnitKind = Literal["image", "block", "lot"]

MIN_IMAGES = 200
FIT_IMAGES = 1500
"""The embedding's frame is fitted to every other unit, and to about so many images at most."""
_FORMAT = 1
_NOT_A_VALUE = ("rate",)  # bits per pixel follow the scene: a channel, not a value


class ReferenceTooSmall(InvalidInput):
    """Too few records to hold anything against."""

    code = "reference-too-small"
    title = "The reference is too small"


@dataclass(frozen=True)
class Unit:
    """What a unit of the watch is: `length` images for a block, None for a lot; `reason` knows its code."""

    kind: UnitKind
    length: int | None
    n_units: int
    enough: bool
    reason: str


@dataclass(frozen=True)
class Band:
    """What the reference is like in one channel; `n` images have a value there."""

    q05: float
    q50: float
    q95: float
    n: int


@dataclass(frozen=True)
class Reference:
    """A frozen sample of one context, ready to be watched against.

    `values_NC`: what later images are compared with, one row an image in the order of capture, of the images
    `image_ids` in the lots `groups` (unit by unit). `units_NU`: what units are ranked against, of entries
    `entries`. `known`: the values of each field of the fingerprint that was steady.
    """

    unit: Unit
    frame: Frame
    image_ids: tuple[str, ...]
    groups_N: NDArray[np.int64]
    values_NC: Floats
    units_NU: Floats
    known: dict[str, tuple[str, ...]]
    n_images: int
    since: datetime
    until: datetime
    longest_still: int

    @classmethod
    def fit(cls, records: Sequence[ImageRecord], *, unit: UnitKind | Literal["auto"] = "auto") -> Self:
        """Return the reference of these records, in the order of capture.

        `unit`: "auto" lets the data choose; another one is taken as given. Raises: ReferenceTooSmall below
        200 images.
        """
        if len(records) < MIN_IMAGES:
            raise ReferenceTooSmall(
                Said(
                    f"A reference takes at least {MIN_IMAGES} images of one context; there are "
                    f"{len(records)}.",
                    code="reference.few",
                    images=len(records),
                    needed=MIN_IMAGES,
                ),
                remedy="Collect more images; 2,000 make a good reference.",
            )
        embeddings = [record.embedding for record in records if record.embedding is not None]
        table = np.array([unpack_embedding(one) for one in embeddings]) if embeddings else None
        channels = name_channels(records, with_embedding=table is not None)
        rough = Frame(channels, None if table is None else EmbeddingFrame.fit(table))
        chosen = _choose(records, values_NC=_values_of(records, rough), unit=unit)
        units = list(_units_of(records, chosen))
        fitted, ranked = _split(units, n_images=len(records), with_embedding=table is not None)
        frame = rough if table is None else Frame(channels, _fit_frame(fitted))
        kept = [record for one in ranked for record in one]
        values = _values_of(kept, frame)
        groups = np.repeat(np.arange(len(ranked)), [len(one) for one in ranked])
        return cls(
            unit=chosen,
            frame=frame,
            image_ids=tuple(record.image_id for record in kept),
            groups_N=groups,
            values_NC=values,
            units_NU=_unit_values(values, groups, kind=chosen.kind),
            known=_known_values(records),
            n_images=len(records),
            since=records[0].at,
            until=records[-1].at,
            longest_still=longest_still(records),
        )

    @property
    def enough(self) -> bool:
        """Whether it is a basis for a watch."""
        return self.unit.enough

    @property
    def reason(self) -> str:
        """Why the unit is what it is, and what is missing when the reference is not enough."""
        return self.unit.reason

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels of an image."""
        return self.frame.channels

    @property
    def entries(self) -> tuple[str, ...]:
        """What a unit is ranked in: the channels of an image, or the entries of a record of several."""
        return self.channels if self.unit.kind == "image" else record_channels(self.channels)

    @cached_property
    def bands(self) -> dict[str, Band]:
        """The 5, 50 and 95 % quantile of every channel."""
        return {name: _band(column) for name, column in zip(self.channels, self.values_NC.T, strict=True)}

    @cached_property
    def digest(self) -> str:
        """A name of this reference by its content."""
        return hashlib.sha256(self.to_npz()).hexdigest()

    def values_of(self, records: Sequence[ImageRecord]) -> Floats:
        """Return (N, C): the values of these records in the channels of this reference."""
        return _values_of(records, self.frame)

    def percentiles(self, record: ImageRecord) -> dict[str, float | None]:
        """Return 0..100 for every channel: how much of the reference lies below, half of what is equal."""
        values = channel_values(record, self.frame)
        found: dict[str, float | None] = {}
        for name, value, column in zip(self.channels, values, self.values_NC.T, strict=True):
            held = column[~np.isnan(column)]
            part = ((held < value).sum() + (held == value).sum() / 2) / max(1, held.size)
            found[name] = None if np.isnan(value) or not held.size else round(100 * float(part), 2)
        return found

    def new_values(self, fingerprint: Fingerprint | None) -> dict[str, str]:
        """Return the fields whose value no image of the reference had, of the fields that were steady."""
        if fingerprint is None:
            return {}
        seen = {name: str(getattr(fingerprint, name)) for name in self.known}
        return {name: value for name, value in seen.items() if value not in self.known[name]}

    def to_npz(self) -> bytes:
        """Return the reference as an npz file without pickles; the same one gives the same bytes."""
        facts: dict[str, Any] = {
            "format": _FORMAT,
            "unit": asdict(self.unit),
            "channels": self.channels,
            "image_ids": self.image_ids,
            "known": self.known,
            "n_images": self.n_images,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "longest_still": self.longest_still,
        }
        arrays: dict[str, Any] = {"groups": self.groups_N, "values": self.values_NC, "units": self.units_NU}
        if self.frame.embedding is not None:
            frame = self.frame.embedding
            arrays |= {"mean": frame.mean_D, "white": frame.white_DK, "coreset": frame.coreset_MK}
        stream = io.BytesIO()
        np.savez(stream, facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8), **arrays)
        return stream.getvalue()

    @classmethod
    def from_npz(cls, data: bytes) -> Self:
        """Return the reference that `to_npz` wrote. Raises: ValueError when it is of another format."""
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            facts = json.loads(held["facts"].tobytes())
            if facts["format"] != _FORMAT:
                raise ValueError(f"A reference of format {facts['format']}; known is {_FORMAT}.")
            parts = [held[name] for name in ("mean", "white", "coreset") if name in held.files]
            return cls(
                unit=Unit(**facts["unit"]),
                frame=Frame(tuple(facts["channels"]), EmbeddingFrame(*parts) if parts else None),
                image_ids=tuple(facts["image_ids"]),
                groups_N=held["groups"],
                values_NC=held["values"],
                units_NU=held["units"],
                known={name: tuple(values) for name, values in facts["known"].items()},
                n_images=facts["n_images"],
                since=datetime.fromisoformat(facts["since"]),
                until=datetime.fromisoformat(facts["until"]),
                longest_still=facts["longest_still"],
            )


def longest_still(records: Sequence[ImageRecord]) -> int:
    """Return the length of the longest run of one and the same picture."""
    pictures = [None if record.signals is None else record.signals.picture for record in records]
    return max((len(list(run)) for picture, run in groupby(pictures) if picture is not None), default=0)


def _values_of(records: Sequence[ImageRecord], frame: Frame) -> Floats:
    rows = [channel_values(record, frame) for record in records]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(frame.channels))


def _choose(records: Sequence[ImageRecord], *, values_NC: Floats, unit: UnitKind | Literal["auto"]) -> Unit:
    lots = [record.lot or "" for record in records] if any(record.lot for record in records) else None
    if unit == "image":
        return Unit(
            "image",
            1,
            len(records),
            enough=True,
            reason=Said("images, as it was asked for", code="unit.asked"),
        )
    if unit == "lot" and lots is None:
        raise ReferenceTooSmall(
            Said("No record tells its lot.", code="reference.no_lots"),
            remedy='Tell lots, or take unit="auto".',
        )
    found: UnitChoice = choose_unit(values_NC, lots=None if unit == "block" else lots)
    if found.kind == "lot":
        n_runs = sum(1 for _ in groupby(lots or ()))
        reason = say_lots(found.n_units, n_images=len(records), n_runs=n_runs)
        return Unit("lot", None, n_runs, enough=n_runs >= MIN_UNITS, reason=reason)
    return Unit(found.kind, found.length, found.n_units, enough=found.enough, reason=found.reason)


def _units_of(records: Sequence[ImageRecord], unit: Unit) -> list[list[ImageRecord]]:
    """Return the images of each unit, in order; what does not fill a last block is left out."""
    if unit.kind == "lot":
        return [list(run) for _, run in groupby(records, key=lambda record: record.lot or "")]
    length = unit.length or 1
    return [list(records[at : at + length]) for at in range(0, len(records) - length + 1, length)]


def _split(
    units: list[list[ImageRecord]], *, n_images: int, with_embedding: bool
) -> tuple[list[list[ImageRecord]], list[list[ImageRecord]]]:
    """Return the units that fit the embedding's frame and those that are ranked against: every k-th fits."""
    if not with_embedding:
        return [], units
    every = max(2, round(n_images / FIT_IMAGES))
    return units[::every], [one for number, one in enumerate(units) if number % every]


def _fit_frame(units: list[list[ImageRecord]]) -> EmbeddingFrame:
    held = [record.embedding for one in units for record in one if record.embedding is not None]
    return EmbeddingFrame.fit(np.array([unpack_embedding(one) for one in held]))


def _unit_values(values_NC: Floats, groups_N: NDArray[np.int64], *, kind: UnitKind) -> Floats:
    if kind == "image":
        return values_NC
    ends = np.flatnonzero(np.diff(groups_N)) + 1
    return np.array([summarise_unit(part) for part in np.split(values_NC, ends)])


def _known_values(records: Sequence[ImageRecord]) -> dict[str, tuple[str, ...]]:
    """Return the values of the fields where each value came at least twice.

    There, by exchangeability, the next image brings a new one with a chance of at most 1 / (n + 1) (Good,
    Biometrika 1953): no field that varies by nature is taken for a change.
    """
    known: dict[str, tuple[str, ...]] = {}
    fingerprints = [record.fingerprint for record in records if record.fingerprint is not None]
    for part in fields(Fingerprint):
        counts = Counter(str(getattr(one, part.name)) for one in fingerprints)
        if counts and min(counts.values()) > 1 and part.name not in _NOT_A_VALUE:
            known[part.name] = tuple(sorted(counts))
    return known


def _band(column_N: Floats) -> Band:
    held = column_N[~np.isnan(column_N)]
    if not held.size:
        return Band(float("nan"), float("nan"), float("nan"), 0)
    low, middle, high = np.quantile(held, [0.05, 0.5, 0.95])
    return Band(float(low), float(middle), float(high), int(held.size))

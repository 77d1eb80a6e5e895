"""Which numbers of an image are watched, in which unit, in which group, and with which weight.

Owns the visible registry and the reading of a record. A channel is one line in `ACQUISITION`; embedding
channels come from the reference's frame, prediction channels from the names that the records bring. Refuses
thresholds: a channel is a number, and what is unusual is for the ranks to say.

The evidence of channels is averaged with fixed weights, which keeps the promise whatever they are. A group
counts as a whole, so that thirty numbers of a detector do not outvote the embedding; and the rate of defects
has a weight of its own, since a change of it is small, moves one channel only, and is what a plant asks for.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from perenne.monitoring.frame import N_AXES, Frame
from perenne.monitoring.record import ImageRecord, unpack_embedding
from perenne.quality.signals import Signals
from perenne.stats.sequential.unit import RECORD

Floats = NDArray[np.float64]
Group = Literal["acquisition", "embedding", "predictions"]

DEFECT_RATE = "predictions.defect_rate"
DISTANCES = ("embedding.distance", "embedding.unusualness")
WEIGHTS = {"acquisition": 0.3, "distance": 0.3, "axes": 0.1, "predictions": 0.1, DEFECT_RATE: 0.2}
"""What each set of channels weighs, shared evenly by its channels.

The two distances of the embedding see any new kind of image, each axis but one kind; the rate of defects
weighs by itself."""
_DEFECT_OF_DECISION = {"pass": 0.0, "unsure": 0.5, "fail": 1.0}


@dataclass(frozen=True)
class Channel:
    """One watched number; `unit` is empty for a number without one."""

    name: str
    group: Group
    unit: str = ""


ACQUISITION: dict[str, tuple[str, Callable[[Signals], float]]] = {
    "brightness": ("grey levels", lambda s: s.mean),
    "contrast": ("grey levels", lambda s: s.std),
    "black_level": ("grey levels", lambda s: s.p1),
    "white_level": ("grey levels", lambda s: s.p99),
    "clipped_dark": ("share", lambda s: s.dark_share),
    "clipped_bright": ("share", lambda s: s.bright_share),
    "grey_levels": ("share", lambda s: s.grey_levels),
    "sharpness": ("log10", lambda s: s.log_laplacian),
    "fine_detail": ("log10", lambda s: s.fine_detail),
    "diagonal_detail": ("log10", lambda s: s.diagonal_detail),
    "noise": ("log10", lambda s: s.detail_median),
    "blockiness": ("log10", lambda s: s.blockiness),
    "resampling": ("log10", lambda s: s.resampling),
    "direction": ("log10", lambda s: s.direction),
    "vignetting": ("log10", lambda s: max(s.quadrants) - min(s.quadrants)),
    "cast_red_green": ("Lab", lambda s: s.lab_a),
    "cast_yellow_blue": ("Lab", lambda s: s.lab_b),
    "offset": ("px", lambda s: math.nan if s.offset is None else math.hypot(*s.offset[:2])),
}
"""Name -> (unit, how it is read from the signals of an image)."""

CHANNELS: dict[str, Channel] = {
    **{f"acquisition.{name}": Channel(f"acquisition.{name}", "acquisition", unit)
       for name, (unit, _) in ACQUISITION.items()},
    "acquisition.bits_per_pixel": Channel("acquisition.bits_per_pixel", "acquisition", "quarter octaves"),
    "embedding.distance": Channel("embedding.distance", "embedding", "reference spreads"),
    "embedding.unusualness": Channel("embedding.unusualness", "embedding", "reference spreads"),
    **{f"embedding.axis{number}": Channel(f"embedding.axis{number}", "embedding", "reference spreads")
       for number in range(1, N_AXES + 1)},
    DEFECT_RATE: Channel(DEFECT_RATE, "predictions", "share"),
}  # fmt: skip
"""All channels but those that are named by a model's own predictions (`predictions.<name>`)."""


def describe_channel(name: str) -> Channel:
    """Return what a channel is; also of one that a model names, and of an entry of a lot's record.

    >>> describe_channel("acquisition.noise.q90").unit, describe_channel("predictions.boxes.open").group
    ('log10', 'predictions')
    """
    for known in (name, channel_of_part(name)):
        if known in CHANNELS:
            return CHANNELS[known]
    if name.startswith("predictions."):
        return Channel(name, "predictions")
    raise ValueError(f"{name} is no channel: known are predictions.<name> and {', '.join(CHANNELS)}.")


def channel_of_part(name: str) -> str:
    """Return the channel that an entry of a unit's record belongs to.

    >>> channel_of_part("embedding.axis1.std")
    'embedding.axis1'
    """
    channel, _, part = name.rpartition(".")
    return channel if part in RECORD else name


def sum_shares(shares_of_parts: Iterable[tuple[str, float]], *, channels: Iterable[str]) -> dict[str, float]:
    """Return for each of `channels` its share of the evidence, all entries of its record together.

    >>> sum_shares([("acquisition.noise.std", 0.25), ("acquisition.noise.q10", 0.5)],
    ...            channels=["acquisition.noise"])
    {'acquisition.noise': 0.75}
    """
    summed = dict.fromkeys(channels, 0.0)
    for name, share in shares_of_parts:
        summed[name if name in summed else channel_of_part(name)] += share
    return summed


def name_channels(records: Sequence[ImageRecord], *, with_embedding: bool) -> tuple[str, ...]:
    """Return the channels that these records have values of, in a fixed order."""
    names: list[str] = []
    signals = [record.signals for record in records if record.signals is not None]
    for name, (_, read) in ACQUISITION.items():
        if any(not math.isnan(read(one)) for one in signals):
            names.append(f"acquisition.{name}")
    if any(record.fingerprint is not None for record in records):
        names.append("acquisition.bits_per_pixel")
    if with_embedding:
        names += [name for name in CHANNELS if name.startswith("embedding.")]
    if any(not math.isnan(defect_rate(record)) for record in records):
        names.append(DEFECT_RATE)
    return (*names, *sorted({f"predictions.{name}" for record in records for name in record.predicted}))


def channel_weights(channels: Sequence[str]) -> dict[str, float]:
    """Return the weight of each channel, entries of a unit's record included; they sum to 1.

    >>> weights = channel_weights(["acquisition.noise", "acquisition.contrast", DEFECT_RATE])
    >>> {name: round(weight, 3) for name, weight in weights.items()}
    {'acquisition.noise': 0.3, 'acquisition.contrast': 0.3, 'predictions.defect_rate': 0.4}
    """
    parts = [_weighed_as(name) for name in channels]
    total = sum(WEIGHTS[part] for part in set(parts))
    return {
        name: WEIGHTS[part] / parts.count(part) / total for name, part in zip(channels, parts, strict=True)
    }


def defect_rate(record: ImageRecord) -> float:
    """Return how much of a defect the model sees, 0..1: its score for failing, else its decision."""
    if "fail_score" in record.predicted:
        return record.predicted["fail_score"]
    return _DEFECT_OF_DECISION.get(record.decision or "", math.nan)


def channel_values(record: ImageRecord, frame: Frame) -> Floats:
    """Return (C,): the values of `frame.channels`, NaN where the record has none."""
    values: dict[str, float] = {DEFECT_RATE: defect_rate(record)}
    if record.signals is not None:
        for name, (_, read) in ACQUISITION.items():
            values[f"acquisition.{name}"] = read(record.signals)
    if record.fingerprint is not None:
        values["acquisition.bits_per_pixel"] = float(record.fingerprint.rate)
    if frame.embedding is not None and record.embedding is not None:
        placed = frame.embedding.place(unpack_embedding(record.embedding))
        values["embedding.distance"] = placed.distance
        values["embedding.unusualness"] = placed.unusualness
        values.update((f"embedding.axis{number}", axis) for number, axis in enumerate(placed.axes, 1))
    values.update((f"predictions.{name}", value) for name, value in record.predicted.items())
    return np.array([values.get(name, math.nan) for name in frame.channels], dtype=np.float64)


def _weighed_as(name: str) -> str:
    described = describe_channel(name)
    if described.group == "embedding":
        return "distance" if described.name in DISTANCES else "axes"
    return DEFECT_RATE if described.name == DEFECT_RATE else described.group

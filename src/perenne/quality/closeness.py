"""Closeness to production: would this station's own camera have given this file?

Owns the comparison of an image meant for training with the fingerprints and limits of its station. A value
of the fingerprint that no production image had is a reason of its own, where the station's images show that
new values are rare: by exchangeability, the next image brings one with probability (s + 1) / (n + 1) at most,
s of n values having been seen once (Good, Biometrika 1953). Fields that vary by nature fall out by
themselves. Refuses to say whether an image is good: that is the gate's.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from perenne.quality.fingerprint import Fingerprint
from perenne.quality.gate import (
    REASON_OF_FAULT,
    WORDS,
    Reason,
    explain_fault,
    name_deviations,
    state_reason,
)
from perenne.quality.limits import StationLimits
from perenne.quality.scoring import score_image
from perenne.quality.signals import Signals

RARE = 0.04
FIELD_WORDS = {
    "container": "its file format",
    "size": "its size in pixels",
    "bit_depth": "its bit depth",
    "mode": "its kind of pixels",
    "orientation": "its EXIF orientation",
    "jpeg_tables": "its JPEG tables",
    "jpeg_quality": "its JPEG quality",
    "subsampling": "its colour subsampling",
    "progressive": "its order of scans",
    "make": "the camera's maker",
    "model": "the camera's model",
    "software": "the software that wrote it",
    "icc": "its colour profile",
    "rate": "its bits per pixel",
}
# A JPEG's size follows the scene: quarters of an octave that lie between seen ones are not new.
_ORDERED = ("rate",)


@dataclass(frozen=True)
class StationFingerprint:
    """How often each value of each field occurred in the station's production images."""

    counts: dict[str, dict[str, int]]
    n_images: int

    def to_json(self) -> str:
        """Return one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "StationFingerprint":
        """Return what `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Closeness:
    """`score`: the share of production images at least as unusual, 0..1; 0 where the file is foreign.

    `admitted` says whether the image may be used for training.
    """

    admitted: bool
    score: float
    reasons: tuple[Reason, ...]
    deviations: dict[str, float]


def count_fingerprints(fingerprints: Sequence[Fingerprint]) -> StationFingerprint:
    """Return the counts of every field over a station's production images."""
    counts = {
        field.name: dict(Counter(str(getattr(one, field.name)) for one in fingerprints))
        for field in fields(Fingerprint)
    }
    return StationFingerprint(counts, len(fingerprints))


def judge_closeness(
    signals: Signals,
    *,
    fingerprint: Fingerprint | None,
    station: StationFingerprint | None,
    limits: StationLimits | None,
) -> Closeness:
    """Return how near the image is to production, and why it is refused for training when it is.

    What is None is not looked at. By pixels, at most 2 % of production images are refused: 1 % for a known
    fault, 1 % for being unlike the station's without one.
    """
    reasons = compare_fingerprint(fingerprint, station=station) if fingerprint and station else []
    foreign = bool(reasons)
    score, deviations = 1.0, {}
    if limits is not None:
        scores = score_image(signals, tests=limits.tests)
        as_unusual = sum(value >= scores.largest for value in limits.scores)
        score = (1 + as_unusual) / (1 + len(limits.scores))
        deviations = name_deviations(scores)
        if scores.fault > limits.refuse.value:
            code = REASON_OF_FAULT[explain_fault(scores)]
            reasons.append(state_reason(code, value=scores.fault, limit=limits.refuse.value))
        elif scores.strange > limits.strange.value:
            reasons.append(state_reason("unlike", value=scores.strange, limit=limits.strange.value))
    return Closeness(not reasons, 0.0 if foreign else round(score, 4), tuple(reasons), deviations)


def compare_fingerprint(fingerprint: Fingerprint, *, station: StationFingerprint) -> list[Reason]:
    """Return a reason for every field whose value production never had, where new values are rare."""
    reasons = []
    for name, counts in station.counts.items():
        value = str(getattr(fingerprint, name))
        if value in counts or (name in _ORDERED and _lies_among(value, counts)):
            continue
        once = sum(count == 1 for count in counts.values())
        chance = (once + 1) / (station.n_images + 1)
        if chance <= RARE:
            usual = max(counts, key=lambda key: counts[key])
            words = (
                f"The file differs from this station's in {FIELD_WORDS[name]}: "
                f"{_say(value)}; of {station.n_images} in production {counts[usual]} have {_say(usual)}."
            )
            reasons.append(Reason(f"fingerprint_{name}", words, round(chance, 4), RARE))
    return reasons


def say_code(code: str) -> str:
    """Return what a reason's code means, without the numbers of one image.

    >>> say_code("fingerprint_size")
    "The file differs from this station's in its size in pixels"
    """
    name = code.removeprefix("fingerprint_")
    if name in FIELD_WORDS and name != code:
        return f"The file differs from this station's in {FIELD_WORDS[name]}"
    return WORDS.get(code, code)


def _lies_among(value: str, counts: dict[str, int]) -> bool:
    seen = [int(key) for key in counts]
    return min(seen) - 1 <= int(value) <= max(seen) + 1


def _say(value: str) -> str:
    return f"'{value}'" if value else "none"

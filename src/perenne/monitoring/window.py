"""Two samples of images of one context side by side: whether, how far and in what they differ, by example.

Owns the comparison of a window with a reference (or of two windows): one test with its size, how well a
classifier tells them apart, the effect of every channel, pictures. Refuses to page anybody: a monitor
promises how often it alarms falsely, a p-value that somebody looks at every morning promises nothing.

Assumes: where nothing changed, the units (images, blocks, lots) of both sides are exchangeable.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from perenne.monitoring.channels import describe_channel
from perenne.monitoring.effects import ChannelEffectValue
from perenne.monitoring.record import ImageRecord
from perenne.monitoring.reference import Reference, Unit
from perenne.stats.drift import AucEffect, Discrepancy, measure_auc, measure_mmd, measure_shift, tell_apart

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

MIN_UNITS = 10
"""A side with fewer units is too small: intervals hold less often than they say."""
MOST_IMAGES = 1000
PERMUTATIONS = 500
_MANY_UNITS = 100


@dataclass(frozen=True)
class Sample:
    """One side: values of `channels` of the images `image_ids`; images of one unit share their group."""

    channels: tuple[str, ...]
    image_ids: tuple[str, ...]
    groups_N: Numbers
    values_NC: Floats

    @property
    def n_units(self) -> int:
        """How many units (images, blocks or lots) it has."""
        return len(np.unique(self.groups_N))

    @classmethod
    def of_reference(cls, reference: Reference) -> Self:
        """Return what later images are compared with, without those that the frame was fitted to."""
        return cls(reference.channels, reference.image_ids, reference.groups_N, reference.values_NC)

    @classmethod
    def of_records(cls, reference: Reference, records: Sequence[ImageRecord], *, groups_N: Numbers) -> Self:
        """Return these records in the channels of a reference."""
        ids = tuple(record.image_id for record in records)
        return cls(reference.channels, ids, groups_N, reference.values_of(records))

    def take(self, places: NDArray[np.intp]) -> "Sample":
        """Return the images at these places only."""
        ids = tuple(self.image_ids[place] for place in places)
        return Sample(self.channels, ids, self.groups_N[places], self.values_NC[places])


@dataclass(frozen=True)
class Comparison:
    """How two samples differ. `effects`: the channel that moved farthest at least (its interval) first.

    `typical` and `unlike`: ids of images of the window, and of the other side, that show it best.
    """

    discrepancy: Discrepancy
    told_apart: AucEffect
    effects: list[ChannelEffectValue]
    typical: tuple[str, ...]
    unlike: tuple[str, ...]


def number_units(lots: Sequence[str | None], unit: Unit) -> Numbers:
    """Return the number of the unit of each image, in the order of capture; -1 in a block that is not full.

    >>> number_units(["a", "b", "a"], Unit("lot", None, 9, True, "")).tolist()
    [0, 1, 0]
    >>> number_units([None] * 5, Unit("block", 2, 9, True, "")).tolist()
    [0, 0, 1, 1, -1]
    """
    if unit.kind == "lot":
        names = [lot or "" for lot in lots]
        return np.unique(names, return_inverse=True)[1].reshape(-1).astype(np.int64)
    length = unit.length or 1
    numbers = np.arange(len(lots), dtype=np.int64) // length
    return np.where(numbers < len(lots) // length, numbers, -1)


def thin_evenly(
    sides: tuple[Numbers, Numbers], *, most: int = MOST_IMAGES
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of the images to compare, at most `most` a side; nothing is drawn by chance.

    Of the side with many units every so-manieth is taken, then of every unit, on both sides alike, at most so
    many images, evenly: what is done to a unit does not depend on its side, so that a permutation of units
    stays exact. Images numbered -1 are left out.

    >>> [len(kept) for kept in thin_evenly((np.arange(5000), np.arange(700)))]
    [1000, 700]
    >>> [len(kept) for kept in thin_evenly((np.repeat(np.arange(20), 500), np.repeat(np.arange(40), 30)))]
    [500, 1000]
    """
    units = [np.unique(groups[groups >= 0]) for groups in sides]
    fewest = min(len(found) for found in units)
    limit = min(most, max(_MANY_UNITS, 4 * fewest))
    chosen = [_evenly(len(found), limit) for found in units]
    each = max(1, most // max(1, *(len(places) for places in chosen)))
    kept = [
        _places_of(groups, found[places], each=each)
        for groups, found, places in zip(sides, units, chosen, strict=True)
    ]
    return kept[0], kept[1]


def compare_samples(reference: Sample, window: Sample, *, k: int = 6) -> Comparison:
    """Return how the window differs from the reference; the same images give the same answer.

    The p-value is that of a permutation of units: exact whatever their sizes and however their images depend
    on each other; no smaller than 1 / (1 + permutations). Raises: ValueError when channels differ or a side
    has fewer than MIN_UNITS units.

    >>> rng = np.random.default_rng(0)
    >>> names = ("acquisition.noise", "acquisition.contrast")
    >>> old = Sample(names, tuple(map(str, range(300))), np.arange(300), rng.normal(size=(300, 2)))
    >>> new = Sample(names, tuple(map(str, range(60))), np.arange(60), rng.normal([2, 0], 1, size=(60, 2)))
    >>> found = compare_samples(old, new)
    >>> found.effects[0].channel, round(found.discrepancy.p_value, 3), found.told_apart.auc > 0.85
    ('acquisition.noise', 0.002, True)
    """
    if reference.channels != window.channels or min(reference.n_units, window.n_units) < MIN_UNITS:
        raise ValueError(
            f"Two samples of the same channels with {MIN_UNITS} units each are compared; got "
            f"{reference.n_units} and {window.n_units} units."
        )
    rng = np.random.default_rng(_seed(reference, window))
    filled = _fill(reference.values_NC, window.values_NC)
    groups = {"reference_lots": reference.groups_N, "window_lots": window.groups_N}
    discrepancy = measure_mmd(*filled, rng=rng, n_permutations=PERMUTATIONS, **groups)
    told = tell_apart(
        reference.values_NC,
        window.values_NC,
        rng=rng,
        reference_groups=reference.groups_N,
        window_groups=window.groups_N,
    )
    return Comparison(
        discrepancy=discrepancy,
        told_apart=told.auc,
        effects=sorted(_effects(reference, window), key=_farthest_first),
        typical=tuple(window.image_ids[at] for at in np.argsort(-told.window_M, kind="stable")[:k]),
        unlike=tuple(reference.image_ids[at] for at in np.argsort(told.reference_N, kind="stable")[:k]),
    )


def _evenly(n: int, limit: int) -> NDArray[np.intp]:
    if n <= limit:
        return np.arange(n)
    return np.asarray(np.floor((np.arange(limit) + 0.5) * n / limit), dtype=np.intp)


def _places_of(groups: Numbers, units: Numbers, *, each: int) -> NDArray[np.intp]:
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], units, "left")
    ends = np.searchsorted(groups[order], units, "right")
    kept = [order[start + _evenly(end - start, each)] for start, end in zip(starts, ends, strict=True)]
    return np.sort(np.concatenate(kept)) if kept else np.empty(0, dtype=np.intp)


def _seed(reference: Sample, window: Sample) -> int:
    named = "|".join((*reference.image_ids, "", *window.image_ids)).encode()
    return int.from_bytes(hashlib.sha256(named).digest()[:8], "little")


def _fill(reference_NC: Floats, window_MC: Floats) -> tuple[Floats, Floats]:
    """Return both with a missing value as the middle of both sides, and that it is missing as a value.

    What is filled in knows nothing of the sides, as the permutation asks for.
    """
    together = np.concatenate([reference_NC, window_MC])
    together[~np.isfinite(together)] = np.nan
    missing = np.isnan(together)
    held = ~missing.all(0)
    together, missing = together[:, held], missing[:, held]
    known = np.where(missing, np.nanmedian(together, axis=0), together)
    table = np.concatenate([known, missing[:, missing.any(0)].astype(np.float64)], axis=1)
    return table[: len(reference_NC)], table[len(reference_NC) :]


def _effects(reference: Sample, window: Sample) -> list[ChannelEffectValue]:
    found = []
    for name, old, new in zip(reference.channels, reference.values_NC.T, window.values_NC.T, strict=True):
        effect = measure_auc(old, new, reference_groups=reference.groups_N, window_groups=window.groups_N)
        found.append(
            ChannelEffectValue(
                channel=name,
                group=describe_channel(name).group,
                auc=effect.auc,
                auc_low=min(effect.auc, effect.low),
                auc_high=max(effect.auc, effect.high),
                shift=measure_shift(old, new),
                n_reference=effect.n_reference,
                n_window=effect.n_window,
            )
        )
    return found


def _farthest_first(one: ChannelEffectValue) -> tuple[float, float, str]:
    at_least = max(one.auc_low - 0.5, 0.5 - one.auc_high)
    return (-at_least, -abs(one.auc - 0.5) if math.isfinite(one.auc) else 0.0, one.channel)

"""How a window of images differs from the reference: channel by channel, and by example.

Owns the effect sizes of an alarm and the choice of its pictures. Refuses to judge whether there is a change:
that was the monitor's word.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perenne.monitoring.channels import Group, describe_channel
from perenne.monitoring.record import ImageRecord
from perenne.monitoring.reference import Reference
from perenne.stats.drift import AucEffect, measure_auc, measure_shift, tell_apart

MIN_TO_LEARN = 10
"""From so many images on a classifier finds the typical ones; below, the single channels' effects do."""


@dataclass(frozen=True)
class ChannelEffectValue:
    """`auc`: the chance that an image of the window exceeds one of the reference, with its 95 % interval;
    `shift`: the difference of medians in reference spreads. Counts are of images with a value."""

    channel: str
    group: Group
    auc: float
    auc_low: float
    auc_high: float
    shift: float
    n_reference: int
    n_window: int


@dataclass(frozen=True)
class Typical:
    """Images most typical of a change, and those of the reference most unlike it; ids, the best first.

    `auc`: how well the two are told apart at all, None when the window is too small to learn it.
    """

    window: tuple[str, ...]
    reference: tuple[str, ...]
    auc: AucEffect | None


def effects(reference: Reference, records: Sequence[ImageRecord]) -> list[ChannelEffectValue]:
    """Return the effect of every channel between the reference and these records.

    Units (lots, blocks) of the reference, and lots of the records, count as dependent.
    """
    window = reference.values_of(records)
    groups = _groups(reference, records)
    found = []
    for at, name in enumerate(reference.channels):
        old, new = reference.values_NC[:, at], window[:, at]
        effect = measure_auc(old, new, reference_groups=reference.groups_N, window_groups=groups)
        found.append(
            ChannelEffectValue(
                channel=name,
                group=describe_channel(name).group,
                auc=effect.auc,
                auc_low=effect.low,
                auc_high=effect.high,
                shift=measure_shift(old, new),
                n_reference=effect.n_reference,
                n_window=effect.n_window,
            )
        )
    return found


def typical(reference: Reference, records: Sequence[ImageRecord], *, k: int = 6) -> Typical:
    """Return the `k` images of these records most typical of the change, and `k` of the reference unlike it.

    A classifier that has not seen an image scores it; the same records give the same images.
    """
    window = reference.values_of(records)
    groups = _groups(reference, records)
    auc = None
    if len(records) >= MIN_TO_LEARN and len(set(groups.tolist())) > 1:
        seed = hashlib.sha256("|".join(record.image_id for record in records).encode()).digest()[:8]
        told = tell_apart(
            reference.values_NC,
            window,
            rng=np.random.default_rng(int.from_bytes(seed, "little")),
            reference_groups=reference.groups_N,
            window_groups=groups,
        )
        old, new, auc = told.reference_N, told.window_M, told.auc
    else:
        old, new = _score_by_channels(reference.values_NC, window)
    return Typical(
        window=tuple(records[at].image_id for at in np.argsort(-new, kind="stable")[:k]),
        reference=tuple(reference.image_ids[at] for at in np.argsort(old, kind="stable")[:k]),
        auc=auc,
    )


def _groups(reference: Reference, records: Sequence[ImageRecord]) -> NDArray[np.int64]:
    """Return the number of the unit of each record."""
    if reference.unit.kind == "lot":
        lots = [record.lot or "" for record in records]
        return np.unique(lots, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return np.arange(len(records), dtype=np.int64) // (reference.unit.length or 1)


def _score_by_channels(
    old_NC: NDArray[np.float64], new_MC: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return scores along the shift of medians, each channel in reference spreads, at most five of them."""
    shifts = np.array([measure_shift(old, new) for old, new in zip(old_NC.T, new_MC.T, strict=True)])
    along = np.clip(np.nan_to_num(shifts, nan=0.0), -5, 5)
    low, middle, high = np.nanquantile(
        np.where(np.isnan(old_NC).all(0), 0.0, old_NC), [0.25, 0.5, 0.75], axis=0
    )
    spread = np.where(high > low, (high - low) / 1.349, np.inf)
    scores = [np.clip(np.nan_to_num((side - middle) / spread), -5, 5) @ along for side in (old_NC, new_MC)]
    return scores[0], scores[1]

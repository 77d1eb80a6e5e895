"""From the comparison of single images to metrics with intervals: overall, per slice, and between two models.

Owns the rules of "too few" (30 images, 2 groups, 5 of each side that a metric compares) and the bootstrap by
group around the metrics of a problem. Refuses to know what is compared: a problem's `Evidence` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from perenne.problems.contract import DEFAULT_N_BOOT
from perenne.stats.estimation import MIN_GROUPS, Measured, TooFew, bootstrap_by_group

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
MIN_IMAGES = 30
MIN_POSITIVES = 5


@dataclass(frozen=True)
class Shortage:
    """A metric has `got` of `unit` where `needed` are needed."""

    unit: str
    needed: int
    got: int


class Evidence(Protocol):
    """The comparison of truths and predictions, image by image."""

    @property
    def groups(self) -> Sequence[str]:
        """The group of each image."""

    @property
    def proportions(self) -> bool:
        """Whether all metrics lie in 0..1."""

    def select(self, mask: Mask) -> Self:
        """Return the evidence of the images where `mask` holds."""

    def point(self) -> dict[str, float]:
        """Return each metric on all images, by the field's library where there is one; NaN: not defined."""

    def measure(self, weights_BN: Floats) -> dict[str, Floats]:
        """Return each metric for B weightings of the N images; with equal weights it equals `point`."""

    def shortages(self) -> dict[str, Shortage]:
        """Return the metrics that these images cannot carry, beyond the common rules."""

    def details(self) -> dict[str, Any]:
        """Return tables and curves for a report, as JSON."""


def summarise(
    evidence: Evidence, *, rng: np.random.Generator, mask: Mask | None = None, n_boot: int = DEFAULT_N_BOOT
) -> dict[str, Measured]:
    """Return every metric of the images in `mask` with its interval, or TooFew with what is missing."""
    chosen = evidence if mask is None else evidence.select(mask)
    n, n_groups = len(chosen.groups), len(set(chosen.groups))
    if n == 0:
        return {}
    point = chosen.point()
    common = _common_shortage(n, n_groups)
    if common is not None:
        seen = common.unit == "groups"  # enough images, all of one group: a value, but no interval
        short = _too_few(common, n, n_groups)
        return {name: replace(short, value=_finite(value) if seen else None) for name, value in point.items()}
    measured = bootstrap_by_group(
        chosen.measure, groups=chosen.groups, rng=rng, n_boot=n_boot, proportions=chosen.proportions
    )
    for name, shortage in chosen.shortages().items():
        measured[name] = _too_few(shortage, n, n_groups)
    return {name: _with_value(measured[name], value) for name, value in point.items() if name in measured}


def compare(
    champion: Evidence,
    challenger: Evidence,
    *,
    rng: np.random.Generator,
    mask: Mask | None = None,
    n_boot: int = DEFAULT_N_BOOT,
) -> dict[str, Measured]:
    """Return challenger minus champion for every metric, on the same images, resampled in pairs.

    Raises: ValueError when the two do not hold the same images (groups).
    """
    if list(champion.groups) != list(challenger.groups):
        raise ValueError("a paired comparison needs the same images in the same order")
    old = champion if mask is None else champion.select(mask)
    new = challenger if mask is None else challenger.select(mask)
    n, n_groups = len(old.groups), len(set(old.groups))
    if n == 0:
        return {}

    def difference(weights_BN: Floats) -> dict[str, Floats]:
        before, after = old.measure(weights_BN), new.measure(weights_BN)
        return {name: after[name] - before[name] for name in after if name in before}

    common = _common_shortage(n, n_groups)
    if common is not None:
        return dict.fromkeys(new.point(), _too_few(common, n, n_groups))
    measured = bootstrap_by_group(difference, groups=old.groups, rng=rng, n_boot=n_boot, proportions=False)
    for name, shortage in {**old.shortages(), **new.shortages()}.items():
        measured[name] = _too_few(shortage, n, n_groups)
    return measured


def shares(parts: Floats, wholes: Floats) -> Floats:
    """Return parts / wholes; NaN where the whole is 0."""
    result: Floats = np.divide(parts, wholes, out=np.full(np.shape(wholes), np.nan), where=wholes > 0)
    return result


def mean_of_defined(values: Sequence[Floats]) -> Floats:
    """Return the mean over the first axis of the values that are not NaN; NaN where none is.

    >>> mean_of_defined([np.array([1.0, np.nan]), np.array([3.0, np.nan])]).tolist()
    [2.0, nan]
    """
    stacked = np.asarray(values)
    defined = np.isfinite(stacked)
    return shares(np.where(defined, stacked, 0.0).sum(0), defined.sum(0).astype(np.float64))


def decision_rates(bad: Mask, decisions: Sequence[str], weights_BN: Floats) -> dict[str, Floats]:
    """Return escape rate (bad pieces passed), overkill rate (good pieces failed) and unsure rate."""
    answers = np.asarray(decisions)
    passed, failed, unsure = (answers == word for word in ("pass", "fail", "unsure"))
    return {
        "escape_rate": shares(weights_BN @ (bad & passed), weights_BN @ bad.astype(float)),
        "overkill_rate": shares(weights_BN @ (~bad & failed), weights_BN @ (~bad).astype(float)),
        "unsure_rate": weights_BN @ unsure / weights_BN.sum(1),
    }


def side_shortages(bad: Mask) -> dict[str, Shortage]:
    """Return which decision rates lack bad or good pieces."""
    n_bad, n_good = int(bad.sum()), int((~bad).sum())
    found: dict[str, Shortage] = {}
    if n_bad < MIN_POSITIVES:
        found["escape_rate"] = Shortage("bad pieces", MIN_POSITIVES, n_bad)
    if n_good < MIN_POSITIVES:
        found["overkill_rate"] = Shortage("good pieces", MIN_POSITIVES, n_good)
    return found


def _common_shortage(n: int, n_groups: int) -> Shortage | None:
    if n < MIN_IMAGES:
        return Shortage("images", MIN_IMAGES, n)
    return Shortage("groups", MIN_GROUPS, n_groups) if n_groups < MIN_GROUPS else None


def _too_few(shortage: Shortage, n: int, n_groups: int) -> TooFew:
    return TooFew(unit=shortage.unit, needed=shortage.needed, got=shortage.got, n=n, n_groups=n_groups)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _with_value(measured: Measured, value: float) -> Measured:
    """Return the estimate with the library's value in place of our own, equal up to rounding."""
    if isinstance(measured, TooFew):
        return measured
    return replace(measured, value=value, low=min(measured.low, value), high=max(measured.high, value))

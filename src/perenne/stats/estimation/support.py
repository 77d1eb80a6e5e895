"""May performance be estimated without labels here? Only where the images are like those that were labelled.

Owns the guard: the share of a window that lies within the reference's own reach, and the verdict. Refuses to
guess beyond: on a real change of cell type the estimates were off by 0.17 to 0.36 (measured), with no sign of
it in the scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perenne.kit.saying import Said
from perenne.stats.estimation.wilson import wilson_interval

Floats = NDArray[np.float64]
NEIGHBOURS = 5
RADIUS_SHARE = 0.99
MIN_SHARE = 0.90
MIN_REFERENCE = 50
MIN_WINDOW = 30
MOST_REFERENCE = 3_000
_ROWS = 2_000


@dataclass(frozen=True)
class SupportReach:
    """The labelled images as points, and the distance to the 5th neighbour that 99 % of them keep."""

    points_ND: Floats
    centre_D: Floats
    spread_D: Floats
    radius: float


@dataclass(frozen=True)
class Support:
    """The share of a window within reach, with its Wilson interval (95 %)."""

    share: float
    low: float
    high: float
    n: int
    n_reference: int


@dataclass(frozen=True)
class Guard:
    """Whether an estimate may be shown, and if not, why."""

    shown: bool
    why_not: Said | None


def fit_reach(reference_ND: Floats) -> SupportReach:
    """Return how far the reference reaches: the 99 % quantile of the distance to the 5th nearest other one.

    Each dimension is scaled by its spread first. Of more than 3,000 points every k-th is kept.
    Raises: ValueError with fewer than 50.

    >>> rng = np.random.default_rng(0)
    >>> reach = fit_reach(rng.normal(size=(400, 8)))
    >>> measure_support(reach, rng.normal(size=(200, 8))).share > 0.95
    True
    >>> measure_support(reach, rng.normal(size=(200, 8)) + 3).share < 0.1
    True
    """
    if len(reference_ND) < MIN_REFERENCE:
        raise ValueError(f"A reach needs at least {MIN_REFERENCE} points; got {len(reference_ND)}.")
    step = -(-len(reference_ND) // MOST_REFERENCE)
    kept_ND = np.asarray(reference_ND[::step], dtype=np.float64)
    centre_D, spread_D = kept_ND.mean(0), kept_ND.std(0) + 1e-9
    scaled_ND = (kept_ND - centre_D) / spread_D
    own = _distances(scaled_ND, scaled_ND, skip=1)
    return SupportReach(scaled_ND, centre_D, spread_D, float(np.quantile(own, RADIUS_SHARE)))


def measure_support(reach: SupportReach, window_ND: Floats) -> Support:
    """Return the share of the window whose 5th nearest labelled image lies within the radius."""
    scaled_ND = (np.asarray(window_ND, dtype=np.float64) - reach.centre_D) / reach.spread_D
    inside = int((_distances(scaled_ND, reach.points_ND, skip=0) <= reach.radius).sum())
    low, high = wilson_interval(inside, len(window_ND))
    share = inside / len(window_ND) if len(window_ND) else 0.0
    return Support(share, low, high, n=len(window_ND), n_reference=len(reach.points_ND))


def guard_estimate(
    support: Support | None, *, alarms: Sequence[str] = (), contradicted: Said | None = None
) -> Guard:
    """Return whether an estimate may be shown: 90 % within reach, no alarm on images, no label against it.

    `alarms`: names of open alarms on acquisition or embedding; `contradicted`: what labels said against an
    earlier estimate: the only way to notice that the meaning of a defect has changed.

    >>> guard_estimate(Support(0.97, 0.9, 1.0, n=200, n_reference=400)).shown
    True
    >>> guard_estimate(Support(0.97, 0.9, 1.0, n=200, n_reference=400), alarms=["blur"]).why_not
    'The images have changed (blur): an estimate would be a guess.'
    """
    if support is None:
        return Guard(
            False, Said("The model gives no embedding to compare images by.", code="estimate.no_embedding")
        )
    if support.n < MIN_WINDOW:
        few = f"{support.n} images, at least {MIN_WINDOW} are needed."
        return Guard(False, Said(few, code="estimate.few_images", images=support.n, needed=MIN_WINDOW))
    if alarms:
        moved = f"The images have changed ({', '.join(alarms)}): an estimate would be a guess."
        return Guard(False, Said(moved, code="estimate.alarms", channels=tuple(alarms)))
    if support.share < MIN_SHARE:
        unlike = f"Only {support.share:.0%} of the images are like those with labels; 90 % are needed."
        return Guard(False, Said(unlike, code="estimate.unlike", share=support.share, least_share=MIN_SHARE))
    if contradicted:
        return Guard(False, contradicted)
    return Guard(True, None)


def _distances(points_ND: Floats, others_MD: Floats, *, skip: int) -> Floats:
    """Return (N,) distances to the 5th nearest of the others; `skip`: how many are the point itself."""
    at = min(NEIGHBOURS - 1 + skip, len(others_MD) - 1)
    squares_M = (others_MD**2).sum(1)
    found = []
    for start in range(0, len(points_ND), _ROWS):
        some_ND = points_ND[start : start + _ROWS]
        squared = (some_ND**2).sum(1)[:, None] + squares_M - 2 * some_ND @ others_MD.T
        found.append(np.sqrt(np.maximum(np.partition(squared, at, axis=1)[:, at], 0.0)))
    return np.concatenate(found) if found else np.zeros(0)

"""May performance be estimated without labels here? Only where the images are like those that were labelled.

Owns the guard: the share of a window that lies within the reference's own reach, how far the window has moved
as a whole, and the verdict. Refuses to guess beyond: on a real change of cell type the estimates were off by
0.17 to 0.36 (measured), with no sign of it in the scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perenne.kit.saying import Said
from perenne.stats.estimation.interval import Estimate, TooFew
from perenne.stats.estimation.wilson import wilson_interval

Floats = NDArray[np.float64]
NEIGHBOURS = 5
RADIUS_SHARE = 0.99
MIN_SHARE = 0.90
MIN_REFERENCE = 50
MIN_WINDOW = 30
MOST_REFERENCE = 3_000
MAIN_AXES = 8
MOST_MOVED = 0.09
"""An alarm on how images are taken holds no number back while the window has moved less than this in the
model's eyes. Chosen on windows of ELPV other than the benchmark's, as far as recall was off by 0.03 at most:
a tone curve stays below, most small turns and resizes too; blur, noise and JPEG 50 do not."""
MOST_DOUBT = 0.15
"""Half the width of an interval (95 %) above which a number is held back. On windows of ELPV other than those
of the benchmark a number was off by a quarter of it on average: 0.04 at the limit."""
_ROWS = 2_000


@dataclass(frozen=True)
class SupportReach:
    """The labelled images as points, and the distance to the 5th neighbour that 99 % of them keep.

    `own_N`: that distance of each; `axes_DK`: the axes along which they vary most.
    """

    points_ND: Floats
    centre_D: Floats
    spread_D: Floats
    radius: float
    own_N: Floats
    axes_DK: Floats


@dataclass(frozen=True)
class Support:
    """The share of a window within reach, with its Wilson interval (95 %).

    `moved`: how far the window as a whole has moved in the model's eyes: the largest distance of an AUC from
    0.5 over the reference's eight main axes and the distance to the 5th neighbour; 0.5 where nobody looked.
    """

    share: float
    low: float
    high: float
    n: int
    n_reference: int
    moved: float = 0.5


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
    _, _, axes_KD = np.linalg.svd(scaled_ND - scaled_ND.mean(0), full_matrices=False)
    radius = float(np.quantile(own, RADIUS_SHARE))
    return SupportReach(scaled_ND, centre_D, spread_D, radius, own, axes_KD[:MAIN_AXES].T)


def measure_support(reach: SupportReach, window_ND: Floats) -> Support:
    """Return the share of the window whose 5th nearest labelled image lies within the radius."""
    scaled_ND = (np.asarray(window_ND, dtype=np.float64) - reach.centre_D) / reach.spread_D
    distances_N = _distances(scaled_ND, reach.points_ND, skip=0)
    inside = int((distances_N <= reach.radius).sum())
    low, high = wilson_interval(inside, len(window_ND))
    share = inside / len(window_ND) if len(window_ND) else 0.0
    moved = 0.5
    if len(window_ND):
        before, now = reach.points_ND @ reach.axes_DK, scaled_ND @ reach.axes_DK
        pairs = [(reach.own_N, distances_N), *zip(before.T, now.T, strict=True)]
        moved = max(abs(_auc(old, new) - 0.5) for old, new in pairs)
    return Support(share, low, high, n=len(window_ND), n_reference=len(reach.points_ND), moved=moved)


def guard_estimate(
    support: Support | None,
    *,
    alarms: Sequence[str] = (),
    contradicted: Said | None = None,
    estimate: Estimate | TooFew | None = None,
) -> Guard:
    """Return whether an estimate may be shown: 90 % within reach, no alarm on images, no label against it.

    `alarms`: channels of open alarms on acquisition, embedding or fingerprint; those on acquisition alone
    hold back only where the window has moved in the model's eyes too. `contradicted`: what labels said
    against an earlier estimate: the only way to notice that the meaning of a defect has changed. `estimate`:
    the number itself, which is held back while its own interval is wider than 0.15 to a side.

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
    if alarms and not (all(_is_acquisition(one) for one in alarms) and support.moved <= MOST_MOVED):
        moved = f"The images have changed ({', '.join(alarms)}): an estimate would be a guess."
        return Guard(False, Said(moved, code="estimate.alarms", channels=tuple(alarms)))
    if support.share < MIN_SHARE:
        unlike = f"Only {support.share:.1%} of the images are like those with labels; 90 % are needed."
        return Guard(False, Said(unlike, code="estimate.unlike", share=support.share, least_share=MIN_SHARE))
    if contradicted:
        return Guard(False, contradicted)
    if isinstance(estimate, Estimate) and (doubt := (estimate.high - estimate.low) / 2) > MOST_DOUBT:
        unsure = f"So few images leave it open by {doubt:.1%} to each side; {MOST_DOUBT:.1%} are allowed."
        return Guard(False, Said(unsure, code="estimate.unsure", doubt=doubt, most_doubt=MOST_DOUBT))
    return Guard(True, None)


def _is_acquisition(channel: str) -> bool:
    return channel.startswith("acquisition.")


def _auc(before_N: Floats, now_M: Floats) -> float:
    """Return the chance that one of now exceeds one of before, ties counted half."""
    ordered = np.sort(before_N)
    ranks = ordered.searchsorted(now_M, side="left") + ordered.searchsorted(now_M, side="right")
    return float(ranks.mean() / (2 * len(ordered)))


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

"""The bootstrap by group: whole parts, batches or boards are drawn, never single images of one.

Owns the drawing of group weights and the loop over replicates. Refuses a random state of its own: the
generator is an argument.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from perenne.stats.estimation.interval import Estimate, TooFew, exact_extreme, expanded_percentile

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Mapping[str, Floats]]
"""(weights of the images, shape (replicates, images)) -> for each name the values, shape (replicates,)."""

MIN_GROUPS = 2
MIN_VALID_SHARE = 0.8
_CHUNK_CELLS = 4_000_000


def groups_to_indices(groups: Sequence[str]) -> NDArray[np.intp]:
    """Return for each image the index of its group, 0-based.

    >>> groups_to_indices(["b", "a", "b"]).tolist()
    [1, 0, 1]
    """
    return np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1].reshape(-1)


def group_weights(
    group_of_image: NDArray[np.intp], *, rng: np.random.Generator, n_boot: int
) -> NDArray[np.float64]:
    """Return (n_boot, images): how often each image is drawn when whole groups are drawn with replacement.

    >>> weights = group_weights(np.array([0, 0, 1]), rng=np.random.default_rng(0), n_boot=3)
    >>> bool((weights[:, 0] == weights[:, 1]).all())
    True
    """
    n_groups = int(group_of_image.max()) + 1
    counts = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_boot)
    return counts[:, group_of_image].astype(np.float64)


def bootstrap_by_group(
    statistic: Statistic,
    *,
    groups: Sequence[str],
    rng: np.random.Generator,
    n_boot: int = 400,
    confidence: float = 0.95,
    proportions: bool = True,
) -> dict[str, Estimate | TooFew]:
    """Return for every value of `statistic` the estimate on all images with its interval.

    Replicates where the value does not exist (NaN) are left out; when they are more than a fifth, the
    result is TooFew. `proportions`: values lie in 0..1, and a value at 0 or 1 that resampling does not move
    gets the exact binomial limit. Assumes: groups are exchangeable and independent.
    Error budget: coverage of the 95 % interval is 90-97 % for means of >= 20 groups (tested).

    >>> def share(weights):
    ...     return {"share": weights @ np.array([1.0, 1, 0, 0]) / weights.sum(1)}
    >>> got = bootstrap_by_group(share, groups=list("abcd"), rng=np.random.default_rng(0))["share"]
    >>> got.value, got.n, got.n_groups
    (0.5, 4, 4)
    """
    indices = groups_to_indices(groups)
    n, n_groups = len(indices), int(indices.max()) + 1 if len(indices) else 0
    values = {name: float(value[0]) for name, value in statistic(np.ones((1, n))).items()} if n else {}
    if n_groups < MIN_GROUPS:
        few = TooFew(unit="groups", needed=MIN_GROUPS, got=n_groups, n=n, n_groups=n_groups)
        return dict.fromkeys(values, few)
    replicates = _replicate(statistic, indices, rng=rng, n_boot=n_boot)
    measured: dict[str, Estimate | TooFew] = {}
    for name, value in values.items():
        drawn = replicates[name][np.isfinite(replicates[name])]
        if not np.isfinite(value) or drawn.size < MIN_VALID_SHARE * n_boot:
            measured[name] = TooFew(unit="groups", needed=2 * n_groups, got=n_groups, n=n, n_groups=n_groups)
            continue
        low, high = expanded_percentile(drawn, n_groups=n_groups, confidence=confidence)
        if proportions and low == high == value and value in (0.0, 1.0):
            limit = exact_extreme(n_groups, confidence=confidence)
            low, high = (limit, 1.0) if value == 1.0 else (0.0, 1.0 - limit)
        measured[name] = Estimate(value, min(low, value), max(high, value), n, n_groups, confidence)
    return measured


def _replicate(
    statistic: Statistic, group_of_image: NDArray[np.intp], *, rng: np.random.Generator, n_boot: int
) -> dict[str, Floats]:
    """Return every replicate of every value, drawn in pieces that keep memory bounded."""
    step = max(1, min(n_boot, _CHUNK_CELLS // max(1, len(group_of_image))))
    pieces: dict[str, list[Floats]] = {}
    for start in range(0, n_boot, step):
        weights = group_weights(group_of_image, rng=rng, n_boot=min(step, n_boot - start))
        for name, values in statistic(weights).items():
            pieces.setdefault(name, []).append(np.asarray(values, dtype=np.float64))
    return {name: np.concatenate(parts) for name, parts in pieces.items()}

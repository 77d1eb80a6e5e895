"""How good a model is on images without labels, as far as its calibrated scores can tell.

Owns the expectation of hits, false alarms and misses, for parts (one object an image) and for boxes, and its
interval. Refuses to say where it holds: `support` does, and an estimate without that guard is a guess.

With q the calibrated chance that an object is true: E[TP] and E[FP] are the sums of q and of 1 - q over the
objects that count at the operating point; E[FN] is the sum of q over those below it, plus the rate at which
true objects got no score at all (m0, from the labels). For parts that is confidence-based performance
estimation (CBPE, as in NannyML); for boxes no library that we examined has it.
Assumes: p(true | score, class) and m0 are what they were on the labelled images. A change of what counts as a
defect breaks that and leaves no trace in the scores: only labels tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perenne.stats.estimation.bootstrap import MIN_GROUPS, group_weights, groups_to_indices
from perenne.stats.estimation.calibration import Calibrator, fit_calibrator
from perenne.stats.estimation.interval import Estimate, TooFew, expanded_percentile

Floats = NDArray[np.float64]
MIN_LABELLED_IMAGES = 100
DEFAULT_N_BOOT = 150
_VALID_SHARE = 0.8


@dataclass(frozen=True)
class ScoredObjects:
    """D scored objects of N images: score, class, image (0..N-1), and whether it counts at the operating
    point; `groups`: the independent unit of each image. Scores below the operating point belong here too."""

    scores: Floats
    classes: NDArray[np.intp]
    images: NDArray[np.intp]
    counted: NDArray[np.bool_]
    groups: Sequence[str]


@dataclass(frozen=True)
class LabelledObjects(ScoredObjects):
    """The same with labels: whether each object was true, and each image's true objects without a score."""

    hits: NDArray[np.bool_]
    missed_N: Floats


def expected_performance(
    window: ScoredObjects,
    labelled: LabelledObjects,
    *,
    rng: np.random.Generator,
    one_an_image: bool = False,
    n_boot: int = DEFAULT_N_BOOT,
    confidence: float = 0.95,
) -> dict[str, Estimate | TooFew]:
    """Return expected precision, recall and F1 of the window (accuracy too with `one_an_image`).

    Each replicate draws groups of the labelled images, fits the calibration anew, draws groups of the window
    and then hit or miss for each object by its chance: the interval is for what labels on the whole window
    would say. A class with too few labels takes the map of all classes together.
    Source: J. Mucha et al., NannyML documentation, "Estimating performance with CBPE" (2022).

    >>> rng = np.random.default_rng(0)
    >>> def parts(n, with_labels):
    ...     scores, ids = rng.random(n), np.arange(n)
    ...     shown = (scores, np.zeros(n, int), ids, scores >= 0.5, list(map(str, ids)))
    ...     if not with_labels:
    ...         return ScoredObjects(*shown)
    ...     return LabelledObjects(*shown, hits=rng.random(n) < scores, missed_N=np.zeros(n))
    >>> window, labelled = parts(800, False), parts(800, True)
    >>> found = expected_performance(window, labelled, rng=rng, one_an_image=True, n_boot=50)
    >>> found["recall"].low < 0.75 < found["recall"].high, abs(found["accuracy"].value - 0.75) < 0.03
    (True, True)
    """
    metrics = ("precision", "recall", "f1", *(("accuracy",) if one_an_image else ()))
    n_labelled, n = len(labelled.groups), len(window.groups)
    window_groups, labelled_groups = groups_to_indices(window.groups), groups_to_indices(labelled.groups)
    n_groups = int(window_groups.max()) + 1 if n else 0
    if n_labelled < MIN_LABELLED_IMAGES:
        few = TooFew("labelled images", MIN_LABELLED_IMAGES, n_labelled, n=n, n_groups=n_groups)
        return dict.fromkeys(metrics, few)
    if n_groups < MIN_GROUPS or int(labelled_groups.max()) + 1 < MIN_GROUPS:
        few = TooFew("groups", MIN_GROUPS, min(n_groups, int(labelled_groups.max()) + 1), n, n_groups)
        return dict.fromkeys(metrics, few)
    ones = np.ones(n_labelled), np.ones(n)
    values = _expect(window, labelled, labelled_weights=ones[0], window_weights=ones[1])
    draws: dict[str, list[float]] = {name: [] for name in metrics}
    for _ in range(n_boot):
        drawn = _expect(
            window,
            labelled,
            labelled_weights=group_weights(labelled_groups, rng=rng, n_boot=1)[0],
            window_weights=group_weights(window_groups, rng=rng, n_boot=1)[0],
            rng=rng,
        )
        for name in metrics:
            draws[name].append(drawn[name])
    return {
        name: _estimate(values[name], np.asarray(draws[name]), n=n, n_groups=n_groups, confidence=confidence)
        for name in metrics
    }


def calibrate_classes(
    labelled: LabelledObjects, *, weights_D: Floats | None = None
) -> tuple[Mapping[int, Calibrator], Calibrator]:
    """Return the calibrator of every class that has enough labels, and that of all classes together."""
    weights = np.ones(len(labelled.scores)) if weights_D is None else weights_D
    there = weights > 0
    pooled = fit_calibrator(labelled.scores[there], labelled.hits[there], weights=weights[there])
    by_class = {}
    for name in np.unique(labelled.classes):
        rows = there & (labelled.classes == name)
        fitted = fit_calibrator(labelled.scores[rows], labelled.hits[rows], weights=weights[rows])
        if fitted.kind != "none":
            by_class[int(name)] = fitted
    return by_class, pooled


def _expect(
    window: ScoredObjects,
    labelled: LabelledObjects,
    *,
    labelled_weights: Floats,
    window_weights: Floats,
    rng: np.random.Generator | None = None,
) -> dict[str, float]:
    """Return the expected figures; with `rng` those of one draw of hits and misses."""
    by_class, pooled = calibrate_classes(labelled, weights_D=labelled_weights[labelled.images])
    chances = np.empty(len(window.scores))
    for name in np.unique(window.classes):
        rows = window.classes == name
        chances[rows] = by_class.get(int(name), pooled).apply(window.scores[rows])
    if rng is not None:
        chances = (rng.random(len(chances)) < chances).astype(np.float64)
    weights_D = window_weights[window.images]
    missed = float(labelled_weights @ labelled.missed_N / labelled_weights.sum())
    true, untrue = weights_D * chances, weights_D * (1 - chances)
    tp, fp = float(true[window.counted].sum()), float(untrue[window.counted].sum())
    fn = float(true[~window.counted].sum()) + missed * float(window_weights.sum())
    right = tp + float(untrue[~window.counted].sum())
    return {
        "precision": _share(tp, tp + fp),
        "recall": _share(tp, tp + fn),
        "f1": _share(2 * tp, 2 * tp + fp + fn),
        "accuracy": _share(right, float(window_weights.sum())),
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _estimate(value: float, drawn: Floats, *, n: int, n_groups: int, confidence: float) -> Estimate | TooFew:
    finite = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or finite.size < _VALID_SHARE * drawn.size:
        return TooFew("objects", 1, 0, n=n, n_groups=n_groups)
    low, high = expanded_percentile(finite, n_groups=n_groups, confidence=confidence)
    return Estimate(value, min(low, value), max(high, value), n, n_groups, confidence)

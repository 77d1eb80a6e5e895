"""The classifier two-sample test: can a classifier tell the window from the reference, and by which images?

Owns the cross-fitting by group, the AUC with its interval, and the score of every image by a classifier that
has not seen it. Refuses to page anybody: it localises and illustrates a change that an alarm has found.

The classifier is logistic on standardised values and their squares, so that a change of spread is seen too; a
missing value counts as the reference's middle, and that it is missing is a value of its own. Source: D.
Lopez-Paz, M. Oquab, "Revisiting classifier two-sample tests", ICLR 2017; cross-fitting keeps the AUC honest.

Its interval is wider than that of an AUC of given scores, for folds depend on each other. Without a
difference a linear classifier points along the noise of the folds it has learnt from, so every pair of folds
is counted twice, once as lesson and test and once the other way round: the variance is twice that of
independent folds. With a difference that all folds agree on it is that of given scores. Between the two it is
as far as the classifier's direction is noise (`widen_interval`). Y. Bengio, Y. Grandvalet (JMLR 5, 2004) show
that no estimate of that variance is unbiased for every classifier; this one leans on a linear one.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perenne.stats.drift.effect import AucEffect, measure_auc

Floats = NDArray[np.float64]

FOLDS = 5
_PENALTY = 0.1
_FARTHEST = 5.0


@dataclass(frozen=True)
class Told:
    """How well the two are told apart (0.5: not at all), and each image's score, higher the more like the
    window; of a classifier that has not seen the image."""

    auc: AucEffect
    reference_N: Floats
    window_M: Floats


def tell_apart(
    reference_NC: ArrayLike,
    window_MC: ArrayLike,
    *,
    rng: np.random.Generator,
    reference_groups: ArrayLike | None = None,
    window_groups: ArrayLike | None = None,
    folds: int = FOLDS,
) -> Told:
    """Return how well a classifier tells window from reference, cross-fitted by group.

    Raises: ValueError when columns differ or a side has fewer than two groups. Error budget: without a
    difference the 95 % interval of the AUC holds 0.5 in at least 92 % of cases; with one it holds the AUC
    that such samples give on average as often (both tested).

    >>> rng = np.random.default_rng(0)
    >>> told = tell_apart(rng.normal(size=(300, 4)), rng.normal(0.8, 1, size=(100, 4)), rng=rng)
    >>> 0.8 < told.auc.low < told.auc.auc < 0.95
    True
    """
    reference, window = (np.asarray(side, dtype=np.float64) for side in (reference_NC, window_MC))
    if reference.ndim != 2 or window.ndim != 2 or reference.shape[1] != window.shape[1]:
        raise ValueError(
            f"Two tables of the same columns are told apart; got {reference.shape}, {window.shape}."
        )
    features = _describe(np.concatenate([reference, window]), n_reference=len(reference))
    label = np.repeat([0, 1], [len(reference), len(window)])
    fold = np.concatenate(
        [
            _folds(groups, n=len(side), folds=folds, rng=rng)
            for side, groups in ((reference, reference_groups), (window, window_groups))
        ]
    )
    scores = np.empty(len(label))
    lessons = []
    for number in range(min(folds, int(fold.max()) + 1)):
        held_out = fold == number
        weights = _fit_logistic(features[~held_out], label[~held_out])
        said = features @ weights[1:] + weights[0]
        scores[held_out] = said[held_out]
        lesson = label[~held_out] == 1
        lessons.append(measure_auc(said[~held_out][~lesson], said[~held_out][lesson]).auc)
    of_reference, of_window = scores[: len(reference)], scores[len(reference) :]
    auc = measure_auc(of_reference, of_window, reference_groups=reference_groups, window_groups=window_groups)
    return Told(widen_interval(auc, in_lessons=float(np.mean(lessons))), of_reference, of_window)


def widen_interval(held_out: AucEffect, *, in_lessons: float) -> AucEffect:
    """Return the effect with the interval of a cross-fitted AUC, from that of the same scores as if given.

    `in_lessons`: the AUC on what the classifier has learnt from. In spreads, the separation there is the
    length of the direction, noise included, and on what was held out the part of it that is no noise: their
    ratio says how much of the direction is real. The variance grows by the rest, at most twofold.

    >>> given = AucEffect(0.52, 0.46, 0.58, 300, 100)
    >>> noise, real = (widen_interval(given, in_lessons=auc) for auc in (0.75, 0.52))
    >>> round(noise.high - 0.52, 3), round(real.high - 0.52, 3)
    (0.082, 0.06)
    """
    from scipy.special import ndtri

    out, within = (float(ndtri(min(max(auc, 0.5), 1 - 1e-6))) for auc in (held_out.auc, in_lessons))
    real = min(1.0, out / within) if within > 0 else 0.0
    if held_out.auc in (0.0, 1.0):
        return held_out
    logits = [math.log(auc / (1 - auc)) for auc in (held_out.low, held_out.auc, held_out.high)]
    reach = math.sqrt(2.0 - real) * (logits[2] - logits[0]) / 2
    low, high = (1 / (1 + math.exp(-(logits[1] + sign * reach))) for sign in (-1, 1))
    return replace(held_out, low=low, high=high)


def _describe(table_NC: Floats, *, n_reference: int) -> Floats:
    """Return standardised values, their squares, and what is missing, but no constant columns."""
    missing = np.isnan(table_NC)
    reference = np.where(missing, 0.0, table_NC)[:n_reference]
    there = ~missing[:n_reference]
    count = np.maximum(1, there.sum(0))
    middle = (reference * there).sum(0) / count
    spread = np.sqrt(((reference - middle) ** 2 * there).sum(0) / count)
    known = np.where(missing, middle, table_NC)
    spread = np.where(spread > 0, spread, np.maximum(np.abs(known - middle).max(0), 1e-12))
    plain = np.clip((known - middle) / spread, -_FARTHEST, _FARTHEST)
    described = np.concatenate([plain, plain**2 / 2, missing.astype(np.float64)], axis=1)
    return np.asarray(described[:, described.std(0) > 0])


def _folds(groups: ArrayLike | None, *, n: int, folds: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the fold of each image; a group lies in one."""
    number = (
        np.arange(n)
        if groups is None
        else np.unique(np.asarray(groups).astype(str), return_inverse=True)[1].reshape(-1)
    )
    n_groups = int(number.max()) + 1 if n else 0
    if n_groups < 2:
        raise ValueError(f"Telling apart takes at least 2 groups a side; got {n_groups}.")
    return np.asarray((rng.permutation(n_groups) % min(folds, n_groups))[number])


def _fit_logistic(features_NF: Floats, label_N: NDArray[np.int64]) -> Floats:
    """Return (1 + F,): intercept and weights, both sides weighing the same, by Newton's steps."""
    n, n_features = features_NF.shape
    design = np.concatenate([np.ones((n, 1)), features_NF], axis=1)
    share = np.where(label_N == 1, 0.5 / max(1, label_N.sum()), 0.5 / max(1, (1 - label_N).sum()))
    penalty = np.diag(np.r_[1e-9, np.full(n_features, _PENALTY / np.sqrt(min(label_N.sum(), n) + 1.0))])
    weights = np.zeros(n_features + 1)
    for _ in range(12):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (share * (chance - label_N)) + penalty @ weights
        curve = (design.T * (share * chance * (1 - chance))) @ design + penalty
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights

"""Whether a score of 0.8 is right in 80 % of cases, and a map that makes it so.

Owns calibrators (isotonic with many labels, Platt with few), their cross-fitting by group, the calibration
error with its interval, and the bins of a reliability plot. Refuses to judge a calibrator on the labels that
it was fitted on: `cross_fit` gives every score a map that has not seen its group.

For detectors the pairs are (score of a box, whether it hit an object), low scores kept, one map a class:
calibrating afterwards beats calibrating in training (S. Kuzucu et al., "On Calibration of Object Detectors:
Pitfalls, Evaluation and Baselines", ECCV 2024). With the overlap of a box (0: no hit) in place of hit or miss
the same error is their localisation-aware LaECE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perenne.stats.estimation.bootstrap import bootstrap_by_group, groups_to_indices
from perenne.stats.estimation.interval import Estimate, TooFew
from perenne.stats.estimation.wilson import wilson_interval

Floats = NDArray[np.float64]
MIN_FOR_PLATT = 20
MIN_OF_A_SIDE = 5
MIN_FOR_ISOTONIC = 1_000
MIN_OF_A_SIDE_ISOTONIC = 30
N_BINS = 15
N_FOLDS = 5
_EDGE = 1e-6


@dataclass(frozen=True)
class Calibrator:
    """A map from score to chance, rising, as knots that are joined by straight lines.

    `kind`: "isotonic", "platt", or "none" when there were too few labels and scores are left as they are.
    `n`, `n_hits`: the labels that it was fitted on.
    """

    kind: Literal["isotonic", "platt", "none"]
    knots: tuple[float, ...]
    chances: tuple[float, ...]
    n: int
    n_hits: int

    def apply(self, scores: ArrayLike) -> Floats:
        """Return the chance that each score stands for.

        >>> Calibrator("isotonic", (0.0, 1.0), (0.0, 0.5), n=9, n_hits=4).apply([0.5]).tolist()
        [0.25]
        """
        given = np.asarray(scores, dtype=np.float64)
        if self.kind == "none":
            return given
        if self.kind == "platt":
            slope, shift = self.chances
            return np.asarray(1.0 / (1.0 + np.exp(-(slope * _logit(given) + shift))))
        return np.interp(given, self.knots, self.chances)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        names = ("kind", "n", "n_hits")
        kept = {name: getattr(self, name) for name in names}
        return {**kept, "knots": list(self.knots), "chances": list(self.chances)}


@dataclass(frozen=True)
class ScoreBin:
    """Scores of one bin: their mean, and how often they were right, with the Wilson interval (95 %)."""

    score: float
    share: float
    low: float
    high: float
    n: int


def fit_calibrator(
    scores: ArrayLike,
    hits: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    kind: Literal["auto", "isotonic", "platt"] = "auto",
) -> Calibrator:
    """Return the rising map from score to chance of a hit that fits these labels best.

    auto: isotonic from 1,000 labels with 30 of each side on (with fewer it follows chance at both ends),
    Platt's logistic map from 20 with 5 of each side on, else scores are left alone. Isotonic ends are pulled
    in by half a label, so that no score is certain.
    Assumes: labels are those of the stream that the map is used on, not picked by score.
    Source: J. Platt, "Probabilistic outputs for support vector machines" (1999); B. Zadrozny, C. Elkan,
    "Transforming classifier scores into accurate multiclass probability estimates", KDD 2002.

    >>> scores, hits = np.linspace(0.005, 0.995, 1200), np.arange(1200) % 4 == 0  # a quarter, whatever said
    >>> fitted = fit_calibrator(scores, hits)
    >>> fitted.kind, fitted.apply([0.5]).round(2).tolist()
    ('isotonic', [0.25])
    """
    given, right = np.asarray(scores, dtype=np.float64), np.asarray(hits, dtype=np.float64)
    if given.shape != right.shape or given.ndim != 1:
        raise ValueError(f"scores and hits are one row each; got {given.shape} and {right.shape}.")
    n, n_hits = len(given), int((right > 0).sum())
    side = min(n_hits, n - n_hits)
    if kind == "auto":
        many = n >= MIN_FOR_ISOTONIC and side >= MIN_OF_A_SIDE_ISOTONIC
        kind = "isotonic" if many else "platt"
    if n < MIN_FOR_PLATT or side < MIN_OF_A_SIDE:
        return Calibrator("none", (), (), n=n, n_hits=n_hits)
    weighing = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    fit = _fit_isotonic if kind == "isotonic" else _fit_platt
    knots, chances = fit(given, right, weighing)
    return Calibrator(kind, knots, chances, n=n, n_hits=n_hits)


def cross_fit(
    scores: ArrayLike, hits: ArrayLike, *, groups: Sequence[str], rng: np.random.Generator
) -> Floats:
    """Return each score's chance by a map that was fitted on other groups (5 folds).

    Assumes: groups are independent. With fewer than five groups each is left out once.

    >>> rng = np.random.default_rng(0)
    >>> scores = rng.random(500)
    >>> names, hits = [str(n) for n in range(500)], rng.random(500) < scores / 2
    >>> chances = cross_fit(scores, hits, groups=names, rng=rng)
    >>> bool(abs(chances.mean() - 0.25) < 0.04)
    True
    """
    given, right = np.asarray(scores, dtype=np.float64), np.asarray(hits, dtype=np.float64)
    of_row = groups_to_indices(groups)
    n_groups = int(of_row.max()) + 1 if len(of_row) else 0
    fold_of_group = rng.permutation(n_groups) % max(2, min(N_FOLDS, n_groups))
    found = given.copy()
    for fold in np.unique(fold_of_group):
        inside = fold_of_group[of_row] == fold
        if not inside.all():
            found[inside] = fit_calibrator(given[~inside], right[~inside]).apply(given[inside])
    return found


def calibration_error(
    scores: ArrayLike,
    outcomes: ArrayLike,
    *,
    groups: Sequence[str],
    rng: np.random.Generator,
    n_bins: int = N_BINS,
    n_boot: int = 400,
) -> Estimate | TooFew:
    """Return the expected calibration error: the mean gap of score and outcome over bins of equal size.

    `outcomes` are hits (0 or 1), or overlaps of boxes (0: no hit) for the localisation-aware error (LaECE).
    The error of a perfect model is not 0 with few labels: it shrinks with sqrt(bins / labels). The interval
    is the bootstrap by group around it. Assumes: groups are independent.
    Source: M. P. Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015.

    >>> rng = np.random.default_rng(0)
    >>> found = calibration_error([0.9] * 100, [1, 0] * 50, groups=list(map(str, range(100))), rng=rng)
    >>> round(found.value, 2), found.n
    (0.4, 100)
    """
    given, seen = np.asarray(scores, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    if not len(given):
        return TooFew(unit="scores", needed=MIN_FOR_PLATT, got=0, n=0, n_groups=0)
    in_bin_NK = np.eye(n_bins)[bins_of(given, n_bins=n_bins)]
    gaps_NK = in_bin_NK * (seen - given)[:, None]

    def statistic(weights_BN: Floats) -> dict[str, Floats]:
        return {"error": np.abs(weights_BN @ gaps_NK).sum(1) / weights_BN.sum(1)}

    if len(given) < MIN_FOR_PLATT:
        return TooFew(
            unit="scores", needed=MIN_FOR_PLATT, got=len(given), n=len(given), n_groups=len(set(groups))
        )
    return bootstrap_by_group(statistic, groups=groups, rng=rng, n_boot=n_boot)["error"]


def bins_of(scores: Floats, *, n_bins: int = N_BINS) -> NDArray[np.intp]:
    """Return the bin of each score; bins hold equally many scores, and equal scores share one.

    >>> bins_of(np.array([0.1, 0.1, 0.5, 0.9]), n_bins=2).tolist()
    [0, 0, 1, 1]
    """
    ordered = np.sort(scores)
    firsts = np.searchsorted(ordered, scores, side="left")
    return np.asarray(np.minimum(firsts * n_bins // max(1, len(scores)), n_bins - 1), dtype=np.intp)


def reliability(scores: ArrayLike, hits: ArrayLike, *, n_bins: int = 10) -> list[ScoreBin]:
    """Return how often scores were right, in bins of equal size by rising score, each with its interval.

    Assumes: labels are independent; with several boxes an image the intervals are somewhat narrow.

    >>> reliability([0.2, 0.2, 0.9, 0.9], [0, 1, 1, 1], n_bins=2)[1].share
    1.0
    """
    given, right = np.asarray(scores, dtype=np.float64), np.asarray(hits, dtype=np.float64)
    if not len(given):
        return []
    bins, found = bins_of(given, n_bins=n_bins), []
    for one in np.unique(bins):
        inside = bins == one
        n, n_hits = int(inside.sum()), int(right[inside].sum())
        low, high = wilson_interval(n_hits, n)
        found.append(ScoreBin(float(given[inside].mean()), n_hits / n, low, high, n))
    return found


def _logit(scores: Floats) -> Floats:
    inside = np.clip(scores, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _fit_isotonic(
    scores: Floats, hits: Floats, weights: Floats
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(out_of_bounds="clip").fit(scores, hits, sample_weight=weights)
    edge = 0.5 / (len(scores) + 1)
    chances = np.clip(model.y_thresholds_, edge, 1 - edge)
    return tuple(map(float, model.X_thresholds_)), tuple(map(float, chances))


def _fit_platt(scores: Floats, hits: Floats, weights: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Fit slope and shift on the logit by Newton's method, targets pulled in as Platt does; slope >= 0."""
    n_hits, n = float((hits * weights).sum()), float(weights.sum())
    high, low = (n_hits + 1) / (n_hits + 2), 1 / (n - n_hits + 2)
    target = np.where(hits > 0, low + (high - low) * hits, low)
    inputs_N2 = np.stack([_logit(scores), np.ones(len(scores))], axis=1)
    theta = np.array([1.0, 0.0])
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-np.clip(inputs_N2 @ theta, -40, 40)))
        gradient = inputs_N2.T @ (weights * (chance - target))
        curve = weights * np.maximum(chance * (1 - chance), 1e-6)
        hessian = (inputs_N2 * curve[:, None]).T @ inputs_N2 + 1e-6 * n * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        theta = theta - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-7:
            break
    if theta[0] < 0:
        share = n_hits / n
        theta = np.array([0.0, np.log(share) - np.log1p(-share)])
    return (), (float(theta[0]), float(theta[1]))

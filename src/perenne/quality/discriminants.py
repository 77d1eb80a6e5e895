"""The direction in which one fault moves a station's images: several discriminants, and a choice of one.

Owns how one test is learnt from rows of good images and of the same images with a fault: the linear
discriminant (Fisher, 1936), ridge logistic regressions (Cox, 1958; Hoerl and Kennard, 1970), plain, with
squares and with all products of the features of light and detail, and a mean. Few images favour the stiff
ones, many the supple ones, so a station chooses by images that its tests have not seen. All are linear in
`bend`, so that an image costs the same. Refuses to set limits: those are `limits`'.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from perenne.quality.features import NAMES

Array = NDArray[np.float64]
_TONE = (
    *("brightness", "contrast", "darkest", "brightest", "entropy", "sharpness", "noise"),
    *("detail where flat", "detail at edges", "fine detail", "middle detail"),
)
_TONE_PLACES = np.array([NAMES.index(name) for name in _TONE])
_FIRST, _SECOND = np.triu_indices(len(_TONE))
_BENT_FROM = 4.0
TAIL = 0.1
# The inverse strength of the ridge, and how many times a good image counts against a faulty one.
_PLAIN = {"plain": (1.0, 1.0), "plain, cautious": (10.0, 3.0)}
_SQUARED = {"squared": (1.0, 1.0)}
_BENT = {"bent": (1.0, 1.0), "bent, cautious": (5.0, 3.0)}
_MEAN_OF = ("plain", "squared", "bent")
CANDIDATES = ("linear", *_PLAIN, *_SQUARED, *_BENT, "mean")


def bend(rows: Array) -> Array:
    """Return the rows with the products of their features of light and detail beside them.

    Whether an image is too bright depends on what it shows: the limit of its brightness moves with contrast,
    noise and detail, and not in proportion.
    """
    tone = np.clip(rows[:, _TONE_PLACES], -_BENT_FROM, _BENT_FROM)
    return np.column_stack([rows, tone[:, _FIRST] * tone[:, _SECOND] / 2])


def learn_candidates(good: Array, faulty: Array, *, linear: Array) -> dict[str, tuple[Array, float]]:
    """Return the weights over `bend` and the offset of each candidate, in deviations of good images.

    `good` and `faulty` are standardised rows of features, `linear` the weights of Fisher's discriminant.
    """
    bent_good, bent_faulty = bend(good), bend(faulty)
    plain = np.arange(bent_good.shape[1]) < good.shape[1]
    squares = plain.copy()
    squares[good.shape[1] :] = _FIRST == _SECOND
    found = {"linear": np.zeros(len(plain))}
    found["linear"][plain] = linear
    everything = np.ones_like(plain)
    for recipes, used in ((_PLAIN, plain), (_SQUARED, squares), (_BENT, everything)):
        for name, (strength, caution) in recipes.items():
            found[name] = np.zeros(len(plain))
            found[name][used] = fit_logistic(
                bent_good[:, used], bent_faulty[:, used], strength=strength, caution=caution
            )
    scaled = {
        name: weights / max(1e-9, float((bent_good @ weights).std())) for name, weights in found.items()
    }
    scaled["mean"] = np.mean([scaled[name] for name in _MEAN_OF], axis=0)
    centre = bent_good.mean(axis=0)
    return {name: (weights, float(weights @ centre)) for name, weights in scaled.items()}


def fit_logistic(good: Array, faulty: Array, *, strength: float, caution: float = 1.0) -> Array:
    """Return the weights of a ridge logistic regression that tells faulty rows from good ones.

    Both kinds count the same however many there are, good ones `caution` times that. Newton's method with
    halved steps: the loss is strictly convex, so that the same rows always give the same weights.

    >>> fit_logistic(np.array([[-1.0]]), np.array([[1.0]]), strength=1.0).round(3).tolist()
    [0.675]
    """
    rows = np.vstack([good, faulty])
    rows = np.column_stack([rows, np.ones(len(rows))])
    sign = np.repeat([-1.0, 1.0], [len(good), len(faulty)])
    each = strength * len(rows) / 2
    weight = np.repeat([caution * each / len(good), each / len(faulty)], [len(good), len(faulty)])
    ridge = np.ones(rows.shape[1])
    ridge[-1] = 1e-6

    def loss(at: Array) -> float:
        return float((ridge * at * at).sum() / 2 + (weight * np.logaddexp(0, -sign * (rows @ at))).sum())

    found = np.zeros(rows.shape[1])
    now = loss(found)
    for _ in range(40):
        wrong = 1 / (1 + np.exp(np.clip(sign * (rows @ found), -500, 500)))
        slope = ridge * found - rows.T @ (weight * sign * wrong)
        curve = (rows * (weight * wrong * (1 - wrong))[:, None]).T @ rows + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        length = 1.0
        while (then := loss(found - length * step)) > now - 1e-4 * length * float(slope @ step):
            length /= 2
            if length < 1e-6:
                return found[:-1]
        found, gained, now = found - length * step, now - then, then
        if gained < 1e-5 * max(1.0, now):
            break
    return found[:-1]


def choose_candidate(good: Mapping[str, Array], faulty: Mapping[str, Array], *, level: float) -> str:
    """Return the candidate that tells most faulty images at the limit that a share of `level` exceeds.

    Both hold values of images that the candidates were not learnt from. Shares are compared to a fiftieth,
    then the margin of the weaker faulty images decides, so that chance decides little.
    """

    def merit(name: str) -> tuple[float, float]:
        limit = float(find_tails(good[name][:, None], level=level)[0])
        told = float((faulty[name] > limit).mean()) if len(faulty[name]) else 0.0
        typical = float(np.median(good[name]))
        margin = float(np.quantile(faulty[name], 0.2)) - typical if len(faulty[name]) else 0.0
        return round(told * 50), margin / max(1e-9, limit - typical)

    return max(good, key=merit)


def find_tails(values: Array, *, level: float) -> Array:
    """Return for each column the value that a share of `level` exceeds, by an exponential upper tenth."""
    start = np.quantile(values, 1 - TAIL, axis=0)
    excess = np.maximum(values - start, 0).sum(axis=0) / np.maximum(1, (values > start).sum(axis=0))
    reached = np.quantile(values, 1 - level, axis=0, method="lower")
    return np.asarray(np.maximum(start + excess * math.log(TAIL / level), reached), dtype=np.float64)

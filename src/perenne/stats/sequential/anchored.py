"""The anchored detector: "this stream has left what was commissioned", slow ageing included.

Owns one stream against a frozen reference that never learns. Refuses to renew its reference: that is a logged
act of a person, with a new detector.

Ranks against a fixed sample are not uniform: the sample is off from its population, and bets that ignore it
alarm early (an average run length of 292 where 500 was promised, with 500 units). Here every bet is made fair
for all samples but a share `delta` of them, drawn once:
- a shape bet is divided by 1 + eps * its total variation, where the distribution of the rank lies within
  eps = sqrt(ln(2C / d) / (2n)) + 1 / (n + 1) of the uniform (Dvoretzky-Kiefer-Wolfowitz with Massart's
  constant, ties included; C channels, d = delta / 2);
- a tail bet wins "at most k units of the sample lie as far out", whose chance is at most the 1 - d' quantile
of
  Beta(k + 1, n - k) (d' = delta / 2 over all tails and channels).
Promise: with probability 1 - delta over the reference, the average run length before a false alarm is at
least A units. Its price: changes of a channel smaller than about eps in AUC stay unseen, by design.
Assumes: units of the reference and healthy later ones are independent, from one distribution.
Source: P. Massart, Annals of Probability 18 (1990); order statistics of a uniform sample are Beta.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from perenne.stats.sequential.bets import SHAPES, TAILS, shape_values, tail_values
from perenne.stats.sequential.detector import Detector
from perenne.stats.sequential.evidence import Floats, Reading, check_weights
from perenne.stats.sequential.ranks import Codes, GrowingRanks, conformal_p, unit_uniforms


def rank_margin(n: int, *, n_channels: int, delta: float) -> float:
    """Return eps: how far the ranks of any of `n_channels` may be off uniform, but for a chance of `delta`.

    >>> round(rank_margin(5000, n_channels=17, delta=0.05), 4)
    0.0257
    """
    return math.sqrt(math.log(2 * n_channels / delta) / (2 * n)) + 1 / (n + 1)


def tail_bounds(n: int, *, n_channels: int, delta: float) -> tuple[Floats, Floats]:
    """Return for each of TAILS the count k that makes a hit and the bound of its chance.

    A tail too thin for the sample has k = 0: "further out than all of it".

    >>> counts, bounds = tail_bounds(1000, n_channels=1, delta=0.05)
    >>> counts[[0, 3]].tolist(), bounds[[0, 3]].round(4).tolist()
    ([4.0, 149.0], [0.0128, 0.181])
    """
    from scipy.special import betainccinv

    masses = np.array([bet.mass for bet in TAILS])
    counts = np.maximum(np.floor(masses * (n + 1)) - 1, 0.0)
    each = delta / (len(set(masses)) * 2 * n_channels)
    return counts, np.asarray(betainccinv(counts + 1, n - counts, each), dtype=np.float64)


class AnchoredDetector(Detector):
    """Watches one stream against its commissioning.

    >>> rng = np.random.default_rng(0)
    >>> watch = AnchoredDetector(rng.normal(size=(2000, 1)), channels=["light"], run_length=10_000)
    >>> ageing = (watch.update(f"img-{i}", [rng.normal() + i / 500]) for i in range(1000))
    >>> first = next(reading for reading in ageing if reading.alarm)
    >>> first.n_units, round(watch.eps, 3)
    (310, 0.034)
    """

    def __init__(
        self,
        reference_NC: ArrayLike,
        *,
        channels: Sequence[str],
        run_length: float,
        delta: float = 0.05,
        weights: dict[str, float] | None = None,
    ) -> None:
        """Freeze the reference. Raises: ValueError when names, weights, delta or reference do not fit."""
        reference = np.asarray(reference_NC, dtype=np.float64)
        ranks = GrowingRanks(reference, cap=max(1, len(reference)))
        self._anchor(ranks, channels=channels, run_length=run_length, delta=delta)
        self._weights_C = check_weights(weights, self.channels)

    def _anchor(
        self, ranks: GrowingRanks, *, channels: Sequence[str], run_length: float, delta: float
    ) -> None:
        if not 0 < delta < 1:
            raise ValueError(f"delta is a probability between 0 and 1; got {delta}.")
        self._name(ranks, channels=channels, run_length=run_length)
        self.delta = delta
        n_channels = len(self.channels)
        self.eps = rank_margin(ranks.n, n_channels=n_channels, delta=delta / 2)
        self._discount = 1.0 + self.eps * np.array([bet.total_variation for bet in SHAPES])
        self._counts, self._bounds = tail_bounds(ranks.n, n_channels=n_channels, delta=delta / 2)
        self.restart()

    def restart(self) -> None:
        """Forget the evidence, keep the reference."""
        # A unit is marked by three rows: its rank, how many units lie as low, how many as high.
        self._begin(n_bets=len(SHAPES) + len(TAILS), marks=(3, len(self.channels)))

    def update(self, unit_id: str, values_C: ArrayLike) -> Reading:
        """Return the evidence with this unit; the reference stays as it is."""
        codes: Codes = self._ranks.encode(values_C)
        below, equal = self._ranks.count(codes)
        u = unit_uniforms(unit_id, len(codes))[self._u_place]
        p = conformal_p(below, equal, n=self._ranks.n, u=u)
        marks = np.stack([p, (below + equal).astype(np.float64), (self._ranks.n - below).astype(np.float64)])
        return self._weigh(marks, self._bet(marks))

    def _bet(self, marks: Floats) -> Floats:
        """Return the discounted bets at (rank, units as low, units as high), bets in a new last axis."""
        p, low, high = marks[..., None]
        half = len(TAILS) // 2
        hits = np.concatenate([low <= self._counts[:half], high <= self._counts[half:]], axis=-1)
        shapes = shape_values(p[..., 0]) / self._discount
        return np.concatenate([shapes, tail_values(hits, masses=self._bounds)], axis=-1)

    def _past_bets(self, recent: Floats) -> Floats:
        return self._bet(np.moveaxis(recent, 1, 0))

    def _facts(self) -> dict[str, Any]:
        return {"delta": self.delta}

    def _arrays(self) -> Mapping[str, Floats]:
        return {}

    def _resume(self, facts: Mapping[str, Any], held: Mapping[str, Any]) -> None:
        ranks = GrowingRanks.from_codes(held["codes"], cap=len(held["codes"]))
        self._anchor(ranks, channels=facts["channels"], run_length=facts["run_length"], delta=facts["delta"])

"""The e-detector on a growing reference: "this stream changed", with a promise on false alarms.

Owns one stream of one context (site, product, camera): every unit is ranked against the reference and all
units since, the ranks are bet on in every channel, and the mean evidence is held against the threshold.
Refuses to judge what a change means, and to forget: after an alarm somebody decides, and `restart` is called.

Promise: while units are exchangeable (with the reference too), the evidence M has E[M] <= E[units] at every
stopping time, so the average run length before M >= A is at least A units. It is exact for any distribution
and any dependence between channels, because each bet of each channel has mean 1 given all the past ranks,
and a mean of such processes is again one. Units that depend on each other break it: choose the unit with
`choose_unit`. A slow change enters the reference and can hide: that is the task of `AnchoredDetector`.
Sources: J. Shin, A. Ramdas, A. Rinaldo, "E-detectors", NEJSDS 2 (2024); V. Vovk et al., ALRW (2022), chapter
8.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from perenne.stats.sequential.bets import BETS_NAME, N_BETS, standard_values
from perenne.stats.sequential.detector import Detector
from perenne.stats.sequential.evidence import Floats, Reading, check_weights
from perenne.stats.sequential.ranks import DEFAULT_CAP, GrowingRanks, conformal_p, unit_uniforms

JUMP = 0.01


class EDetector(Detector):
    """Watches one stream.

    >>> rng = np.random.default_rng(0)
    >>> watch = EDetector(rng.normal(size=(200, 2)), channels=("blur", "noise"), run_length=10_000)
    >>> readings = [watch.update(f"unit-{i}", rng.normal(size=2) + [0, 4 * (i >= 50)]) for i in range(60)]
    >>> first = next(r for r in readings if r.alarm)
    >>> first.n_units, first.onset, round(first.shares["noise"], 3)
    (54, 51, 1.0)
    """

    def __init__(
        self,
        reference_NC: ArrayLike,
        *,
        channels: Sequence[str],
        run_length: float,
        weights: dict[str, float] | None = None,
        cap: int = DEFAULT_CAP,
    ) -> None:
        """Start without evidence.

        `run_length`: units before a false alarm, on average at least. `weights`: how the evidence of channels
        is averaged (any fixed weights keep the promise). `cap`: units kept for ranking; bounded memory costs
        no validity. Raises: ValueError when names, weights or reference do not fit.
        """
        self._name(GrowingRanks(reference_NC, cap=cap), channels=channels, run_length=run_length)
        self._weights_C = check_weights(weights, self.channels)
        self.restart()

    def restart(self) -> None:
        """Forget the evidence, keep the ranks: the watch begins anew, with the same promise."""
        n = len(self.channels)
        self._begin(n_bets=N_BETS + 1, marks=(n,))
        self._mixture_CB = np.full((n, N_BETS), 1.0 / N_BETS)
        self._bets_CB = np.empty((n, N_BETS + 1))

    def update(self, unit_id: str, values_C: ArrayLike) -> Reading:
        """Return the evidence with this unit, which then joins the units that later ones are ranked against.

        `unit_id` decides how ties break: the same units in the same order give the same readings again.
        """
        codes = self._ranks.encode(values_C)
        u = unit_uniforms(unit_id, len(codes) + 1)
        below, equal = self._ranks.count(codes)
        p = conformal_p(below, equal, n=self._ranks.n, u=u[self._u_place])
        self._ranks.add(codes, u_drop=float(u[-1]))
        return self._weigh(p, self._bet(p))

    def _bet(self, p: Floats) -> Floats:
        """Return the 18 bets and, last, their adaptive mixture, whose weights rest on earlier units alone."""
        fixed, adaptive = self._bets_CB[:, :N_BETS], self._bets_CB[:, N_BETS:]
        standard_values(p, out=fixed)
        self._mixture_CB *= fixed
        np.add.reduce(self._mixture_CB, axis=1, keepdims=True, out=adaptive)
        self._mixture_CB *= 1.0 - JUMP
        self._mixture_CB /= adaptive
        self._mixture_CB += JUMP / N_BETS
        return self._bets_CB

    def _past_bets(self, recent: Floats) -> Floats:
        return standard_values(recent)

    def _facts(self) -> dict[str, Any]:
        return {"cap": self._ranks.cap}

    def _arrays(self) -> Mapping[str, Floats]:
        return {"mixture": self._mixture_CB}

    def _resume(self, facts: Mapping[str, Any], held: Mapping[str, Any]) -> None:
        ranks = GrowingRanks.from_codes(held["codes"], cap=facts["cap"])
        self._name(ranks, channels=facts["channels"], run_length=facts["run_length"])
        self.restart()
        if facts.get("bets") == BETS_NAME:
            self._mixture_CB = held["mixture"]

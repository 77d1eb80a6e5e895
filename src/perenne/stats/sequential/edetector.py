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

import io
import json
import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from perenne.stats.sequential.bets import N_BETS, standard_values
from perenne.stats.sequential.evidence import (
    ONSET_WINDOW,
    Evidence,
    Floats,
    Reading,
    check_run_length,
    check_weights,
    onset_back,
)
from perenne.stats.sequential.ranks import (
    DEFAULT_CAP,
    GrowingRanks,
    conformal_p,
    unit_uniforms,
)

JUMP = 0.01
_FORMAT = 1


class EDetector:
    """Watches one stream.

    >>> rng = np.random.default_rng(0)
    >>> watch = EDetector(rng.normal(size=(200, 2)), channels=("blur", "noise"), run_length=10_000)
    >>> readings = [watch.update(f"unit-{i}", rng.normal(size=2) + [0, 4 * (i >= 50)]) for i in range(60)]
    >>> first = next(r for r in readings if r.alarm)
    >>> first.n_units, first.onset, round(first.shares["noise"], 3)
    (53, 51, 0.999)
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
        self._start(GrowingRanks(reference_NC, cap=cap), channels=channels, run_length=run_length)
        self._weights_C = check_weights(weights, self.channels)

    def _start(self, ranks: GrowingRanks, *, channels: Sequence[str], run_length: float) -> None:
        self.channels = tuple(channels)
        self.run_length = check_run_length(run_length)
        self._ranks = ranks
        self._u_place = np.argsort(np.argsort(np.array(self.channels)))  # by name, whatever the order
        if ranks.n_channels != len(self.channels):
            raise ValueError(f"{ranks.n_channels} columns in the reference, {len(self.channels)} names.")
        self.restart()

    def restart(self) -> None:
        """Forget the evidence, keep the ranks: the watch begins anew, with the same promise."""
        n = len(self.channels)
        self.n_units = 0
        self._evidence = Evidence(np.zeros((n, N_BETS + 1)))
        self._mixture_CB = np.full((n, N_BETS), 1.0 / N_BETS)
        self._recent_p = np.full((ONSET_WINDOW, n), 0.5)

    def update(self, unit_id: str, values_C: ArrayLike) -> Reading:
        """Return the evidence with this unit, which then joins the units that later ones are ranked against.

        `unit_id` decides how ties break: the same units in the same order give the same readings again.
        """
        codes = self._ranks.encode(values_C)
        u = unit_uniforms(unit_id, len(codes) + 1)
        below, equal = self._ranks.count(codes)
        p = conformal_p(below, equal, n=self._ranks.n, u=u[self._u_place])
        self._ranks.add(codes, u_drop=float(u[-1]))
        self._recent_p[self.n_units % ONSET_WINDOW] = p
        self.n_units += 1
        self._evidence.update(self._bet(p))
        return self.reading()

    def reading(self) -> Reading:
        """Return the evidence as it stands."""
        log_evidence, shares = self._evidence.judge(self._weights_C)
        alarm = log_evidence >= math.log(self.run_length)
        return Reading(
            n_units=self.n_units,
            log_evidence=log_evidence,
            run_length=self.run_length,
            alarm=alarm,
            shares=dict(zip(self.channels, shares, strict=True)),
            onset=self.onset() if alarm else None,
        )

    def onset(self) -> int | None:
        """Return the 1-based unit that the fixed bets point back to, within the last 1,000."""
        n = min(self.n_units, ONSET_WINDOW)
        if not n:
            return None
        order = np.arange(self.n_units - n, self.n_units) % ONSET_WINDOW
        log_e = np.log(standard_values(self._recent_p[order]))
        return self.n_units - n + onset_back(log_e, weights_C=self._weights_C) + 1

    def _bet(self, p: Floats) -> Floats:
        """Return the 25 bets and, last, their adaptive mixture, whose weights rest on earlier units alone."""
        fixed = standard_values(p)
        weighted = self._mixture_CB * fixed
        adaptive = weighted.sum(1, keepdims=True)
        self._mixture_CB = (1.0 - JUMP) * weighted / adaptive + JUMP / N_BETS
        return np.concatenate([fixed, adaptive], axis=1)

    def to_npz(self) -> bytes:
        """Return the whole state as an npz file without pickles; `from_npz` goes on bit for bit."""
        facts: dict[str, Any] = {
            "format": _FORMAT,
            "channels": self.channels,
            "run_length": self.run_length,
            "n_units": self.n_units,
            "cap": self._ranks.cap,
            "scale": self._evidence.scale,
        }
        stream = io.BytesIO()
        np.savez(
            stream,
            facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
            weights=self._weights_C,
            codes=self._ranks.codes_NC,
            m=self._evidence.m_CB,
            mixture=self._mixture_CB,
            recent_p=self._recent_p,
        )
        return stream.getvalue()

    @classmethod
    def from_npz(cls, data: bytes) -> Self:
        """Return the detector that `to_npz` wrote. Raises: ValueError when it is of another format."""
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            facts = json.loads(held["facts"].tobytes())
            if facts["format"] != _FORMAT:
                raise ValueError(f"A detector's state of format {facts['format']}; known is {_FORMAT}.")
            made = cls.__new__(cls)
            ranks = GrowingRanks.from_codes(held["codes"], cap=facts["cap"])
            made._start(ranks, channels=facts["channels"], run_length=facts["run_length"])
            made._weights_C = held["weights"]
            made._evidence = Evidence(held["m"], scale=facts["scale"])
            made._mixture_CB, made._recent_p = held["mixture"], held["recent_p"]
        made.n_units = facts["n_units"]
        return made

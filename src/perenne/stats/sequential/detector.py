"""What both detectors share: evidence that is held against a threshold, and a state that can be put away.

Owns the reading, the onset and the npz. Refuses to rank and to bet: that is what makes a detector.
"""

import io
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from perenne.stats.sequential.bets import BETS_NAME
from perenne.stats.sequential.evidence import (
    ONSET_WINDOW,
    Evidence,
    Floats,
    Reading,
    check_run_length,
    onset_back,
)
from perenne.stats.sequential.ranks import GrowingRanks

_FORMAT = 2


class Detector(ABC):
    """One stream in several channels: `update` with every unit, `restart` after a decision."""

    channels: tuple[str, ...]
    run_length: float
    n_units: int
    _ranks: GrowingRanks
    _weights_C: Floats
    _evidence: Evidence
    _recent: Floats
    """What the last 1,000 units were bet on, from which the onset is found."""
    _onset: int | None

    @abstractmethod
    def update(self, unit_id: str, values_C: ArrayLike) -> Reading:
        """Return the evidence with this unit; `unit_id` decides how ties break."""

    @abstractmethod
    def restart(self) -> None:
        """Forget the evidence, keep the ranks."""

    @abstractmethod
    def _past_bets(self, recent: Floats) -> Floats:
        """Return the values (units, channels, bets) of the bets that do not adapt."""

    @abstractmethod
    def _facts(self) -> dict[str, Any]:
        """Return what the state has beside that of every detector."""

    @abstractmethod
    def _arrays(self) -> Mapping[str, Floats]:
        """Return the arrays that the state has beside those of every detector."""

    @abstractmethod
    def _resume(self, facts: Mapping[str, Any], held: Mapping[str, Any]) -> None:
        """Take what `_facts` and `_arrays` gave, before the state that every detector has."""

    def _name(self, ranks: GrowingRanks, *, channels: Sequence[str], run_length: float) -> None:
        self.channels = tuple(channels)
        if ranks.n_channels != len(self.channels):
            raise ValueError(f"{ranks.n_channels} columns in the reference, {len(self.channels)} names.")
        self.run_length = check_run_length(run_length)
        self._ranks = ranks
        self._u_place = np.argsort(np.argsort(np.array(self.channels)))  # by name, whatever the order

    def _begin(self, *, n_bets: int, marks: tuple[int, ...]) -> None:
        """Start without evidence; `marks`: the shape of what one unit is bet on by."""
        self.n_units = 0
        self._evidence = Evidence(np.zeros((len(self.channels), n_bets)))
        self._recent = np.full((ONSET_WINDOW, *marks), 0.5)
        self._onset = None

    def _weigh(self, marks: Floats, bets_CB: Floats) -> Reading:
        """Return the evidence after a unit with these bets; the onset is found when the alarm begins."""
        self._recent[self.n_units % ONSET_WINDOW] = marks
        self.n_units += 1
        self._evidence.update(bets_CB)
        reading = self.reading()
        if not reading.alarm:
            self._onset = None
            return reading
        if self._onset is None:
            self._onset = self.onset()
            return replace(reading, onset=self._onset)
        return reading

    def reading(self) -> Reading:
        """Return the evidence as it stands."""
        log_evidence, shares = self._evidence.judge(self._weights_C)
        return Reading(
            n_units=self.n_units,
            log_evidence=log_evidence,
            run_length=self.run_length,
            alarm=log_evidence >= math.log(self.run_length),
            shares=dict(zip(self.channels, shares, strict=True)),
            onset=self._onset,
        )

    def onset(self) -> int | None:
        """Return the 1-based unit that the fixed bets point back to, within the last 1,000."""
        n = min(self.n_units, ONSET_WINDOW)
        if not n:
            return None
        order = np.arange(self.n_units - n, self.n_units) % ONSET_WINDOW
        log_e = np.log(self._past_bets(self._recent[order]))
        return self.n_units - n + onset_back(log_e, weights_C=self._weights_C) + 1

    def to_npz(self) -> bytes:
        """Return the whole state as an npz file without pickles; `from_npz` goes on bit for bit."""
        facts: dict[str, Any] = {
            "format": _FORMAT,
            "kind": type(self).__name__,
            "channels": self.channels,
            "run_length": self.run_length,
            "n_units": self.n_units,
            "scale": self._evidence.scale,
            "onset": self._onset,
            "bets": BETS_NAME,
            **self._facts(),
        }
        stream = io.BytesIO()
        arrays: dict[str, Any] = {
            "facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
            "weights": self._weights_C,
            "codes": self._ranks.codes_NC,
            "m": self._evidence.m_CB,
            "recent": self._recent[: min(self.n_units, ONSET_WINDOW)],
            **self._arrays(),
        }
        np.savez(stream, **arrays)
        return stream.getvalue()

    @classmethod
    def from_npz(cls, data: bytes) -> Self:
        """Return the detector that `to_npz` wrote; evidence gathered by other bets begins anew, ranks stay.

        Raises: ValueError when it is of another format.
        """
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            facts = json.loads(held["facts"].tobytes())
            if (facts["format"], facts["kind"]) != (_FORMAT, cls.__name__):
                raise ValueError(
                    f"A state of format {facts['format']} of {facts['kind']}; "
                    f"known is {_FORMAT} of {cls.__name__}."
                )
            made = cls.__new__(cls)
            made._resume(facts, held)
            made._weights_C = held["weights"]
            if facts.get("bets") != BETS_NAME:
                return made
            made._evidence = Evidence(held["m"], scale=facts["scale"])
            made._recent[: len(held["recent"])] = held["recent"]
        made.n_units, made._onset = facts["n_units"], facts["onset"]
        return made

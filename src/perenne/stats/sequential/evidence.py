"""Shiryaev-Roberts evidence: one process a channel and bet, their mean against a threshold.

Owns the recursion M <- (M + 1) e, scaled (gross changes overflow plain numbers within 130 units), the
share of each channel and the moment that the evidence points back to.
Refuses to know ranks: it is fed the values of bets.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ONSET_WINDOW = 1000
_LARGE = 1e150


@dataclass(frozen=True)
class Reading:
    """What the evidence is after a unit.

    `n_units` counts units since the start or the last restart; `shares` sum to 1 over channels; `onset` is
    the 1-based unit from which on the evidence is strongest, None before the alarm. `run_length` is the
    promise: at least so many units on average before a false alarm.
    """

    n_units: int
    log_evidence: float
    run_length: float
    alarm: bool
    shares: dict[str, float]
    onset: int | None = None

    @property
    def level(self) -> float:
        """Evidence on the way to the alarm: log evidence over log threshold, in 0..1 below the alarm."""
        return max(0.0, self.log_evidence / math.log(self.run_length))


class Evidence:
    """One process a channel and bet: M = m * 1e150^scale, so that a gross change does not overflow.

    >>> evidence = Evidence(np.zeros((2, 1)))
    >>> for _ in range(2000):
    ...     evidence.update(np.array([[2.0], [1.0]]))
    >>> log_m, shares = evidence.judge(np.array([0.5, 0.5]))
    >>> round(log_m / math.log(2.0), 6), shares
    (2000.0, [1.0, 0.0])
    """

    def __init__(self, m_CB: Floats, *, scale: int = 0) -> None:
        """Go on from a state; zeros for no evidence."""
        self.m_CB = m_CB
        self.scale = scale

    def update(self, e_CB: Floats) -> None:
        """Apply M <- (M + 1) e to every process."""
        self.m_CB += _LARGE**-self.scale if self.scale < 3 else 0.0
        self.m_CB *= e_CB
        top = np.maximum.reduce(self.m_CB, axis=None)
        if top > _LARGE:
            self.m_CB /= _LARGE
            self.scale += 1
        elif self.scale and top < 1.0:
            self.m_CB *= _LARGE
            self.scale -= 1

    def judge(self, weights_C: Floats) -> tuple[float, list[float]]:
        """Return the logarithm of the mean evidence and which part of it each channel holds."""
        parts_C = np.add.reduce(self.m_CB, axis=1) * weights_C
        total = float(np.add.reduce(parts_C))
        if total <= 0.0:
            return -math.inf, weights_C.tolist()
        log_mean = math.log(total / self.m_CB.shape[1]) + self.scale * math.log(_LARGE)
        return log_mean, (parts_C / total).tolist()


def onset_back(log_e_TCB: Floats, *, weights_C: Floats) -> int:
    """Return the 0-based unit among the last T from which on the bets won most, averaged as the evidence is.

    The evidence is a sum over moments of restart; this is the largest term. `log_e_TCB`: logarithms of the
    values of the bets, (units, channels, bets), oldest first.

    >>> wins = np.log([0.9, 0.9, 2.0, 2.0]).reshape(4, 1, 1)
    >>> onset_back(wins, weights_C=np.ones(1))
    2
    """
    since = np.cumsum(log_e_TCB[::-1], axis=0)[::-1]
    since -= since.max()
    with np.errstate(under="ignore"):
        terms = (np.exp(since).sum(2) * weights_C).sum(1)
    return int(np.argmax(terms))


def check_weights(weights: dict[str, float] | None, channels: tuple[str, ...]) -> Floats:
    """Return weights in the order of `channels` that sum to 1; equal ones for None.

    Raises: ValueError when channels are missing, unknown or weigh nothing.
    """
    if weights is None:
        return np.full(len(channels), 1.0 / len(channels))
    if set(weights) != set(channels) or min(weights.values()) <= 0:
        raise ValueError(f"Weights must be positive, one for each of {channels}; got {weights}.")
    given = np.array([weights[name] for name in channels], dtype=np.float64)
    return np.asarray(given / given.sum())


def check_run_length(run_length: float) -> float:
    """Return the run length as a float. Raises: ValueError when it is not above 1 and finite."""
    if not 1 < run_length < math.inf:
        raise ValueError(f"A promised run length is a number of units above 1; got {run_length}.")
    return float(run_length)

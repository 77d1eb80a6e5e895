"""Bets against "this rank is uniform": each has a mean of at most 1 while nothing changes.

Owns the 25 standard bets: nine on the shape of ranks (subtle changes of level and spread) and sixteen on
their tails (gross ones). Refuses to adapt: a bet is a fixed function of the rank.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SLOPES = (0.3, 0.6, 0.95)
TAIL_MASSES = (0.002, 0.01, 0.03, 0.12)
TAIL_STAKES = (0.15, 0.85)


@dataclass(frozen=True)
class ShapeBet:
    """1 + slope * q(p), q of integral 0 on [0, 1]: "level" is 2p - 1, "spread" is 6p^2 - 6p + 1."""

    kind: Literal["level", "spread"]
    slope: float

    @property
    def total_variation(self) -> float:
        """How much the bet moves up and down over [0, 1] in all.

        >>> ShapeBet("level", -0.5).total_variation, ShapeBet("spread", 0.5).total_variation
        (1.0, 1.5)
        """
        return abs(self.slope) * (2.0 if self.kind == "level" else 3.0)


@dataclass(frozen=True)
class TailBet:
    """1 - stake, plus stake / mass when the rank lies in the tail of that mass."""

    side: Literal["low", "high"]
    mass: float
    stake: float


SHAPES = (
    *(ShapeBet("level", sign * slope) for sign in (1, -1) for slope in SLOPES),
    *(ShapeBet("spread", slope) for slope in SLOPES),
)
TAILS = tuple(
    TailBet(side, mass, stake) for side in ("low", "high") for mass in TAIL_MASSES for stake in TAIL_STAKES
)
N_BETS = len(SHAPES) + len(TAILS)

_LEVEL = np.array([bet.slope if bet.kind == "level" else 0.0 for bet in SHAPES])
_SPREAD = np.array([bet.slope if bet.kind == "spread" else 0.0 for bet in SHAPES])
_STAKE = np.array([bet.stake for bet in TAILS])
_MASS = np.array([bet.mass for bet in TAILS])
_GAIN = _STAKE / _MASS
_N_LOW = len(TAILS) // 2


def shape_values(p: Floats) -> Floats:
    """Return the values of SHAPES at `p`, in a new last axis.

    >>> shape_values(np.array([1.0]))[0].round(2).tolist()
    [1.3, 1.6, 1.95, 0.7, 0.4, 0.05, 1.3, 1.6, 1.95]
    """
    level = (2.0 * p - 1.0)[..., None]
    spread = (6.0 * p * (p - 1.0) + 1.0)[..., None]
    return np.asarray(1.0 + level * _LEVEL + spread * _SPREAD)


def tail_values(hits: NDArray[np.bool_], *, masses: Floats | None = None) -> Floats:
    """Return the values of TAILS (last axis) for `hits` of their tails; `masses` bound the tails' chances.

    >>> tail_values(np.arange(16) == 0)[:3].round(2).tolist()
    [75.85, 0.15, 0.85]
    """
    won = _GAIN if masses is None else _STAKE / masses
    return np.asarray(1.0 - _STAKE + won * hits)


def standard_values(p: Floats) -> Floats:
    """Return the values of all 25 bets at `p`, in a new last axis: SHAPES, then TAILS.

    Assumes: p is uniform on [0, 1] while nothing changes; then each bet has a mean of exactly 1.

    >>> standard_values(np.array([[0.001, 0.5]])).shape
    (1, 2, 25)
    """
    hits = np.empty((*p.shape, len(TAILS)), dtype=bool)
    np.less_equal(p[..., None], _MASS[:_N_LOW], out=hits[..., :_N_LOW])
    np.greater_equal(p[..., None], 1.0 - _MASS[_N_LOW:], out=hits[..., _N_LOW:])
    return np.concatenate([shape_values(p), tail_values(hits)], axis=-1)

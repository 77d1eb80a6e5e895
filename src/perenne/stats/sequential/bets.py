"""Bets against "this rank is uniform": each has a mean of at most 1 while nothing changes.

Owns the 18 standard bets: six on the shape of ranks (subtle changes of level and spread) and twelve on
their tails (gross ones). Refuses to adapt: a bet is a fixed function of the rank.

Few bets dilute each other less, and cost less time. High stakes on four tails see a gross change; the two
tails at low stakes keep one that moves some images and not others.
"""

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SLOPES = (0.4, 0.9)
TAIL_BETS = ((0.005, 0.9), (0.015, 0.9), (0.05, 0.9), (0.15, 0.9), (0.03, 0.2), (0.12, 0.2))
"""Mass of a tail, and the stake on it; on both sides."""


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
TAILS = tuple(TailBet(side, mass, stake) for side in ("low", "high") for mass, stake in TAIL_BETS)
N_BETS = len(SHAPES) + len(TAILS)
BETS_NAME = f"{zlib.crc32(repr((SHAPES, TAILS)).encode()):08x}"
"""Evidence that was gathered by other bets has another name, and cannot go on with these."""

_LEVEL = np.array([bet.slope for bet in SHAPES if bet.kind == "level"])
_SPREAD = np.array([bet.slope for bet in SHAPES if bet.kind == "spread"])
_N_LEVEL = len(_LEVEL)  # the bets on the level come first
_STAKE = np.array([bet.stake for bet in TAILS])
_MASS = np.array([bet.mass for bet in TAILS])
_LOST = 1.0 - _STAKE
_WON = _LOST + _STAKE / _MASS
_N_LOW = len(TAILS) // 2
_LOW, _HIGH = _MASS[:_N_LOW], 1.0 - _MASS[_N_LOW:]


def shape_values(p: Floats) -> Floats:
    """Return the values of SHAPES at `p`, in a new last axis.

    >>> shape_values(np.array([1.0]))[0].round(2).tolist()
    [1.4, 1.9, 0.6, 0.1, 1.4, 1.9]
    """
    values = np.empty((*p.shape, len(SHAPES)))
    _put_shapes(p[..., None], values)
    return values


def tail_values(hits: NDArray[np.bool_], *, masses: Floats | None = None) -> Floats:
    """Return the values of TAILS (last axis) for `hits` of their tails; `masses` bound the tails' chances.

    >>> tail_values(np.arange(12) == 0)[:3].round(2).tolist()
    [180.1, 0.1, 0.1]
    """
    won = _WON if masses is None else _LOST + _STAKE / masses
    return np.where(hits, won, _LOST)


def standard_values(p: Floats, *, out: Floats | None = None) -> Floats:
    """Return the values of all 18 bets at `p`, in a new last axis: SHAPES, then TAILS; in `out` if given.

    Assumes: p is uniform on [0, 1] while nothing changes; then each bet has a mean of exactly 1.

    >>> standard_values(np.array([[0.001, 0.5]])).shape
    (1, 2, 18)
    """
    values = np.empty((*p.shape, N_BETS)) if out is None else out
    at = p[..., None]
    shapes, tails = values[..., : len(SHAPES)], values[..., len(SHAPES) :]
    _put_shapes(at, shapes)
    tails[...] = _LOST
    np.copyto(tails[..., :_N_LOW], _WON[:_N_LOW], where=at <= _LOW)
    np.copyto(tails[..., _N_LOW:], _WON[_N_LOW:], where=at >= _HIGH)
    return values


def _put_shapes(at: Floats, out: Floats) -> None:
    """Write the values of SHAPES at ranks whose last axis has length 1."""
    np.multiply(2.0 * at - 1.0, _LEVEL, out=out[..., :_N_LEVEL])
    np.multiply(6.0 * at * (at - 1.0) + 1.0, _SPREAD, out=out[..., _N_LEVEL:])
    out += 1.0

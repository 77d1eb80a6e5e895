"""The certificate by betting: CERTIFIED, VIOLATED or OPEN after every label, valid at any time.

Owns the wealth of both sides, the state, the interval and "about so many more labels". Refuses labels that
were picked: they must come in random order from a random audit or from seeded parts, never from active
learning.

One starts with a wealth of 1 and bets on "the metric is above the threshold", label by label. If it is not,
the wealth is no more than 1 on average at any time, and reaches 1 / alpha with a chance of at most alpha
(Ville), however often one looks. A mirrored bet tells a violation. Clopper-Pearson intervals looked at every
ten labels certify a site at the threshold in 28 % of cases where 5 % are promised.

The stake is a fixed share of wealth; the wealth is the average over five shares. Adaptive stakes (aGRAPA)
were measured beside them: alone they give up in 31 % of cases at a true recall of 0.95 for a claim of 0.90,
half and half they need 220 labels instead of 190 there, and 36 instead of 41 at 0.99. Fixed shares also make
the wealth the same for any order of the labels and monotone in the threshold, so that the interval is exact.
Assumes: images are labelled in random order (each one's mean, given the past, is that of the site).
Source: I. Waudby-Smith, A. Ramdas, "Estimating means of bounded random variables by betting", JRSS B (2024).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from perenne.stats.certificate.claims import Claim, Floats, gains, losses, relevant_counts
from perenne.stats.estimation import Estimate, TooFew

STAKES_ABOVE = (0.1, 0.3, 0.55, 0.8, 0.95)
STAKES_BELOW = (0.02, 0.06, 0.15, 0.35, 0.7)
_BISECTIONS = 14


class CertificateState(StrEnum):
    """What the labels say about a claim so far."""

    CERTIFIED = "certified"
    VIOLATED = "violated"
    OPEN = "open"


@dataclass(frozen=True)
class Certificate:
    """The state of a claim.

    `decided_at`: the label, 1-based, that decided. `measured`: the metric with an interval that is valid at
    any time at 1 - 2 alpha. `more_labels`: about how many more labels decide if things go on as so far,
    towards `leaning`; None when decided, or when the labels lean nowhere. `n_informative`: labels that count
    for the metric (parts with a defect, for recall).
    """

    claim: Claim
    state: CertificateState
    alpha: float
    n_labels: int
    n_informative: int
    decided_at: int | None
    measured: Estimate | TooFew
    log_wealth: float
    log_wealth_against: float
    leaning: CertificateState
    more_labels: int | None


def log_wealth_path(returns_T: Floats, *, stakes: Sequence[float]) -> Floats:
    """Return the logarithm of the wealth after each of T bets (last axis) with `returns_T`, none below -1.

    >>> round(float(np.exp(log_wealth_path(np.array([1.0]), stakes=(0.5, 0.7))[-1])), 6)
    1.6
    """
    paths = [np.cumsum(np.log1p(stake * returns_T), axis=-1) for stake in stakes]
    return np.asarray(np.logaddexp.reduce(paths, axis=0) - math.log(len(stakes)), dtype=np.float64)


def certify(claim: Claim, *, tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, alpha: float = 0.05) -> Certificate:
    """Return what the labels so far, one entry an image in the order of labelling, say about `claim`.

    The chance that a claim that is false is ever certified is at most alpha, and so is that of a true one
    ever told violated. Labels that go both ways in turn (the site changed) end as violated.

    >>> found = certify(Claim("recall", 0.9, max_objects=1), tp=[1] * 42, fp=[0] * 42, fn=[0] * 42)
    >>> found.state.value, found.decided_at, found.measured.low > 0.9
    ('certified', 40, True)
    """
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha is a small probability; got {alpha}.")
    won, of = relevant_counts(claim.metric, tp=tp, fp=fp, fn=fn, max_objects=claim.max_objects)
    counted = np.flatnonzero(of > 0)
    seen = won[counted], of[counted]
    up = log_wealth_path(gains(*seen, at_least=claim.at_least), stakes=STAKES_ABOVE)
    down = log_wealth_path(losses(*seen, at_least=claim.at_least, most=_most(claim)), stakes=STAKES_BELOW)
    need = -math.log(alpha)
    state, at = _decided(up, down, need=need)
    leaning, more = _outlook(claim, seen, up=up, down=down, need=need, n=len(won))
    return Certificate(
        claim=claim,
        state=state,
        alpha=alpha,
        n_labels=len(won),
        n_informative=len(counted),
        decided_at=None if at is None else int(counted[at]) + 1,
        measured=_measured(claim, seen, need=need, alpha=alpha),
        log_wealth=float(up[-1]) if up.size else 0.0,
        log_wealth_against=float(down[-1]) if down.size else 0.0,
        leaning=leaning if state is CertificateState.OPEN else state,
        more_labels=more if state is CertificateState.OPEN else None,
    )


def evidence_paths(claim: Claim, *, tp: ArrayLike, fp: ArrayLike, fn: ArrayLike) -> tuple[Floats, Floats]:
    """Return the log wealth after every image of betting that `claim` holds, and of betting that it does not.

    The first to reach log(1 / alpha) decides: certified or violated.

    >>> held, broken = evidence_paths(Claim("recall", 0.8, 1), tp=[1] * 9, fp=[0] * 9, fn=[0] * 9)
    >>> round(float(held[-1]), 3), bool(broken[-1] < 0)
    (1.299, True)
    """
    won, of = relevant_counts(claim.metric, tp=tp, fp=fp, fn=fn, max_objects=claim.max_objects)
    up = gains(won, of, at_least=claim.at_least)
    down = losses(won, of, at_least=claim.at_least, most=_most(claim))
    return log_wealth_path(up, stakes=STAKES_ABOVE), log_wealth_path(down, stakes=STAKES_BELOW)


def _most(claim: Claim) -> float:
    return 2.0 if claim.metric == "f1" else 1.0


def _decided(up: Floats, down: Floats, *, need: float) -> tuple[CertificateState, int | None]:
    """Return the state and the informative label that decided it; a violation is the stronger word."""
    for path, state in ((down, CertificateState.VIOLATED), (up, CertificateState.CERTIFIED)):
        reached = np.flatnonzero(path >= need)
        if reached.size:
            return state, int(reached[0])
    return CertificateState.OPEN, None


def _outlook(
    claim: Claim, seen: tuple[Floats, Floats], *, up: Floats, down: Floats, need: float, n: int
) -> tuple[CertificateState, int | None]:
    """Return where the labels lean and about how many more decide, at the growth so far.

    Growth counts half a label more on the losing side than was seen, so that a perfect start is no promise.
    """
    up_returns = gains(*seen, at_least=claim.at_least)
    down_returns = losses(*seen, at_least=claim.at_least, most=_most(claim))
    best: tuple[CertificateState, int | None] = (CertificateState.OPEN, None)
    sides = (
        (up_returns, up, STAKES_ABOVE, CertificateState.CERTIFIED),
        (down_returns, down, STAKES_BELOW, CertificateState.VIOLATED),
    )
    for returns, path, stakes, state in sides:
        if not path.size:
            continue
        grown = max(float(np.log1p(stake * returns).sum()) + 0.5 * math.log1p(-stake) for stake in stakes)
        if grown > 0:
            left = math.ceil(max(1.0, (need - float(path[-1])) * (n + 0.5) / grown))
            if best[1] is None or left < best[1]:
                best = state, left
    return best


def _measured(claim: Claim, seen: tuple[Floats, Floats], *, need: float, alpha: float) -> Estimate | TooFew:
    """Return the metric between the highest threshold that is certified and the lowest that is violated."""
    won, of = seen
    if not of.size:
        return TooFew(unit="labels", needed=1, got=0, n=0, n_groups=0)
    value = float(won.sum() / of.sum())

    def certified(at_least: float) -> bool:
        return bool(log_wealth_path(gains(won, of, at_least=at_least), stakes=STAKES_ABOVE).max() >= need)

    def violated(at_least: float) -> bool:
        returns = losses(won, of, at_least=at_least, most=_most(claim))
        return bool(log_wealth_path(returns, stakes=STAKES_BELOW).max() >= need)

    low, above = 0.0, 1.0
    below, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + above) / 2
        low, above = (middle, above) if certified(middle) else (low, middle)
        middle = (below + high) / 2
        below, high = (below, middle) if violated(middle) else (middle, high)
    n = len(of)
    return Estimate(value, min(low, value), max(high, value), n, n, confidence=1 - 2 * alpha)

"""How many labels a certificate will take, before the first one is made.

Owns the law and the expectation under our own bets. Refuses to promise: chance moves the number by half.
"""

import math
from dataclasses import dataclass

import numpy as np

from perenne.stats.certificate.betting import STAKES_ABOVE, STAKES_BELOW
from perenne.stats.certificate.claims import gains, losses


@dataclass(frozen=True)
class LabelPlan:
    """How many random labels a decision takes.

    `law`: what no method beats by much. `expected`: where our bets reach their goal at average growth, looks
    after every label included; half of all runs are done after three quarters of it. `seeded`: the same with
    parts that all count (known defects).
    """

    law: int
    expected: int
    seeded: int


def label_law(*, at_least: float, expected: float, prevalence: float, alpha: float = 0.05) -> float:
    """Return ln(1 / alpha) / (prevalence * distance): labels to decide "a share is at least `at_least`".

    `expected`: the share that holds in truth; `prevalence`: objects that count in an image, on average.
    The law is linear in the distance; close to the threshold, or for violations, bets take 1.2 to 3.1 times
    it.

    >>> round(label_law(at_least=0.9, expected=0.98, prevalence=0.05))
    749
    """
    _check(at_least, expected, prevalence, alpha)
    return math.log(1 / alpha) / (prevalence * abs(expected - at_least))


def plan_labels(
    *, at_least: float, expected: float, prevalence: float = 1.0, alpha: float = 0.05
) -> LabelPlan:
    """Return how many labels certify a recall or precision, or violate it when `expected` is below
    `at_least`.

    Assumes: an object is hit or missed by itself, one an image at most. F1 takes about as many as the worse
    of the two. Raises: ValueError when shares are no shares, or nothing is left to decide.

    >>> plan_labels(at_least=0.9, expected=0.98)
    LabelPlan(law=38, expected=76, seeded=76)
    >>> plan_labels(at_least=0.9, expected=0.98, prevalence=0.05).expected
    1516
    """
    law = label_law(at_least=at_least, expected=expected, prevalence=prevalence, alpha=alpha)
    hit_miss = np.array([1.0, 0.0]), np.array([1.0, 1.0])
    if expected > at_least:
        stakes, returns = STAKES_ABOVE, gains(*hit_miss, at_least=at_least)
    else:
        stakes, returns = STAKES_BELOW, losses(*hit_miss, at_least=at_least, most=1.0)
    growth = np.log1p(np.multiply.outer(np.asarray(stakes), returns)) @ np.array([expected, 1 - expected])
    counted = _when_reached(growth, need=-math.log(alpha))
    return LabelPlan(law=math.ceil(law), expected=math.ceil(counted / prevalence), seeded=math.ceil(counted))


def _when_reached(growth: np.ndarray[tuple[int], np.dtype[np.float64]], *, need: float) -> float:
    """Return n with log(mean(exp(n * growth))) = need. Raises: ValueError when no stake grows."""
    best = float(growth.max())
    if best <= 0:
        raise ValueError("The expected share is too close to the threshold: no number of labels decides.")
    low, high = 0.0, (need + math.log(len(growth))) / best
    while high - low > 0.5:
        middle = (low + high) / 2
        reached = np.logaddexp.reduce(middle * growth) - math.log(len(growth)) >= need
        low, high = (low, middle) if reached else (middle, high)
    return high


def _check(at_least: float, expected: float, prevalence: float, alpha: float) -> None:
    if not (0 < at_least < 1 and 0 <= expected <= 1 and 0 < alpha < 1 and prevalence > 0):
        raise ValueError(
            f"Shares lie between 0 and 1 and the prevalence is above 0; got at_least {at_least}, "
            f"expected {expected}, prevalence {prevalence}, alpha {alpha}."
        )
    if expected == at_least:
        raise ValueError(f"A share of exactly {at_least} can be neither certified nor violated.")

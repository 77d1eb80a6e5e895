"""A number with its interval and sample size, or the plain statement that there are too few.

Owns the two results of an estimation and the rules that make an interval from resampled values.
Refuses to give an interval where the data cannot carry one.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.kit.saying import Said


@dataclass(frozen=True)
class Estimate:
    """A value with its confidence interval, from `n` images in `n_groups` independent groups."""

    value: float
    low: float
    high: float
    n: int
    n_groups: int
    confidence: float = 0.95

    def to_json(self) -> dict[str, Any]:
        """Return the fields of the wire message."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "n_groups": self.n_groups,
            "confidence": self.confidence,
            "too_few": False,
            "needed": None,
        }


@dataclass(frozen=True)
class TooFew:
    """No interval is given: `got` of `unit` (images, groups, positives, ...) where `needed` are needed.

    `value` is what was seen when only the groups are too few: enough images, all of one part or board.
    """

    unit: str
    needed: int
    got: int
    n: int
    n_groups: int
    value: float | None = None

    @property
    def said(self) -> Said:
        """What is missing, in a sentence."""
        return Said(str(self), code="few", unit=self.unit, got=self.got, needed=self.needed)

    def __str__(self) -> str:
        return f"too few {self.unit}: {self.got}, at least {self.needed} needed"

    def to_json(self) -> dict[str, Any]:
        """Return the fields of the wire message, the interval left out."""
        return {
            "value": self.value,
            "low": None,
            "high": None,
            "n": self.n,
            "n_groups": self.n_groups,
            "too_few": True,
            "needed": self.needed,
        }


Measured = Estimate | TooFew


def expanded_percentile(
    replicates: NDArray[np.float64], *, n_groups: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the expanded percentile interval of bootstrap replicates.

    Plain percentiles are too narrow for few groups; here the tail is widened by Student's t with
    n_groups - 1 degrees of freedom and by sqrt(n_groups / (n_groups - 1)).
    Assumes: the groups are independent. Source: T. Hesterberg, "What Teachers Should Know About the
    Bootstrap", The American Statistician 69 (2015), section 5.3.

    >>> low, high = expanded_percentile(np.arange(1001.0), n_groups=10_000)
    >>> round(low), round(high)
    (25, 975)
    >>> [round(limit) for limit in expanded_percentile(np.arange(1001.0), n_groups=2)]
    [0, 1000]
    """
    from scipy.special import ndtr, stdtrit

    if n_groups < 2 or replicates.size == 0:
        raise ValueError(f"an interval needs at least 2 groups and replicates; got {n_groups} groups")
    t = float(stdtrit(n_groups - 1, 0.5 + confidence / 2))
    tail = float(ndtr(-math.sqrt(n_groups / (n_groups - 1)) * t))
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return float(low), float(high)


def exact_extreme(n_groups: int, *, confidence: float = 0.95) -> float:
    """Return the lower limit of a proportion when all `n_groups` of `n_groups` succeeded.

    Resampling cannot see beyond a perfect score; the exact binomial (Clopper-Pearson) limit can. One group
    counts as one trial, which is cautious when groups are large.

    >>> round(exact_extreme(100), 4)
    0.9638
    """
    return float(((1 - confidence) / 2) ** (1 / n_groups))

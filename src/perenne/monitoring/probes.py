"""The two deterministic probes: frozen files through today's software, the golden part photographed again.

Owns what counts as a difference. Refuses to run anything: answers and signals are given.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perenne.monitoring.diagnosis import ProbeFacts
from perenne.monitoring.signatures import acquisition_scales, describe_acquisition
from perenne.quality.signals import Signals

REPLAY_TOLERANCE = 1e-3
"""Answers of one graph on one processor agree to the last bit; another processor may round otherwise."""
GOLDEN_LIMIT = 6.0
FEWEST_GOLDEN = 3


def compare_replay(
    before_NK: ArrayLike, after_NK: ArrayLike, *, tolerance: float = REPLAY_TOLERANCE
) -> ProbeFacts:
    """Return how many of the frozen files get another answer today: (files, numbers of an answer).

    >>> compare_replay([[0.1], [0.9]], [[0.1], [0.7]])
    ProbeFacts(n_images=2, n_different=1, largest_difference=0.2)
    """
    before, after = (np.asarray(side, dtype=np.float64) for side in (before_NK, after_NK))
    if before.shape != after.shape or before.ndim != 2:
        raise ValueError(f"expected answers of one shape (files, numbers), got {before.shape}, {after.shape}")
    apart = np.abs(after - before).max(axis=1, initial=0.0)
    largest = round(float(apart.max(initial=0.0)), 6)
    return ProbeFacts(len(before), int(np.count_nonzero(apart > tolerance)), largest)


def compare_golden(before: Sequence[Signals], after: Sequence[Signals]) -> ProbeFacts | None:
    """Return how many new photographs of the golden part differ from the earlier ones; None below 3 earlier.

    A photograph differs when one of its signals lies 6 spreads off; spreads have a floor, for a few
    photographs taken in a row vary less than those of another day.
    """
    if len(before) < FEWEST_GOLDEN or not after:
        return None
    known = np.array([describe_acquisition(one) for one in before])
    spread: NDArray[np.float64] = np.sqrt(known.var(0) + acquisition_scales() ** 2)
    apart = np.array([np.abs((describe_acquisition(one) - known.mean(0)) / spread).max() for one in after])
    return ProbeFacts(len(after), int(np.count_nonzero(apart > GOLDEN_LIMIT)), round(float(apart.max()), 3))

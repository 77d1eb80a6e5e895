"""River's ADWIN and Page-Hinkley, one a channel after the reference has gone through them.

Neither promises a run length. The score of ADWIN is -log10 of the smallest `delta` of a grid that has
detected by then; that of Page-Hinkley its statistic, whose threshold is 50 by default. A detector that fires
on the reference starts anew there, as it does by itself.
"""

import math
from importlib.metadata import version

import numpy as np
from exchange import Detector, serve
from river.drift import ADWIN, PageHinkley

DELTAS = (0.9, 0.5, 0.2, 0.05, 0.01, 2e-3, 1e-4, 1e-6, 1e-9, 1e-14, 1e-20, 1e-30)


def adwin(reference: np.ndarray, following: np.ndarray) -> np.ndarray:
    """Return -log10 of the smallest delta that has fired on any channel so far; 0 for none."""
    best = np.zeros(len(following))
    for delta in DELTAS:
        first = len(following)
        for before, after in zip(reference.T.tolist(), following.T.tolist(), strict=True):
            watch = ADWIN(delta=delta, clock=1)
            for value in before:
                watch.update(value)
            for t, value in enumerate(after[:first]):
                watch.update(value)
                if watch.drift_detected:
                    first = t
                    break
        best[first:] = -math.log10(delta)
    return best


def page_hinkley(reference: np.ndarray, following: np.ndarray) -> np.ndarray:
    """Return the largest statistic over channels, its own threshold set out of reach."""
    largest = np.zeros(len(following))
    for before, after in zip(reference.T.tolist(), following.T.tolist(), strict=True):
        watch = PageHinkley(threshold=math.inf)
        for value in before:
            watch.update(value)
        watch._sum_increase = watch._min_increase = watch._sum_decrease = watch._max_decrease = 0.0
        for t, value in enumerate(after):
            watch.update(value)
            up = watch._sum_increase - watch._min_increase
            down = watch._max_decrease - watch._sum_decrease
            largest[t] = max(largest[t], up, down)
    return largest


def make(options: dict) -> dict[str, tuple[str, Detector]]:
    return {"adwin": ("channels", adwin), "page_hinkley": ("channels", page_hinkley)}


if __name__ == "__main__":
    serve(make, version=version("river"))

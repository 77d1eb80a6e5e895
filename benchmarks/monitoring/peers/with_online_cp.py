"""online-cp's Shiryaev-Roberts wrapper of its simple jumper, one a channel, averaged by us over channels.

It watches one stream of p-values and does not rank; the ranks are ours, among the reference and all images
since, which is the way that keeps its guarantee. The score is the logarithm of the averaged statistic.
"""

import bisect
import math
from functools import partial
from importlib.metadata import version

import numpy as np
from exchange import Detector, serve
from online_cp.martingale import ShiryaevRobertsWrapper, SimpleJumper


def detect(reference: np.ndarray, following: np.ndarray, stop_at: float) -> np.ndarray:
    """Return log mean SR; chance numbers that break ties are seeded."""
    rng = np.random.default_rng(0)
    earlier = [sorted(column) for column in reference.T.tolist()]
    watches = [ShiryaevRobertsWrapper(SimpleJumper(J=0.01, store_p_values=False)) for _ in earlier]
    scores = np.empty(len(following))
    for t, row in enumerate(following.tolist()):
        for values, value, watch in zip(earlier, row, watches, strict=True):
            low, high = bisect.bisect_left(values, value), bisect.bisect_right(values, value)
            watch.update((low + rng.random() * (high - low + 1)) / (len(values) + 1))
            values.insert(low, value)
        with np.errstate(divide="ignore"):
            scores[t:] = np.log(np.mean([watch.R for watch in watches]))
        if scores[t] >= stop_at:
            break
    return scores


def make(options: dict) -> dict[str, tuple[str, Detector]]:
    stop_at = options.get("stop_at", {}).get("online_cp", math.inf)
    return {"online_cp": ("values", partial(detect, stop_at=stop_at))}


if __name__ == "__main__":
    serve(make, version=version("online-cp"))

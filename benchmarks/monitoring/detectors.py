"""The detectors that run in this process: Perenne's two, and Kolmogorov-Smirnov windows with Bonferroni.

Owns their scores, one an image, for the streams that `peers_apart` writes. Perenne's are the detectors inside
`perenne.monitoring.Monitor` with the weights of its channels; a test holds the two against each other.
"""

import math
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perenne.monitoring.channels import channel_weights
from perenne.stats.sequential import AnchoredDetector, EDetector

Floats = NDArray[np.float64]
ENOUGH = 1e12  # scores of what is watched on are not told apart above this evidence
KS_WINDOW, KS_STEP = 50, 5


def run_perenne(names: tuple[str, ...], reference: Floats, following: Floats) -> dict[str, Floats]:
    """Return the logarithms of the evidence: growing, anchored, and the larger, as the product alarms."""
    weights = channel_weights(names)
    growing = EDetector(reference, channels=names, run_length=ENOUGH, weights=weights)
    anchored = AnchoredDetector(reference, channels=names, run_length=ENOUGH, weights=weights)
    scores = np.empty((len(following), 2))
    for t, row in enumerate(following):
        readings = [watch.update(f"unit-{t}", row) for watch in (growing, anchored)]
        scores[t:] = [reading.log_evidence for reading in readings]
        if all(reading.alarm for reading in readings):
            break
    return {"growing": scores[:, 0], "anchored": scores[:, 1], "perenne": scores.max(1)}


def ks_p_values(ordered: Floats, window: Floats) -> Floats:
    """Return the asymptotic p-value of each channel: a window (W, C) against a sorted reference (N, C)."""
    from scipy.special import kolmogorov

    n, size = len(ordered), len(window)
    ranked = np.sort(window, axis=0)
    steps = np.arange(1, size + 1) / size
    distance = np.empty(window.shape[1])
    for channel, (held, values) in enumerate(zip(ordered.T, ranked.T, strict=True)):
        until, before = (np.searchsorted(held, values, side=side) / n for side in ("right", "left"))
        above = np.searchsorted(values, values, side="right") / size - until
        distance[channel] = max(above.max(), (before - (steps - 1 / size)).max())
    return np.asarray(kolmogorov(math.sqrt(n * size / (n + size)) * distance), dtype=np.float64)


def run_ks(reference: Floats, following: Floats) -> Floats:
    """Return -log10 of the smallest p-value over channels times their number, for the last 50 images.

    Before there are 50, no alarm; between, every fifth image is looked at.
    """
    ordered = np.sort(reference, axis=0)
    scores = np.zeros(len(following))
    for t in range(KS_WINDOW, len(following) + 1, KS_STEP):
        p = max(float(ks_p_values(ordered, following[t - KS_WINDOW : t]).min()), 1e-300)
        scores[t - 1 : t - 1 + KS_STEP] = -math.log10(p * following.shape[1])
    scores[: KS_WINDOW - 1] = 0.0
    return scores


def run_here(folder: Path, target: Path) -> dict[str, float]:
    """Write the scores of all streams of a folder; return CPU milliseconds an image, by detector."""
    target.mkdir(parents=True, exist_ok=True)
    spent, images = {"perenne": 0.0, "ks_bonferroni": 0.0}, 0
    for path in sorted(folder.glob("*.npz")):
        if (target / path.name).exists():
            continue
        with np.load(path) as held:
            names = tuple(str(name) for name in held["names"])
            arrays = {name: held[name].astype(np.float64) for name in held.files if name != "names"}
        began = time.process_time()
        scores = run_perenne(names, arrays["reference_values"], arrays["following_values"])
        middle = time.process_time()
        scores["ks_bonferroni"] = run_ks(arrays["reference_channels"], arrays["following_channels"])
        spent["perenne"] += middle - began
        spent["ks_bonferroni"] += time.process_time() - middle
        images += len(scores["perenne"])
        part = target / f"part-{path.name}"
        np.savez(part, **scores)
        part.replace(target / path.name)
    return {name: round(1000 * seconds / images, 3) for name, seconds in spent.items()} if images else {}

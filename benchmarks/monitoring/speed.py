"""Part 9: what watching costs, in CPU seconds: an image, a fleet's tick, and the largest window test.

Aims: 0.1 ms an image with 17 channels, a tick of 2,000 sites in a second, 100,000 images against 100,000 in
15 seconds. The best of a few runs counts, since neighbours on shared cores only ever add.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from perenne.stats.sequential import AnchoredDetector, EDetector, alarmed_sites

CHANNELS = tuple(f"channel{i}" for i in range(17))


def best_of(runs: int, act: Callable[[], Any]) -> float:
    """Return the least CPU seconds of some runs."""
    took = []
    for _ in range(runs):
        began = time.process_time()
        act()
        took.append(time.process_time() - began)
    return min(took)


def measure_speed(*, quick: bool) -> dict[str, Any]:
    """Return the figures of the aims above."""
    rng = np.random.default_rng(0)
    told: dict[str, Any] = {}
    images = 500
    rows = rng.normal(size=(images, len(CHANNELS)))
    for n in (1000, 10_000):
        reference = rng.normal(size=(n, len(CHANNELS)))
        for name, build in (("growing", EDetector), ("anchored", AnchoredDetector)):
            watch = build(reference, channels=CHANNELS, run_length=1e12)
            act = lambda w=watch: [w.update(str(i), row) for i, row in enumerate(rows)]  # noqa: E731
            took = best_of(5 if quick else 20, act)
            told[f"{name}_ms_at_{n}"] = round(1000 * took / images, 4)
    sites = 200 if quick else 2000
    reference = rng.normal(size=(1000, len(CHANNELS)))
    fleet = [EDetector(reference, channels=CHANNELS, run_length=1e9) for _ in range(sites)]

    def tick() -> None:
        now = {
            str(site): watch.update("now", rows[site % images]).log_evidence
            for site, watch in enumerate(fleet)
        }
        alarmed_sites(now, alpha=1e-7)

    told["fleet_sites"] = sites
    told["fleet_tick_s"] = round(best_of(2, tick), 3)
    told["state_kb"] = round(len(fleet[0].to_npz()) / 1024, 1)
    told |= _measure_mmd(rng, n=10_000 if quick else 100_000)
    return told


def _measure_mmd(rng: np.random.Generator, *, n: int) -> dict[str, Any]:
    try:
        from perenne.stats.drift import measure_mmd
    except ImportError:
        return {"mmd": "skipped: perenne.stats.drift is not there"}
    x, y = (rng.normal(size=(n, 64)) for _ in range(2))
    began = time.process_time()
    measure_mmd(x, y, rng=rng)
    return {"mmd_images_a_side": n, "mmd_s": round(time.process_time() - began, 2)}

"""What every worker does: read the numbers of streams, run its detectors, write one score an image.

Owns the process boundary, in plain NumPy so that it runs in any environment. A worker is started as
`python worker.py IN OUT OPTIONS` and finds in IN one npz a stream (`reference_*` and `following_*` for each
of values, channels, pca); it writes to OUT one npz of the same name (one score a following image for each
detector) and `costs.json`. A higher score is more alarming; who reads it sets the threshold. With `stop_at`
among the options, a detector may stop at its first score that reaches it, and repeat that score; with
`seeds`, streams of seeds from that number on are left out.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

Scores = np.ndarray
Detector = Callable[[np.ndarray, np.ndarray], Scores]  # reference (N, C), following (T, C) -> (T,)


def serve(make: Callable[[dict], Mapping[str, tuple[str, Detector]]], *, version: str) -> None:
    """Run every detector over every stream of the folder; those that are done already are left alone."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    options = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    detectors = make(options)
    target.mkdir(parents=True, exist_ok=True)
    kept = target / "costs.json"
    costs = json.loads(kept.read_text())["cpu_s"] if kept.exists() else {}
    seeds = options.get("seeds", math.inf)
    for seed, path in sorted((int(path.stem.split("__")[1]), path) for path in source.glob("*.npz")):
        if seed >= seeds or (target / path.name).exists():
            continue
        with np.load(path) as held:
            numbers = {name: held[name].astype(np.float64) for name in held.files if name != "names"}
        scores = {}
        for name, (features, detect) in detectors.items():
            began = time.process_time()
            scores[name] = detect(numbers[f"reference_{features}"], numbers[f"following_{features}"])
            cost = costs.setdefault(name, {"cpu_s": 0.0, "images": 0})
            cost["cpu_s"] += time.process_time() - began
            cost["images"] += len(scores[name])
        part = target / f"part-{path.name}"
        np.savez(part, **scores)
        part.replace(target / path.name)
        kept.write_text(json.dumps({"version": version, "cpu_s": costs}))
    if not kept.exists():
        kept.write_text(json.dumps({"version": version, "cpu_s": costs}))


def log_sum(logs: np.ndarray) -> float:
    """Return log(sum(exp(logs)))."""
    top = logs.max()
    return float(top + np.log(np.exp(logs - top).sum())) if np.isfinite(top) else float(top)

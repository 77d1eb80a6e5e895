"""Evidently's embedding drift methods on windows without drift, as its documentation sets them.

Not sequential: a window either is flagged or is not. Reads the folder that `exchange` describes, compares
each stream's reference with windows of 100 and of 500 of its following images, on 32 principal components,
and writes for each method and window size how many of how many windows it flags to `flags.json`.
"""

import json
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")

from evidently.legacy.metrics.data_drift import embedding_drift_methods as methods  # noqa: E402

METHODS = {
    "model": lambda: methods.model(),
    "model_bootstrap": lambda: methods.model(bootstrap=True),
    "ratio": lambda: methods.ratio(),
    "distance": lambda: methods.distance(),
    "mmd": lambda: methods.mmd(),
}
WINDOWS = (100, 500)


def main() -> None:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    windows_each = json.loads(sys.argv[3])["windows"]
    target.mkdir(parents=True, exist_ok=True)
    counts: dict[str, dict[str, float]] = {}
    for path in sorted(source.glob("*.npz")):
        with np.load(path) as held:
            reference = pd.DataFrame(held["reference_pca"].astype(np.float64))
            following = held["following_pca"].astype(np.float64)
        for size in WINDOWS:
            for start in list(range(0, len(following) - size + 1, size))[:windows_each]:
                current = pd.DataFrame(following[start : start + size])
                for name, build in METHODS.items():
                    np.random.seed(start)
                    began = time.process_time()
                    flagged = bool(build()(current, reference)[1])
                    count = counts.setdefault(f"{name}_{size}", {"flagged": 0, "windows": 0, "cpu_s": 0.0})
                    count["flagged"] += flagged
                    count["windows"] += 1
                    count["cpu_s"] += time.process_time() - began
    (target / "flags.json").write_text(json.dumps({"version": version("evidently"), "counts": counts}))


if __name__ == "__main__":
    main()

"""alibi-detect's online MMD detector, in its own environment: on 32 principal components and on our channels.

Options: `expected_run_time` (its promise), `bootstraps`, `window`. Scores are its test statistic over its
threshold: 1 is its alarm. Without `expected_run_time` the statistic itself, for thresholds set from streams.
"""

import contextlib
import io
import math
import os
from functools import partial

os.environ.setdefault("TQDM_DISABLE", "1")

import alibi_detect
import numpy as np
import torch
from alibi_detect.cd import MMDDriftOnline
from exchange import Detector, serve

torch.set_num_threads(1)


def make(options: dict) -> dict[str, tuple[str, Detector]]:
    promise = options.get("expected_run_time")

    def detect(reference: np.ndarray, following: np.ndarray, stop_at: float) -> np.ndarray:
        np.random.seed(0)
        torch.manual_seed(0)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            detector = MMDDriftOnline(
                reference.astype(np.float32),
                ert=float(promise or 200),
                window_size=int(options.get("window", 25)),
                backend="pytorch",
                n_bootstraps=int(options.get("bootstraps", 300)),
                verbose=False,
                device="cpu",
            )
        scores = []
        for row in following.astype(np.float32):
            found = detector.predict(row)["data"]
            scores.append(found["test_stat"] / found["threshold"] if promise else found["test_stat"])
            if scores[-1] >= (1 if promise else stop_at):
                break
        return np.asarray(scores + [scores[-1]] * (len(following) - len(scores)), dtype=np.float64)

    stops = options.get("stop_at", {})
    return {
        f"alibi_{kind}": (kind, partial(detect, stop_at=stops.get(f"alibi_{kind}", math.inf)))
        for kind in ("pca", "channels")
    }


if __name__ == "__main__":
    serve(make, version=alibi_detect.__version__)

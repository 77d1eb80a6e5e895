"""What a certificate costs and how often it is wrong, with a look after every label.

Part 5 of perenne-bench. Owns the simulated labels, whose truth is known. The recall is exactly at the claim
for the question of false certificates (the worst case), above it for the question of cost. Beside our bets:
the Clopper-Pearson interval looked at every ten labels, as many people do, and planned for a fixed number.

    python benchmarks/monitoring/certificates.py [--quick]
"""

import argparse
import json
import math
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from perenne.stats.certificate import certify, label_law, log_wealth_path, plan_labels
from perenne.stats.certificate.betting import STAKES_ABOVE
from perenne.stats.certificate.claims import Claim, gains

CLAIM, ALPHA, PEEK_EVERY, SEED = 0.90, 0.05, 10, 7
COSTS = ((1.0, 0.99), (1.0, 0.98), (1.0, 0.95), (0.30, 0.98), (0.05, 0.98))
"""(prevalence, true recall): seeded known defects have a prevalence of 1."""


def measure(quick: bool = False) -> dict[str, Any]:
    """Return the share of false certificates over 2,000 runs, and what true ones cost."""
    runs, labels = (200, 300) if quick else (2000, 1000)
    at_claim = hits_of(runs, labels, recall=CLAIM)
    wealth = paths_of(at_claim)
    reached = wealth.max(axis=1) >= -math.log(ALPHA)
    _check_against_certify(at_claim, reached)
    peeked = peeking(at_claim)
    false = float(reached.mean())
    low, high = interval(int(reached.sum()), runs)
    return {
        "false_certification": round(false, 4),
        "false_certification_interval": [round(low, 4), round(high, 4)],
        "false_certification_promised": ALPHA,
        "false_certification_peeking_every_10": round(float(peeked.mean()), 4),
        "runs": runs,
        "labels_a_run": labels,
        "claim": CLAIM,
        "false_certification_boxes": boxes_at_claim(50 if quick else 500),
        "costs": [cost_of(p, recall, runs=60 if quick else 400) for p, recall in COSTS],
    }


def hits_of(runs: int, labels: int, *, recall: float) -> NDArray[np.float64]:
    """Return (runs, labels) of found (1) or missed (0) defects."""
    rng = np.random.default_rng(SEED)
    return (rng.random((runs, labels)) < recall).astype(np.float64)


def paths_of(hits_RT: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of wealth after every label of every run."""
    returns = gains(hits_RT, np.ones_like(hits_RT), at_least=CLAIM)
    return log_wealth_path(returns, stakes=STAKES_ABOVE)


def peeking(hits_RT: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each run whether the lower Clopper-Pearson limit passed the claim at any tenth label."""
    n = np.arange(PEEK_EVERY, hits_RT.shape[1] + 1, PEEK_EVERY)
    found = np.cumsum(hits_RT, axis=1)[:, n - 1]
    lower = beta.ppf(ALPHA, np.maximum(found, 0.5), n - found + 1)
    return np.asarray((lower > CLAIM).any(axis=1))


def boxes_at_claim(runs: int) -> float:
    """Return the share of false certificates of an F1 exactly at the claim: boxes, up to 20 an image."""
    rng, wrong = np.random.default_rng(SEED + 1), 0
    for _ in range(runs):
        n = rng.poisson(4, 600)
        tp = rng.binomial(n, 0.9)
        fp = rng.poisson(0.4, 600)  # F1 = 2 * 3.6 / (2 * 3.6 + 0.4 + 0.4) = 0.9
        state = certify(Claim("f1", CLAIM, max_objects=9), tp=tp, fp=fp, fn=n - tp, alpha=ALPHA).state
        wrong += state.value == "certified"
    return round(wrong / runs, 4)


def cost_of(prevalence: float, recall: float, *, runs: int) -> dict[str, Any]:
    """Return how many labels a true certificate took in half and in nine tenths of all runs."""
    law = label_law(at_least=CLAIM, expected=recall, prevalence=prevalence, alpha=ALPHA)
    most = math.ceil(8 * law * prevalence) + 200
    wealth = paths_of(hits_of(runs, most, recall=recall))
    passed = wealth >= -math.log(ALPHA)
    first = np.where(passed.any(axis=1), passed.argmax(axis=1) + 1, np.inf)
    found = np.sort(np.where(np.isfinite(first), first / prevalence, np.inf))
    median, late = float(found[runs // 2]), float(found[int(0.9 * runs)])
    planned = plan_labels(at_least=CLAIM, expected=recall, prevalence=prevalence, alpha=ALPHA)
    return {
        "prevalence": prevalence,
        "recall": recall,
        "law": round(law),
        "planned": planned.expected,
        "median": round(median) if math.isfinite(median) else None,
        "nine_tenths": round(late) if math.isfinite(late) else None,
        "clopper_pearson_fixed_n": fixed_n(recall, prevalence=prevalence),
    }


def fixed_n(recall: float, *, prevalence: float) -> int | None:
    """Return the least fixed number of labels at which Clopper-Pearson, looked at once, certifies in half of
    all cases."""
    for n in range(10, 5000):
        found = round(recall * n)
        if beta.ppf(ALPHA, max(found, 0.5), n - found + 1) > CLAIM:
            return math.ceil(n / prevalence)
    return None


def interval(hits: int, n: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share."""
    low = float(beta.ppf(0.025, hits, n - hits + 1)) if hits else 0.0
    return low, float(beta.ppf(0.975, hits + 1, n - hits)) if hits < n else 1.0


def _check_against_certify(hits_RT: NDArray[np.float64], reached: NDArray[np.bool_]) -> None:
    """The fast paths say what `certify` says, run by run."""
    for row, passed in zip(hits_RT[:20], reached[:20], strict=True):
        found = certify(Claim("recall", CLAIM, max_objects=1), tp=row, fp=0 * row, fn=1 - row, alpha=ALPHA)
        assert passed or found.state.value != "certified"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    began = time.perf_counter()
    found = measure(quick=parser.parse_args().quick)
    print(json.dumps({**found, "wall_s": round(time.perf_counter() - began, 1)}))


if __name__ == "__main__":
    main()

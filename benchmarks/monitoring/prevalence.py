"""Part 2, further: how small a change of the rate of defects can be seen at all, and by what.

Cells are drawn with replacement, so that a reference may be as long as a plant's; 15 % of them are defective,
then k times as many. Watched at a promise of 1,000,000 images by the product's detector, by the same with a
rate of defects that weighs no more than the other predictions, and by a bound: the same ranks of the true
label, which no score can beat. A window, which promises nothing about a run length, is looked at by the
dedicated estimate (`stats.drift.estimate_label_shift`): how often its 95 % interval leaves the rate before.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from power import delay_of, summarise
from streams import BASE_PREVALENCE, N_CLEAN, Draw, to_numbers

from perenne.monitoring.channels import DEFECT_RATE, channel_weights
from perenne.stats.drift import estimate_label_shift
from perenne.stats.estimation import Estimate
from perenne.stats.sequential import EDetector

Floats = NDArray[np.float64]
PROMISE = 1e6
TIMES = (1.5, 2.0, 3.0)
N_RANKED = (400, 4000)
LENGTH = 3000
WINDOW = 400


@dataclass(frozen=True)
class Population:
    """Values (N, C) of cells in the channels `names`, their scores, and which are defective."""

    names: tuple[str, ...]
    values: Floats
    scores: Floats
    bad: NDArray[np.bool_]

    def draw(self, rng: np.random.Generator, shares: Floats) -> NDArray[np.intp]:
        """Return a row for each share: a defective cell with that chance, else a good one."""
        is_bad = rng.random(len(shares)) < shares
        rows = np.empty(len(shares), np.intp)
        for wanted in (True, False):
            rows[is_bad == wanted] = rng.choice(
                np.flatnonzero(self.bad == wanted), int((is_bad == wanted).sum())
            )
        return rows


def measure_prevalence(draw: Draw, *, streams: int, length: int = LENGTH) -> dict[str, Any]:
    """Return delays by size of the reference and change, and what windows show."""
    population = read_population(draw)
    delays: dict[str, Any] = {}
    for n_ranked in N_RANKED:
        for times in TIMES:
            rows = [
                watch(population, n_ranked=n_ranked, times=times, seed=s, length=length)
                for s in range(streams)
            ]
            delays[f"{n_ranked} ranked, x{times:g}"] = {
                name: summarise([one[name] for one in rows if one[name] is not None], most=length)
                for name in rows[0]
            }
            print(f"prevalence x{times:g} at {n_ranked}", file=sys.stderr)
    windows = {
        f"x{times:g}": look_at_windows(population, times=times, windows=4 * streams)
        for times in (1.0, *TIMES)
    }
    return {"delays": delays, "length": length, "windows": windows, "window": WINDOW}


def read_population(draw: Draw) -> Population:
    """Return the values of 1,500 cells that the frame of embeddings was not fitted to."""
    stream = draw.null(503)
    numbers = to_numbers(stream)
    rows = np.r_[stream.reference.row_of[1::2], stream.following.row_of]
    values = np.concatenate([numbers.reference["values"], numbers.following["values"]])
    return Population(
        numbers.names, values, values[:, numbers.names.index(DEFECT_RATE)], draw.cells.probability[rows] > 0.5
    )


def watch(
    population: Population, *, n_ranked: int, times: float, seed: int, length: int
) -> dict[str, float | None]:
    """Return the delay of each detector on one stream; None for an alarm before the change."""
    rng = np.random.default_rng([seed, round(10 * times), 31])
    reference = population.draw(rng, np.full(n_ranked, BASE_PREVALENCE))
    shares = np.r_[np.full(N_CLEAN, BASE_PREVALENCE), np.full(length, times * BASE_PREVALENCE)]
    rows = population.draw(rng, shares)
    own = channel_weights(population.names)
    shared = channel_weights([name.replace(DEFECT_RATE, "predictions.rate") for name in population.names])
    evenly = {name: shared[name.replace(DEFECT_RATE, "predictions.rate")] for name in population.names}
    label = population.bad[:, None].astype(np.float64)
    made: dict[str, tuple[Floats, tuple[str, ...], dict[str, float] | None]] = {
        "product": (population.values, population.names, own),
        "without_its_weight": (population.values, population.names, evenly),
        "bound_by_labels": (label, ("label",), None),
    }
    found: dict[str, float | None] = {}
    for name, (table, channels, weights) in made.items():
        detector = EDetector(table[reference], channels=channels, run_length=PROMISE, weights=weights)
        scores = np.full(len(rows), -np.inf)
        for t, row in enumerate(rows):
            reading = detector.update(f"unit-{t}", table[row])
            scores[t] = reading.log_evidence
            if reading.alarm:
                break
        found[name] = delay_of(scores, threshold=float(np.log(PROMISE)))
    return found


def look_at_windows(population: Population, *, times: float, windows: int) -> dict[str, Any]:
    """Return how often the interval of the window's rate leaves that of a labelled reference of 1,000."""
    left, held, values = 0, 0, []
    for seed in range(windows):
        rng = np.random.default_rng([seed, round(10 * times), 32])
        reference = population.draw(rng, np.full(1000, BASE_PREVALENCE))
        window = population.draw(rng, np.full(WINDOW, times * BASE_PREVALENCE))
        scores, labels = population.scores, population.bad.astype(np.intp)
        both = np.stack([1 - scores, scores], axis=1)
        found = estimate_label_shift(both[reference], labels[reference], both[window], rng=rng, n_boot=100)
        share = found.shares[1]
        if isinstance(share, Estimate):
            values.append(share.value)
            left += not share.low <= float(labels[reference].mean()) <= share.high
            held += share.low <= float(labels[window].mean()) <= share.high
    return {
        "windows": len(values),
        "left_the_rate_before": left,
        "held_the_true_rate": held,
        "mean_estimate": round(float(np.mean(values)), 3),
        "true_rate": round(times * BASE_PREVALENCE, 3),
    }

"""How far estimates without labels are off, with and without the guard that decides whether they are shown.

Part 6 of perenne-bench. ELPV: a probe on EfficientNet-Lite0 features is trained on cells of one kind, its
scores are calibrated on other cells of that kind (the audited labels), and windows are estimated: without
drift, six changes of acquisition, the other kind of cell (real), and a concept shift (cells of probability
1/3 become defects). The guard is the product's: 90 % of the window within the labelled images' reach, no
alarm of the monitor (run length 1,000,000 images) on acquisition or embedding, and no label against an
earlier estimate: for the concept shift 150 cells of an earlier window are audited, as in a plant; without
that audit nobody can notice it, and both figures are told. Errors are |estimated - measured on all labels| of
the window, whose own labels are a draw too: about 0.015 of an accuracy is chance.

Boxes: scores and hits are simulated (Poisson boxes, overconfident scores, objects that get no score), because
no detector is trained here; named so in the figures.

    python benchmarks/monitoring/label_free.py [--quick]
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from material import Cells, Table, load_cells, load_variant, read_cells
from numpy.typing import NDArray
from streams import to_records

from perenne.kit.saying import Said
from perenne.monitoring import CHANNELS, Monitor, Reference
from perenne.runtime.projection import project_embedding, unpack_embedding
from perenne.stats.estimation import (
    Estimate,
    LabelledObjects,
    ScoredObjects,
    Support,
    expected_performance,
    fit_reach,
    guard_estimate,
    measure_support,
)

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".bench" / "monitoring" / "features"
SHIFTS = ("jpeg_50", "blur_1", "noise_4", "resize_0.75", "gamma_1.15", "rotation_2")
IMAGE_GROUPS = ("acquisition", "embedding", "fingerprint")
METRICS = ("accuracy", "recall", "precision", "f1")
KEPT = ("recall", "precision", "f1")
"""The metrics that the hub keeps, and holds against labels."""
AUDITED, RUN_LENGTH, ALLOWED = 150, 1e6, 0.03
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """Images with what the probe said, what is true, and what they look like."""

    table: Table
    scores: Floats
    bad: NDArray[np.bool_]

    def take(self, rows: NDArray[np.intp]) -> "Window":
        return Window(self.table.take(rows), self.scores[rows], self.bad[rows])


def measure(quick: bool = False) -> dict[str, Any]:
    """Return errors with and without the guard, case by case, and the boxes beside them."""
    boxes = boxes_simulated(3 if quick else 12)
    try:
        cells = read_cells()
    except ImportError as missing:
        return {"skipped": f"ELPV is not installed: {missing}", "boxes_simulated": boxes}
    side = 64 if quick else 160
    table = load_cells(cells, CACHE, side=side)
    shifts = SHIFTS[:2] if quick else SHIFTS
    variants = {name: load_variant(cells, name, CACHE, side=side) for name in shifts}
    told: dict[str, list[dict[str, Any]]] = {}
    for seed in range(1 if quick else 5):
        for kind in ("poly", "mono"):
            for name, found in play(cells, table, variants, kind=kind, seed=seed).items():
                told.setdefault(name, []).append(found)
    cases = {name: summarise(found) for name, found in told.items()}
    shown = [one for found in told.values() for one in found if one["shown"]]
    audited = [
        one for name, found in told.items() for one in found if one["shown"] and name != "concept_unaudited"
    ]

    def of_metric(metric: str) -> list[dict[str, Any]]:
        return [
            one
            for name, found in told.items()
            for one in found
            if metric in one["shown_metrics"] and name != "concept_unaudited"
        ]

    benign = [one for name in ("iid", "jpeg_50", "resize_0.75") for one in told.get(name, [])]
    return {
        "shown_number_error": mean_error(audited, "accuracy"),
        "shown_number_error_all": {metric: mean_error(of_metric(metric), metric) for metric in METRICS},
        "shown_windows_all": {metric: len(of_metric(metric)) for metric in METRICS},
        "shown_number_error_worst_case": max(
            (
                case["shown_error"]
                for name, case in cases.items()
                if case["shown_error"] is not None and name != "concept_unaudited"
            ),
            default=None,
        ),
        "shown_number_error_with_unaudited_concept": mean_error(shown, "accuracy"),
        "unguarded_error": mean_error([one for found in told.values() for one in found], "accuracy"),
        "benign_coverage": round(float(np.mean([one["shown"] for one in benign])), 3),
        "interval_coverage_shown": round(float(np.mean([one["held"] for one in audited])), 3)
        if audited
        else None,
        "cases": cases,
        "boxes_simulated": boxes,
    }


def play(
    cells: Cells, table: Table, variants: dict[str, Table], *, kind: str, seed: int
) -> dict[str, dict[str, Any]]:
    """Return every case with one kind of cell at home and one draw of who trains and who is audited."""
    rng = np.random.default_rng([seed, kind == "mono"])
    truth = cells.probability > 0.5
    home = rng.permutation(np.flatnonzero((cells.kind == kind) & ~np.isin(np.arange(len(table)), cells.pool)))
    training, audited = home[: len(home) // 2], home[len(home) // 2 :]
    score = fit(table, truth, training)
    reference = Window(table.take(audited), score(table)[audited], truth[audited])
    pool = rng.permutation(np.flatnonzero(cells.kind[cells.pool] == kind))
    clean = Window(table.take(cells.pool[pool]), score(table)[cells.pool[pool]], truth[cells.pool[pool]])
    away = rng.permutation(np.flatnonzero(cells.kind != kind))[:500]
    windows = {
        "iid": clean,
        **{
            name: Window(changed.take(pool), score(changed)[pool], clean.bad)
            for name, changed in variants.items()
        },
        "other_kind": Window(table.take(away), score(table)[away], truth[away]),
    }
    watch = Watch(reference)
    found = {name: judge(window, reference, watch, rng=rng) for name, window in windows.items()}
    stricter = replace(clean, bad=cells.probability[cells.pool[pool]] > 0.2)
    found["concept_unaudited"] = judge(stricter, reference, watch, rng=rng)
    earlier = stricter.take(np.arange(AUDITED))
    later = stricter.take(np.arange(AUDITED, len(stricter.bad)))
    found["concept"] = judge(
        later, reference, watch, rng=rng, contradiction=contradict(earlier, reference, rng=rng)
    )
    return found


def fit(table: Table, truth: NDArray[np.bool_], rows: NDArray[np.intp]) -> Any:
    """Return a function from tables to probabilities of a defect, learnt on these rows alone."""
    from sklearn.linear_model import LogisticRegression

    features = np.concatenate([table.top, table.levels], axis=1)
    mean, spread = features[rows].mean(0), np.maximum(features[rows].std(0), 1e-3)
    model = LogisticRegression(C=4e-3, max_iter=300).fit((features[rows] - mean) / spread, truth[rows])

    def score(other: Table) -> Floats:
        scaled = (np.concatenate([other.top, other.levels], axis=1) - mean) / spread
        return np.asarray(model.predict_proba(scaled)[:, 1], dtype=np.float64)

    return score


class Watch:
    """The two guards on images, learnt from the audited ones: their reach, and the monitor."""

    def __init__(self, reference: Window) -> None:
        self._reach = fit_reach(embed(reference.table))
        records = to_records(reference.table, reference.scores, name="reference")
        self._reference = Reference.fit(records, unit="image")

    def support(self, window: Window) -> Support:
        return measure_support(self._reach, embed(window.table))

    def alarms(self, window: Window) -> list[str]:
        """Return the channel that leads an alarm on the images, if there is one in this window."""
        monitor = Monitor(self._reference, run_length=RUN_LENGTH, amber_run_length=1e4)
        for record in to_records(window.table, window.scores, name="window"):
            step = monitor.update(record)
            if step is not None and step.level == "alarm":
                leading = max(step.shares, key=lambda name: step.shares[name])
                group = (
                    CHANNELS[leading.partition(":")[0]].group
                    if leading.partition(":")[0] in CHANNELS
                    else "embedding"
                )
                return [leading] if group in IMAGE_GROUPS else []
        return []


def judge(
    window: Window,
    reference: Window,
    watch: Watch,
    *,
    rng: np.random.Generator,
    contradiction: Said | None = None,
) -> dict[str, Any]:
    """Return the errors of one window, and which of its numbers the guard would have shown."""
    estimated = expected_performance(
        objects(window), labelled(reference), rng=rng, one_an_image=True, n_boot=60
    )
    measured = figures(window)
    support = watch.support(window)
    alarms = watch.alarms(window)
    shown = [
        name
        for name, found in estimated.items()
        if guard_estimate(support, alarms=alarms, contradicted=contradiction, estimate=found).shown
    ]
    errors = {
        name: abs(found.value - measured[name])
        for name, found in estimated.items()
        if isinstance(found, Estimate)
    }
    accuracy = estimated["accuracy"]
    assert isinstance(accuracy, Estimate)
    return {
        "errors": errors,
        "shown": "accuracy" in shown,
        "shown_metrics": shown,
        "support": support.share,
        "measured": measured["accuracy"],
        "estimated": accuracy.value,
        "held": accuracy.low <= measured["accuracy"] <= accuracy.high,
    }


def contradict(earlier: Window, reference: Window, *, rng: np.random.Generator) -> Said | None:
    """Return why no estimate is believed after an audited window, as `hub.performance` decides it.

    One of them was off by more than 0.03, and outside the interval (95 %) of what the labels say: then scores
    do not mean what they meant, and all rest on them.
    """
    found = expected_performance(objects(earlier), labelled(reference), rng=rng, one_an_image=True, n_boot=20)
    measured = figures(earlier)
    n = len(earlier.bad)
    drawn = [figures(earlier.take(rng.integers(0, n, n))) for _ in range(200)]
    for name in KEPT:
        estimate = found[name]
        assert isinstance(estimate, Estimate)
        low, high = np.quantile([one[name] for one in drawn], [0.025, 0.975])
        if abs(estimate.value - measured[name]) > ALLOWED and not low <= estimate.value <= high:
            return Said(f"Labels said otherwise of {name}.", code="estimate.contradicted")
    return None


def objects(window: Window) -> ScoredObjects:
    n = len(window.scores)
    ids = np.arange(n)
    return ScoredObjects(
        window.scores, np.zeros(n, np.intp), ids, window.scores >= 0.5, [str(i) for i in ids]
    )


def labelled(window: Window) -> LabelledObjects:
    plain = objects(window)
    return LabelledObjects(**vars(plain), hits=window.bad, missed_N=np.zeros(len(window.bad)))


def figures(window: Window) -> dict[str, float]:
    said, bad = window.scores >= 0.5, window.bad
    tp, fp, fn = int((said & bad).sum()), int((said & ~bad).sum()), int((~said & bad).sum())
    return {
        "accuracy": float((said == bad).mean()),
        "recall": tp / max(1, tp + fn),
        "precision": tp / max(1, tp + fp),
        "f1": 2 * tp / max(1, 2 * tp + fp + fn),
    }


def embed(table: Table) -> Floats:
    rows = (project_embedding(row, seed="lite0") for row in table.levels)
    return np.stack([unpack_embedding(packed) for packed in rows if packed is not None]).astype(np.float64)


def summarise(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one case over all draws."""
    shown = [one for one in found if one["shown"]]
    return {
        "windows": len(found),
        "shown": len(shown),
        "unguarded_error": mean_error(found, "accuracy"),
        "unguarded_error_f1": mean_error(found, "f1"),
        "shown_error": mean_error(shown, "accuracy"),
        "support": round(float(np.mean([one["support"] for one in found])), 3),
        "measured": round(float(np.mean([one["measured"] for one in found])), 3),
        "estimated": round(float(np.mean([one["estimated"] for one in found])), 3),
    }


def mean_error(found: Sequence[dict[str, Any]], metric: str) -> float | None:
    values = [one["errors"][metric] for one in found if metric in one["errors"]]
    return round(float(np.mean(values)), 4) if values else None


def boxes_simulated(draws: int) -> dict[str, Any]:
    """Return the mean errors of expected precision, recall and F1 of simulated boxes, and of raw scores."""
    errors: dict[str, list[float]] = {name: [] for name in ("precision", "recall", "f1")}
    raw: list[float] = []
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        (reference, _), (window, true) = (_boxes(500, rng=rng) for _ in range(2))
        plain = ScoredObjects(window.scores, window.classes, window.images, window.counted, window.groups)
        found = expected_performance(plain, reference, rng=rng, n_boot=10)
        for name, values in errors.items():
            one = found[name]
            assert isinstance(one, Estimate)
            values.append(abs(one.value - true[name]))
        tp, fp = window.scores[window.counted].sum(), (1 - window.scores[window.counted]).sum()
        fn = window.scores[~window.counted].sum()
        raw.append(abs(2 * tp / (2 * tp + fp + fn) - true["f1"]))
    told = {f"error_{name}": round(float(np.mean(values)), 4) for name, values in errors.items()}
    return {**told, "error_f1_of_raw_scores": round(float(np.mean(raw)), 4), "draws": draws}


def _boxes(n_images: int, *, rng: np.random.Generator) -> tuple[LabelledObjects, dict[str, float]]:
    """Return boxes with overconfident scores, objects without any, and the true figures at score 0.5."""
    n_boxes = rng.poisson(4, n_images)
    images = np.repeat(np.arange(n_images), n_boxes)
    scores = rng.beta(0.6, 0.6, len(images))
    hits = rng.random(len(images)) < 0.15 + 0.6 * scores
    missed = rng.poisson(0.2, n_images).astype(np.float64)
    counted = scores >= 0.5
    tp, fp = int((counted & hits).sum()), int((counted & ~hits).sum())
    fn = int((~counted & hits).sum() + missed.sum())
    true = {"precision": tp / (tp + fp), "recall": tp / (tp + fn), "f1": 2 * tp / (2 * tp + fp + fn)}
    names = [str(n) for n in range(n_images)]
    zeros = np.zeros(len(images), np.intp)
    return LabelledObjects(scores, zeros, images, counted, names, hits, missed), true


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    began = time.perf_counter()
    found = measure(quick=parser.parse_args().quick)
    print(json.dumps({**found, "wall_s": round(time.perf_counter() - began, 1)}))


if __name__ == "__main__":
    main()

"""Learning a station's tests, and trying them on images they have not seen: five folds that take turns.

A test that learns by heart, or that meets outliers, shows its heavy tail only on images it has not seen. So
which discriminant a fault gets, where its tail begins and how much of the promise it deserves are read from
values of images by tests that were learnt without them.

Owns that cross-validation (Stone, 1974). Refuses to set the limits that judge: those are `limits`'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from perenne.quality.discriminants import CANDIDATES, bend, choose_candidate, find_tails, learn_candidates
from perenne.quality.features import describe, learn_cells
from perenne.quality.scoring import Tests, measure_strangeness, standardise
from perenne.quality.signals import Signals

Array = NDArray[np.float64]
Spoiled = Mapping[str, Mapping[int, Signals]]
Candidates = dict[str, tuple[Array, float]]
Values = dict[str, Array]
FOLDS = 5
PARTS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8)
_CHOICE = 0.4
_STANDS_OUT = 0.05


@dataclass(frozen=True)
class Trial:
    """Tests on the scale of their tails, and how they do on images that they have not seen.

    `values`: of every good image. `faulty`: of images with the fault of each test, by that test. `parts`:
    what each test deserves of the promise, 0 where the fault stands out. `probed`: of images with a fault,
    by all tests of faults.
    """

    tests: Tests
    values: Array
    faulty: list[Array]
    parts: list[float]
    probed: dict[str, Array]


def try_tests(good: Sequence[Signals], *, spoiled: Spoiled, probes: Spoiled, promise: float) -> Trial:
    """Return the tests of a station and their trial.

    A fault that stands out far beyond the tail has its test's extreme moved halfway to it, so that it costs
    no false refusals; what they may be is then left to the faults that are hard to tell.
    """
    faults = tuple(spoiled)
    folds = [_try_fold(good, fold, spoiled, probes) for fold in range(FOLDS)]
    chosen, columns, weak = [], [], []
    for at, fault in enumerate(faults):
        own = {name: np.concatenate([fold.good[at][name] for fold in folds]) for name in CANDIDATES}
        seen = {name: np.concatenate([fold.faulty[fault][at][name] for fold in folds]) for name in CANDIDATES}
        chosen.append(choose_candidate(own, seen, level=_CHOICE * promise))
        columns.append(own[chosen[at]])
        weak.append(seen[chosen[at]])
    values = np.column_stack([*columns, np.vstack([fold.strangeness for fold in folds])])
    typical = np.median(values, axis=0)
    extreme, parts = _place_extremes(values, weak, typical=typical, promise=promise)
    tests, candidates = _learn_tests(good, range(len(good)), spoiled)
    picked = [found[name] for found, name in zip(candidates, chosen, strict=True)]
    tests = replace(
        tests,
        telling=np.array([weights for weights, _ in picked]),
        offset=np.array([offset for _, offset in picked]),
        typical=typical,
        extreme=extreme,
    )
    probed = {name: np.vstack([_pick(fold.probed[name], chosen) for fold in folds]) for name in probes}
    last = len(faults)
    return Trial(
        tests=tests,
        values=(values - typical) / (extreme - typical),
        faulty=[(one - typical[at]) / (extreme[at] - typical[at]) for at, one in enumerate(weak)],
        parts=parts,
        probed={name: (one - typical[:last]) / (extreme - typical)[:last] for name, one in probed.items()},
    )


def share_among(
    values: Array, faulty: Sequence[Array], *, hard: Sequence[int], promise: float
) -> list[float]:
    """Return the part of the promise of each test, of 1 in all: it goes where it tells most faulty images.

    Greedy: the step that tells most images for its cost comes first. A fault that no part of the promise
    would tell, such as a moved frame where frames always move, gets the least.
    """
    told = {}
    for at in hard:
        tails = [float(find_tails(values[:, [at]], level=part * promise)[0]) for part in PARTS]
        told[at] = [float((faulty[at] > tail).mean()) if len(faulty[at]) else 0.0 for tail in tails]
    step = dict.fromkeys(hard, 0)
    left = 1.0 - PARTS[0] * len(hard)
    while True:
        steps = [
            ((told[at][to] - told[at][step[at]]) / (PARTS[to] - PARTS[step[at]]), -at, to)
            for at in hard
            for to in range(step[at] + 1, len(PARTS))
            if PARTS[to] - PARTS[step[at]] <= left + 1e-9
        ]
        gain, at, to = max(steps, default=(0.0, 0, 0))
        if gain <= 0:
            return [PARTS[step[at]] if at in step else 0.0 for at in range(len(faulty))]
        left -= PARTS[to] - PARTS[step[-at]]
        step[-at] = to


@dataclass(frozen=True)
class _Fold:
    """What tests learnt without a fifth say of it, by test and candidate; of faulty images by fault, too."""

    good: list[Values]
    strangeness: Array
    faulty: dict[str, list[Values]]
    probed: dict[str, list[Values]]


def _try_fold(good: Sequence[Signals], fold: int, spoiled: Spoiled, probes: Spoiled) -> _Fold:
    kept = [index for index in range(len(good)) if index % FOLDS != fold]
    tests, candidates = _learn_tests(good, kept, spoiled)
    left_out = set(range(fold, len(good), FOLDS))

    def run(images: Sequence[Signals]) -> tuple[Array, list[Values]]:
        rows = standardise(describe(images, cells=tests.cells), tests)
        return rows, _run_candidates(rows, candidates)

    def run_all(library: Spoiled) -> dict[str, list[Values]]:
        return {
            fault: run([one for index, one in by_image.items() if index in left_out])[1]
            for fault, by_image in library.items()
        }

    rows, own = run(good[fold::FOLDS])
    return _Fold(own, measure_strangeness(rows, tests), run_all(spoiled), run_all(probes))


def _run_candidates(rows: Array, candidates: Sequence[Candidates]) -> list[Values]:
    bent = bend(rows)
    return [
        {name: bent @ weights - offset for name, (weights, offset) in found.items()} for found in candidates
    ]


def _pick(values: Sequence[Values], chosen: Sequence[str]) -> Array:
    return np.column_stack([one[name] for one, name in zip(values, chosen, strict=True)])


def _place_extremes(
    values: Array, weak: Sequence[Array], *, typical: Array, promise: float
) -> tuple[Array, list[float]]:
    """Return the far tail of every test, and what each test of a fault deserves of the promise."""
    equal = find_tails(values, level=promise / len(typical))
    weakest = np.full(len(typical), -np.inf)
    weakest[:-2] = [np.quantile(one, _STANDS_OUT) if len(one) else -np.inf for one in weak]
    halfway = (typical + weakest) / 2
    hard = [at for at in range(len(weak)) if halfway[at] <= equal[at]]
    parts = share_among(values, weak, hard=hard, promise=promise)
    extreme = np.maximum(equal, halfway)
    for at in hard:
        extreme[at] = find_tails(values[:, [at]], level=parts[at] * promise)[0]
    return np.maximum(extreme, typical + 1e-6), parts


def _learn_tests(
    good: Sequence[Signals], fit: Sequence[int], spoiled: Spoiled
) -> tuple[Tests, list[Candidates]]:
    """Return the station's frame with its linear discriminants, and every candidate for each fault's test."""
    chosen = [good[index] for index in fit]
    cells = learn_cells(chosen)
    features = describe(chosen, cells=cells)
    low, high = np.percentile(features, [5, 95], axis=0)
    none = np.zeros(0)
    size = features.shape[1]
    tests = Tests(
        faults=tuple(spoiled),
        cells=cells,
        middle=np.median(features, axis=0),
        scale=np.maximum(np.maximum((high - low) / 3.29, features.std(axis=0) / 2), 0.01),
        **dict.fromkeys(("centre", "precision", "weights", "halfway", "telling", "offset"), none),
        typical=none,
        extreme=none,
    )
    rows = standardise(features, tests)
    centre, covariance = rows.mean(axis=0), _shrunk_covariance(rows)
    weights, halfway, candidates = [], [], []
    allowed = set(fit)
    for by_image in spoiled.values():
        faulty = [signals for index, signals in by_image.items() if index in allowed]
        moved = standardise(describe(faulty, cells=cells), tests)
        shift = moved.mean(axis=0) - centre
        weight = np.linalg.solve((covariance + _shrunk_covariance(moved)) / 2, shift)
        weights.append(weight)
        halfway.append(weight @ (centre + shift / 2))
        candidates.append(learn_candidates(rows, moved, linear=weight))
    learnt = replace(
        tests,
        centre=centre,
        precision=np.asarray(np.linalg.inv(covariance), dtype=np.float64),
        weights=np.array(weights).reshape(len(weights), size),
        halfway=np.array(halfway),
    )
    return learnt, candidates


def _shrunk_covariance(rows: Array) -> Array:
    """Return the covariance drawn to its diagonal, strongly below 120 rows and hardly above 300.

    The schedule was chosen on ELPV, DeepPCB and magnetic tile: faint faults are told by directions in which
    good images hardly vary, and those are known only from many images.
    """
    count, size = rows.shape
    if count < 2:
        return np.eye(size)
    doubt = (120 / count) ** 2
    kept = count / (count + doubt * size)
    covariance = np.cov(rows.T)
    diagonal = np.diag(np.diag(covariance))
    return np.asarray(kept * covariance + (1 - kept) * diagonal + min(0.1, 0.03 * doubt) * np.eye(size))

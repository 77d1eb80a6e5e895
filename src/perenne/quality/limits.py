"""What is normal at one station: tests learnt from its own good images, and the limits that keep a promise.

For each fault of the library there is one test: the linear discriminant (Fisher, 1936) between the station's
good images and the same images with that fault made on purpose. Two more tests know no fault: Mahalanobis'
distance and the largest single deviation. Each test is put on the scale of its own tail; an image's score is
its largest test. The limit is a conformal quantile of the scores of good images that the tests were not
learnt from: the share of good images refused is at most the promise, whatever the distribution, as long as
images to come are exchangeable with these. Tests of light, of sharpness and of what stands before the lens
have limits of their own, each with an equal part of the promise: a few odd good images that look covered must
not hide blur. How many such groups there are depends on how many images were held back to pay for them.

Owns that arithmetic and its record as JSON. Refuses fewer than 30 images; below 99 held back, the limit is
extrapolated by an exponential tail and says so.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from perenne.kit.errors import InvalidInput
from perenne.quality.features import NAMES, Cells, describe, learn_cells
from perenne.quality.signals import Signals

Array = NDArray[np.float64]
Spoiled = Mapping[str, Mapping[int, Signals]]
FALSE_REFUSALS = 0.01
FALSE_FLAGS = 0.05
FEWEST_IMAGES = 30
SPLIT_FROM, LARGEST_FIT = 200, 400
FOLDS = 5
DISTANCE, DEVIATION = "distance", "deviation"
GROUPS_WITHOUT_PROMISE = 3
_LIGHT, _SHARPNESS = ("dark", "bright"), ("blur", "smoothing", "resizing", "fog")
_FARTHEST = 12.0
_TAIL = 0.1


class TooFewImages(InvalidInput):
    """A station without enough good images to know what is normal there."""

    code = "too-few-good-images"
    title = "Too few good images"


@dataclass(frozen=True)
class Tests:
    """The tests of a station. Rows of `weights` belong to `faults`, `middle` and `scale` to features.

    `halfway`: for each fault, its value halfway between good and faulty, from which its likelihood is told.
    `typical` and `extreme`: median and far tail of every test on good images.
    """

    faults: tuple[str, ...]
    cells: Cells
    middle: Array
    scale: Array
    centre: Array
    precision: Array
    weights: Array
    halfway: Array
    typical: Array
    extreme: Array


@dataclass(frozen=True)
class Limit:
    """Scores above `value` are beyond it. `promise`: the largest share of good images there.

    `exact`: the promise holds by exchangeability alone; else the tail was extrapolated from `n_images`.
    """

    value: float
    promise: float
    exact: bool
    n_images: int


@dataclass(frozen=True)
class StationLimits:
    """Tests and limits of one station, or of one product at a station where products look different.

    `scores`: sorted scores of held-back good images over all tests. `n_images`: good images in all.
    """

    tests: Tests
    refuse: Limit
    flag: Limit
    strange: Limit
    scores: tuple[float, ...]
    n_images: int

    def to_json(self) -> str:
        """Return one line of JSON, about 60 KB."""
        return json.dumps(asdict(self), separators=(",", ":"), default=lambda array: array.tolist())

    @classmethod
    def from_json(cls, text: str) -> "StationLimits":
        """Return the limits that `to_json` wrote."""
        given = json.loads(text)
        tests = given["tests"]
        cells = Cells(**{name: np.array(value) for name, value in tests.pop("cells").items()})
        faults = tuple(tests.pop("faults"))
        arrays = {name: np.array(value, dtype=np.float64) for name, value in tests.items()}
        return cls(
            tests=Tests(faults=faults, cells=cells, **arrays),
            **{name: Limit(**given[name]) for name in ("refuse", "flag", "strange")},
            scores=tuple(given["scores"]),
            n_images=given["n_images"],
        )


@dataclass(frozen=True)
class Scores:
    """Each test of one image on the scale of its tail (1: about the limit), and the features behind.

    `likelihood`: for each fault, how much better it explains the image than none does (log ratio).
    """

    tests: dict[str, float]
    likelihood: dict[str, float]
    deviations: dict[str, float]

    @property
    def fault(self) -> float:
        """The largest test of a known fault."""
        return max(value for name, value in self.tests.items() if name not in (DISTANCE, DEVIATION))

    @property
    def largest(self) -> float:
        """The largest test of all."""
        return max(self.tests.values())

    @property
    def strange(self) -> float:
        """The larger of the two tests that know no fault."""
        return max(self.tests[DISTANCE], self.tests[DEVIATION])


def learn_limits(good: Sequence[Signals], *, spoiled: Spoiled) -> StationLimits:
    """Return the limits of a station from its good images and what faults do to some of them.

    `spoiled[fault][index]` are the signals of good image `index` with that fault. With 200 images or more,
    one half teaches the tests and the other sets the limits; with fewer, five folds take turns and the limit
    is extrapolated. Assumes that images come in no order that matters: shuffle them, lots included.
    Raises: TooFewImages below 30.
    """
    if len(good) < FEWEST_IMAGES:
        raise TooFewImages(
            f"The limits of a station need {FEWEST_IMAGES} good images; {len(good)} were given.",
            remedy="Collect more before the gate judges by the station's own limits.",
        )
    held_back = len(good) >= SPLIT_FROM
    fit = min(len(good) // 2, LARGEST_FIT) if held_back else len(good)
    tests, values = _learn_tests_with_tails(good[:fit], spoiled)
    if held_back:
        values = score_tests(good[fit:], tests=tests)
    groups = share_promise(tests.faults, n_held_back=len(values) if held_back else 0)
    tests, values, exact = _set_group_limits(tests, values, groups, held_back=held_back)
    faults, strange = values[:, :-2].max(axis=1), values[:, -2:].max(axis=1)
    flag = set_limit(faults, promise=FALSE_FLAGS, held_back=held_back and len(groups) == 1)
    return StationLimits(
        tests=tests,
        refuse=Limit(1.0, FALSE_REFUSALS, exact, len(values)),
        flag=replace(flag, value=min(1.0, flag.value)),
        strange=set_limit(strange, promise=FALSE_REFUSALS, held_back=held_back),
        scores=tuple(float(value) for value in np.sort(values.max(axis=1))),
        n_images=len(good),
    )


def share_promise(faults: Sequence[str], *, n_held_back: int) -> list[list[int]]:
    """Return the groups of tests, by their place, that have an equal part of the promise each.

    A limit for a part of 1 % needs as many times 100 images less one; 0 held back is extrapolated anyway.

    >>> faults = ["dark", "bright", "blur", "recompression", "framing"]
    >>> [len(share_promise(faults, n_held_back=n)) for n in (99, 199, 299, 499)]
    [1, 2, 3, 5]
    """
    most = int(FALSE_REFUSALS * (n_held_back + 1) + 1e-9) if n_held_back else GROUPS_WITHOUT_PROMISE
    rest = tuple(name for name in faults if name not in (*_LIGHT, *_SHARPNESS))
    partitions: list[list[tuple[str, ...]]] = [
        [tuple(faults)],
        [(*_LIGHT, *_SHARPNESS), rest],
        [_LIGHT, _SHARPNESS, rest],
        [("dark",), ("bright",), _SHARPNESS, rest],
        [("dark",), ("bright",), _SHARPNESS, ("recompression",), tuple(set(rest) - {"recompression"})],
    ]
    chosen = partitions[max(1, min(most, len(partitions))) - 1]
    places = [[place for place, name in enumerate(faults) if name in names] for names in chosen]
    return [group for group in places if group]


def _set_group_limits(
    tests: Tests, values: Array, groups: Sequence[Sequence[int]], *, held_back: bool
) -> tuple[Tests, Array, bool]:
    """Return the tests and their values on a scale where 1 is the limit of each group, and if all are exact.

    The share of good images beyond any of the limits is at most the sum of the parts (Boole's inequality).
    """
    factors = np.ones(values.shape[1])
    exact = True
    for group in groups:
        part = FALSE_REFUSALS / len(groups)
        limit = set_limit(values[:, group].max(axis=1), promise=part, held_back=held_back)
        factors[group] = max(limit.value, 1e-3)
        exact = exact and limit.exact
    extreme = tests.typical + factors * (tests.extreme - tests.typical)
    return replace(tests, extreme=extreme), values / factors, exact


def set_limit(scores: Array, *, promise: float, held_back: bool) -> Limit:
    """Return the limit that a further score exceeds with probability `promise` at most.

    The k-th smallest of n with k = ceil((1 - promise) (n + 1)) is exact for exchangeable scores (Vovk,
    Gammerman, Shafer, "Algorithmic learning in a random world", 2005). Where k > n, the upper fifth is
    continued as an exponential.

    >>> set_limit(np.arange(1.0, 200.0), promise=0.01, held_back=True)
    Limit(value=198.0, promise=0.01, exact=True, n_images=199)
    >>> set_limit(np.arange(1.0, 51.0), promise=0.01, held_back=True).exact
    False
    """
    ordered = np.sort(scores)
    count = len(ordered)
    rank = math.ceil((1 - promise) * (count + 1) - 1e-9)
    if rank <= count:
        return Limit(float(ordered[rank - 1]), promise, held_back, count)
    start = float(np.quantile(ordered, 0.8))
    excess = float((ordered[ordered > start] - start).mean()) if (ordered > start).any() else 0.0
    return Limit(start + excess * math.log(0.2 / promise), promise, False, count)


def score_image(signals: Signals, *, tests: Tests) -> Scores:
    """Return every test of one image, on the scale of its tail. 0.4 ms."""
    rows = _standardise(describe([signals], cells=tests.cells), tests.middle, tests.scale)
    values = (_run_tests(rows, tests) - tests.typical) / (tests.extreme - tests.typical)
    likelihood = tests.weights @ rows[0] - tests.halfway
    return Scores(
        tests=dict(zip((*tests.faults, DISTANCE, DEVIATION), (float(v) for v in values[0]), strict=True)),
        likelihood=dict(zip(tests.faults, (float(v) for v in likelihood), strict=True)),
        deviations=dict(zip(NAMES, (float(v) for v in rows[0]), strict=True)),
    )


def score_tests(signals: Sequence[Signals], *, tests: Tests) -> Array:
    """Return the tests of many images, one row each, on the scale of their tails."""
    rows = _standardise(describe(signals, cells=tests.cells), tests.middle, tests.scale)
    return (_run_tests(rows, tests) - tests.typical) / (tests.extreme - tests.typical)


def _learn_tests_with_tails(good: Sequence[Signals], spoiled: Spoiled) -> tuple[Tests, Array]:
    """Return the tests on the scale of their tails, and the values of each image by a fold without it.

    Five folds take turns: a test that learns by heart, or that meets outliers, shows its heavy tail only on
    images it has not seen, and must not set the limit for the others. A fault that stands out far beyond
    the tail has its test's extreme moved halfway to it, so that it costs no false refusals; what they may be
    is then left to the faults that are hard to tell.
    """
    parts: list[Array] = []
    seen: dict[str, list[float]] = {fault: [] for fault in spoiled}
    for fold in range(FOLDS):
        kept = [index for index in range(len(good)) if index % FOLDS != fold]
        tests = _learn_tests(good, kept, spoiled)
        parts.append(score_tests(good[fold::FOLDS], tests=tests))
        for column, (fault, by_image) in enumerate(spoiled.items()):
            left_out = [one for index, one in by_image.items() if index in range(fold, len(good), FOLDS)]
            seen[fault].extend(score_tests(left_out, tests=tests)[:, column])
    values = np.vstack(parts)
    typical = np.median(values, axis=0)
    weakest = np.full(len(typical), -np.inf)
    weakest[:-2] = [np.quantile(faulty, 0.05) if faulty else -np.inf for faulty in seen.values()]
    halfway = (typical + weakest) / 2
    hard = halfway <= _find_tails(values, level=FALSE_REFUSALS / len(typical))
    extreme = np.where(hard, _find_tails(values, level=FALSE_REFUSALS / max(1, hard[:-2].sum())), halfway)
    extreme = np.maximum(extreme, typical + 1e-6)
    tests = replace(_learn_tests(good, range(len(good)), spoiled), typical=typical, extreme=extreme)
    return tests, (values - typical) / (extreme - typical)


def _find_tails(values: Array, *, level: float) -> Array:
    """Return for each test the value that a share of `level` exceeds, by an exponential upper tenth."""
    start = np.quantile(values, 1 - _TAIL, axis=0)
    excess = np.maximum(values - start, 0).sum(axis=0) / np.maximum(1, (values > start).sum(axis=0))
    reached = np.quantile(values, 1 - level, axis=0, method="lower")
    return np.asarray(np.maximum(start + excess * math.log(_TAIL / level), reached), dtype=np.float64)


def _learn_tests(good: Sequence[Signals], fit: Sequence[int], spoiled: Spoiled) -> Tests:
    chosen = [good[index] for index in fit]
    cells = learn_cells(chosen)
    features = describe(chosen, cells=cells)
    middle = np.median(features, axis=0)
    low, high = np.percentile(features, [5, 95], axis=0)
    scale = np.maximum(np.maximum((high - low) / 3.29, features.std(axis=0) / 2), 0.01)
    rows = _standardise(features, middle, scale)
    centre, covariance = rows.mean(axis=0), _shrunk_covariance(rows)
    weights, halfway = [], []
    allowed = set(fit)
    for by_image in spoiled.values():
        faulty = [signals for index, signals in by_image.items() if index in allowed]
        moved = _standardise(describe(faulty, cells=cells), middle, scale)
        shift = moved.mean(axis=0) - centre
        weight = np.linalg.solve((covariance + _shrunk_covariance(moved)) / 2, shift)
        weights.append(weight)
        halfway.append(weight @ (centre + shift / 2))
    return Tests(
        faults=tuple(spoiled),
        cells=cells,
        middle=middle,
        scale=scale,
        centre=centre,
        precision=np.asarray(np.linalg.inv(covariance), dtype=np.float64),
        weights=np.array(weights).reshape(len(weights), len(middle)),
        halfway=np.array(halfway),
        typical=np.zeros(len(weights) + 2),
        extreme=np.ones(len(weights) + 2),
    )


def _run_tests(rows: Array, tests: Tests) -> Array:
    away = rows - tests.centre
    distance = np.sqrt(np.einsum("ni,ij,nj->n", away, tests.precision, away))
    return np.column_stack([rows @ tests.weights.T, distance, np.abs(rows).max(axis=1)])


def _standardise(features: Array, middle: Array, scale: Array) -> Array:
    return np.clip((features - middle) / scale, -_FARTHEST, _FARTHEST)


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

"""What is normal at one station: limits of its tests that keep a promise, and which faults it can tell.

For each fault of the library there is one test, learnt from the station's good images and the same images
with that fault made on purpose (`trials`). The limits are set by good images that the tests were not learnt
from, by cutting off blocks: the image whose test lies farthest out is cut off, and its value is the limit
of every test looked at; then only those tests are looked at that gain by a lower limit, and so on. Which
tests are looked at next depends on nothing but what was cut off and on images the tests were learnt from.
So each of n + 1 good images is beyond some limit with the same chance, and the share of good images refused
is exactly the number of cuts by n + 1, whatever the distribution, as long as images to come are
exchangeable with these (D. A. S. Fraser, "Sequentially determined statistically equivalent blocks", Ann.
Math. Stat. 1951). One limit for all tests is the case of one set of tests looked at throughout (Vovk,
Gammerman, Shafer, "Algorithmic learning in a random world", 2005); with blocks, a few odd good images that
look covered do not hide blur.

Owns that arithmetic and its record as JSON. Refuses fewer than 30 images; below 99 held back, the limits are
extrapolated by an exponential tail and say so.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from perenne.kit.errors import InvalidInput
from perenne.quality.discriminants import bend
from perenne.quality.features import Cells
from perenne.quality.scoring import Tests, score_tests
from perenne.quality.signals import Signals
from perenne.quality.trials import Spoiled, Trial, try_tests

Array = NDArray[np.float64]
FALSE_REFUSALS = 0.01
FALSE_FLAGS = 0.05
FEWEST_IMAGES = 30
SPLIT_FROM, LARGEST_FIT = 200, 400
_LEAST_LIMIT = 1e-3
_WORTHWHILE, _LOWER = 0.005, 1.5


class TooFewImages(InvalidInput):
    """A station without enough good images to know what is normal there."""

    code = "too-few-good-images"
    title = "Too few good images"


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
class Power:
    """How many of `n_images` good images of the station, given one fault on purpose, its gate refuses.

    `told` counts those that it refuses or flags. None of these images was learnt from by the tests that told.
    """

    refused: int
    told: int
    n_images: int


@dataclass(frozen=True)
class StationLimits:
    """Tests and limits of one station, or of one product at a station where products look different.

    `scores`: sorted scores of held-back good images over all tests. `n_images`: good images in all. `power`:
    which faults it can tell, by name; empty where that was not tried.
    """

    tests: Tests
    refuse: Limit
    flag: Limit
    strange: Limit
    scores: tuple[float, ...]
    n_images: int
    power: dict[str, Power] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return one line of JSON, about 60 KB."""
        return json.dumps(asdict(self), separators=(",", ":"), default=lambda array: array.tolist())

    @classmethod
    def from_json(cls, text: str) -> "StationLimits":
        """Return the limits that `to_json` wrote, or an earlier version of it."""
        given = json.loads(text)
        tests = given["tests"]
        cells = Cells(**{name: np.array(value) for name, value in tests.pop("cells").items()})
        faults = tuple(tests.pop("faults"))
        arrays = {name: np.array(value, dtype=np.float64) for name, value in tests.items()}
        if "telling" not in arrays:
            arrays |= _read_linear(arrays["weights"])
        return cls(
            tests=Tests(faults=faults, cells=cells, **arrays),
            **{name: Limit(**given[name]) for name in ("refuse", "flag", "strange")},
            scores=tuple(given["scores"]),
            n_images=given["n_images"],
            power={name: Power(**one) for name, one in given.get("power", {}).items()},
        )


def learn_limits(
    good: Sequence[Signals], *, spoiled: Spoiled, probes: Spoiled | None = None
) -> StationLimits:
    """Return the limits of a station from its good images and what faults do to some of them.

    `spoiled[fault][index]` are the signals of good image `index` with that fault; `probes` alike, at the
    strengths by which the station's power is told. With 200 images or more, one half teaches the tests and
    the other sets the limits; with fewer, five folds take turns and the limits are extrapolated. Assumes
    that images come in no order that matters: shuffle them, lots included. Raises: TooFewImages below 30.
    """
    if len(good) < FEWEST_IMAGES:
        raise TooFewImages(
            f"The limits of a station need {FEWEST_IMAGES} good images; {len(good)} were given.",
            remedy="Collect more before the gate judges by the station's own limits.",
        )
    held_back = len(good) >= SPLIT_FROM
    fit = min(len(good) // 2, LARGEST_FIT) if held_back else len(good)
    trial = try_tests(good[:fit], spoiled=spoiled, probes=probes or {}, promise=FALSE_REFUSALS)
    tests, values, cuts = trial.tests, trial.values, np.ones(len(spoiled))
    if held_back:
        values = score_tests(good[fit:], tests=tests)
        cuts = cut_blocks(
            values[:, :-2],
            n_cuts=int(FALSE_REFUSALS * (len(values) + 1) + 1e-9),
            parts=trial.parts,
            faulty=trial.faulty,
        )
    factors = np.concatenate([cuts, np.ones(2)])
    values = values / factors
    faults, strange = values[:, :-2].max(axis=1), values[:, -2:].max(axis=1)
    flag = set_limit(faults, promise=FALSE_FLAGS, held_back=held_back)
    flag = replace(flag, value=min(1.0, flag.value))
    return StationLimits(
        tests=replace(tests, extreme=tests.typical + factors * (tests.extreme - tests.typical)),
        refuse=Limit(1.0, FALSE_REFUSALS, held_back, len(values)),
        flag=flag,
        strange=set_limit(strange, promise=FALSE_REFUSALS, held_back=held_back),
        scores=tuple(float(value) for value in np.sort(values.max(axis=1))),
        n_images=len(good),
        power=_tell_power(trial, cuts, flag=flag),
    )


def cut_blocks(values: Array, *, n_cuts: int, parts: Sequence[float], faulty: Sequence[Array]) -> Array:
    """Return a limit for each column of `values`, so that `n_cuts` of n + 1 rows lie beyond any of them.

    A row is beyond when one of its values is larger than that column's limit. `faulty`: values of images
    with the fault of each column; a column is looked at as long as a lower limit tells more of them, and
    until it has cut off its part of all rows, once at least. Assumes rows that are exchangeable with those
    to come, and parts and faulty images that do not depend on them.

    >>> values = np.array([[9.0, 1.0], [1.0, 2.0], [2.0, 3.0], [0.0, 4.0]])
    >>> cut_blocks(values, n_cuts=2, parts=[0.0, 1.0], faulty=[np.array([50.0]), np.array([5.0])]).tolist()
    [9.0, 4.0]
    """
    count, size = values.shape
    limits = np.ones(size)
    owed = np.maximum(1, np.rint(np.array(parts) * FALSE_REFUSALS * count))
    left = np.ones(count, dtype=bool)
    looked_at = list(range(size))
    for _ in range(n_cuts):
        inside = np.where(left[:, None], values[:, looked_at] / limits[looked_at], -np.inf)
        row, column = divmod(int(inside.argmax()), len(looked_at))
        limits[looked_at] = np.maximum(_LEAST_LIMIT, limits[looked_at] * inside[row, column])
        left[row] = False
        owed[looked_at[column]] -= 1
        wanted = [at for at in looked_at if owed[at] > 0 and _gains(faulty[at], float(limits[at]))]
        looked_at = wanted or [at for at in range(size) if parts[at] > 0] or list(range(size))
    return limits


def _gains(faulty: Array, limit: float) -> bool:
    """Tell whether a lower limit, within reach of the one that is expected, tells more faulty images."""
    lower = min(limit, 1.0) / _LOWER
    return len(faulty) > 0 and float(np.mean((faulty > lower) & (faulty <= limit))) > _WORTHWHILE


def set_limit(scores: Array, *, promise: float, held_back: bool) -> Limit:
    """Return the limit that a further score exceeds with probability `promise` at most.

    The k-th smallest of n with k = ceil((1 - promise) (n + 1)) is exact for exchangeable scores (Vovk,
    Gammerman, Shafer, 2005). Where k > n, the upper fifth is continued as an exponential.

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


def _tell_power(trial: Trial, cuts: Array, *, flag: Limit) -> dict[str, Power]:
    power = {}
    for fault, values in trial.probed.items():
        largest = (values / cuts).max(axis=1)
        if len(largest):
            power[fault] = Power(int((largest > 1).sum()), int((largest > flag.value).sum()), len(largest))
    return power


def _read_linear(weights: Array) -> Mapping[str, Array]:
    """Return the tests of limits that were kept before tests had weights of their own."""
    count, size = weights.shape
    width = bend(np.zeros((1, size))).shape[1]
    return {"telling": np.pad(weights, ((0, 0), (0, width - size))), "offset": np.zeros(count)}

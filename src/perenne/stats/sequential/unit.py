"""What one unit of a watch is: an image, a block of images, or a lot; chosen by the reference itself.

Owns the test of dependence, the length of blocks and the record of a unit. Refuses to guess a unit from less
than it takes to see dependence.

Images of one lot resemble each other. A watch that takes each as news alarms on every healthy stream (20 of
20 within 24 images where consecutive ones correlate by 0.70). Ranks are tested, not values, as the detectors
see ranks, and one outlier cannot hide a dependence. Limits are corrected for the number of channels and lags:
at 2 / sqrt(n) apiece, half of all independent references of 17 channels would be taken for dependent.
Assumes: the reference is in the order of capture, in one context.
Source: M. S. Bartlett, "On the theoretical specification of sampling properties of autocorrelated time
series" (1946): a sample autocorrelation of independent data has a standard deviation of 1 / sqrt(n).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perenne.kit.saying import Said

Floats = NDArray[np.float64]

MAX_LAG = 20
MIN_UNITS = 50
RECORD = ("mean", "std", "q10", "q90")
_LENGTHS = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200)


@dataclass(frozen=True)
class UnitChoice:
    """The unit, how many images it has (None for lots, which have their own size), and why.

    `n_units`: units in the reference. `autocorrelation_CL`: lags 1.. of each channel, image by image.
    `enough`: False when the reference gives fewer than 50 units or no block length suffices: its record is
    then no basis for a watch, and the reason says what to do.
    """

    kind: Literal["image", "block", "lot"]
    length: int | None
    n_units: int
    enough: bool
    reason: Said
    autocorrelation_CL: Floats
    limit: float


def rank_autocorrelation(values_NC: ArrayLike, *, max_lag: int = MAX_LAG) -> Floats:
    """Return (channels, lags 1..max_lag): the autocorrelation of the ranks of each channel; 0 if constant.

    >>> rank_autocorrelation([[i // 5 % 2] for i in range(100)], max_lag=2).round(2).tolist()
    [[0.61, 0.22]]
    """
    ranks = np.column_stack([_ranks(channel) for channel in np.asarray(values_NC, dtype=np.float64).T])
    ranks -= ranks.mean(0)
    power = (ranks**2).sum(0)
    safe = np.where(power > 0, power, 1.0)
    lags = range(1, min(max_lag, len(ranks) - 1) + 1)
    return np.array([(ranks[lag:] * ranks[:-lag]).sum(0) / safe for lag in lags]).reshape(-1, len(power)).T


def dependence_limit(n: int, *, n_tests: int, level: float = 0.05) -> float:
    """Return what no autocorrelation of `n_tests` independent ones exceeds, in size, but for a chance of
    `level`.

    >>> round(dependence_limit(2500, n_tests=1), 4), round(dependence_limit(2500, n_tests=340), 4)
    (0.0392, 0.0759)
    """
    from scipy.special import ndtri

    return float(-ndtri(level / (2 * n_tests)) / np.sqrt(n))


def choose_unit(values_NC: ArrayLike, *, lots: Sequence[str] | None = None) -> UnitChoice:
    """Return what a unit is, for a reference in the order of capture.

    Lots with more than one image are the unit wherever they are known. Otherwise images are, when neither the
    first nor a later lag (up to 20) shows dependence; else blocks of the smallest length that reaches beyond
    the dependent lags and whose means show none.
    Raises: ValueError when there are fewer than 50 images, or lots do not match them.

    >>> rng = np.random.default_rng(0)
    >>> choose_unit(rng.normal(size=(500, 3))).kind
    'image'
    >>> daily = np.repeat(rng.normal(size=(100, 1)), 8, axis=0) + rng.normal(size=(800, 1))
    >>> choose_unit(daily).kind, choose_unit(daily, lots=[str(i // 8) for i in range(800)]).n_units
    ('block', 100)
    """
    values = np.asarray(values_NC, dtype=np.float64)
    if values.ndim != 2 or len(values) < MIN_UNITS:
        raise ValueError(f"To choose a unit takes at least {MIN_UNITS} images; got shape {values.shape}.")
    if lots is not None and len(lots) != len(values):
        raise ValueError(f"{len(values)} images, but {len(lots)} lots.")
    seen = rank_autocorrelation(values)
    n, n_channels = values.shape
    first = dependence_limit(n, n_tests=n_channels)
    n_lots = len(set(lots)) if lots is not None else n
    if lots is not None and n_lots < n:
        enough, reason = n_lots >= MIN_UNITS, say_lots(n_lots, n_images=n)
        return UnitChoice("lot", None, n_lots, enough, reason, seen, first)
    dependent = _dependent_lags(seen, n=n)
    if not dependent:
        reason = Said(
            f"no autocorrelation of {n} images reaches {first:.3f}", code="unit.image", images=n, limit=first
        )
        return UnitChoice("image", 1, n, True, reason, seen, first)
    shortest = next((lag for lag in range(1, MAX_LAG + 1) if lag not in dependent), MAX_LAG + 1)
    strongest = float(np.abs(seen).max())
    for length in (x for x in _LENGTHS if x >= shortest and n // x >= MIN_UNITS):
        means = _block_means(values, length)
        limit = dependence_limit(len(means), n_tests=n_channels)
        if np.abs(rank_autocorrelation(means, max_lag=1)).max() <= limit:
            reason = Said(
                f"images depend on each other (up to {strongest:.2f}), means of {length} do not",
                code="unit.block",
                strongest=strongest,
                length=length,
            )
            return UnitChoice("block", length, len(means), True, reason, seen, first)
    length = max((x for x in _LENGTHS if n // x >= MIN_UNITS), default=1)
    return UnitChoice(
        kind="block",
        length=length,
        n_units=n // length,
        enough=False,
        reason=Said(
            f"images depend on each other (up to {strongest:.2f}), so do means of {length}, the "
            f"longest blocks of which there are {MIN_UNITS}: split the context, tell lots, or collect more",
            code="unit.no_block",
            strongest=strongest,
            length=length,
            needed=MIN_UNITS,
        ),
        autocorrelation_CL=seen,
        limit=first,
    )


def say_lots(n_lots: int, *, n_images: int, n_runs: int | None = None) -> Said:
    """Return why lots are the unit, and what is missing below 50: of lots, or of those seen in a row.

    >>> str(say_lots(80, n_images=400))
    'lots are known: 80 lots of 5.0 images on average'
    """
    size = n_images / n_lots
    text = f"lots are known: {n_lots} lots of {size:.1f} images on average"
    missing = f"at least {MIN_UNITS} are needed: collect a longer reference"
    if n_lots < MIN_UNITS:
        return Said(f"{text}; {missing}", code="unit.lot_few", lots=n_lots, size=size, needed=MIN_UNITS)
    if n_runs is not None and n_runs < MIN_UNITS:
        told = f"{text}, {n_runs} one after the other; {missing}"
        return Said(told, code="unit.lot_runs", lots=n_lots, size=size, runs=n_runs, needed=MIN_UNITS)
    return Said(text, code="unit.lot", lots=n_lots, size=size)


def summarise_unit(values_NC: ArrayLike) -> Floats:
    """Return the record of a block or lot: mean, std, q10 and q90 of each channel, channel by channel.

    Values that are missing are left out; a channel without any stays missing.

    >>> summarise_unit([[0.0], [1.0], [2.0]]).round(3).tolist()
    [1.0, 0.816, 0.2, 1.8]
    """
    values = np.asarray(values_NC, dtype=np.float64)
    if values.ndim != 2 or not len(values):
        raise ValueError(f"A unit is a table (images, channels) with a row; got shape {values.shape}.")
    record = np.full((values.shape[1], len(RECORD)), np.nan)
    present = ~np.isnan(values)
    for channel in np.flatnonzero(present.any(0)):
        held = values[present[:, channel], channel]
        record[channel] = held.mean(), held.std(), *np.quantile(held, [0.1, 0.9])
    return record.reshape(-1)


def record_channels(channels: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the entries of a record.

    >>> record_channels(["blur"])
    ('blur.mean', 'blur.std', 'blur.q10', 'blur.q90')
    """
    return tuple(f"{channel}.{part}" for channel in channels for part in RECORD)


def _dependent_lags(seen_CL: Floats, *, n: int) -> set[int]:
    """Return the lags where some channel depends: the first lag tested alone, then all of them together."""
    first = np.abs(seen_CL[:, 0]).max() > dependence_limit(n, n_tests=len(seen_CL), level=0.025)
    limit = dependence_limit(n, n_tests=seen_CL.size, level=0.025)
    later = {int(lag) + 1 for lag in np.flatnonzero((np.abs(seen_CL) > limit).any(0))}
    return later | ({1} if first else set())


def _ranks(values_N: Floats) -> Floats:
    """Return ranks, the mean one for ties; missing values tie above all others."""
    _, kind, counts = np.unique(
        np.nan_to_num(values_N, nan=np.inf, posinf=np.inf, neginf=-np.inf),
        return_inverse=True,
        return_counts=True,
    )
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[kind], dtype=np.float64)


def _block_means(values: Floats, length: int) -> Floats:
    n = len(values) // length
    return np.asarray(values[: n * length].reshape(n, length, -1).mean(1))

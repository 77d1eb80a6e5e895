"""Conformal ranks: where a unit stands among the units seen before it, channel by channel.

Owns the store of earlier units, its bounded size, and the chance numbers that break ties.
Refuses to draw chance numbers from a generator: they follow from the unit's id, so that an audit finds the
same ranks again.

A p-value is (below + U (equal + 1)) / (n + 1), with n the number of earlier units. When units are
exchangeable the p-vectors of successive units are independent, and each entry is uniform, whatever the
channels have to do with each other. This stays exactly true when the store is full and, after ranking, one
unit is dropped with equal chances among the n + 1 (the newcomer included): given the n + 1 units and the n
that stay, the newcomer is still any of the n + 1 with equal chances. All channels drop the same unit;
dropping them apart would break it. Source: V. Vovk, A. Gammerman, G. Shafer, Algorithmic Learning in a
Random World, 2nd ed. (2022), chapter 8.
"""

import hashlib
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Codes = NDArray[np.uint32]

DEFAULT_CAP = 10_000
_MERGE_EVERY = 255
_LARGEST = float(np.finfo(np.float32).max)
_SIGN = np.uint32(1 << 31)


def unit_uniforms(unit_id: str, n: int) -> Floats:
    """Return `n` numbers in [0, 1) that depend on `unit_id` alone and look independent.

    Assumes: ids are not chosen by somebody who wants a certain outcome.

    >>> unit_uniforms("lot-17", 2).round(4).tolist()
    [0.7378, 0.27]
    """
    drawn = hashlib.shake_128(unit_id.encode()).digest(8 * n)
    return np.asarray((np.frombuffer(drawn, dtype="<u8") >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def conformal_p(below: ArrayLike, equal: ArrayLike, *, n: int, u: ArrayLike) -> Floats:
    """Return the smoothed conformal p-values of a unit among `n` earlier ones.

    >>> float(conformal_p(3, 0, n=9, u=0.5))
    0.35
    """
    slots = np.asarray(equal, dtype=np.float64) + 1.0
    return np.asarray(
        (np.asarray(below, dtype=np.float64) + np.asarray(u, dtype=np.float64) * slots) / (n + 1.0)
    )


def ordered_codes(values: ArrayLike) -> Codes:
    """Return whole numbers that stand in the order of `values`, compared in single precision.

    A missing value (NaN) stands with +infinity above all numbers, tied with its like: a channel that goes
    missing more often than it did is a change as well, and any order keeps ranks exact.

    >>> codes = ordered_codes([-2.5, -0.0, 0.0, 1e-30, float("nan")])
    >>> bool((np.diff(codes) >= 0).all()), bool(codes[1] == codes[2])
    (True, True)
    """
    given = np.asarray(values, dtype=np.float64)
    if _fits_singles(given):
        singles = given.astype(np.float32)
    else:
        with np.errstate(over="ignore"):
            singles = np.where(np.isnan(given), np.inf, given).astype(np.float32)
    singles += np.float32(0.0)  # one zero, not two
    flipped = (singles.view(np.int32) >> 31).view(np.uint32)  # all bits of a negative number, none of others
    flipped |= _SIGN
    flipped ^= singles.view(np.uint32)
    return flipped


class GrowingRanks:
    """Earlier units, at most `cap`, that a new one is ranked against: the reference, then all that followed.

    One sorted copy is renewed every few hundred units; what was added or dropped since is counted apart, so a
    unit costs nearly the same at 1,000 and at 50,000 earlier ones, and counts do not depend on when the copy
    was made.
    """

    def __init__(self, reference_NC: ArrayLike, *, cap: int = DEFAULT_CAP) -> None:
        """Take the reference. Raises: ValueError when it has no rows, is not a table, or is above the cap."""
        self._start(ordered_codes(reference_NC), cap)

    @classmethod
    def from_codes(cls, codes_NC: Codes, *, cap: int) -> Self:
        """Return the store that held `codes_NC`."""
        made = cls.__new__(cls)
        made._start(codes_NC, cap)
        return made

    def _start(self, rows: Codes, cap: int) -> None:
        if rows.ndim != 2 or rows.shape[0] < 1 or rows.shape[1] < 1:
            raise ValueError(f"A reference is a table (units, channels) with a row; got shape {rows.shape}.")
        if rows.shape[0] > cap:
            raise ValueError(f"The reference has {rows.shape[0]} units, the cap is {cap}: raise cap.")
        self.cap = cap
        self.n, self.n_channels = rows.shape
        self._rows = rows.astype(np.uint32)
        self._offsets = np.arange(self.n_channels, dtype=np.int64) << 32
        self._added = np.empty((self.n_channels, _MERGE_EVERY), dtype=np.uint32)
        self._dropped = np.empty_like(self._added)
        self._sort()

    @property
    def codes_NC(self) -> Codes:
        """The ordered codes of the units in the store, in the order that the next drop counts in."""
        return self._rows[: self.n].copy()

    def encode(self, values_C: ArrayLike) -> Codes:
        """Return the codes of one unit. Raises: ValueError when it has not one value a channel."""
        codes = ordered_codes(values_C)
        if codes.shape != (self.n_channels,):
            raise ValueError(f"A unit has {self.n_channels} values, one a channel; got shape {codes.shape}.")
        return codes

    def count(self, codes_C: Codes) -> tuple[Counts, Counts]:
        """Return for each channel how many stored values are below and how many equal."""
        edges = np.array((codes_C, codes_C + np.uint32(1)))  # below the value; below or equal
        at = self._sorted.searchsorted(edges + self._offsets)
        at -= self._starts
        edges_2C1 = edges[:, :, None]
        if self._n_added:
            at += _counts(self._added[:, : self._n_added] < edges_2C1)
        if self._n_dropped:
            at -= _counts(self._dropped[:, : self._n_dropped] < edges_2C1)
        return at[0], at[1] - at[0]

    def add(self, codes_C: Codes, *, u_drop: float) -> None:
        """Store a ranked unit; when full, drop the one of n + 1 that `u_drop` in [0, 1) points at."""
        if self.n < self.cap:
            if self.n == self._rows.shape[0]:
                grown = np.empty((min(self.cap, 2 * self.n), self.n_channels), dtype=np.uint32)
                grown[: self.n] = self._rows
                self._rows = grown
            self._rows[self.n] = codes_C
            self.n += 1
        else:
            dropped = int(u_drop * (self.n + 1))
            if dropped >= self.n:
                return
            self._dropped[:, self._n_dropped] = self._rows[dropped]
            self._n_dropped += 1
            self._rows[dropped] = codes_C
        self._added[:, self._n_added] = codes_C
        self._n_added += 1
        if self._n_added == _MERGE_EVERY:
            self._merge()

    def _sort(self) -> None:
        """Make the one sorted copy: channel in the high half of a key, code in the low half."""
        by_channel = np.sort(self._rows[: self.n].T, axis=1)
        self._sorted = (by_channel + self._offsets[:, None]).reshape(-1)
        self._starts = np.arange(self.n_channels, dtype=np.int64) * self.n
        self._n_added = self._n_dropped = 0

    def _merge(self) -> None:
        """Bring the sorted copy up to date: what was added goes in, then what was dropped goes out."""
        added, dropped = (
            (np.sort(held, axis=1) + self._offsets[:, None]).reshape(-1)
            for held in (self._added[:, : self._n_added], self._dropped[:, : self._n_dropped])
        )
        wider = np.insert(self._sorted, self._sorted.searchsorted(added), added)
        nth_of_its_like = np.arange(dropped.size) - dropped.searchsorted(dropped)
        self._sorted = np.delete(wider, wider.searchsorted(dropped) + nth_of_its_like)
        self._starts = np.arange(self.n_channels, dtype=np.int64) * self.n
        self._n_added = self._n_dropped = 0


def _fits_singles(given: Floats) -> bool:
    """Say whether all are numbers within single precision, as nearly always; comparisons with NaN fail."""
    if not given.size:
        return True
    return bool(
        np.minimum.reduce(given, axis=None) >= -_LARGEST and np.maximum.reduce(given, axis=None) <= _LARGEST
    )


def _counts(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Count the true ones along the last axis; at most 255 of them, so that a byte holds the count."""
    return np.asarray(np.add.reduce(mask.view(np.uint8), axis=-1, dtype=np.uint8))

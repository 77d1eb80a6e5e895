"""The streams of perenne-bench: a reference, 200 clean images, then 800 after a change; or 1,000 without one.

Owns how images are drawn for them, and the numbers that detectors get. `values` are the channels of the
product, `channels` the same standardised, for peers that want a scale; `pca` 32 principal components of the
whole embedding, fitted on every other image of the reference. What is compared with is the other half, for
all detectors alike.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from material import Cells, Table, fit_probe, load_cells, load_variant
from numpy.typing import NDArray
from shifts import CRACK, MIXED_SHIFTS, PIXEL_SHIFTS

from perenne.monitoring.record import ImageRecord
from perenne.monitoring.reference import Reference
from perenne.problems.classification.signals import class_signals
from perenne.problems.classification.target import ClassTarget
from perenne.runtime.projection import project_embedding

N_REFERENCE, N_CLEAN, N_AFTER = 1000, 200, 800
N_COMPONENTS = 32
BASE_PREVALENCE = 0.15
CLASSES = ["functional", "defective"]
LARGEST_STANDARD = 10.0
START = datetime(2026, 1, 1, tzinfo=UTC)
Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Pool = tuple[Table, list[ImageRecord]]


@dataclass(frozen=True)
class Images:
    """Some images: which pool each comes from, and its row there."""

    pools: tuple[Pool, ...]
    pool_of: Rows
    row_of: Rows

    def __len__(self) -> int:
        return len(self.row_of)

    @property
    def levels(self) -> Floats:
        """The embeddings, (N, 944)."""
        return np.stack([self.pools[p][0].levels[r] for p, r in self._places()]).astype(np.float64)

    @property
    def records(self) -> list[ImageRecord]:
        """What an edge box would send."""
        return [self.pools[p][1][r] for p, r in self._places()]

    def _places(self) -> Iterator[tuple[int, int]]:
        return zip(self.pool_of, self.row_of, strict=True)


@dataclass(frozen=True)
class Stream:
    """A reference and what follows it; the change comes after `n_clean` images."""

    name: str
    seed: int
    reference: Images
    following: Images
    n_clean: int


class Draw:
    """Draws streams; one seed gives one reference and one clean stretch for all changes of pixels."""

    def __init__(self, cells: Cells, cache: Path, *, side: int = 160) -> None:
        self.cells, self.cache, self.side = cells, cache, side
        table = load_cells(cells, cache, side=side)
        self.score = fit_probe(table, cells)
        self.whole: Pool = (table, to_records(table, self.score(table), name="cell"))
        self._variants: dict[str, Pool] = {}

    def null(self, seed: int) -> Stream:
        """Return a stream without a change: 2,000 cells of both types in random order."""
        rows = np.random.default_rng([seed, 1]).permutation(np.r_[self.cells.pool, self.cells.rest])
        reference, following = rows[:N_REFERENCE], rows[N_REFERENCE:][: N_CLEAN + N_AFTER]
        return Stream("null", seed, take(self.whole, reference), take(self.whole, following), len(following))

    def shifted(self, shift: str, at: float, seed: int) -> Stream:
        """Return a stream with one of the changes of `shifts`."""
        if shift == "celltype":
            return self._celltype(at, seed)
        if shift == "prevalence":
            return self._prevalence(at, seed)
        rng = np.random.default_rng([seed, 2])
        before = rng.permutation(self.cells.rest)[: N_REFERENCE + N_CLEAN]
        after = rng.permutation(len(self.cells.pool))
        reference, clean = before[:N_REFERENCE], before[N_REFERENCE:]
        name = f"{shift}_{at:g}"
        changed = self._variant(CRACK[0] if shift == "new_defect" else name)
        untouched = rng.random(len(after)) >= (at if shift == "new_defect" else 1.0)
        part = np.r_[np.zeros(len(clean), np.intp), np.where(untouched, 0, 1)]
        row = np.r_[clean, np.where(untouched, self.cells.pool[after], after)]
        return Stream(
            name, seed, take(self.whole, reference), Images((self.whole, changed), part, row), len(clean)
        )

    def _celltype(self, at: float, seed: int) -> Stream:
        """Polycrystalline cells, then a share `at` of mono ones; a shorter reference if cells run out."""
        rng = np.random.default_rng([seed, 3])
        rows = np.r_[self.cells.pool, self.cells.rest]
        poly, mono = (rng.permutation(rows[self.cells.kind[rows] == kind]) for kind in ("poly", "mono"))
        is_mono = rng.random(N_AFTER) < at
        n_poly = int((~is_mono).sum())
        n_reference = min(N_REFERENCE, len(poly) - N_CLEAN - n_poly)
        before, rest = np.split(poly, [n_reference + N_CLEAN])
        after = np.empty(N_AFTER, np.intp)
        after[is_mono], after[~is_mono] = mono[: N_AFTER - n_poly], rest[:n_poly]
        following = np.r_[before[n_reference:], after]
        return self._stream(f"celltype_{at:g}", seed, before[:n_reference], following)

    def _prevalence(self, at: float, seed: int) -> Stream:
        """15 % of defective cells, then `at` times as many; a reference of 800, as good cells run out."""
        n_reference = 800
        rng = np.random.default_rng([seed, 4])
        rows = np.r_[self.cells.pool, self.cells.rest]
        bad = self.cells.probability[rows] > 0.5
        defective, good = rng.permutation(rows[bad]), rng.permutation(rows[~bad])
        share = np.r_[np.full(n_reference + N_CLEAN, 1.0), np.full(N_AFTER, at)] * BASE_PREVALENCE
        is_bad = rng.random(len(share)) < share
        n_bad = int(is_bad.sum())
        if n_bad > len(defective) or len(share) - n_bad > len(good):
            raise ValueError(f"Too few cells for a prevalence of {at} x {BASE_PREVALENCE}.")
        drawn = np.empty(len(share), np.intp)
        drawn[is_bad], drawn[~is_bad] = defective[:n_bad], good[: len(share) - n_bad]
        return self._stream(f"prevalence_{at:g}", seed, drawn[:n_reference], drawn[n_reference:])

    def _stream(self, name: str, seed: int, reference: Rows, following: Rows) -> Stream:
        return Stream(name, seed, take(self.whole, reference), take(self.whole, following), N_CLEAN)

    def _variant(self, name: str) -> Pool:
        if name not in self._variants:
            table = load_variant(self.cells, name, self.cache, side=self.side)
            self._variants[name] = (table, to_records(table, self.score(table), name=name))
        return self._variants[name]


def all_shifts() -> list[tuple[str, float]]:
    """Return the eleven shifts in their three strengths."""
    pixels = [(name, float(at)) for name, (_, all_) in PIXEL_SHIFTS.items() for at in all_]
    return pixels + [(name, at) for name, all_ in MIXED_SHIFTS.items() for at in all_]


@dataclass(frozen=True)
class Numbers:
    """What a detector gets: "values", "channels" and "pca" of the ranked half of the reference and of what
    follows; `names` of the channels.
    """

    names: tuple[str, ...]
    reference: dict[str, Floats]
    following: dict[str, Floats]


def to_records(table: Table, scores: Floats, *, name: str) -> list[ImageRecord]:
    """Return the records of a table: signals, projected embedding, and what the probe says."""
    records = []
    for row, (signals, score) in enumerate(zip(table.signals, scores.tolist(), strict=True)):
        said = ClassTarget(CLASSES[score > 0.5], {CLASSES[0]: 1.0 - score, CLASSES[1]: score})
        records.append(
            ImageRecord(
                image_id=f"{name}-{row:05d}",
                at=START + timedelta(seconds=row),
                signals=signals,
                embedding=project_embedding(table.levels[row], seed="lite0"),
                predicted=class_signals(said, thresholds={}, classes=CLASSES),
                decision="fail" if score > 0.5 else "pass",
            )
        )
    return records


def bare_records(table: Table, *, name: str) -> list[ImageRecord]:
    """Return the records of a table without a prediction."""
    return [
        ImageRecord(
            image_id=f"{name}-{row:05d}",
            at=START + timedelta(seconds=row),
            signals=signals,
            embedding=project_embedding(levels, seed="lite0"),
        )
        for row, (signals, levels) in enumerate(zip(table.signals, table.levels, strict=True))
    ]


def to_numbers(stream: Stream) -> Numbers:
    """Return the numbers of a stream whose unit is the image."""
    reference = Reference.fit(stream.reference.records, unit="image")
    ranked, following = reference.units_NU, reference.values_of(stream.following.records)
    project = fit_frame(stream.reference.levels[::2])
    spread = np.maximum(np.nanstd(ranked, axis=0), 1e-9)
    found = []
    for values, levels in (
        (ranked, stream.reference.levels[1::2]),
        (following, stream.following.levels),
    ):
        scaled = np.nan_to_num((values - np.nanmean(ranked, axis=0)) / spread)
        channels = np.clip(scaled, -LARGEST_STANDARD, LARGEST_STANDARD)
        found.append({"values": values, "channels": channels, "pca": project(levels)})
    return Numbers(reference.channels, found[0], found[1])


def fit_frame(levels: Floats) -> Callable[[Floats], Floats]:
    """Return the projection on 32 whitened principal components of standardised embeddings."""
    mean, spread = levels.mean(0), np.maximum(levels.std(0), 1e-3)
    _, singular, axes = np.linalg.svd((levels - mean) / spread, full_matrices=False)
    scaled = axes[:N_COMPONENTS].T / (singular[:N_COMPONENTS] / np.sqrt(len(levels)))
    return lambda other: ((other - mean) / spread) @ scaled


def take(pool: Pool, rows: Sequence[int] | Rows) -> Images:
    """Return rows of one pool."""
    return Images((pool,), np.zeros(len(rows), np.intp), np.asarray(rows, np.intp))

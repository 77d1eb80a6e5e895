"""The streams of perenne-bench: a reference, 200 clean images, then 800 after a change; or 1,000 without one.

Owns how images are drawn for them, and the numbers that peers get: our own watched values ("channels") and 32
principal components of the embedding ("pca"). Both frames are fitted on the first half of the reference; the
second half is what a detector compares with, so that all have the same budget of 1,000 images.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from material import Cells, Table, fit_probe, load_cells, load_variant
from numpy.typing import NDArray
from shifts import CRACK, MIXED_SHIFTS, PIXEL_SHIFTS

from perenne.quality.signals import Signals

N_REFERENCE, N_CLEAN, N_AFTER = 1000, 200, 800
N_COMPONENTS, N_NEIGHBOURS = 32, 5
BASE_PREVALENCE = 0.15
Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

WATCHED_SIGNALS = (
    "mean",
    "std",
    "p1",
    "p99",
    "entropy",
    "grey_levels",
    "log_laplacian",
    "log_noise",
    "detail_median",
    "fine_detail",
    "middle_detail",
    "blockiness",
    "resampling",
    "lab_a",
)
CHANNELS = (*WATCHED_SIGNALS, "mahalanobis", "neighbours", "score")


@dataclass(frozen=True)
class Images:
    """Some images as tables: which table each comes from and its row there."""

    parts: tuple[tuple[Table, NDArray[np.float64]], ...]  # table and scores of the probe
    part_of: Rows
    row_of: Rows

    def __len__(self) -> int:
        return len(self.row_of)

    @property
    def levels(self) -> Floats:
        """The embeddings, (N, 944)."""
        return np.stack([self.parts[p][0].levels[r] for p, r in self._places()]).astype(np.float64)

    @property
    def scores(self) -> Floats:
        """What the probe says, (N,)."""
        return np.array([self.parts[p][1][r] for p, r in self._places()])

    @property
    def signals(self) -> list[Signals]:
        """The acquisition signals."""
        return [self.parts[p][0].signals[r] for p, r in self._places()]

    def _places(self) -> zip[tuple[int, int]]:
        return zip(self.part_of, self.row_of, strict=True)


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

    def __init__(self, cells: Cells, cache: Path) -> None:
        self.cells, self.cache = cells, cache
        table = load_cells(cells, cache)
        self.score = fit_probe(table, cells)
        self.whole = (table, self.score(table))
        self._variants: dict[str, tuple[Table, NDArray[np.float64]]] = {}

    def null(self, seed: int) -> Stream:
        """Return a stream without a change: 2,000 cells of both types in random order."""
        rows = np.random.default_rng([seed, 1]).permutation(np.r_[self.cells.pool, self.cells.rest])
        reference, following = rows[:N_REFERENCE], rows[N_REFERENCE:][: N_CLEAN + N_AFTER]
        return Stream("null", seed, self._clean(reference), self._clean(following), len(following))

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
            name, seed, self._clean(reference), Images((self.whole, changed), part, row), len(clean)
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
        """15 % of defective cells, then `at` times as many."""
        rng = np.random.default_rng([seed, 4])
        rows = np.r_[self.cells.pool, self.cells.rest]
        bad = self.cells.probability[rows] > 0.5
        defective, good = rng.permutation(rows[bad]), rng.permutation(rows[~bad])
        share = np.r_[np.full(N_REFERENCE + N_CLEAN, 1.0), np.full(N_AFTER, at)] * BASE_PREVALENCE
        is_bad = rng.random(len(share)) < share
        n_bad = int(is_bad.sum())
        if n_bad > len(defective) or len(share) - n_bad > len(good):
            raise ValueError(f"Too few cells for a prevalence of {at} x {BASE_PREVALENCE}.")
        drawn = np.empty(len(share), np.intp)
        drawn[is_bad], drawn[~is_bad] = defective[:n_bad], good[: len(share) - n_bad]
        return self._stream(f"prevalence_{at:g}", seed, drawn[:N_REFERENCE], drawn[N_REFERENCE:])

    def _stream(self, name: str, seed: int, reference: Rows, following: Rows) -> Stream:
        return Stream(name, seed, self._clean(reference), self._clean(following), N_CLEAN)

    def _clean(self, rows: Rows) -> Images:
        return Images((self.whole,), np.zeros(len(rows), np.intp), np.asarray(rows, np.intp))

    def _variant(self, name: str) -> tuple[Table, NDArray[np.float64]]:
        if name not in self._variants:
            table = load_variant(self.cells, name, self.cache)
            self._variants[name] = (table, self.score(table))
        return self._variants[name]


def all_shifts() -> list[tuple[str, float]]:
    """Return the eleven shifts in their three strengths."""
    pixels = [(name, float(at)) for name, (_, all_) in PIXEL_SHIFTS.items() for at in all_]
    return pixels + [(name, at) for name, all_ in MIXED_SHIFTS.items() for at in all_]


@dataclass(frozen=True)
class Numbers:
    """What a detector gets: reference and stream as "channels" (N, 17) and "pca" (N, 32), standardised."""

    reference: dict[str, Floats]
    following: dict[str, Floats]


def to_numbers(stream: Stream) -> Numbers:
    """Return the numbers of a stream, in frames fitted on the first half of its reference."""
    half = len(stream.reference) // 2
    project = fit_frame(stream.reference.levels[:half])
    embedded = {"reference": project(stream.reference.levels), "following": project(stream.following.levels)}
    cloud = embedded["reference"][:half]
    found: dict[str, dict[str, Floats]] = {}
    for name, images in (("reference", stream.reference), ("following", stream.following)):
        pca = embedded[name]
        signals = [[getattr(one, field) for field in WATCHED_SIGNALS] for one in images.signals]
        channels = np.column_stack([signals, (pca**2).sum(1), neighbour_distance(pca, cloud), images.scores])
        found[name] = {"pca": pca, "channels": channels}
    first = found["reference"]["channels"][:half]
    mean, spread = first.mean(0), np.maximum(first.std(0), 1e-6)
    for images_of in found.values():
        images_of["channels"] = np.clip((images_of["channels"] - mean) / spread, -1e6, 1e6)
    return Numbers({name: values[half:] for name, values in found["reference"].items()}, found["following"])


def fit_frame(levels: Floats) -> Callable[[Floats], Floats]:
    """Return the projection on 32 whitened principal components of standardised embeddings."""
    mean, spread = levels.mean(0), np.maximum(levels.std(0), 1e-3)
    _, singular, axes = np.linalg.svd((levels - mean) / spread, full_matrices=False)
    scaled = axes[:N_COMPONENTS].T / (singular[:N_COMPONENTS] / np.sqrt(len(levels)))
    return lambda other: ((other - mean) / spread) @ scaled


def neighbour_distance(points: Floats, cloud: Floats) -> Floats:
    """Return the mean distance to the five nearest points of the cloud that are not the point itself."""
    squared = (points**2).sum(1)[:, None] + (cloud**2).sum(1) - 2 * points @ cloud.T
    distance = np.sqrt(np.maximum(squared, 0.0))
    distance[distance < 1e-6] = np.inf
    return np.asarray(np.sort(np.partition(distance, N_NEIGHBOURS, axis=1)[:, :N_NEIGHBOURS], axis=1).mean(1))

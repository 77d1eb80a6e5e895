"""The images of the demonstration: solar cells of the ELPV data set, as three plants would have taken them.

Owns the reading of the installed package `elpv-dataset`, the rule that makes a probability a class, and the
seeded roles of panels. Refuses to pass invention for fact: plants, panels and capture times are made up here
and say so; images, probabilities and cell types are the data set's.
"""

import importlib.util
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from perenne.kit.errors import PerenneError

LICENCE = (
    "Images: ELPV data set (Deitsch, Buerhop-Lutz, Maier, Gallwitz, Riess and others), "
    "licence CC BY-NC-SA 4.0: not for commercial use."
)
RULE = "A cell counts as defective when the data set's defect probability is above 0.5 (0, 1/3 | 2/3, 1)."
CLASSES = ("functional", "defective")
PLANTS = ("mono-line", "poly-line", "mixed")
CELLS_A_PANEL = 60
SHORTEST_PANEL = 30
TEST_SHARE = 0.4
REPLAYED_A_PLANT = 10
SEED = 28
"""Under this seed the three near-duplicate pairs lie on one side of the split, so no panel is moved."""
FIRST_CAPTURE = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


class CellsMissing(PerenneError):
    """The data set of the demonstration is not installed."""

    code = "cells-missing"
    title = "The demonstration's images are not installed"


@dataclass(frozen=True)
class Cell:
    """One image of one solar cell. `replayed` ones are kept back for the camera at the end."""

    path: Path
    number: str
    plant: str
    panel: str
    kind: str
    probability: float
    captured_at: datetime
    test: bool
    replayed: bool = False

    @property
    def truth(self) -> dict[str, str]:
        """The ground truth as the hub takes it."""
        return {"class": CLASSES[self.probability > 0.5]}


def read_cells(*, seed: int = SEED) -> list[Cell]:
    """Return every cell with its plant, panel and role; the same for the same seed. Raises: CellsMissing."""
    panels = _panels(_rows())
    rng = random.Random(seed)
    plants = _plants(panels, rng)
    tested = _test_panels(panels, plants, rng)
    cells: list[Cell] = []
    for index, (panel, rows) in enumerate(panels.items()):
        start = FIRST_CAPTURE + timedelta(days=index // 3, hours=2 * (index % 3))
        for position, (path, probability, kind) in enumerate(rows):
            at = start + timedelta(seconds=20 * position + rng.random())
            cells.append(Cell(path, path.stem, plants[panel], panel, kind, probability, at, panel in tested))
    return _keep_back(cells, rng)


def _rows() -> list[tuple[Path, float, str]]:
    spec = importlib.util.find_spec("elpv_dataset")
    if spec is None or not spec.submodule_search_locations:
        raise CellsMissing(
            "The demonstration needs the package elpv-dataset.", remedy="Install it: pip install elpv-dataset"
        )
    folder = Path(spec.submodule_search_locations[0]) / "data"
    rows = [line.split() for line in (folder / "labels.csv").read_text("utf-8").splitlines() if line.strip()]
    return [(folder / name, float(probability), kind) for name, probability, kind in rows]


def _panels(rows: list[tuple[Path, float, str]]) -> dict[str, list[tuple[Path, float, str]]]:
    """Return blocks of about 60 neighbours of one type: they stand for panels, which have no name."""
    panels: dict[str, list[tuple[Path, float, str]]] = {}
    for kind, run in groupby(rows, key=lambda row: row[2]):
        cells = list(run)
        starts = list(range(0, len(cells), CELLS_A_PANEL))
        if len(starts) > 1 and len(cells) - starts[-1] < SHORTEST_PANEL:
            starts.pop()
        for start, end in zip(starts, [*starts[1:], len(cells)], strict=True):
            panels[f"{kind}-panel-{len(panels) + 1:02d}"] = cells[start:end]
    return panels


def _plants(panels: dict[str, list[tuple[Path, float, str]]], rng: random.Random) -> dict[str, str]:
    """Return the plant of each panel: a quarter of both types goes through the mixed one."""
    plants: dict[str, str] = {}
    for kind in ("mono", "poly"):
        names = [name for name in panels if name.startswith(kind)]
        mixed = set(rng.sample(names, len(names) // 4))
        plants |= {name: "mixed" if name in mixed else f"{kind}-line" for name in names}
    return plants


def _test_panels(
    panels: dict[str, list[tuple[Path, float, str]]], plants: dict[str, str], rng: random.Random
) -> set[str]:
    """Return the panels of the test set: of each plant, spread over its rates of defective cells."""
    tested: set[str] = set()
    for plant in PLANTS:
        names = [name for name in panels if plants[name] == plant]
        names.sort(key=lambda name: sum(row[1] > 0.5 for row in panels[name]) / len(panels[name]))
        wanted = round(TEST_SHARE * len(names))
        offset = rng.random()
        tested |= {names[int((index + offset) * len(names) / wanted) % len(names)] for index in range(wanted)}
    return tested


def _keep_back(cells: list[Cell], rng: random.Random) -> list[Cell]:
    kept: set[str] = set()
    for plant in PLANTS:
        kept |= {
            cell.number
            for cell in rng.sample([c for c in cells if c.plant == plant and c.test], REPLAYED_A_PLANT)
        }
    return [_with_role(cell, cell.number in kept) for cell in cells]


def _with_role(cell: Cell, replayed: bool) -> Cell:
    return Cell(**{**vars(cell), "replayed": replayed})


def labelled_first(cell: Cell) -> bool:
    """Say whether the truth is there from the start: all of the first plant, the others' test panels."""
    return cell.plant == PLANTS[0] or cell.test


def of_plant(cells: list[Cell], plant: str) -> Iterator[Cell]:
    """Yield the cells of a plant that enter the hub before the camera is replayed."""
    return (cell for cell in cells if cell.plant == plant and not cell.replayed)

"""The images of perenne-bench as numbers: features of the project's network, signals, scores of a probe.

Owns reading ELPV (package `elpv-dataset`) and DeepPCB, computing what an edge box would compute, and the
cache of it. Features: EfficientNet-Lite0 as the recipes use it, at 160 px (64 with --quick); `levels` (944)
is the embedding that a model gives away, `top` (1280) feeds the probe. A sixth of ELPV trains the probe and
does nothing else.
"""

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from shifts import change_image

import perenne.quality.signals as signals_module
from perenne.quality.decoding import decode_upright
from perenne.quality.signals import Signals, measure_signals

SIDE = 160
SPLIT_SEED = 11
N_TRAINING, N_POOL = 424, 800
Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Table:
    """Numbers of a list of images: `levels` (N, 944), `top` (N, 1280), `signals` (N lines of JSON)."""

    levels: Floats
    top: Floats
    signals: list[Signals]

    def __len__(self) -> int:
        return len(self.signals)

    def take(self, rows: NDArray[np.intp]) -> "Table":
        """Return the table of these rows."""
        return Table(self.levels[rows], self.top[rows], [self.signals[i] for i in rows])


@dataclass(frozen=True)
class Cells:
    """ELPV in file order, which is module by module: `kind` (mono, poly), `probability` of a defect.

    `training`, `pool`, `rest`: disjoint rows, drawn once; changed copies exist of the pool.
    """

    images: Sequence[Pixels]
    kind: NDArray[np.str_]
    probability: NDArray[np.float64]
    training: NDArray[np.intp]
    pool: NDArray[np.intp]
    rest: NDArray[np.intp]


def read_cells() -> Cells:
    """Return all 2,624 cells. Raises: ImportError without the package elpv-dataset."""
    images, probabilities, kinds = list_cells()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(images))
    training, pool, rest = np.split(order, [N_TRAINING, N_TRAINING + N_POOL])
    return Cells(
        images,
        kinds,
        probabilities,
        np.sort(training),
        np.sort(pool),
        np.sort(rest),
    )


def list_cells() -> tuple[Sequence[Pixels], NDArray[np.float64], NDArray[np.str_]]:
    """Return the cells of ELPV, which are read when asked for, probabilities of a defect, and kinds."""
    package = importlib.util.find_spec("elpv_dataset")
    if package is None or package.origin is None:
        raise ImportError("The package elpv-dataset is not installed: pip install elpv-dataset")
    folder = Path(package.origin).parent / "data"
    lines = [line.split() for line in (folder / "labels.csv").read_text().splitlines() if line.strip()]
    paths, probabilities, kinds = zip(*lines, strict=True)
    return CellImages([folder / path for path in paths]), np.array(probabilities, float), np.array(kinds)


class CellImages(Sequence[Pixels]):
    """Grey files as pictures of three equal channels, decoded one by one when asked for."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, at: Any) -> Any:
        return np.repeat(np.asarray(Image.open(self.paths[at]))[..., None], 3, axis=2)


def read_boards(data: Path) -> tuple[list[Path], list[str]]:
    """Return the paths of DeepPCB and the board of each; nothing where it is absent."""
    paths = sorted((data / "deeppcb" / "images").glob("*/*.jpg"))
    return paths, [path.parent.name for path in paths]


def load_cells(cells: Cells, cache: Path, *, side: int = SIDE) -> Table:
    """Return the numbers of all cells, in file order."""
    return load_table("elpv", lambda: iter(cells.images), cache, side=side)


def load_variant(cells: Cells, variant: str, cache: Path, *, side: int = SIDE) -> Table:
    """Return the numbers of the pool after a change, in the order of `cells.pool`."""
    made = lambda: (change_image(cells.images[i], variant=variant, seed=int(i)) for i in cells.pool)  # noqa: E731
    return load_table(f"elpv_{variant}", made, cache, side=side)


def load_boards(paths: list[Path], cache: Path) -> Table:
    """Return the numbers of DeepPCB's images."""
    return load_table("deeppcb", lambda: (decode_upright(path.read_bytes()) for path in paths), cache)


def load_table(name: str, images: Callable[[], Iterable[Pixels]], cache: Path, *, side: int = SIDE) -> Table:
    """Return what the cache holds under `name`, or compute and keep it; signals follow their source code."""
    cache.mkdir(parents=True, exist_ok=True)
    features = cache / f"{name}_lite0_{side}.npz"
    version = hashlib.sha256(Path(signals_module.__file__).read_bytes()).hexdigest()[:10]
    lines = cache / f"{name}_signals_{version}.jsonl"
    measured: list[Signals] = []
    if not features.exists():
        print(f"features of {name}", file=sys.stderr)
        seen = images() if lines.exists() else _measuring(images(), measured)
        levels, top = _compute_features(seen, side=side)
        _write(features, lambda path: np.savez(path, levels=levels, top=top))
    if not lines.exists():
        measured = measured or [measure_signals(image) for image in images()]
        text = "\n".join(one.to_json() for one in measured)
        _write(lines, lambda path: path.write_text(text))
    with np.load(features) as held:
        levels, top = held["levels"].astype(np.float32), held["top"].astype(np.float32)
    return Table(levels, top, [Signals.from_json(line) for line in lines.read_text().splitlines()])


def _measuring(images: Iterable[Pixels], measured: list[Signals]) -> Iterable[Pixels]:
    """Yield the images; the signals of each are in `measured` once it has gone by."""
    for image in images:
        measured.append(measure_signals(image))
        yield image


def _compute_features(
    images: Iterable[Pixels], *, side: int
) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    import torch

    from perenne.recipes.lite.backbone import TOP_CHANNELS, load_pretrained
    from perenne.recipes.lite.pooled import PooledNetwork, compute_features
    from perenne.runtime.placing import place_input

    torch.set_num_threads(1)
    network = PooledNetwork(2)
    load_pretrained(network.backbone)
    given = {"width": side, "height": side, "mode": "letterbox", "maximum_scale": 8.0, "channels": 3}
    placed = [place_input(image, given=given)[0] for image in images]
    device = torch.device("cpu")
    found = compute_features(network, lambda i: placed[i], count=len(placed), device=device)
    return found[:, TOP_CHANNELS:].astype(np.float16), found[:, :TOP_CHANNELS].astype(np.float16)


def _write(path: Path, act: Callable[[Path], object]) -> None:
    """Write beside and rename, so that a run that is killed leaves no half of a file."""
    part = path.with_name(f"part-{path.name}")
    act(part)
    part.replace(path)


def fit_probe(table: Table, cells: Cells) -> Callable[[Table], NDArray[np.float64]]:
    """Return a function from tables to probabilities of a defect, learnt on the training rows alone."""
    from sklearn.linear_model import LogisticRegression

    features = np.concatenate([table.top, table.levels], axis=1)[cells.training]
    mean, spread = features.mean(0), np.maximum(features.std(0), 1e-3)
    labels = cells.probability[cells.training] > 0.5
    model = LogisticRegression(C=4e-3, max_iter=300).fit((features - mean) / spread, labels)

    def score(other: Table) -> NDArray[np.float64]:
        scaled = (np.concatenate([other.top, other.levels], axis=1) - mean) / spread
        return np.asarray(model.predict_proba(scaled)[:, 1], dtype=np.float64)

    return score


def quiet_threads() -> None:
    """Keep OpenCV to one thread: the machine is shared, and CPU seconds are what is told."""
    cv2.setNumThreads(1)

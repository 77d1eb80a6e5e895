"""How good is a classifier of real electroluminescence images after minutes on a CPU, by cell type?

ELPV (2,624 solar cells, mono- and polycrystalline; defective where the experts' probability exceeds 0.5;
licence CC BY-NC-SA 4.0, read from the package `elpv-dataset`). A quarter is held out, drawn evenly over type
and class, near-duplicates kept on one side. Models: a linear probe on frozen features (seconds), one trained
on mono only, one on both. Every figure is measured on the held-out part through the exported artefact and the
runtime, the path of production. The last line is one JSON object.

    python3 dev.py bench classification [--quick] [--budget-cpu-s 600] [--mono-budget-cpu-s 300]
                                        [--mirrors 4] [--flips dihedral]
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import cv2
import numpy as np

from perenne.problems import PROBLEMS
from perenne.problems.evidence import summarise
from perenne.quality import decode_upright
from perenne.recipes import RECIPES, TrainingItem, TrainingTask
from perenne.runtime import load_model, write_artefact
from perenne.stats.estimation import Estimate

CLASSES = ["functional", "defective"]
HELD_OUT = 0.25
SAME_CORRELATION = 0.995
SEED = 20


@dataclass(frozen=True)
class Cell:
    """One image with its type ("mono", "poly"), class, and group of near-duplicates."""

    path: Path
    kind: str
    name: str
    group: str
    held_out: bool


class Terminal:
    """A reporter that prints to stderr."""

    def report(self, *, step: int, fraction: float, eta_s: float | None, values: Any) -> None:
        shown = "  ".join(f"{name} {value:.3f}" for name, value in values.items() if name != "learning_rate")
        print(f"  {fraction:4.0%}  step {step:4d}  {shown}", file=sys.stderr)

    def log(self, level: str, text: str) -> None:
        print(f"  {text}", file=sys.stderr)

    def should_stop(self) -> bool:
        return False


def read_cells(folder: Path) -> list[Cell]:
    """Return all cells, written as PNG files to `folder`, with the leak-free split."""
    from elpv_dataset.utils import load_dataset

    images, probabilities, kinds = load_dataset()
    names = [CLASSES[int(p > 0.5)] for p in probabilities]
    groups = near_duplicate_groups(images)
    held = hold_out(groups, [f"{kind}-{name}" for kind, name in zip(kinds, names, strict=True)])
    cells = []
    for i, image in enumerate(images):
        path = folder / f"{i:04d}.png"
        cv2.imwrite(str(path), image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        cells.append(Cell(path, str(kinds[i]), names[i], f"cell-{groups[i]}", groups[i] in held))
    return cells


def near_duplicate_groups(images: np.ndarray) -> list[int]:
    """Return for each image the lowest index among its near-duplicates.

    Difference hashes call many faultless cells of one product equal; here the thumbnails must correlate.
    """
    small = [cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA).reshape(-1) for image in images]
    thumbnails = np.stack(small).astype(np.float32)
    thumbnails -= thumbnails.mean(1, keepdims=True)
    thumbnails /= np.linalg.norm(thumbnails, axis=1, keepdims=True)
    parent = list(range(len(images)))
    for i, j in np.argwhere(np.triu(thumbnails @ thumbnails.T, 1) > SAME_CORRELATION):
        low, high = sorted((_root(parent, int(i)), _root(parent, int(j))))
        parent[high] = low
    return [_root(parent, i) for i in range(len(images))]


def _root(parent: list[int], i: int) -> int:
    while parent[i] != i:
        i = parent[i]
    return i


def hold_out(groups: Sequence[int], strata: Sequence[str]) -> set[int]:
    """Return the groups that are held out: a quarter of each stratum, a group's first image counts."""
    rng, held = np.random.default_rng(SEED), set[int]()
    stratum_of = {group: strata[group] for group in groups}
    for stratum in sorted(set(strata)):
        own = sorted(group for group, name in stratum_of.items() if name == stratum)
        held |= {own[i] for i in rng.permutation(len(own))[: round(len(own) * HELD_OUT)]}
    return held


def train(cells: Sequence[Cell], workdir: Path, **config: Any) -> tuple[Path, float]:
    """Return the artefact of a classifier trained on `cells`, and the CPU seconds that it took in all."""
    before = time.process_time()
    items = [
        TrainingItem(
            image_path=cell.path,
            target={"class": cell.name},
            split="train",
            group=cell.group,
            site=cell.kind,
            width=300,
            height=300,
        )
        for cell in cells
    ]
    task = TrainingTask("classification", CLASSES, items, workdir, config=config, seed=SEED)
    model = RECIPES.get("lite-classification").train(task, Terminal())
    path = write_artefact(
        workdir / "model.perenne",
        onnx_path=model.onnx_path,
        manifest=model.manifest,
        card=model.card,
        weights_path=model.weights_path,
    )
    return path, time.process_time() - before


def evaluate(artefact: Path, cells: Sequence[Cell]) -> dict[str, Any]:
    """Return AUROC and balanced accuracy with intervals, over all held-out cells and by type."""
    model = load_model(artefact, threads=len(os.sched_getaffinity(0)))
    problem = PROBLEMS.get("classification")
    said = [model.predict(decode_upright(cell.path.read_bytes())).target for cell in cells]
    evidence = problem.match(
        [problem.parse_truth({"class": cell.name}, CLASSES) for cell in cells],
        said,
        classes=CLASSES,
        thresholds=model.manifest["thresholds"],
        groups=[cell.group for cell in cells],
    )
    found: dict[str, Any] = {}
    for kind in ("all", "mono", "poly"):
        mask = np.array([kind in ("all", cell.kind) for cell in cells])
        measured = summarise(evidence, rng=np.random.default_rng(SEED), mask=mask, n_boot=1000)
        for metric in ("auroc", "balanced_accuracy", "ece"):
            estimate = measured[metric]
            if isinstance(estimate, Estimate):
                found[f"{metric}_{kind}"] = round(estimate.value, 4)
                found[f"{metric}_{kind}_interval"] = [round(estimate.low, 4), round(estimate.high, 4)]
    return found


def show(title: str, found: dict[str, Any]) -> None:
    """Print one model's figures."""
    print(f"{title:28s}", *(f"{k} {found[f'auroc_{k}']:.3f}" for k in ("all", "mono", "poly")), sep="  ")
    for kind in ("mono", "poly"):
        low, high = found[f"auroc_{kind}_interval"]
        accuracy, ece = found[f"balanced_accuracy_{kind}"], found.get(f"ece_{kind}", float("nan"))
        print(f"  {kind}: AUROC in [{low:.3f}, {high:.3f}], balanced accuracy {accuracy:.3f}, ECE {ece:.3f}")


def run(
    folder: Path, *, budget_cpu_s: float, mono_budget_cpu_s: float, every: int = 1, **config: Any
) -> dict[str, Any]:
    """Return all figures, from each `every`-th cell; `config` is the last model's."""
    cells = read_cells(folder)[::every]
    held = [cell for cell in cells if cell.held_out]
    known = [cell for cell in cells if not cell.held_out]
    mono = [cell for cell in known if cell.kind == "mono"]
    print(f"{len(known)} cells to learn from ({len(mono)} mono), {len(held)} held out")
    result: dict[str, Any] = {"train_images": len(known), "held_out_images": len(held)}

    artefact, cpu_s = train(known, folder / "probe", mode="probe")
    found = evaluate(artefact, held)
    show(f"probe ({cpu_s:.0f} CPU s)", found)
    result |= {"probe_cpu_s": round(cpu_s, 1), **{f"probe_{k}": v for k, v in found.items()}}
    if mono_budget_cpu_s:
        artefact, cpu_s = train(mono, folder / "mono", budget_cpu_s=mono_budget_cpu_s)
        found = evaluate(artefact, held)
        show(f"mono only ({cpu_s:.0f} CPU s)", found)
        result |= {"mono_only_cpu_s": round(cpu_s, 1), **{f"mono_only_{k}": v for k, v in found.items()}}
    artefact, cpu_s = train(known, folder / "both", budget_cpu_s=budget_cpu_s, **config)
    found = evaluate(artefact, held)
    show(f"both ({cpu_s:.0f} CPU s)", found)
    return {**result, **found, "cpu_s": round(cpu_s, 1), "budget_cpu_s": budget_cpu_s, **config}


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--budget-cpu-s", type=float, default=600.0)
    parser.add_argument("--mono-budget-cpu-s", type=float, default=300.0)
    parser.add_argument("--mirrors", type=int, choices=(1, 2, 4), default=1)
    parser.add_argument("--flips", choices=("dihedral", "mirrored", "horizontal", "none"), default="mirrored")
    parser.add_argument("--quick", action="store_true", help="end within 50 s: a sixth of the cells")
    given = parser.parse_args()
    budget, mono = (10.0, 0.0) if given.quick else (given.budget_cpu_s, given.mono_budget_cpu_s)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        result = run(
            Path(folder),
            budget_cpu_s=budget,
            mono_budget_cpu_s=mono,
            mirrors=given.mirrors,
            flips=given.flips,
            every=6 if given.quick else 1,
        )
    result |= {"quick": given.quick, "wall_s": round(time.monotonic() - began, 1)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()

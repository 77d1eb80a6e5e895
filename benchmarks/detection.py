"""How good a detector is after a fixed budget of CPU time, on boards it has never seen.

Claim: on DeepPCB, with golden templates, mAP at IoU 0.33 of at least 0.95 after 600 CPU seconds; the boards
44000 and 50600 are kept out of training and of every choice. A ninth of the images of the other boards
chooses thresholds, or board 77000 as a whole (`--validation board`, which leaves four boards to learn from).
The figures come from the exported artefact through the runtime, as in production. Prints one JSON object as
its last line.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from perenne.problems import PROBLEMS
from perenne.quality import decode_upright
from perenne.recipes import RECIPES, TrainedModel, TrainingItem, TrainingTask
from perenne.runtime import Model, load_model, write_artefact

HELD_OUT = ("44000", "50600")
VALIDATION_BOARD = "77000"
VALIDATION_EVERY = 9
ROOT = Path(__file__).resolve().parent.parent
QUICK = {"budget_cpu_s": 24.0, "budget_wall_s": 30.0}
QUICK_STEP, QUICK_HELD_OUT = 8, 16


class Printer:
    """A reporter that prints what a person wants to see on stderr."""

    def __init__(self) -> None:
        self._last = 0.0

    def report(self, *, step: int, fraction: float, eta_s: float | None, values: Mapping[str, float]) -> None:
        """Print validation results, and a sign of life every 20 s."""
        now = time.monotonic()
        if "map50" in values or now - self._last > 20:
            self._last = now
            shown = " ".join(f"{name} {value:.3f}" for name, value in values.items())
            print(f"step {step} {fraction:.0%} eta {eta_s or 0:.0f} s: {shown}", file=sys.stderr, flush=True)

    def log(self, level: str, text: str) -> None:
        """Print the line."""
        print(f"{level}: {text}", file=sys.stderr, flush=True)

    def should_stop(self) -> bool:
        """Return False: nobody asks."""
        return False


Items = list[TrainingItem]


def read_items(data: Path, *, with_reference: bool, validation: str) -> tuple[list[str], Items, Items]:
    """Return classes, items for training and validation ("images" or "board"), and held-out items."""
    document = json.loads((data / "annotations.coco.json").read_text())
    names = {row["id"]: row["name"] for row in document["categories"]}
    boxes: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in document["annotations"]:
        x, y, width, height = row["bbox"]
        box = {"box": [x, y, x + width, y + height], "class": names[row["category_id"]]}
        boxes[row["image_id"]].append(box)
    known: list[TrainingItem] = []
    held: list[TrainingItem] = []
    for row in document["images"]:
        board = row["board"]
        by_board = validation == "board"
        chosen = board == VALIDATION_BOARD if by_board else len(known) % VALIDATION_EVERY == 0
        item = TrainingItem(
            image_path=data / "images" / row["file_name"],
            reference_path=data / "templates" / row["file_name"] if with_reference else None,
            target={"boxes": boxes[row["id"]]},
            split="val" if chosen or board in HELD_OUT else "train",
            group=board if by_board or board in HELD_OUT else f"{board}/{row['id']}",
            site="deeppcb",
            width=row["width"],
            height=row["height"],
        )
        (held if board in HELD_OUT else known).append(item)
    return list(names.values()), known, held


def load_trained(trained: TrainedModel, folder: Path) -> Model:
    """Return the model as production loads it: artefact written, hashes verified."""
    path = write_artefact(
        folder / "model.perenne",
        onnx_path=trained.onnx_path,
        manifest=trained.manifest,
        card=trained.card,
        weights_path=trained.weights_path,
    )
    return load_model(path, threads=len(os.sched_getaffinity(0)))


def evaluate_held_out(model: Model, items: list[TrainingItem], classes: list[str]) -> dict[str, Any]:
    """Return mAP and F of all held-out images and of every board."""
    problem = PROBLEMS.get("detection")
    truths = [problem.parse_truth(item.target, classes) for item in items]
    predictions = []
    for item in items:
        image = decode_upright(item.image_path.read_bytes())
        reference = decode_upright(item.reference_path.read_bytes()) if item.reference_path else None
        predictions.append(model.predict(image, reference_HWC=reference).target)
    groups = [item.group for item in items]
    evidence = problem.match(
        truths, predictions, classes=classes, thresholds=model.manifest["thresholds"], groups=groups
    )
    per_board = {
        board: _figures(evidence.select(np.array(groups) == board).point()) for board in sorted(set(groups))
    }
    overall = _figures(evidence.point())
    return {**{f"{name}_heldout": value for name, value in overall.items()}, "per_board": per_board}


def _figures(point: Mapping[str, float]) -> dict[str, float]:
    wanted = {"map33": "map33", "map50": "map50", "map": "map", "f": "f1"}
    return {name: round(float(point[key]), 4) for name, key in wanted.items()}


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one training run."""
    data = Path(arguments.data)
    if not (data / "annotations.coco.json").exists():
        return {"benchmark": "detection", "skipped": f"no annotations.coco.json in {arguments.data}"}
    classes, known, held = read_items(
        data, with_reference=not arguments.no_reference, validation=arguments.validation
    )
    config: dict[str, Any] = {"budget_cpu_s": arguments.budget_cpu_s}
    if arguments.quick:
        known, held, config = known[::QUICK_STEP], held[:: len(held) // QUICK_HELD_OUT], dict(QUICK)
    wall, cpu = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        task = TrainingTask(
            "detection", classes, known, Path(folder) / "run", config=config, seed=arguments.seed
        )
        trained = RECIPES.get("lite-detection").train(task, Printer())
        spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.monotonic() - wall}
        model = load_trained(trained, Path(folder))
        figures = evaluate_held_out(model, held, classes)
    return {
        "benchmark": "detection",
        **figures,
        **{name: round(value, 1) for name, value in spent.items()},
        "steps": int(trained.metrics["steps"]),
        "n_images": len(held),
        "n_training_images": len(known),
        "budget": config,
        "reference": not arguments.no_reference,
        "quick": arguments.quick,
        "seed": arguments.seed,
        "validation_by": arguments.validation,
        "validation": {name: round(trained.metrics[name], 4) for name in ("map33", "map50", "f1")},
    }


def main() -> None:
    """Parse the arguments, run, and print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget-cpu-s", type=float, default=600.0)
    parser.add_argument("--no-reference", action="store_true", help="train without golden templates")
    parser.add_argument("--data", default=str(ROOT.parent / "shared" / "data" / "deeppcb"))
    parser.add_argument("--quick", action="store_true", help="small budget, part of the images")
    parser.add_argument("--validation", choices=("images", "board"), default="images")
    parser.add_argument("--seed", type=int, default=0)
    print(json.dumps(run(parser.parse_args())))


if __name__ == "__main__":
    main()

"""DeepPCB with label errors put in on purpose, and what detectors trained on it say of boards not seen.

Owns the four kinds of error (missing, class, position, spurious), the folds by whole boards, and the cache of
their predictions. Refuses to show a detector the boards that it answers for.
"""

import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from perenne.geometry import as_boxes, iou_matrix
from perenne.problems import PROBLEMS, Box, BoxesTarget
from perenne.quality import decode_upright
from perenne.recipes import RECIPES, SilentReporter, TrainingItem, TrainingTask
from perenne.runtime import Model, load_model, write_artefact

KINDS = ("missing", "class", "position", "spurious")
FOLDS = (("20085", "50600"), ("00041", "92000"), ("13000", "77000", "44000"))
VALIDATION_EVERY = 9
SHIFT_SHARE = (0.35, 0.6)


@dataclass(frozen=True)
class BoardImage:
    """One image, its board, its labels; `spoiled` is the error put in and `fault` the box it concerns."""

    name: str
    board: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    spoiled: str | None = None
    fault: Box | None = None

    @property
    def truth(self) -> BoxesTarget:
        """The labels as a target."""
        return BoxesTarget(self.boxes)


def read_boards(data: Path) -> tuple[list[str], list[BoardImage]]:
    """Return the classes and every image with its correct labels."""
    document = json.loads((data / "annotations.coco.json").read_text())
    names = {row["id"]: row["name"] for row in document["categories"]}
    boxes: dict[int, list[Box]] = defaultdict(list)
    for row in document["annotations"]:
        x, y, width, height = (float(value) for value in row["bbox"])
        boxes[row["image_id"]].append(Box(x, y, x + width, y + height, names[row["category_id"]]))
    images = [
        BoardImage(row["file_name"], row["board"], row["width"], row["height"], tuple(boxes[row["id"]]))
        for row in document["images"]
    ]
    return list(names.values()), sorted(images, key=lambda image: image.name)


def spoil(
    images: Sequence[BoardImage], *, n: int, classes: Sequence[str], rng: np.random.Generator
) -> list[BoardImage]:
    """Return the images, `n` of them with one label error each, the four kinds in turn."""
    with_boxes = [i for i, image in enumerate(images) if image.boxes]
    chosen = rng.permutation(with_boxes)[:n]
    spoiled = list(images)
    for turn, index in enumerate(chosen.tolist()):
        spoiled[index] = _spoil_one(images[index], KINDS[turn % len(KINDS)], classes, rng)
    return spoiled


def _spoil_one(image: BoardImage, kind: str, classes: Sequence[str], rng: np.random.Generator) -> BoardImage:
    boxes = list(image.boxes)
    at = int(rng.integers(len(boxes)))
    box = boxes[at]
    if kind == "missing":
        fault = boxes.pop(at)
    elif kind == "class":
        others = [name for name in classes if name != box.name]
        fault = boxes[at] = replace(box, name=others[int(rng.integers(len(others)))])
    elif kind == "position":
        fault = boxes[at] = _shifted(box, image, rng)
    else:
        fault = _invented(image, classes, rng)
        boxes.append(fault)
    return replace(image, boxes=tuple(boxes), spoiled=kind, fault=fault)


def _shifted(box: Box, image: BoardImage, rng: np.random.Generator) -> Box:
    """Return the box moved by 35-60 % of each side, kept in the image."""
    width, height = box.x2 - box.x1, box.y2 - box.y1
    signs = rng.choice([-1.0, 1.0], 2)
    dx, dy = signs * rng.uniform(*SHIFT_SHARE, 2) * (width, height)
    x1 = float(np.clip(box.x1 + dx, 0, image.width - width))
    y1 = float(np.clip(box.y1 + dy, 0, image.height - height))
    return replace(box, x1=x1, y1=y1, x2=x1 + width, y2=y1 + height)


def _invented(image: BoardImage, classes: Sequence[str], rng: np.random.Generator) -> Box:
    """Return a box of a usual size where there is none."""
    there = as_boxes([box.corners for box in image.boxes])
    while True:
        width, height = rng.uniform(20, 60, 2)
        x, y = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
        box = Box(float(x), float(y), float(x + width), float(y + height), str(rng.choice(classes)))
        if not iou_matrix(as_boxes([box.corners]), there).any():
            return box


def predict_out_of_fold(
    data: Path,
    images: Sequence[BoardImage],
    *,
    classes: list[str],
    budget_cpu_s: float,
    cache: Path,
    seed: int,
) -> list[BoxesTarget]:
    """Return for each image what a detector trained on the spoiled labels of other boards says."""
    problem = PROBLEMS.get("detection")
    answers: dict[str, BoxesTarget] = {}
    for number, boards in enumerate(FOLDS):
        kept = cache / f"fold{number}-{budget_cpu_s:g}s-seed{seed}.json"
        if not kept.exists():
            model = _train(data, [i for i in images if i.board not in boards], classes, budget_cpu_s, seed)
            said = {i.name: _ask(model, data, i).to_json() for i in images if i.board in boards}
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(said))
        for name, target in json.loads(kept.read_text()).items():
            parsed = problem.parse_prediction(target, classes)
            assert isinstance(parsed, BoxesTarget)
            answers[name] = parsed
    return [answers[image.name] for image in images]


def _train(
    data: Path, images: Sequence[BoardImage], classes: list[str], budget_cpu_s: float, seed: int
) -> Model:
    items = [
        TrainingItem(
            image_path=data / "images" / image.name,
            reference_path=data / "templates" / image.name,
            target=image.truth.to_json(),
            split="val" if number % VALIDATION_EVERY == 0 else "train",
            group=image.name,
            site="deeppcb",
            width=image.width,
            height=image.height,
        )
        for number, image in enumerate(images)
    ]
    with tempfile.TemporaryDirectory() as folder:
        config = {"budget_cpu_s": budget_cpu_s}
        task = TrainingTask("detection", classes, items, Path(folder) / "run", config=config, seed=seed)
        trained = RECIPES.get("lite-detection").train(task, SilentReporter())
        path = write_artefact(
            Path(folder) / "model.perenne",
            onnx_path=trained.onnx_path,
            manifest=trained.manifest,
            card=trained.card,
            weights_path=trained.weights_path,
        )
        return load_model(path, threads=len(os.sched_getaffinity(0)))


def _ask(model: Model, data: Path, image: BoardImage) -> Any:
    pixels = decode_upright((data / "images" / image.name).read_bytes())
    reference = decode_upright((data / "templates" / image.name).read_bytes())
    return model.predict(pixels, reference_HWC=reference).target

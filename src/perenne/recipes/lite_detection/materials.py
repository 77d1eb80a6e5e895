"""What a run works with: checked items, their truth, the split, the geometry.

Owns every check of the data before training. Refuses to train on nothing, and to put a group on both sides.
"""

from dataclasses import dataclass

import numpy as np

from perenne.recipes.contract import TrainingItem, TrainingTask
from perenne.recipes.errors import BadTrainingConfig, EmptyDataset
from perenne.recipes.lite.partition import part_items
from perenne.recipes.lite_detection.pictures import Gallery, Layout, Truth, choose_layout, parse_truths
from perenne.recipes.lite_detection.recipe import LiteDetectionConfig


@dataclass(frozen=True)
class Materials:
    """What a run works with, after every check."""

    config: LiteDetectionConfig
    classes: list[str]
    layout: Layout
    train: Gallery
    train_truths: list[Truth]
    val: Gallery
    val_truths: list[Truth]
    with_reference: bool


def gather_materials(task: TrainingTask, config: LiteDetectionConfig) -> Materials:
    """Return checked data. Without a validation part, groups are taken from the training part for it."""
    items = [item for item in task.items if item.target is not None]
    train, val = part_items(items, seed=task.seed)
    train_truths = parse_truths(train, task.classes)
    val_truths = parse_truths(val, task.classes)
    if not any(len(truth.labels_M) for truth in train_truths):
        raise EmptyDataset(
            f"None of the {len(train)} training images has an object.",
            remedy="Annotate some images with objects, or choose another dataset version.",
        )
    with_reference = _decide_reference(items, config)
    layout = choose_layout(
        train,
        train_truths,
        canvas=config.canvas,
        patch=config.patch,
        maximum_side=config.maximum_input_side,
    )
    galleries = [
        Gallery(
            part,
            layout=layout,
            with_reference=with_reference,
            cache_mb=config.cache_mb // 2,
            reference_alignment=config.reference_alignment,
        )
        for part in (train, val)
    ]
    return Materials(
        config,
        list(task.classes),
        layout,
        galleries[0],
        train_truths,
        galleries[1],
        val_truths,
        with_reference,
    )


def spread_indices(materials: Materials, *, at_most: int) -> list[int]:
    """Return up to `at_most` places in the validation part, evenly spread."""
    count = len(materials.val)
    return sorted({round(x) for x in np.linspace(0, count - 1, min(count, at_most))})


def _decide_reference(items: list[TrainingItem], config: LiteDetectionConfig) -> bool:
    without = [item for item in items if item.reference_path is None]
    if config.reference == "use" and without:
        raise BadTrainingConfig(
            f"{len(without)} images have no template (first: {without[0].image_path.name}).",
            remedy="Give every image its template, or set reference to 'auto' or 'ignore'.",
        )
    return config.reference != "ignore" and not without

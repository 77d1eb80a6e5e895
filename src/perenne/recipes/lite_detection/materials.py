"""What a run works with: checked items, their truth, the split, the geometry.

Owns every check of the data before training. Refuses to train on nothing, and to put a group on both sides.
"""

from dataclasses import dataclass, replace

import numpy as np

from perenne.recipes.contract import TrainingItem, TrainingTask
from perenne.recipes.errors import BadTrainingConfig, EmptyDataset
from perenne.recipes.lite_detection.pictures import Gallery, Layout, Truth, choose_layout, parse_truths
from perenne.recipes.lite_detection.recipe import LiteDetectionConfig

LIVE_VALIDATION_IMAGES = 32


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
    train, val = _split(items, seed=task.seed)
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
        Gallery(part, layout=layout, with_reference=with_reference, cache_mb=config.cache_mb // 2)
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


def live_part(materials: Materials) -> Materials:
    """Return the materials with an evenly drawn, small validation part for the evaluations on the way."""
    count = len(materials.val)
    picked = sorted({round(x) for x in np.linspace(0, count - 1, min(count, LIVE_VALIDATION_IMAGES))})
    val = Gallery(
        [materials.val.items[index] for index in picked],
        layout=materials.layout,
        with_reference=materials.with_reference,
        cache_mb=materials.config.cache_mb // 4,
    )
    return replace(materials, val=val, val_truths=[materials.val_truths[index] for index in picked])


def _split(items: list[TrainingItem], *, seed: int) -> tuple[list[TrainingItem], list[TrainingItem]]:
    """Return the training and the validation part; a group is never on both sides."""
    train = [item for item in items if item.split == "train"]
    val = [item for item in items if item.split == "val"]
    if not train:
        raise EmptyDataset(
            f"No training image among {len(items)} with ground truth.",
            remedy="Give the dataset version a training split.",
        )
    if val:
        return train, val
    groups = sorted({item.group for item in train})
    order = np.random.default_rng(seed).permutation(len(groups))
    held = {groups[index] for index in order[: max(1, len(groups) // 7)]} if len(groups) > 1 else set()
    if not held:
        return train, train[: max(1, len(train) // 5)]
    return [i for i in train if i.group not in held], [i for i in train if i.group in held]


def _decide_reference(items: list[TrainingItem], config: LiteDetectionConfig) -> bool:
    without = [item for item in items if item.reference_path is None]
    if config.reference == "use" and without:
        raise BadTrainingConfig(
            f"{len(without)} images have no template (first: {without[0].image_path.name}).",
            remedy="Give every image its template, or set reference to 'auto' or 'ignore'.",
        )
    return config.reference != "ignore" and not without

"""What every run on the shared loop does alike: opening the device, the first weights, the plan.

Owns these steps, so that a recipe says only what is its own. Refuses to let two runs share a checkpoint: its
fingerprint holds data, classes, options and seed.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import nn

from perenne.kit.hashing import canonical_json, sha256_hex
from perenne.recipes.contract import TrainingTask
from perenne.recipes.lite.backbone import EfficientNetLite0, load_pretrained
from perenne.recipes.lite.base_weights import load_matching, read_base_weights
from perenne.recipes.lite.device import Device, close_device, open_device
from perenne.recipes.lite.loop import LoopPlan
from perenne.recipes.lite.options import LiteOptions, RunOptions
from perenne.recipes.lite.schedule import BudgetLimits


@contextmanager
def open_run(task: TrainingTask, options: RunOptions) -> Iterator[Device]:
    """Give the device of a run, its folder made and its seed set. Raises: DeviceUnavailable."""
    task.workdir.mkdir(parents=True, exist_ok=True)
    device = open_device(task.device, amp=options.amp, threads=options.threads)
    try:
        torch.manual_seed(task.seed)
        yield device
    finally:
        close_device(device)


def plan_run(task: TrainingTask, options: RunOptions) -> LoopPlan:
    """Return the plan that the options spell out; a recipe replaces what it does otherwise."""
    return LoopPlan(
        limits=BudgetLimits(
            cpu_s=options.budget_cpu_s, wall_s=options.budget_wall_s, steps=options.max_steps
        ),
        fingerprint=_fingerprint(task, options),
        seed=task.seed,
        learning_rate=options.learning_rate,
        backbone_factor=options.backbone_factor,
        weight_decay=options.weight_decay,
        warmup_steps=options.warmup_steps,
        ema_decay=options.ema_decay,
        patience=options.patience,
    )


def frozen_stages_of(task: TrainingTask, options: LiteOptions) -> int:
    """Return how many stages stay as they are: none when they would start from random weights."""
    return options.frozen_stages if options.pretrained or task.base_artefact else 0


def load_first_weights(
    network: nn.Module, backbone: EfficientNetLite0, *, task: TrainingTask, options: LiteOptions
) -> None:
    """Give the network its first weights: ImageNet's, then those of the base model where they fit.

    Raises: PretrainedWeightsMissing, BaseModelUnusable.
    """
    if options.pretrained:
        load_pretrained(backbone)
    if task.base_artefact is not None:
        load_matching(network, read_base_weights(task.base_artefact))
    cast(Any, network).to(memory_format=torch.channels_last)


def _fingerprint(task: TrainingTask, options: RunOptions) -> str:
    items = sorted(
        [i.image_path.name, i.split, i.group, json.dumps(dict(i.target or {}), sort_keys=True)]
        for i in task.items
    )
    return sha256_hex(canonical_json([items, task.classes, options.model_dump(), task.seed]))

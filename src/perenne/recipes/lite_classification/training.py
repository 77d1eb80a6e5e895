"""A run of "lite-classification" from task to exported model.

Owns the order: check, read, probe, fine-tune, package. Refuses classes that the label schema does not have.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from perenne.problems import Classification, TargetInvalid
from perenne.recipes.contract import Reporter, TrainedModel, TrainingItem, TrainingTask
from perenne.recipes.errors import BadTrainingConfig, EmptyDataset
from perenne.recipes.lite.batches import Batch
from perenne.recipes.lite.checkpoint import CHECKPOINT_NAME
from perenne.recipes.lite.device import Device
from perenne.recipes.lite.loop import LoopOutcome, TrainingLoop
from perenne.recipes.lite.options import parse_options
from perenne.recipes.lite.partition import part_items
from perenne.recipes.lite.pooled import PooledNetwork, compute_answers, compute_features
from perenne.recipes.lite.run import frozen_stages_of, load_first_weights, open_run, plan_run
from perenne.recipes.lite.schedule import BudgetLimits
from perenne.recipes.lite.whole_images import PictureStore, Variation, VariedBatches, choose_input
from perenne.recipes.lite_classification.packaging import package_classifier
from perenne.recipes.lite_classification.probe import LARGEST_SAMPLE, fit_probe, log_loss_of
from perenne.recipes.lite_classification.recipe import LiteClassificationConfig

PACKAGING_SHARE = 0.05
START_NAME = "start.pt"


@dataclass(frozen=True)
class Materials:
    """What a run works with, after every check."""

    config: LiteClassificationConfig
    classes: list[str]
    fail_classes: list[str]
    train: PictureStore
    train_labels: NDArray[np.int64]
    val: PictureStore
    val_labels: NDArray[np.int64]


@dataclass(frozen=True)
class Start:
    """What fine-tuning starts from, and its validation score."""

    score: float
    weights: dict[str, Tensor]


def train_classifier(task: TrainingTask, reporter: Reporter) -> TrainedModel:
    """Return the trained, exported and checked classifier.

    Raises: BadTrainingConfig, EmptyDataset, UnreadableTrainingImage, DeviceUnavailable, BaseModelUnusable,
    PretrainedWeightsMissing, OutOfMemory, LossNotFinite, TrainingCancelled, CheckpointDamaged,
    ExportNotFaithful.
    """
    began_cpu_s = time.process_time()
    config = parse_options(task.config, LiteClassificationConfig, recipe="lite-classification")
    with open_run(task, config) as device:
        materials = gather_materials(task, config)
        network = _build_network(task, materials).to(device.torch_device)
        outcome: LoopOutcome | None = None
        if config.mode == "probe":
            start_with_probe(network, materials, device, reporter)
        else:
            start = _starting_point(task, network, materials, device, reporter)
            spent_cpu_s = time.process_time() - began_cpu_s
            outcome = _finetune(task, materials, network, device, reporter, spent_cpu_s=spent_cpu_s)
            network.load_state_dict(_better(start, outcome, reporter))
        return package_classifier(
            task, materials=materials, network=network.cpu().eval(), outcome=outcome, reporter=reporter
        )


def gather_materials(task: TrainingTask, config: LiteClassificationConfig) -> Materials:
    """Return checked data; see `part_items` for a task without a validation part."""
    if len(task.classes) < 2:
        raise BadTrainingConfig(
            f"A classification needs at least two classes; the label schema has {len(task.classes)}.",
            remedy="Add a class to the label schema.",
        )
    fail_classes = config.fail_classes if config.fail_classes is not None else task.classes[1:]
    unknown = sorted(set(fail_classes) - set(task.classes))
    if unknown:
        raise BadTrainingConfig(
            f"fail_classes names {', '.join(unknown)}, which the label schema does not have.",
            remedy=f"Choose among {', '.join(task.classes)}.",
        )
    known = [item for item in task.items if item.target is not None and item.split == "train"]
    strata = [task.classes[label] for label in _labels(known, task.classes)]
    train, val = part_items(task.items, seed=task.seed, strata=strata)
    labels = _labels(train, task.classes)
    if len(np.unique(labels)) < 2:
        raise EmptyDataset(
            f"All {len(train)} training images have the class {task.classes[int(labels[0])]}.",
            remedy="Add images of at least one other class.",
        )
    given = choose_input(train, side=config.side)
    stores = [PictureStore(part, given=given, cache_mb=config.cache_mb // 2) for part in (train, val)]
    return Materials(
        config, list(task.classes), fail_classes, stores[0], labels, stores[1], _labels(val, task.classes)
    )


def _labels(items: list[TrainingItem], classes: list[str]) -> NDArray[np.int64]:
    problem, rows = Classification(), []
    for item in items:
        try:
            rows.append(classes.index(problem.parse_truth(item.target, classes).name))
        except TargetInvalid as error:
            raise BadTrainingConfig(
                f"The ground truth of {item.image_path.name} cannot be used: {error.detail}",
                remedy="Correct it, or take the image out of the dataset version.",
            ) from error
    return np.asarray(rows, dtype=np.int64)


def _build_network(task: TrainingTask, materials: Materials) -> PooledNetwork:
    config = materials.config
    network = PooledNetwork(
        len(materials.classes),
        frozen_stages=frozen_stages_of(task, config),
        dropout=config.dropout,
    )
    load_first_weights(network, network.backbone, task=task, options=config)
    return network


def _starting_point(
    task: TrainingTask, network: PooledNetwork, materials: Materials, device: Device, reporter: Reporter
) -> Start:
    """Return the probe's weights and score, from the file of an interrupted run when there is one."""
    path = task.workdir / START_NAME
    if (task.workdir / CHECKPOINT_NAME).exists() and path.exists():
        state = torch.load(path, map_location=device.torch_device, weights_only=True)
        return Start(state["score"], state["weights"])
    score = start_with_probe(network, materials, device, reporter)["score"]
    weights = {name: value.detach().clone() for name, value in network.state_dict().items()}
    if device.is_main:
        torch.save({"score": score, "weights": weights}, path)
    return Start(score, weights)


def _better(start: Start, outcome: LoopOutcome, reporter: Reporter) -> dict[str, Tensor]:
    """Return the fine-tuned weights, or the probe's when a short budget did not improve on them."""
    if outcome.best_metrics.get("score", -np.inf) >= start.score:
        return outcome.best_state
    reporter.log("warning", "Fine-tuning did not improve on the probe; the probe is kept. Give it more time.")
    return start.weights


def start_with_probe(
    network: PooledNetwork, materials: Materials, device: Device, reporter: Reporter
) -> dict[str, float]:
    """Give the network's head the weights of a linear probe on its present features; return its metrics."""
    count = len(materials.train)
    rows = np.arange(count)
    if count > LARGEST_SAMPLE:
        rows = np.random.default_rng(0).choice(count, LARGEST_SAMPLE, replace=False)
    train_NF = compute_features(
        network,
        lambda i: materials.train.picture(int(rows[i])),
        count=len(rows),
        device=device.torch_device,
    )
    val_MF = compute_features(
        network, materials.val.picture, count=len(materials.val), device=device.torch_device
    )
    probe = fit_probe(
        train_NF, materials.train_labels[rows], val_MF, materials.val_labels, classes=len(materials.classes)
    )
    network.start_from(train_NF, weights=probe.weights, bias=probe.bias)
    metrics = score_answers(
        compute_answers_of(network, materials, device), materials.val_labels, materials=materials
    )
    if device.is_main:
        reporter.log("info", f"Probe on frozen features: {_spell(metrics)}.")
        reporter.report(step=0, fraction=0.0, eta_s=None, values=metrics)
    return metrics


def compute_answers_of(network: PooledNetwork, materials: Materials, device: Device) -> NDArray[np.float64]:
    """Return the logits of the validation part."""
    return compute_answers(
        network, materials.val.picture, count=len(materials.val), device=device.torch_device
    )


def score_answers(
    logits_NC: NDArray[np.float64], labels_N: NDArray[np.int64], *, materials: Materials
) -> dict[str, float]:
    """Return validation metrics; "score" is maximised: AUROC for two classes, else minus the log loss."""
    from sklearn.metrics import roc_auc_score

    loss = log_loss_of(logits_NC, labels_N)
    metrics = {
        "val_loss": loss,
        "accuracy": float((logits_NC.argmax(1) == labels_N).mean()) if len(labels_N) else 0.0,
        "score": -loss,
    }
    bad = [materials.classes.index(name) for name in materials.fail_classes]
    is_bad = np.isin(labels_N, bad)
    if is_bad.any() and not is_bad.all():
        chances = np.exp(logits_NC - logits_NC.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        metrics["auroc"] = float(roc_auc_score(is_bad, chances[:, bad].sum(1)))
        if len(materials.classes) == 2:
            metrics["score"] = metrics["auroc"]
    return metrics


def _finetune(
    task: TrainingTask,
    materials: Materials,
    network: PooledNetwork,
    device: Device,
    reporter: Reporter,
    *,
    spent_cpu_s: float,
) -> LoopOutcome:
    config = materials.config
    left_cpu_s = None
    if config.budget_cpu_s:
        left_cpu_s = max(1.0, config.budget_cpu_s * (1 - PACKAGING_SHARE) - spent_cpu_s)
    plan = replace(
        plan_run(task, config),
        limits=BudgetLimits(cpu_s=left_cpu_s, wall_s=config.budget_wall_s, steps=config.max_steps),
        evaluate_at=(0.4, 0.7, 0.85, 1.0),
    )
    source = VariedBatches(
        materials.train,
        materials.train_labels,
        batch_size=config.batch_size,
        variation=Variation(
            config.flips, config.shift, config.zoom, config.turn, config.contrast, config.brightness
        ),
        small_until=config.small_until,
        small_scale=config.small_scale,
    )
    weights = torch.from_numpy(_class_weights(materials)).to(device.torch_device)

    def loss(model: nn.Module, batch: Batch, fraction: float) -> tuple[Tensor, dict[str, Tensor]]:
        value = nn.functional.cross_entropy(
            model(batch["image"]).float(),
            batch["target"],
            weight=weights,
            label_smoothing=config.label_smoothing,
        )
        return value, {"loss": value.detach()}

    def evaluate(model: nn.Module) -> dict[str, float]:
        assert isinstance(model, PooledNetwork)
        return score_answers(
            compute_answers_of(model, materials, device), materials.val_labels, materials=materials
        )

    loop = TrainingLoop(
        network,
        loss=loss,
        batches=source,
        evaluate=evaluate,
        plan=plan,
        device=device,
        reporter=reporter,
        workdir=task.workdir,
    )
    return loop.run()


def _class_weights(materials: Materials) -> NDArray[np.float32]:
    """Return a weight a class: rarer ones count more, by `class_balance` (0 not at all, 1 fully)."""
    counts = np.bincount(materials.train_labels, minlength=len(materials.classes))
    share = np.maximum(counts, 1) / counts.sum() * len(counts)
    return np.asarray(share**-materials.config.class_balance, dtype=np.float32)


def _spell(metrics: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in metrics.items() if name != "score")

"""A run of "lite-detection" from task to exported model.

Owns the order: check, build, train, package. Refuses to hide how a run was configured: every option is in the
manifest.
"""

from dataclasses import replace
from functools import partial

from torch import nn

from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask
from perenne.recipes.lite.device import Device
from perenne.recipes.lite.loop import LoopOutcome, LoopPlan, TrainingLoop
from perenne.recipes.lite.options import parse_options
from perenne.recipes.lite.run import frozen_stages_of, load_first_weights, open_run, plan_run
from perenne.recipes.lite.schedule import BudgetLimits
from perenne.recipes.lite_detection.loss import detection_loss
from perenne.recipes.lite_detection.materials import Materials, gather_materials, spread_indices
from perenne.recipes.lite_detection.network import DetectionNetwork
from perenne.recipes.lite_detection.packaging import VALIDATION_IMAGES, package_detector
from perenne.recipes.lite_detection.patches import Augmentation, PatchSource
from perenne.recipes.lite_detection.recipe import LiteDetectionConfig
from perenne.recipes.lite_detection.validation import (
    MATCH_IOU,
    best_operating_point,
    find_objects,
    match_findings,
    mean_average_precision,
    predict_with_network,
)

LIVE_VALIDATION_IMAGES, LIVE_VALIDATION_IMAGES_LONG = 24, 96
PACKAGING_S, PACKAGING_PER_IMAGE_S, PACKAGING_LARGEST_PART = 12.0, 0.25, 0.25
SHORT_BUDGET_S = 900.0
CONTINUED_RATE = 0.5


def train_detector(task: TrainingTask, reporter: Reporter) -> TrainedModel:
    """Return the trained, exported and checked detector.

    Raises: BadTrainingConfig, EmptyDataset, UnreadableTrainingImage, DeviceUnavailable, BaseModelUnusable,
    PretrainedWeightsMissing, OutOfMemory, LossNotFinite, TrainingCancelled, CheckpointDamaged,
    ExportNotFaithful.
    """
    config = parse_options(task.config, LiteDetectionConfig, recipe="lite-detection")
    with open_run(task, config) as device:
        materials = gather_materials(task, config)
        network = _build_network(task, materials)
        outcome = _train(task, materials, network, device, reporter)
        network.load_state_dict(outcome.best_state)
        if not device.is_main:
            task = replace(task, workdir=task.workdir / f"process-{device.rank}")
            task.workdir.mkdir(exist_ok=True)
        return package_detector(
            task, materials=materials, network=network.cpu().eval(), outcome=outcome, reporter=reporter
        )


def _build_network(task: TrainingTask, materials: Materials) -> DetectionNetwork:
    config = materials.config
    network = DetectionNetwork(
        len(materials.classes),
        channels=6 if materials.with_reference else 3,
        colour=materials.train.picture(0).shape[2] > 2,
        tolerance=config.reference_tolerance,
        frozen_stages=frozen_stages_of(task, config),
    )
    load_first_weights(network, network.backbone, task=task, options=config)
    return network


def _train(
    task: TrainingTask, materials: Materials, network: DetectionNetwork, device: Device, reporter: Reporter
) -> LoopOutcome:
    config = materials.config
    source = PatchSource(
        materials.train,
        materials.train_truths,
        classes=len(materials.classes),
        batch_size=config.batch_size,
        mosaic_share=config.mosaic_share,
        augmentation=Augmentation(
            flips=config.flips,
            warp_share=config.warp_share,
            turn_degrees=config.turn_degrees if config.flips == "dihedral" else min(config.turn_degrees, 5.0),
            zoom=config.zoom,
        ),
    )
    live = spread_indices(
        materials, at_most=LIVE_VALIDATION_IMAGES if _is_short(config) else LIVE_VALIDATION_IMAGES_LONG
    )

    def evaluate(model: nn.Module) -> dict[str, float]:
        assert isinstance(model, DetectionNetwork)
        predict = predict_with_network(model, device.torch_device)
        findings = find_objects(predict, materials.val, materials.val_truths, indices=live)
        matches = match_findings(findings, classes=len(materials.classes), iou=MATCH_IOU, suppression=0.5)
        return {"map50": mean_average_precision(matches), "f1": best_operating_point(matches)["f1"]}

    loop = TrainingLoop(
        network,
        loss=partial(detection_loss, prior_until=0.0) if task.base_artefact else detection_loss,
        batches=source,
        evaluate=evaluate,
        plan=_plan(task, materials),
        device=device,
        reporter=reporter,
        workdir=task.workdir,
    )
    return loop.run()


def _plan(task: TrainingTask, materials: Materials) -> LoopPlan:
    """Return the plan: what packaging needs is taken off the budget, a base model is changed with care."""
    config = materials.config
    finish_s = PACKAGING_S + PACKAGING_PER_IMAGE_S * min(len(materials.val), VALIDATION_IMAGES)

    def training_share(budget_s: float | None) -> float | None:
        return budget_s and budget_s - min(finish_s, PACKAGING_LARGEST_PART * budget_s)

    return replace(
        plan_run(task, config),
        limits=BudgetLimits(
            cpu_s=training_share(config.budget_cpu_s),
            wall_s=training_share(config.budget_wall_s),
            steps=config.max_steps,
        ),
        learning_rate=config.learning_rate * (CONTINUED_RATE if task.base_artefact else 1.0),
        evaluate_at=_evaluation_points(config),
        best_by="map50",
    )


def _evaluation_points(config: LiteDetectionConfig) -> tuple[float, ...]:
    """Return when to evaluate: often enough for patience, seldom enough to leave the budget to training."""
    if config.patience:
        return tuple((index + 1) / 10 for index in range(10))
    return (0.8, 1.0) if _is_short(config) else (0.4, 0.6, 0.8, 0.9, 1.0)


def _is_short(config: LiteDetectionConfig) -> bool:
    return config.budget_cpu_s is not None and config.budget_cpu_s < SHORT_BUDGET_S

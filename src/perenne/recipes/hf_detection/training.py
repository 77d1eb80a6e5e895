"""A run of "hf-detection" from task to exported model, on the loop that all recipes share.

Owns the order: check, build, train, choose the threshold, export, compare. Refuses reference images: these
detectors take one image.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from perenne.problems import BoxesTarget, Detection
from perenne.recipes.contract import Reporter, TrainedModel, TrainingItem, TrainingTask
from perenne.recipes.errors import EmptyDataset
from perenne.recipes.hf_detection.boxed_images import BoxedBatches, Boxes, Labels, read_boxes
from perenne.recipes.hf_detection.faithful import OUTPUT_NAMES, compare_export
from perenne.recipes.hf_detection.network import (
    BACKBONE_PREFIX,
    ExportedDetector,
    TransformerDetector,
    build_detector,
)
from perenne.recipes.hf_detection.recipe import HfDetectionConfig
from perenne.recipes.lite.base_weights import load_matching, read_base_weights
from perenne.recipes.lite.batches import Batch
from perenne.recipes.lite.device import Device
from perenne.recipes.lite.export import export_onnx, save_weights
from perenne.recipes.lite.loop import LoopOutcome, TrainingLoop
from perenne.recipes.lite.options import parse_options
from perenne.recipes.lite.partition import part_items
from perenne.recipes.lite.run import open_run, plan_run
from perenne.recipes.lite.whole_images import LARGEST_ENLARGEMENT, PictureStore, Variation

SUPPRESSION = {"iou": 0.8, "score_floor": 0.01, "maximum": 300}
LIVE_VALIDATION_IMAGES = 100


@dataclass(frozen=True)
class Materials:
    """What a run works with, after every check."""

    config: HfDetectionConfig
    classes: list[str]
    given: dict[str, Any]
    train: PictureStore
    train_truths: list[tuple[Boxes, Labels]]
    val: PictureStore


def train_transformer(task: TrainingTask, reporter: Reporter) -> TrainedModel:
    """Return the trained, exported and checked detector.

    Raises: BadTrainingConfig, EmptyDataset, UnreadableTrainingImage, DeviceUnavailable, BaseModelUnusable,
    PretrainedWeightsMissing, OutOfMemory, LossNotFinite, TrainingCancelled, CheckpointDamaged,
    ExportNotFaithful.
    """
    config = parse_options(task.config, HfDetectionConfig, recipe="hf-detection")
    with open_run(task, config) as device:
        materials = _gather(task, config)
        network = build_detector(config, classes=materials.classes)
        if task.base_artefact is not None:
            load_matching(network, read_base_weights(task.base_artefact))
        outcome = _train(task, materials, network, device, reporter)
        network.load_state_dict(outcome.best_state)
        return _package(task, materials, network.cpu().eval(), outcome)


def _gather(task: TrainingTask, config: HfDetectionConfig) -> Materials:
    train, val = part_items(task.items, seed=task.seed)
    given = {
        "name": "image",
        "width": config.side,
        "height": config.side,
        "mode": "letterbox",
        "maximum_scale": LARGEST_ENLARGEMENT,
        "channels": 3,
        "reference": False,
    }
    truths = read_boxes(train, task.classes, given=given)
    if not any(len(labels) for _, labels in truths):
        raise EmptyDataset(
            f"None of the {len(train)} training images has an object.",
            remedy="Annotate some images with objects, or choose another dataset version.",
        )
    stores = [PictureStore(part, given=given, cache_mb=config.cache_mb // 2) for part in (train, val)]
    return Materials(config, list(task.classes), given, stores[0], truths, stores[1])


def _train(
    task: TrainingTask, materials: Materials, network: TransformerDetector, device: Device, reporter: Reporter
) -> LoopOutcome:
    config = materials.config
    plan = replace(
        plan_run(task, config), backbone_prefix=BACKBONE_PREFIX, clip_norm=config.clip_norm, best_by="map50"
    )
    source = BoxedBatches(
        materials.train,
        materials.train_truths,
        batch_size=config.batch_size,
        variation=Variation(config.flips, config.shift, config.zoom, 0.0, config.contrast, config.brightness),
    )

    def loss(model: nn.Module, batch: Batch, fraction: float) -> tuple[Tensor, dict[str, Tensor]]:
        value: Tensor = model(batch["image"], batch["boxes"], batch["labels"])
        return value, {"loss": value.detach()}

    def evaluate(model: nn.Module) -> dict[str, float]:
        assert isinstance(model, TransformerDetector)
        return _measure(model, materials, limit=LIVE_VALIDATION_IMAGES, place=device.torch_device)[0]

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


def _measure(
    network: TransformerDetector, materials: Materials, *, limit: int, place: torch.device
) -> tuple[dict[str, float], float]:
    """Return metrics on up to `limit` validation images, evenly taken, and the best score threshold."""
    from perenne.problems.detection.metrics import best_score, match_boxes

    count = len(materials.val)
    picked = sorted({round(x) for x in np.linspace(0, count - 1, min(count, limit))})
    problem, classes = Detection(), materials.classes
    items: Sequence[TrainingItem] = [materials.val.items[i] for i in picked]
    truths = [problem.parse_truth(item.target, classes) for item in items]
    manifest = {"classes": classes, "suppression": SUPPRESSION}
    said: list[BoxesTarget] = []
    for index, item in zip(picked, items, strict=True):
        pixels = torch.from_numpy(materials.val.picture(index).copy())[None].to(place)
        with torch.inference_mode():
            boxes, scores, _ = network.detect(pixels)
        outputs = {"boxes": boxes[0].cpu().numpy(), "scores": scores[0].cpu().numpy()}
        said.append(problem.decode(outputs, manifest=manifest, placement=_placement(item, materials.given)))
    groups = [item.group for item in items]
    evidence = match_boxes(truths, said, classes=classes, thresholds={}, groups=groups)
    score, _ = best_score(evidence)
    at_best = match_boxes(truths, said, classes=classes, thresholds={"score": score}, groups=groups).point()
    names = ("map", "map50", "map33", "precision", "recall", "f1")
    return {name: float(np.nan_to_num(at_best[name])) for name in names}, score


def _placement(item: TrainingItem, given: dict[str, Any]) -> Any:
    from perenne.geometry import fit_input

    return fit_input(
        item.width,
        item.height,
        width=given["width"],
        height=given["height"],
        maximum_scale=given["maximum_scale"],
    )


def _package(
    task: TrainingTask, materials: Materials, network: TransformerDetector, outcome: LoopOutcome
) -> TrainedModel:
    config = materials.config
    metrics, score = _measure(network, materials, limit=len(materials.val), place=torch.device("cpu"))
    metrics |= {"steps": float(outcome.steps), "train_cpu_s": outcome.cpu_s, "train_wall_s": outcome.wall_s}
    onnx_path, module = task.workdir / "model.onnx", ExportedDetector(network)
    store = materials.val
    examples = [torch.from_numpy(store.picture(i)[None].copy()) for i in range(min(2, len(store)))]
    # The newer exporter cannot convert these networks yet.
    export_onnx(module, examples[0], onnx_path, input_name="image", output_names=OUTPUT_NAMES)
    parity = compare_export(module, onnx_path, examples)
    with torch.inference_mode():
        embedding_size = int(module(examples[0])[2].shape[1])
    manifest = {
        "problem": "detection",
        "classes": materials.classes,
        "input": materials.given,
        "outputs": {"boxes": "boxes", "scores": "scores"},
        "embedding": {"name": "embedding", "size": embedding_size},
        "recipe": "hf-detection",
        "config": config.model_dump(),
        "seed": task.seed,
        "suppression": SUPPRESSION,
        "thresholds": {"score": round(score, 4)},
        "calibration": {},
        "parity": parity,
        "metrics": metrics,
    }
    return TrainedModel(
        onnx_path=onnx_path,
        manifest=manifest,
        card=_write_card(manifest, images=len(materials.train), validation_images=len(materials.val)),
        metrics=metrics,
        weights_path=save_weights(network.state_dict(), task.workdir / "weights.safetensors"),
    )


def _write_card(manifest: dict[str, Any], *, images: int, validation_images: int) -> str:
    metrics, config = manifest["metrics"], manifest["config"]
    origin = f"weights '{config['weights']}'" if config["weights"] else "random weights"
    return "\n".join(
        [
            f"# Detector (hf-detection, {config['architecture']})",
            "",
            f"Finds {', '.join(manifest['classes'])} with boxes.",
            "",
            "## Training",
            f"{images} images, {metrics['steps']:.0f} steps from {origin}, seed {manifest['seed']}.",
            "Check the licence of these weights before use.",
            "",
            f"## Validation ({validation_images} images kept out of training; not the test split)",
            f"mAP at IoU 0.5: {metrics['map50']:.3f}; at 0.5..0.95: {metrics['map']:.3f}. At the threshold",
            f"{manifest['thresholds']['score']:.3f}: F {metrics['f1']:.3f}, chosen on the same images.",
            "",
        ]
    )

"""From trained weights to what a hub can register: thresholds, calibration, ONNX, manifest, card.

Owns the choices made on the validation part after training. Refuses a graph that differs from the network.
"""

from typing import Any

import torch

from perenne.geometry import fit_input, place_image
from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask
from perenne.recipes.lite.backbone import EMBEDDING_SIZE
from perenne.recipes.lite.export import check_parity, export_onnx, save_weights
from perenne.recipes.lite.loop import LoopOutcome
from perenne.recipes.lite_detection.card import write_card
from perenne.recipes.lite_detection.materials import Materials
from perenne.recipes.lite_detection.network import DetectionNetwork, ExportedNetwork
from perenne.recipes.lite_detection.pictures import widen
from perenne.recipes.lite_detection.validation import (
    MATCH_IOU,
    SCORE_FLOOR,
    best_operating_point,
    calibrate_scores,
    choose_suppression,
    find_objects,
    match_findings,
    mean_average_precision,
)

INPUT_NAME = "image"
OUTPUT_NAMES = ("boxes", "scores", "embedding")
TOLERANCES = {"boxes": 0.1, "scores": 1e-3}


def package_detector(
    task: TrainingTask,
    *,
    materials: Materials,
    network: DetectionNetwork,
    outcome: LoopOutcome,
    reporter: Reporter,
) -> TrainedModel:
    """Return the files and the manifest of `network` (CPU, evaluation mode). Raises: ExportNotFaithful."""
    reporter.log("info", f"Trained {outcome.steps} steps in {outcome.cpu_s:.0f} CPU s; choosing thresholds.")
    findings = find_objects(network, materials.val, materials.val_truths, device=torch.device("cpu"))
    count = len(materials.classes)
    overlap = choose_suppression(findings, classes=count)
    at_half = match_findings(findings, classes=count, iou=MATCH_IOU, suppression=overlap)
    at_third = match_findings(findings, classes=count, iou=0.33, suppression=overlap)
    operating = best_operating_point(at_half)
    metrics = {
        "map50": mean_average_precision(at_half),
        "map33": mean_average_precision(at_third),
        **{name: operating[name] for name in ("precision", "recall", "f1")},
        "steps": float(outcome.steps),
        "train_cpu_s": outcome.cpu_s,
        "train_wall_s": outcome.wall_s,
    }
    onnx_path = task.workdir / "model.onnx"
    module, examples = ExportedNetwork(network), _examples(materials)
    export_onnx(
        module,
        examples[0],
        onnx_path,
        input_name=INPUT_NAME,
        output_names=OUTPUT_NAMES,
        exporter=materials.config.exporter,
    )
    parity = check_parity(module, onnx_path, examples, output_names=OUTPUT_NAMES, tolerances=TOLERANCES)
    manifest = {
        **_describe(task, materials),
        "suppression": {"iou": overlap, "score_floor": SCORE_FLOOR, "maximum": 300},
        "thresholds": {"score": round(operating["score"], 4)},
        "calibration": calibrate_scores(at_half, materials.classes),
        "parity": parity,
        "metrics": metrics,
    }
    return TrainedModel(
        onnx_path=onnx_path,
        manifest=manifest,
        card=write_card(manifest, images=len(materials.train), validation_images=len(materials.val)),
        metrics=metrics,
        weights_path=save_weights(network.state_dict(), task.workdir / "weights.safetensors"),
    )


def _describe(task: TrainingTask, materials: Materials) -> dict[str, Any]:
    """Return the fields of the manifest that are known before training."""
    layout = materials.layout
    return {
        "problem": "detection",
        "classes": materials.classes,
        "input": {
            "name": INPUT_NAME,
            "width": layout.width,
            "height": layout.height,
            "mode": "letterbox",
            "maximum_scale": layout.maximum_scale,
            "channels": 6 if materials.with_reference else 3,
            "reference": materials.with_reference,
        },
        "outputs": {"boxes": "boxes", "scores": "scores"},
        "embedding": {"name": "embedding", "size": EMBEDDING_SIZE},
        "recipe": "lite-detection",
        "config": materials.config.model_dump(),
        "seed": task.seed,
    }


def _examples(materials: Materials) -> list[torch.Tensor]:
    """Return two network inputs (1, H, W, C) uint8 to compare on: real validation images."""
    layout, examples = materials.layout, []
    for index in range(min(2, len(materials.val))):
        picture = widen(materials.val.picture(index))
        mapping = fit_input(picture.shape[1], picture.shape[0], width=layout.width, height=layout.height)
        placed = place_image(picture, width=layout.width, height=layout.height, mapping=mapping)
        examples.append(torch.from_numpy(placed)[None])
    return examples

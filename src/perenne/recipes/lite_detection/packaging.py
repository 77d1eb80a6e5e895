"""From trained weights to what a hub can register: thresholds, calibration, ONNX, manifest, card.

Owns the choices made on the validation part after training. Refuses a graph that differs from the network.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask
from perenne.recipes.lite.backbone import EMBEDDING_SIZE
from perenne.recipes.lite.export import check_parity, export_onnx, open_session, save_weights
from perenne.recipes.lite.loop import LoopOutcome
from perenne.recipes.lite_detection.card import write_card
from perenne.recipes.lite_detection.materials import Materials, spread_indices
from perenne.recipes.lite_detection.network import DetectionNetwork, ExportedNetwork
from perenne.recipes.lite_detection.validation import (
    MATCH_IOU,
    SCORE_FLOOR,
    best_operating_point,
    calibrate_scores,
    choose_suppression,
    find_objects,
    match_findings,
    mean_average_precision,
    place_picture,
)

INPUT_NAME = "image"
MAXIMUM_BOXES = 300
VALIDATION_IMAGES = 200
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
    onnx_path, parity = _export(task, materials, network)
    session = open_session(onnx_path, threads=torch.get_num_threads())

    def predict(placed: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[Any]]:
        boxes, scores = session.run(["boxes", "scores"], {INPUT_NAME: placed})
        return boxes[0], scores[0]

    indices = spread_indices(materials, at_most=VALIDATION_IMAGES)
    findings = find_objects(predict, materials.val, materials.val_truths, indices=indices)
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
    manifest = {
        **_describe(task, materials),
        "suppression": {"iou": overlap, "score_floor": SCORE_FLOOR, "maximum": MAXIMUM_BOXES},
        "thresholds": {"score": round(operating["score"], 4)},
        "calibration": calibrate_scores(at_half, materials.classes),
        "parity": parity,
        "metrics": metrics,
    }
    return TrainedModel(
        onnx_path=onnx_path,
        manifest=manifest,
        card=write_card(manifest, images=len(materials.train), validation_images=len(findings)),
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
            "reference_alignment": materials.config.reference_alignment,
        },
        "outputs": {"boxes": "boxes", "scores": "scores"},
        "embedding": {"name": "embedding", "size": EMBEDDING_SIZE},
        "recipe": "lite-detection",
        "config": materials.config.model_dump(),
        "seed": task.seed,
    }


def _export(
    task: TrainingTask, materials: Materials, network: DetectionNetwork
) -> tuple[Path, dict[str, float]]:
    """Return the ONNX file and how far it is from the network on two validation images."""
    path, module = task.workdir / "model.onnx", ExportedNetwork(network)
    examples = [
        torch.from_numpy(place_picture(materials.val, index))
        for index in spread_indices(materials, at_most=2)
    ]
    export_onnx(
        module,
        examples[0],
        path,
        input_name=INPUT_NAME,
        output_names=OUTPUT_NAMES,
        exporter=materials.config.exporter,
    )
    return path, check_parity(module, path, examples, output_names=OUTPUT_NAMES, tolerances=TOLERANCES)

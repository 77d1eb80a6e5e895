"""A tiny transformers detector, from random weights to an artefact that answers."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from perenne.problems import BoxesTarget
from perenne.recipes import RECIPES, SilentReporter, TrainingItem, TrainingTask
from perenne.recipes.errors import BadTrainingConfig, PretrainedWeightsMissing
from perenne.recipes.hf_detection.boxed_images import vary_boxed
from perenne.recipes.lite.whole_images import Variation
from perenne.runtime import inspect_artefact, load_model, write_artefact

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"
)

SMALL: dict[str, Any] = {
    "encoder_in_channels": [16, 32, 32],
    "encoder_hidden_dim": 32,
    "encoder_ffn_dim": 32,
    "encoder_attention_heads": 2,
    "d_model": 32,
    "num_queries": 84,  # all cells of a 64 px input: which random ones are best is a matter of rounding
    "decoder_in_channels": [32, 32, 32],
    "decoder_ffn_dim": 32,
    "decoder_layers": 2,
    "decoder_attention_heads": 2,
    "num_denoising": 4,
}
BACKBONES: dict[str, dict[str, Any]] = {
    "d-fine": {
        "model_type": "hgnet_v2",
        "stem_channels": [3, 8, 8],
        "stage_in_channels": [8, 16, 16, 32],
        "stage_mid_channels": [8, 8, 8, 8],
        "stage_out_channels": [16, 16, 32, 32],
        "stage_num_blocks": [1, 1, 1, 1],
        "stage_numb_of_layers": [1, 1, 1, 1],
        "hidden_sizes": [16, 16, 32, 32],
        "depths": [1, 1, 1, 1],
        "embedding_size": 8,
        "out_features": ["stage2", "stage3", "stage4"],
    },
    "rt-detr-v2": {
        "model_type": "rt_detr_resnet",
        "embedding_size": 8,
        "hidden_sizes": [8, 16, 32, 32],
        "depths": [1, 1, 1, 1],
        "layer_type": "basic",
        "out_features": ["stage2", "stage3", "stage4"],
    },
}


def make_task(folder: Path, **config: Any) -> TrainingTask:
    rng = np.random.default_rng(0)
    items = []
    for i in range(8):
        x, y = (int(v) for v in rng.integers(0, 60, 2))
        image = np.full((80, 100, 3), 70, np.uint8)
        image[y : y + 20, x : x + 30] = 240
        path = folder / f"{i}.png"
        cv2.imwrite(str(path), image)
        target = {"boxes": [{"box": [x, y, x + 30, y + 20], "class": "block"}]} if i else {"boxes": []}
        items.append(
            TrainingItem(
                path, target, "val" if i < 3 else "train", group=str(i), site="n", width=100, height=80
            )
        )
    values = {"side": 64, "batch_size": 2, "max_steps": 2, "budget_wall_s": None, "threads": 1, **config}
    return TrainingTask("detection", ["block", "hole"], items, folder / "run", config=values)


@pytest.mark.parametrize("architecture", ["d-fine", "rt-detr-v2"])
def test_a_run_from_random_weights_gives_an_artefact_that_answers(tmp_path: Path, architecture: str) -> None:
    values = {**SMALL, "backbone_config": BACKBONES[architecture]}
    task = make_task(tmp_path, architecture=architecture, random_start=True, model_config_values=values)
    model = RECIPES.get("hf-detection").train(task, SilentReporter())
    path = write_artefact(
        tmp_path / "model.perenne",
        onnx_path=model.onnx_path,
        manifest=model.manifest,
        card=model.card,
        weights_path=model.weights_path,
    )
    manifest = inspect_artefact(path).manifest
    assert manifest["parity"]["boxes"] <= 0.1 and manifest["metrics"]["steps"] == 2
    answers = load_model(path).predict_batch([np.full((80, 100, 3), v, np.uint8) for v in (60, 200)])
    for answer in answers:
        assert isinstance(answer.target, BoxesTarget)
        assert answer.embedding is not None and answer.embedding.shape == (manifest["embedding"]["size"],)
        assert all(0 <= box.x1 < box.x2 <= 100 and 0 <= box.y1 < box.y2 <= 80 for box in answer.target.boxes)


def test_a_run_starts_from_a_folder_of_weights(tmp_path: Path) -> None:
    from transformers import DFineConfig, DFineForObjectDetection

    folder = tmp_path / "weights"
    config = DFineConfig(backbone_config=BACKBONES["d-fine"], **SMALL, num_labels=80)
    DFineForObjectDetection(config).save_pretrained(folder)
    assert (folder / "model.safetensors").exists()
    model = RECIPES.get("hf-detection").train(make_task(tmp_path, weights=str(folder)), SilentReporter())
    assert model.manifest["classes"] == ["block", "hole"]


def test_missing_weights_are_said(tmp_path: Path) -> None:
    recipe = RECIPES.get("hf-detection")
    with pytest.raises(BadTrainingConfig, match="random_start"):
        recipe.train(make_task(tmp_path), SilentReporter())
    with pytest.raises(PretrainedWeightsMissing, match="nowhere"):
        recipe.train(make_task(tmp_path, weights=str(tmp_path / "nowhere")), SilentReporter())


def test_boxes_follow_their_objects_through_every_variation() -> None:
    rng = np.random.default_rng(1)
    for flips in ("dihedral", "mirrored", "horizontal", "none"):
        variation = Variation(flips, shift=0.1, zoom=0.2, turn=0, contrast=0, brightness=0)  # type: ignore[arg-type]
        for _ in range(20):
            picture = np.zeros((96, 96, 3), np.uint8)
            picture[30:50, 20:60] = 255
            boxes, labels = np.array([[20.0, 30, 60, 50]]), np.array([0])
            varied, moved, _ = vary_boxed(picture, boxes, labels, variation=variation, rng=rng)
            rows, columns = np.nonzero(varied[..., 0] > 180)
            seen = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            assert moved[0] == pytest.approx(seen, abs=1.6)


def test_a_box_pushed_out_of_the_picture_is_dropped() -> None:
    variation = Variation("none", shift=0, zoom=0.5, turn=0, contrast=0, brightness=0)
    for seed in range(20):
        picture, boxes, labels = vary_boxed(
            np.zeros((64, 64, 3), np.uint8),
            np.array([[0.0, 0, 4, 4], [30, 30, 40, 40]]),
            np.array([0, 1]),
            variation=variation,
            rng=np.random.default_rng(seed),
        )
        assert len(boxes) == len(labels) and 1 in labels
        assert (boxes >= 0).all() and (boxes <= 64).all() and picture.shape == (64, 64, 3)

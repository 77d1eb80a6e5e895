"""One contract over every recipe of the registry."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from perenne.problems import PROBLEMS
from perenne.recipes import RECIPES, SilentReporter, TrainingItem, TrainingTask
from perenne.recipes.errors import BadTrainingConfig, EmptyDataset, TrainingCancelled, UnreadableTrainingImage
from perenne.runtime import inspect_artefact, load_model, write_artefact

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"
)

CLASSES = ["dark", "bright"]
LIMITS: dict[str, Any] = {
    "max_steps": 3,
    "budget_cpu_s": None,
    "budget_wall_s": None,
    "threads": 1,
    "batch_size": 2,
}
# What makes each recipe tiny. A new recipe adds its line.
TINY: dict[str, dict[str, Any]] = {
    "lite-detection": {"canvas": 64, "reference": "ignore"},
    "lite-classification": {"side": 64},
    "hf-detection": {
        "side": 64,
        "architecture": "rt-detr-v2",
        "random_start": True,
        "model_config_values": {
            "backbone_config": {
                "model_type": "rt_detr_resnet",
                "embedding_size": 8,
                "hidden_sizes": [8, 16, 32, 32],
                "depths": [1, 1, 1, 1],
                "layer_type": "basic",
                "out_features": ["stage2", "stage3", "stage4"],
            },
            "encoder_in_channels": [16, 32, 32],
            "encoder_hidden_dim": 32,
            "encoder_ffn_dim": 32,
            "encoder_attention_heads": 2,
            "d_model": 32,
            "num_queries": 84,
            "decoder_in_channels": [32, 32, 32],
            "decoder_ffn_dim": 32,
            "decoder_layers": 2,
            "decoder_attention_heads": 2,
            "num_denoising": 2,
        },
    },
}


class StopsAtOnce(SilentReporter):
    """Somebody cancels as soon as the run has begun."""

    def should_stop(self) -> bool:
        return True


def target_of(problem: str, index: int) -> dict[str, Any]:
    if problem == "classification":
        return {"class": CLASSES[index % 2]}
    if problem == "detection":
        return {"boxes": [{"box": [16, 16, 48, 48], "class": CLASSES[index % 2]}]}
    return {"value": float(index % 2)}


def make_task(name: str, folder: Path, **config: Any) -> TrainingTask:
    problem = RECIPES.get(name).problem
    items = []
    for i in range(12):
        image = np.full((64, 64, 3), 110, np.uint8)
        image[16:48, 16:48] = 220 if i % 2 else 20
        path = folder / f"{i}.png"
        cv2.imwrite(str(path), image)
        split: Any = "val" if i < 4 else "train"
        items.append(
            TrainingItem(path, target_of(problem, i), split, f"part-{i}", "north", width=64, height=64)
        )
    return TrainingTask(problem, CLASSES, items, folder / "run", config={**LIMITS, **TINY[name], **config})


@pytest.fixture(params=RECIPES.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_recipe_says_its_name_its_problem_and_its_options(name: str) -> None:
    recipe = RECIPES.get(name)
    assert recipe.name == name and recipe.problem in PROBLEMS
    options = recipe.config_type.model_json_schema()["properties"]
    assert {"preset", "budget_cpu_s", "budget_wall_s", "max_steps"} <= set(options)


def test_a_cancelled_run_goes_on_to_an_artefact_that_answers(name: str, tmp_path: Path) -> None:
    recipe, task = RECIPES.get(name), make_task(name, tmp_path)
    with pytest.raises(TrainingCancelled):
        recipe.train(task, StopsAtOnce())
    reporter = SilentReporter()
    model = recipe.train(task, reporter)
    assert any("Continued" in text for _, text in reporter.lines)
    path = write_artefact(
        tmp_path / "model.perenne",
        onnx_path=model.onnx_path,
        manifest=model.manifest,
        card=model.card,
        weights_path=model.weights_path,
    )
    manifest = inspect_artefact(path).manifest
    assert manifest["recipe"] == name and manifest["seed"] == 0 and manifest["parity"]
    assert manifest["classes"] == CLASSES and manifest["embedding"]["size"] > 0
    problem = PROBLEMS.get(recipe.problem)
    target = load_model(path).predict(np.full((64, 64, 3), 110, np.uint8)).target
    assert problem.parse_prediction(target.to_json(), CLASSES) == target
    assert problem.decide(target, manifest["thresholds"], classes=CLASSES) in ("pass", "fail", "unsure")


def test_an_unknown_option_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadTrainingConfig, match="magic"):
        RECIPES.get(name).train(make_task(name, tmp_path, magic=True), SilentReporter())


def test_nothing_to_learn_from_is_said(name: str, tmp_path: Path) -> None:
    task = make_task(name, tmp_path)
    task.items[:] = [TrainingItem(**{**item.__dict__, "target": None}) for item in task.items]
    with pytest.raises(EmptyDataset):
        RECIPES.get(name).train(task, SilentReporter())


def test_a_broken_image_is_named(name: str, tmp_path: Path) -> None:
    task = make_task(name, tmp_path)
    for item in task.items:
        item.image_path.write_bytes(b"\xff\xd8\xff broken")
    with pytest.raises(UnreadableTrainingImage, match=r"\.png"):
        RECIPES.get(name).train(task, SilentReporter())


def test_naming_the_recipes_loads_no_training_library() -> None:
    code = (
        "import sys; from perenne.recipes import RECIPES;"
        "[recipe.config_type.model_json_schema() for _, recipe in RECIPES];"
        "heavy = {'torch', 'transformers', 'cv2', 'sklearn'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""A recipe that learns nothing, quickly: it counts steps, keeps a checkpoint, and fails as configured."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from perenne.recipes import RECIPES
from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask
from perenne.recipes.errors import LossNotFinite, TrainingCancelled
from perenne.runtime import read_artefact
from perenne.testing.tiny_models import tiny_classifier


class CountingConfig(BaseModel):
    """`die_at` happens once: the checkpoint remembers that it did."""

    steps: int = 3
    die_at: int | None = None
    death: str = "nan"
    endless: bool = False


class Counting:
    """Counts to `steps`."""

    name: ClassVar[str] = "counting"
    problem: ClassVar[str] = "classification"
    config_type: ClassVar[type[BaseModel]] = CountingConfig

    def train(self, task: TrainingTask, reporter: Reporter) -> TrainedModel:
        """Return a tiny model after counting, from where the checkpoint stands."""
        config = CountingConfig.model_validate(task.config)
        assert all(item.image_path.read_bytes() for item in task.items)
        checkpoint = task.workdir / "checkpoint.json"
        kept: dict[str, Any] = json.loads(checkpoint.read_text()) if checkpoint.exists() else {"step": 0}
        print("a library prints to standard output")
        reporter.log("info", f"Starting from step {kept['step']}")
        for step in range(kept["step"] + 1, config.steps + 1):
            if config.die_at == step and "died" not in kept:
                checkpoint.write_text(json.dumps({"step": step - 1, "died": True}))
                _die(config.death)
            loss = float("nan") if step == 1 else 1.0 / step
            reporter.report(
                step=step, fraction=step / config.steps, eta_s=1.0, values={"loss": loss, "acc": 0.5}
            )
            kept = {**kept, "step": step}
            checkpoint.write_text(json.dumps(kept))
        while config.endless:
            if reporter.should_stop():
                raise TrainingCancelled("Stopped as asked.", remedy="Resume the run.")
            threading.Event().wait(0.01)
        return _export(task.workdir, task)


def _export(folder: Path, task: TrainingTask) -> TrainedModel:
    artefact = read_artefact(tiny_classifier(folder / "tiny.zip", classes=task.classes))
    graph = folder / "tiny.onnx"
    graph.write_bytes(artefact.graph)
    return TrainedModel(graph, dict(artefact.manifest), "# A tiny model", {"balanced_accuracy": 0.5})


def _die(death: str) -> None:
    if death == "nan":
        raise LossNotFinite("The loss is NaN at step 2.", remedy="Lower the learning rate.")
    if death == "memory":
        raise MemoryError
    if death == "bug":
        raise KeyError("nobody thought of this")
    os.kill(os.getpid(), signal.SIGKILL)


RECIPES.register("counting", Counting())

"""What a recipe is given, what it promises to return, and how it talks while it works.

Owns the types between a trainer and a recipe. Refuses to import torch: naming a recipe is cheap.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel

Split = Literal["train", "val"]


@dataclass(frozen=True)
class TrainingItem:
    """One image with its ground truth, on the disk of the training machine.

    `target` is the truth JSON of the problem; None means that nobody has given one (never trained on).
    `group` keeps together what must not be split (part, batch, board); width and height are pixels of the
    decoded upright image.
    """

    image_path: Path
    target: Mapping[str, Any] | None
    split: Split
    group: str
    site: str
    width: int
    height: int
    reference_path: Path | None = None


@dataclass(frozen=True)
class TrainingTask:
    """Everything that a run needs: data, configuration, where to keep the checkpoint, where to start from."""

    problem: str
    classes: list[str]
    items: list[TrainingItem]
    workdir: Path
    config: Mapping[str, Any] = field(default_factory=dict)
    base_artefact: Path | None = None
    seed: int = 0
    device: str = "cpu"


@dataclass(frozen=True)
class TrainedModel:
    """What a recipe returns: files, and the fields of the manifest that only the recipe knows.

    `manifest` holds input, outputs, thresholds, calibration, embedding, config, seed, parity; the trainer
    adds dataset version, base model and recipe name. `weights_path` is a safetensors file to continue from.
    """

    onnx_path: Path
    manifest: dict[str, Any]
    card: str
    metrics: dict[str, float]
    weights_path: Path | None = None


class Reporter(Protocol):
    """Where a recipe says how it is doing and asks whether to go on."""

    def report(self, *, step: int, fraction: float, eta_s: float | None, values: Mapping[str, float]) -> None:
        """Publish live values; `fraction` is the part of the budget already used (0..1)."""

    def log(self, level: str, text: str) -> None:
        """Publish one line of text; level is "info", "warning" or "error"."""

    def should_stop(self) -> bool:
        """Return True when somebody asked the run to stop."""


class SilentReporter:
    """A reporter that keeps everything in memory and never asks to stop."""

    def __init__(self) -> None:
        self.points: list[dict[str, Any]] = []
        self.lines: list[tuple[str, str]] = []

    def report(self, *, step: int, fraction: float, eta_s: float | None, values: Mapping[str, float]) -> None:
        """Keep the point."""
        self.points.append({"step": step, "fraction": fraction, "eta_s": eta_s, **values})

    def log(self, level: str, text: str) -> None:
        """Keep the line."""
        self.lines.append((level, text))

    def should_stop(self) -> bool:
        """Return False: nobody can ask."""
        return False


@runtime_checkable
class Recipe(Protocol):
    """A way to train one problem. `config_type` validates `TrainingTask.config` and has the presets."""

    name: ClassVar[str]
    problem: ClassVar[str]
    config_type: ClassVar[type[BaseModel]]

    def train(self, task: TrainingTask, reporter: Reporter) -> TrainedModel:
        """Return the trained, exported and checked model; continue from the checkpoint in the work directory.

        Raises: EmptyDataset, BadTrainingConfig, OutOfMemory, LossNotFinite, TrainingCancelled and the other
        errors of `recipes.errors`.
        """

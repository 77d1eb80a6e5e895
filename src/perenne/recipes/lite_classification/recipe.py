"""The configuration of "lite-classification" and its door: `LiteClassification.train`.

Owns what is its own beside the options of every lite recipe. Imports torch only when training starts.
"""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask
from perenne.recipes.lite.options import Decay, Flips, LiteOptions, NotNegative, Rate, Share, Steps

PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {},
    "gpu": {
        "budget_cpu_s": None,
        "budget_wall_s": 1800.0,
        "side": 384,
        "batch_size": 64,
        "frozen_stages": 0,
        "small_until": 0.0,
        "warmup_steps": 100,
        "ema_decay": 0.999,
    },
}


class LiteClassificationConfig(LiteOptions):
    """What may be chosen. `side`: the network sees about side x side pixels in the shape of the images.

    `mode` "probe" fits a linear model on frozen features in seconds; "finetune" starts from that model and
    trains the network under the budget. `fail_classes`: the bad classes; by default all but the first.
    `flips`: cameras see pieces one way up, so quarter turns are for those who know that theirs turn.
    `mirrors`: the exported network averages its answer over at most so many mirror images, those that `flips`
    calls equally possible; inference costs as many times more.
    """

    presets: ClassVar[dict[str, dict[str, Any]]] = PRESETS

    mode: Literal["finetune", "probe"] = "finetune"
    side: int = Field(224, ge=64, le=1024, multiple_of=32)
    batch_size: int = Field(16, ge=1, le=1024)
    fail_classes: list[str] | None = None
    flips: Flips = "mirrored"
    mirrors: Literal[1, 2, 4] = 1
    shift: float = Field(0.05, ge=0, le=0.5)
    zoom: float = Field(0.1, ge=0, le=0.5)
    turn: float = Field(3.0, ge=0, le=180)
    contrast: float = Field(0.2, ge=0, le=0.9)
    brightness: float = Field(20.0, ge=0, le=127)
    small_until: Share = 0.5
    small_scale: float = Field(0.72, gt=0, le=1)
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    class_balance: Share = 0.5
    dropout: float = Field(0.2, ge=0, lt=1)
    learning_rate: Rate = 1e-4
    backbone_factor: NotNegative = 2.0
    warmup_steps: Steps = 30
    ema_decay: Decay = 0.99


class LiteClassification:
    """Recipe: one class an image, from tens to many thousands of images, on two CPU cores or on GPUs."""

    name: ClassVar[str] = "lite-classification"
    problem: ClassVar[str] = "classification"
    config_type: ClassVar[type[BaseModel]] = LiteClassificationConfig

    def train(self, task: TrainingTask, reporter: Reporter) -> TrainedModel:
        """Return the trained classifier. See `Recipe.train`."""
        from perenne.recipes.lite_classification.training import train_classifier

        return train_classifier(task, reporter)

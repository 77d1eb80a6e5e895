"""The configuration of "hf-detection" and its door: `HfDetection.train`.

Owns what is its own beside the options of every run. Refuses to train from random weights unless asked.
"""

from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, Field, model_validator

from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask
from perenne.recipes.lite.options import Decay, NotNegative, Rate, RunOptions, Seconds, Steps

PRESETS: dict[str, dict[str, Any]] = {
    "gpu": {},
    "cpu": {"side": 320, "batch_size": 4, "budget_wall_s": None, "budget_cpu_s": 3600.0},
}


class HfDetectionConfig(RunOptions):
    """What may be chosen. `weights`: a folder saved by transformers (config.json, model.safetensors).

    With `allow_download` it may also be a name on the Hugging Face hub. Without weights, `random_start` must
    be set; `model_config_values` then change the architecture's configuration.
    """

    presets: ClassVar[dict[str, dict[str, Any]]] = PRESETS

    preset: Literal["cpu", "gpu"] = "gpu"
    architecture: Literal["d-fine", "rt-detr-v2"] = "d-fine"
    weights: str = ""
    allow_download: bool = False
    random_start: bool = False
    model_config_values: dict[str, Any] = Field(default_factory=dict)
    budget_cpu_s: Seconds = None
    budget_wall_s: Seconds = 3600.0
    side: int = Field(640, ge=64, le=1536, multiple_of=32)
    batch_size: int = Field(16, ge=1, le=256)
    zoom: float = Field(0.3, ge=0, le=0.9)
    shift: float = Field(0.1, ge=0, le=0.5)
    contrast: float = Field(0.2, ge=0, le=0.9)
    brightness: float = Field(20.0, ge=0, le=127)
    learning_rate: Rate = 2e-4
    backbone_factor: NotNegative = 0.1
    weight_decay: NotNegative = 1e-4
    warmup_steps: Steps = 200
    ema_decay: Decay = 0.999
    clip_norm: float = Field(0.1, gt=0)
    cache_mb: int = Field(4096, ge=0)

    @model_validator(mode="after")
    def _check_weights(self) -> Self:
        if not self.weights and not self.random_start:
            raise ValueError("give the folder of the weights, or set random_start to train from nothing")
        return self


class HfDetection:
    """Recipe: objects with boxes by a transformer detector; the strongest choice where there is a GPU."""

    name: ClassVar[str] = "hf-detection"
    problem: ClassVar[str] = "detection"
    config_type: ClassVar[type[BaseModel]] = HfDetectionConfig

    def train(self, task: TrainingTask, reporter: Reporter) -> TrainedModel:
        """Return the trained detector. See `Recipe.train`."""
        from perenne.recipes.hf_detection.training import train_transformer

        return train_transformer(task, reporter)

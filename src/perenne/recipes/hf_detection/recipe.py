"""The configuration of "hf-detection" and its door: `HfDetection.train`.

Owns the options and their limits. Refuses unknown options, and to train from random weights unless asked.
"""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask

PRESETS: dict[str, dict[str, Any]] = {
    "gpu": {},
    "cpu": {"side": 320, "batch_size": 4, "budget_wall_s": None, "budget_cpu_s": 3600.0},
}


class HfDetectionConfig(BaseModel):
    """What may be chosen. `weights`: a folder saved by transformers (config.json, model.safetensors).

    With `allow_download` it may also be a name on the Hugging Face hub. Without weights, `random_start` must
    be set; `model_config_values` then change the architecture's configuration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    preset: Literal["gpu", "cpu"] = "gpu"
    architecture: Literal["d-fine", "rt-detr-v2"] = "d-fine"
    weights: str = ""
    allow_download: bool = False
    random_start: bool = False
    model_config_values: dict[str, Any] = Field(default_factory=dict)
    budget_cpu_s: float | None = Field(None, gt=0)
    budget_wall_s: float | None = Field(3600.0, gt=0)
    max_steps: int | None = Field(None, gt=0)
    side: int = Field(640, ge=64, le=1536, multiple_of=32)
    batch_size: int = Field(16, ge=1, le=256)
    flips: Literal["dihedral", "horizontal", "none"] = "dihedral"
    zoom: float = Field(0.3, ge=0, le=0.9)
    shift: float = Field(0.1, ge=0, le=0.5)
    contrast: float = Field(0.2, ge=0, le=0.9)
    brightness: float = Field(20.0, ge=0, le=127)
    learning_rate: float = Field(2e-4, gt=0, le=1)
    backbone_factor: float = Field(0.1, ge=0, le=10)
    weight_decay: float = Field(1e-4, ge=0)
    warmup_steps: int = Field(200, ge=0)
    ema_decay: float = Field(0.999, gt=0, lt=1)
    clip_norm: float = Field(0.1, gt=0)
    amp: bool = True
    threads: int = Field(0, ge=0)
    patience: int = Field(0, ge=0)
    cache_mb: int = Field(4096, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, values: Any) -> Any:
        if isinstance(values, dict):
            return {**PRESETS.get(str(values.get("preset", "gpu")), {}), **values}
        return values

    @model_validator(mode="after")
    def _check(self) -> "HfDetectionConfig":
        if not (self.budget_cpu_s or self.budget_wall_s or self.max_steps):
            raise ValueError("one of budget_cpu_s, budget_wall_s and max_steps is needed")
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

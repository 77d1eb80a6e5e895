"""The configuration of "lite-classification" and its door: `LiteClassification.train`.

Owns presets and their limits. Refuses unknown options, and imports torch only when training starts.
"""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask

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


class LiteClassificationConfig(BaseModel):
    """What may be chosen. `side`: the network sees about side x side pixels in the shape of the images.

    `mode` "probe" fits a linear model on frozen features in seconds; "finetune" starts from that model and
    trains the network under the budget. `fail_classes`: the bad classes; by default all but the first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: Literal["cpu", "gpu"] = "cpu"
    mode: Literal["finetune", "probe"] = "finetune"
    budget_cpu_s: float | None = Field(600.0, gt=0)
    budget_wall_s: float | None = Field(None, gt=0)
    max_steps: int | None = Field(None, gt=0)
    side: int = Field(224, ge=64, le=1024, multiple_of=32)
    batch_size: int = Field(16, ge=1, le=1024)
    fail_classes: list[str] | None = None
    flips: Literal["dihedral", "horizontal", "none"] = "dihedral"
    shift: float = Field(0.05, ge=0, le=0.5)
    zoom: float = Field(0.1, ge=0, le=0.5)
    turn: float = Field(3.0, ge=0, le=180)
    contrast: float = Field(0.2, ge=0, le=0.9)
    brightness: float = Field(20.0, ge=0, le=127)
    small_until: float = Field(0.5, ge=0, le=1)
    small_scale: float = Field(0.72, gt=0, le=1)
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    class_balance: float = Field(0.5, ge=0, le=1)
    dropout: float = Field(0.2, ge=0, lt=1)
    learning_rate: float = Field(1e-4, gt=0, le=1)
    backbone_factor: float = Field(2.0, ge=0, le=100)
    weight_decay: float = Field(0.02, ge=0)
    warmup_steps: int = Field(30, ge=0)
    ema_decay: float = Field(0.99, gt=0, lt=1)
    frozen_stages: int = Field(2, ge=0, le=7)
    pretrained: bool = True
    amp: bool = True
    threads: int = Field(0, ge=0)
    patience: int = Field(0, ge=0)
    cache_mb: int = Field(2048, ge=0)
    exporter: Literal["legacy", "dynamo"] = "legacy"

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, values: Any) -> Any:
        if isinstance(values, dict):
            return {**PRESETS.get(str(values.get("preset", "cpu")), {}), **values}
        return values

    @model_validator(mode="after")
    def _check_budget(self) -> "LiteClassificationConfig":
        if not (self.budget_cpu_s or self.budget_wall_s or self.max_steps):
            raise ValueError("one of budget_cpu_s, budget_wall_s and max_steps is needed")
        return self


class LiteClassification:
    """Recipe: one class an image, from tens to many thousands of images, on two CPU cores or on GPUs."""

    name: ClassVar[str] = "lite-classification"
    problem: ClassVar[str] = "classification"
    config_type: ClassVar[type[BaseModel]] = LiteClassificationConfig

    def train(self, task: TrainingTask, reporter: Reporter) -> TrainedModel:
        """Return the trained classifier. See `Recipe.train`."""
        from perenne.recipes.lite_classification.training import train_classifier

        return train_classifier(task, reporter)

"""The configuration of "lite-detection" and its door: `LiteDetection.train`.

Owns presets and their limits. Refuses unknown options, and imports torch only when training starts.
"""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask

PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {},
    "gpu": {
        "budget_cpu_s": None,
        "budget_wall_s": 3600.0,
        "canvas": 640,
        "batch_size": 32,
        "frozen_stages": 0,
        "maximum_input_side": 1280,
        "warmup_steps": 200,
        "warp_share": 0.5,
        "ema_decay": 0.999,
    },
}
LONG_BUDGET_CPU_S = 2400.0
LONG_BUDGET: dict[str, Any] = {"frozen_stages": 0, "warp_share": 0.5, "ema_decay": 0.999}
"""What a long run on a CPU does otherwise: time enough to learn every stage, and other angles and widths."""


class LiteDetectionConfig(BaseModel):
    """What may be chosen. Lengths are pixels at working scale (`maximum_input_side` bounds the scale).

    `patch` = 0 derives the mosaic patch from the median object; `reference` "auto" uses golden templates when
    every item has one, moved onto its image by whole pixels as `reference_alignment` says. Of the budgets the
    first to be used up ends the run. `warp_share` of the patches are turned and zoomed as well: it slows
    learning, so short runs leave it at 0. From 2,400 CPU seconds on, `LONG_BUDGET` replaces the defaults of
    preset "cpu"; what is set explicitly stays.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: Literal["cpu", "gpu"] = "cpu"
    budget_cpu_s: float | None = Field(600.0, gt=0)
    budget_wall_s: float | None = Field(None, gt=0)
    max_steps: int | None = Field(None, gt=0)
    reference: Literal["auto", "use", "ignore"] = "auto"
    reference_alignment: Literal["translation", "none"] = "translation"
    reference_tolerance: int = Field(2, ge=0, le=8)
    canvas: int = Field(256, ge=64, le=1280, multiple_of=32)
    patch: int = Field(0, ge=0)
    maximum_input_side: int = Field(960, ge=64, le=2048)
    batch_size: int = Field(4, ge=1, le=512)
    mosaic_share: float = Field(0.8, ge=0, le=1)
    flips: Literal["dihedral", "horizontal", "none"] = "dihedral"
    warp_share: float = Field(0.0, ge=0, le=1)
    turn_degrees: float = Field(45.0, ge=0, le=180)
    zoom: float = Field(0.25, ge=0, le=1)
    learning_rate: float = Field(2e-3, gt=0, le=1)
    backbone_factor: float = Field(0.3, ge=0, le=1)
    weight_decay: float = Field(0.02, ge=0)
    warmup_steps: int = Field(50, ge=0)
    ema_decay: float = Field(0.995, gt=0, lt=1)
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
            preset = str(values.get("preset", "cpu"))
            long = LONG_BUDGET if preset == "cpu" and _is_long(values.get("budget_cpu_s")) else {}
            return {**PRESETS.get(preset, {}), **long, **values}
        return values

    @model_validator(mode="after")
    def _check_budget(self) -> "LiteDetectionConfig":
        if not (self.budget_cpu_s or self.budget_wall_s or self.max_steps):
            raise ValueError("one of budget_cpu_s, budget_wall_s and max_steps is needed")
        return self


def _is_long(budget_cpu_s: object) -> bool:
    return isinstance(budget_cpu_s, int | float) and budget_cpu_s >= LONG_BUDGET_CPU_S


class LiteDetection:
    """Recipe: objects with boxes, from tens to thousands of images, on two CPU cores or on GPUs."""

    name: ClassVar[str] = "lite-detection"
    problem: ClassVar[str] = "detection"
    config_type: ClassVar[type[BaseModel]] = LiteDetectionConfig

    def train(self, task: TrainingTask, reporter: Reporter) -> TrainedModel:
        """Return the trained detector. See `Recipe.train`."""
        from perenne.recipes.lite_detection.training import train_detector

        return train_detector(task, reporter)

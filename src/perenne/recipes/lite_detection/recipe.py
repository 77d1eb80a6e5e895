"""The configuration of "lite-detection" and its door: `LiteDetection.train`.

Owns what is its own beside the options of every lite recipe. Imports torch only when training starts.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from perenne.recipes.contract import Reporter, TrainedModel, TrainingTask
from perenne.recipes.lite.options import Decay, LiteOptions, NotNegative, Rate, Share, Steps

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


class LiteDetectionConfig(LiteOptions):
    """What may be chosen. Lengths are pixels at working scale (`maximum_input_side` bounds the scale).

    `patch` = 0 derives the mosaic patch from the median object; `reference` "auto" uses golden templates when
    every item has one, moved onto its image by whole pixels as `reference_alignment` says. Of the budgets the
    first to be used up ends the run. `warp_share` of the patches are turned and zoomed as well: it slows
    learning, so short runs leave it at 0. From 2,400 CPU seconds on, preset "cpu" learns every stage, warps
    half of the patches and averages longer, as "gpu" does; what is set explicitly stays.
    """

    presets: ClassVar[dict[str, dict[str, Any]]] = PRESETS

    reference: Literal["auto", "use", "ignore"] = "auto"
    reference_alignment: Literal["translation", "none"] = "translation"
    reference_tolerance: int = Field(2, ge=0, le=8)
    canvas: int = Field(256, ge=64, le=1280, multiple_of=32)
    patch: int = Field(0, ge=0)
    maximum_input_side: int = Field(960, ge=64, le=2048)
    batch_size: int = Field(4, ge=1, le=512)
    mosaic_share: Share = 0.8
    warp_share: Share = 0.0
    turn_degrees: float = Field(45.0, ge=0, le=180)
    zoom: Share = 0.25
    learning_rate: Rate = 2e-3
    backbone_factor: NotNegative = 0.3
    warmup_steps: Steps = 50
    ema_decay: Decay = 0.995

    @classmethod
    def defaults_for(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the defaults of the preset, and of a long budget on a CPU."""
        is_long = values.get("preset", "cpu") == "cpu" and _is_long(values.get("budget_cpu_s"))
        return {**super().defaults_for(values), **(LONG_BUDGET if is_long else {})}


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

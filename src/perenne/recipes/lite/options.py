"""The options of every recipe that runs on the shared loop, and how a configuration is read.

Owns what the recipes have in common: preset, budget, learning rate, device. A recipe adds its own fields and
changes defaults. Refuses unknown options, and a run without an end. Without torch: naming a recipe is cheap.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from perenne.recipes.errors import BadTrainingConfig

Seconds = Annotated[float | None, Field(gt=0)]
Rate = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Decay = Annotated[float, Field(gt=0, lt=1)]
NotNegative = Annotated[float, Field(ge=0)]
Steps = Annotated[int, Field(ge=0)]
Flips = Literal["dihedral", "mirrored", "horizontal", "none"]


class RunOptions(BaseModel):
    """What may be chosen for any run. Of the budgets the first to be used up ends it.

    `flips`: which pictures show an equally possible piece: "mirrored" ones,
    across and down; "dihedral" ones, turned by quarters as well; only "horizontal" mirror images; or "none".
    `backbone_factor` times `learning_rate` is the rate of the backbone.
    `threads` = 0 takes every core. `patience` evaluations without a better one end a run early (0: never).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
    presets: ClassVar[dict[str, dict[str, Any]]] = {"cpu": {}, "gpu": {}}

    preset: Literal["cpu", "gpu"] = "cpu"
    budget_cpu_s: Seconds = 600.0
    budget_wall_s: Seconds = None
    max_steps: int | None = Field(None, gt=0)
    flips: Flips = "dihedral"
    learning_rate: Rate
    backbone_factor: NotNegative
    weight_decay: NotNegative
    warmup_steps: Steps
    ema_decay: Decay
    amp: bool = True
    threads: int = Field(0, ge=0)
    patience: int = Field(0, ge=0)
    cache_mb: int = Field(2048, ge=0)

    @classmethod
    def defaults_for(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the chosen values change in the defaults: those of the preset."""
        return cls.presets.get(str(values.get("preset", cls.model_fields["preset"].default)), {})

    @model_validator(mode="before")
    @classmethod
    def _fill_defaults(cls, values: Any) -> Any:
        return {**cls.defaults_for(values), **values} if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _check_budget(self) -> Self:
        if not (self.budget_cpu_s or self.budget_wall_s or self.max_steps):
            raise ValueError("one of budget_cpu_s, budget_wall_s and max_steps is needed")
        return self


class LiteOptions(RunOptions):
    """What may be chosen for any recipe on EfficientNet-Lite0. `frozen_stages` = 0 trains everything."""

    weight_decay: NotNegative = 0.02
    frozen_stages: int = Field(2, ge=0, le=7)
    pretrained: bool = True
    exporter: Literal["legacy", "dynamo"] = "legacy"


Options = TypeVar("Options", bound=RunOptions)


def parse_options(values: Mapping[str, Any], kind: type[Options], *, recipe: str) -> Options:
    """Return the configuration of a run. Raises: BadTrainingConfig with the first wrong option."""
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "configuration"
        raise BadTrainingConfig(
            f"The configuration of {recipe} is wrong at {place}: {first['msg']}.",
            remedy="docs/reference/recipes.md has the options of every recipe.",
        ) from error

"""Room card. Owns: how models are trained; one folder a recipe, one line a recipe in `RECIPES`.

Promises: naming or configuring a recipe never imports torch; every recipe resumes, cancels and reports alike.
Does not: fetch data, talk to the hub, or decide whether a model is good enough.
"""

from perenne.kit.registry import Registry
from perenne.recipes.contract import (
    Recipe,
    Reporter,
    SilentReporter,
    TrainedModel,
    TrainingItem,
    TrainingTask,
)
from perenne.recipes.hf_detection import HfDetection
from perenne.recipes.lite_classification import LiteClassification
from perenne.recipes.lite_detection import LiteDetection

RECIPES: Registry[Recipe] = Registry("recipe")
RECIPES.register("lite-detection", LiteDetection())
RECIPES.register("lite-classification", LiteClassification())
RECIPES.register("hf-detection", HfDetection())

__all__ = [
    "RECIPES",
    "Recipe",
    "Reporter",
    "SilentReporter",
    "TrainedModel",
    "TrainingItem",
    "TrainingTask",
]

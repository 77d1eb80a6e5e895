"""Recipe "lite-classification": one class an image, in seconds by a probe, in minutes by fine-tuning.

Owns the training of classifiers. Refuses to import torch before `train`.
"""

from perenne.recipes.lite_classification.recipe import LiteClassification, LiteClassificationConfig

__all__ = ["LiteClassification", "LiteClassificationConfig"]

"""Recipe "lite-detection": a small anchor-free detector, trained in minutes on two CPU cores.

Owns the training of detectors, with or without a golden template. Refuses to import torch before `train`.
"""

from perenne.recipes.lite_detection.recipe import LiteDetection, LiteDetectionConfig

__all__ = ["LiteDetection", "LiteDetectionConfig"]

"""Recipe "hf-detection": D-FINE and RT-DETRv2 of the transformers library, for machines with a GPU.

Owns the training of these detectors. Refuses to import torch or transformers before `train`.
"""

from perenne.recipes.hf_detection.recipe import HfDetection, HfDetectionConfig

__all__ = ["HfDetection", "HfDetectionConfig"]

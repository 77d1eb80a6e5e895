"""A transformers detector behind the shapes of Perenne: uint8 pixels in, pixel boxes out.

Owns building it from a folder or from a configuration, the loss and the exported graph. Refuses pickled
weights: only safetensors files are read.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from perenne.recipes.errors import BadTrainingConfig, PretrainedWeightsMissing
from perenne.recipes.hf_detection.recipe import HfDetectionConfig

BACKBONE_PREFIX = "detector.model.backbone."
SMALLEST_VARIANCE = 1e-6


class TransformerDetector(nn.Module):
    """Wraps D-FINE or RT-DETRv2."""

    def __init__(self, detector: nn.Module) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, image_NHWC: Tensor, boxes_NM4: Tensor, labels_NM: Tensor) -> Tensor:
        """Return the loss for boxes in pixels; labels below 0 are padding."""
        height, width = image_NHWC.shape[1:3]
        size = torch.tensor([width, height, width, height], device=image_NHWC.device)
        truths = []
        for boxes, labels in zip(boxes_NM4, labels_NM, strict=True):
            real = labels >= 0
            scaled = boxes[real].float() / size
            centred = torch.cat([(scaled[:, :2] + scaled[:, 2:]) / 2, scaled[:, 2:] - scaled[:, :2]], 1)
            truths.append({"class_labels": labels[real].long(), "boxes": centred})
        answer: Any = self.detector(pixel_values=to_pixels(image_NHWC), labels=truths)
        loss: Tensor = answer.loss
        return loss

    def detect(self, image_NHWC: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return boxes (N, Q, 4) in input pixels, scores (N, Q, C) and the embedding (N, E)."""
        height, width = image_NHWC.shape[1:3]
        answer: Any = self.detector(pixel_values=to_pixels(image_NHWC))
        centre, half = answer.pred_boxes[..., :2], answer.pred_boxes[..., 2:] / 2
        size = torch.tensor([width, height, width, height], dtype=torch.float32, device=image_NHWC.device)
        boxes = torch.cat([centre - half, centre + half], -1).float() * size
        return boxes, answer.logits.float().sigmoid(), pool_maps(answer.encoder_last_hidden_state)


class ExportedDetector(nn.Module):
    """The graph that is exported."""

    def __init__(self, network: TransformerDetector) -> None:
        super().__init__()
        self.network = network

    def forward(self, image_NHWC: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return boxes, scores and embedding."""
        return self.network.detect(image_NHWC)


def to_pixels(image_NHWC: Tensor) -> Tensor:
    """Return float NCHW in 0..1, as these detectors were trained."""
    return image_NHWC.permute(0, 3, 1, 2).float() / 255.0


def pool_maps(maps: Sequence[Tensor]) -> Tensor:
    """Return (N, E): mean and standard deviation over the plane of every map of the encoder."""
    parts: list[Tensor] = []
    for level in maps:
        plane = level.float().flatten(2)
        mean = plane.mean(2)
        variance = (plane * plane).mean(2) - mean * mean
        parts += [mean, variance.clamp_min(SMALLEST_VARIANCE).sqrt()]
    return torch.cat(parts, 1)


def build_detector(config: HfDetectionConfig, *, classes: Sequence[str]) -> TransformerDetector:
    """Return the network for `classes`, its weights read where the configuration says.

    Raises: PretrainedWeightsMissing when there is no usable folder, BadTrainingConfig.
    """
    import transformers

    logging: Any = transformers.utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    choices: dict[str, tuple[Any, Any]] = {
        "d-fine": (transformers.DFineConfig, transformers.DFineForObjectDetection),
        "rt-detr-v2": (transformers.RTDetrV2Config, transformers.RTDetrV2ForObjectDetection),
    }
    config_type, model_type = choices[config.architecture]
    names = {"id2label": dict(enumerate(classes)), "label2id": {name: i for i, name in enumerate(classes)}}
    if config.random_start and not config.weights:
        values = {"freeze_backbone_batch_norms": False, **config.model_config_values, **names}
        try:
            return TransformerDetector(model_type(config_type(**values)))
        except (TypeError, ValueError) as error:
            raise BadTrainingConfig(
                f"model_config_values do not make a network: {(str(error).splitlines() or [''])[0][:200]}",
                remedy=f"See the configuration of {config.architecture} in transformers.",
            ) from error
    try:
        detector = model_type.from_pretrained(
            config.weights,
            local_files_only=not config.allow_download,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            **names,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise PretrainedWeightsMissing(
            f"The weights '{config.weights}' cannot be read: {(str(error).splitlines() or [''])[0][:200]}",
            remedy="Give a folder with config.json and model.safetensors of this architecture.",
        ) from error
    return TransformerDetector(detector)

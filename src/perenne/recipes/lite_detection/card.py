"""The model card of a detector, in Markdown.

Owns its words. Refuses figures that the run did not measure.
"""

from collections.abc import Mapping
from typing import Any


def write_card(manifest: Mapping[str, Any], *, images: int, validation_images: int) -> str:
    """Return the card of a trained detector from its manifest."""
    metrics, size = manifest["metrics"], manifest["input"]
    template = "an image and its golden template" if size["reference"] else "an image"
    quality = (
        f"mAP at IoU 0.5: {metrics['map50']:.3f}; at 0.33: {metrics['map33']:.3f}. At the threshold "
        f"{manifest['thresholds']['score']:.3f}: precision {metrics['precision']:.3f}, "
        f"recall {metrics['recall']:.3f}, F {metrics['f1']:.3f}."
    )
    training = (
        f"{images} images, {metrics['steps']:.0f} steps, {metrics['train_cpu_s']:.0f} CPU seconds, "
        f"seed {manifest['seed']}. Backbone: EfficientNet-Lite0 (ImageNet, Apache-2.0), batch norm folded."
    )
    lines = [
        "# Detector (lite-detection)",
        "",
        f"Finds {', '.join(manifest['classes'])} with boxes, from {template}.",
        "",
        "## Intended use",
        "Inspection of the products and camera positions that its training images show. Evaluate it per site",
        "before use; a change of product, camera or light calls for a new evaluation.",
        "",
        "## Training",
        training,
        f"Network input {size['width']} x {size['height']} px.",
        "",
        f"## Validation ({validation_images} images of groups kept out of training; not the test split)",
        quality,
        "",
        "## Limits",
        "The threshold was chosen on the validation images, so its F is slightly optimistic. Objects much",
        "smaller or larger than those trained on may be missed.",
        "",
    ]
    return "\n".join(lines)

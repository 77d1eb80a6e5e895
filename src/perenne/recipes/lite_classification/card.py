"""The model card of a classifier, in Markdown.

Owns its words. Refuses figures that the run did not measure.
"""

from collections.abc import Mapping
from typing import Any


def write_card(manifest: Mapping[str, Any], *, images: int, validation_images: int, mirrors: int) -> str:
    """Return the card of a trained classifier from its manifest."""
    metrics, size, thresholds = manifest["metrics"], manifest["input"], manifest["thresholds"]
    if "auroc" in metrics:
        quality = (
            f"AUROC (fail or pass): {metrics['auroc']:.3f}. At the threshold {thresholds['fail_at']:.3f}: "
            f"balanced accuracy {metrics['balanced_accuracy']:.3f}, accuracy {metrics['accuracy']:.3f}."
        )
    else:
        quality = "Not measured: the validation images are all good or all bad."
    if "steps" in metrics:
        training = (
            f"{images} images, {metrics['steps']:.0f} steps, {metrics['train_cpu_s']:.0f} CPU seconds, "
            f"seed {manifest['seed']}; started from a linear probe."
        )
    else:
        training = f"{images} images, linear probe on frozen features, seed {manifest['seed']}."
    views = f", answers averaged over {mirrors} mirror images (the embedding is the upright one's)"
    lines = [
        "# Classifier (lite-classification)",
        "",
        f"Says which of {', '.join(manifest['classes'])} an image shows.",
        f"A piece fails as {' or '.join(thresholds['fail_classes'])}.",
        "",
        "## Intended use",
        "Inspection of the products and camera positions that its training images show. Evaluate it per site",
        "before use; a change of product, camera or light calls for a new evaluation.",
        "",
        "## Training",
        training,
        "Backbone: EfficientNet-Lite0 (ImageNet, Apache-2.0), batch norm folded.",
        f"Network input {size['width']} x {size['height']} px{views if mirrors > 1 else ''}.",
        "",
        f"## Validation ({validation_images} images of groups kept out of training; not the test split)",
        quality,
        f"Scores are calibrated with the temperature {manifest['calibration']['temperature']:.2f}.",
        "",
        "## Limits",
        "Calibration and threshold were chosen on the validation images, so the figures above are slightly",
        "optimistic. Marks much smaller than a hundredth of the image may be missed.",
        "",
    ]
    return "\n".join(lines)

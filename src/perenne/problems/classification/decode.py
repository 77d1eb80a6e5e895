"""From the logits of one image to calibrated scores.

Owns the output name "logits" and the temperature of the calibration. Refuses logits that are not finite or
that do not match the classes.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perenne.problems.classification.decide import operating_class
from perenne.problems.classification.target import ClassTarget
from perenne.problems.contract import OutputsInvalid

if TYPE_CHECKING:
    from numpy.typing import NDArray


def decode_scores(outputs: "Mapping[str, NDArray[Any]]", *, manifest: Mapping[str, Any]) -> ClassTarget:
    """Return class and scores: softmax of the logits divided by the temperature. Raises: OutputsInvalid."""
    import numpy as np

    classes = list(manifest["classes"])
    logits = np.asarray(outputs["logits"], dtype=np.float64).reshape(-1)
    if logits.shape != (len(classes),) or not np.isfinite(logits).all():
        raise OutputsInvalid(
            f"Expected {len(classes)} finite logits, one a class; got {logits.tolist()}.",
            remedy="Train and export the model again.",
        )
    temperature = float(manifest.get("calibration", {}).get("temperature", 1.0))
    scaled = (logits - logits.max()) / temperature
    raised = np.exp(scaled)
    shares = raised / raised.sum()
    scores = {name: min(1.0, float(share)) for name, share in zip(classes, shares, strict=True)}
    return ClassTarget(operating_class(scores, manifest.get("thresholds", {})), scores)

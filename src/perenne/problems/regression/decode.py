"""From the network output "value" to a number in the unit of the truth.

Owns the linear calibration (`slope`, `intercept`). Refuses values that are not finite.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perenne.problems.contract import OutputsInvalid
from perenne.problems.regression.target import ValueTarget

if TYPE_CHECKING:
    from numpy.typing import NDArray


def decode_value(outputs: "Mapping[str, NDArray[Any]]", *, manifest: Mapping[str, Any]) -> ValueTarget:
    """Return slope * output + intercept. Raises: OutputsInvalid."""
    raw = outputs["value"]
    if raw.size != 1 or not math.isfinite(float(raw.reshape(-1)[0])):
        raise OutputsInvalid(
            f"Expected one finite value; got {raw.tolist()}.", remedy="Train and export the model again."
        )
    calibration = manifest.get("calibration", {})
    slope, intercept = float(calibration.get("slope", 1.0)), float(calibration.get("intercept", 0.0))
    return ValueTarget(slope * float(raw.reshape(-1)[0]) + intercept)

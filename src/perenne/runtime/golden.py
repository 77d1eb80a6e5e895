"""Golden answers: what the graph said about one made-up image when it was made, compared at each load.

Owns the made-up image, the summary of the outputs and the tolerance. A flipped bit in a weight, or a runtime
that computes something else, is seen here even where hashes cannot help. Refuses to compare exactly:
processors round differently.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.runtime.errors import GoldenMismatch
from perenne.runtime.placing import NATIVE_MULTIPLE, Pixels

SAMPLES = 16
RELATIVE_TOLERANCE = 1e-2
ABSOLUTE_TOLERANCE = 2e-3
Compute = Callable[[Pixels], dict[str, NDArray[Any]]]


def make_golden(onnx_path: Path, *, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the golden answers of a graph just exported, to be kept in its manifest as "golden"."""
    from perenne.runtime.session import outputs_of

    outputs = outputs_of(manifest, onnx_path).compute(golden_input(manifest))
    return {"seed": 0, "outputs": {role: _summary(role, value) for role, value in outputs.items()}}


def check_golden(compute: Compute, manifest: Mapping[str, Any]) -> None:
    """Return when the graph still gives its golden answers. Raises: GoldenMismatch."""
    outputs = compute(golden_input(manifest))
    for role, stated in manifest["golden"].get("outputs", {}).items():
        got = _summary(role, outputs[role]) if role in outputs else []
        wanted = np.asarray(stated, dtype=np.float64)
        if len(got) != len(wanted) or not np.allclose(
            got, wanted, rtol=RELATIVE_TOLERANCE, atol=ABSOLUTE_TOLERANCE
        ):
            raise GoldenMismatch(
                f"The output {role} of the model is not what it was when the model was made.",
                remedy="Load the artefact again from the hub; if it persists, train and export it again.",
            )


def golden_input(manifest: Mapping[str, Any]) -> Pixels:
    """Return uint8 (1, height, width, channels): ramps and noise, the same for ever."""
    given = manifest["input"]
    width, height = int(given["width"]), int(given["height"])
    if given.get("mode") == "native":
        width, height = 8 * NATIVE_MULTIPLE, 8 * NATIVE_MULTIPLE
    channels = 6 if given.get("reference") else 3
    rows, columns, planes = np.ogrid[:height, :width, :channels]
    texture = (rows * 7 + columns * 13 + planes * 29 + (rows * columns) % 31 * 5) % 180
    image_HWC: Pixels = texture.astype(np.uint8)
    return image_HWC[None]


def _summary(role: str, value: NDArray[Any]) -> list[float]:
    """Return mean, spread and 16 evenly taken values.

    Of boxes and scores quantiles are taken: the order of equally good boxes may differ between processors.
    """
    flat = np.asarray(value, dtype=np.float64).reshape(-1)
    if role in ("boxes", "scores"):
        flat = np.sort(flat)
    if not flat.size:
        return [0.0, 0.0]
    taken = flat[np.linspace(0, flat.size - 1, min(SAMPLES, flat.size)).round().astype(int)]
    return [round(float(v), 6) for v in (flat.mean(), flat.std(), *taken)]

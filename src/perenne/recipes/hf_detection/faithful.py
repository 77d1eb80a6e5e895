"""Does the exported transformers detector find what the trained one finds?

Owns the comparison without order: which of equally good candidates comes first differs between PyTorch and
ONNX Runtime. Refuses a file in which a candidate above the score floor has no twin.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from perenne.recipes.errors import ExportNotFaithful
from perenne.runtime.session import open_session

OUTPUT_NAMES = ("boxes", "scores", "embedding")
TOLERANCES = {"boxes": 0.1, "scores": 1e-3, "embedding": 1e-2}
SCORE_FLOOR = 0.01


def compare_export(module: nn.Module, path: Path, examples: Sequence[Tensor]) -> dict[str, float]:
    """Return the largest difference of each output between candidate and nearest twin.

    Raises: ExportNotFaithful.
    """
    session = open_session(path)
    name = session.get_inputs()[0].name
    worst = dict.fromkeys(OUTPUT_NAMES, 0.0)
    module.eval()
    for example in examples:
        with torch.inference_mode():
            wanted: list[NDArray[Any]] = [value.numpy() for value in module(example)]
        got: list[NDArray[Any]] = session.run(list(OUTPUT_NAMES), {name: example.numpy()})
        found = _differences(wanted, got)
        worst = {output: max(worst[output], found[output]) for output in OUTPUT_NAMES}
    for output, tolerance in TOLERANCES.items():
        if not worst[output] <= tolerance:
            raise ExportNotFaithful(
                f"The exported network differs from the trained one: {output} by {worst[output]:.3g}, "
                f"allowed {tolerance:g}.",
                remedy="Report the versions of torch, transformers and onnx with the configuration.",
            )
    return worst


def _differences(wanted: Sequence[NDArray[Any]], got: Sequence[NDArray[Any]]) -> dict[str, float]:
    """Return box and score difference of each candidate above the floor to its nearest twin."""
    (boxes, scores), (own_boxes, own_scores) = (
        (np.asarray(o[0][0], np.float64), np.asarray(o[1][0], np.float64)) for o in (wanted, got)
    )
    good = scores.max(1) > SCORE_FLOOR
    apart = np.abs(boxes[good][:, None] - own_boxes[None]).max(2)
    unlike = np.abs(scores[good][:, None] - own_scores[None]).max(2)
    twin = (apart / TOLERANCES["boxes"] + unlike / TOLERANCES["scores"]).argmin(1) if good.any() else None
    rows = np.arange(int(good.sum()))
    return {
        "boxes": 0.0 if twin is None else float(apart[rows, twin].max()),
        "scores": 0.0 if twin is None else float(unlike[rows, twin].max()),
        "embedding": float(np.abs(wanted[2] - got[2]).max()),
    }

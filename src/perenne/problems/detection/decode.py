"""From the raw outputs "boxes" (N, 4) and "scores" (N, C) of one image to boxes of the image.

Owns suppression and the way back from input pixels. Refuses outputs of another shape.
The manifest's "suppression" may set `score_floor`, `iou` (1 switches suppression off) and `maximum`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perenne.problems.contract import OutputsInvalid, Placement
from perenne.problems.detection.target import Box, BoxesTarget

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCORE_FLOOR = 0.02
SUPPRESSION_IOU = 0.5
MAX_PREDICTED = 300


def decode_boxes(
    outputs: "Mapping[str, NDArray[Any]]", *, manifest: Mapping[str, Any], placement: Placement | None
) -> BoxesTarget:
    """Return the boxes by falling score, corners to 1/100 px, scores to 1e-5. Raises: OutputsInvalid."""
    import numpy as np

    from perenne.geometry import suppress

    classes = list(manifest["classes"])
    boxes_N4, scores_NC = np.asarray(outputs["boxes"]), np.asarray(outputs["scores"])
    if boxes_N4.ndim != 2 or boxes_N4.shape[1] != 4 or scores_NC.shape != (len(boxes_N4), len(classes)):
        raise OutputsInvalid(
            f"Expected boxes (N, 4) and scores (N, {len(classes)}); got {boxes_N4.shape}, {scores_NC.shape}.",
            remedy="Train and export the model again.",
        )
    rules = manifest.get("suppression", {})
    boxes, scores, names = suppress(
        boxes_N4,
        scores_NC,
        score_floor=float(rules.get("score_floor", SCORE_FLOOR)),
        iou=float(rules.get("iou", SUPPRESSION_IOU)),
        maximum=int(rules.get("maximum", MAX_PREDICTED)),
    )
    placed = boxes if placement is None else placement.to_image(boxes)
    corners = np.round(placed.astype(np.float64), 2).tolist()
    rounded = np.round(np.clip(scores.astype(np.float64), 0, 1), 5).tolist()
    found = (
        Box(corner[0], corner[1], corner[2], corner[3], classes[int(name)], score)
        for corner, name, score in zip(corners, names, rounded, strict=True)
        if corner[0] < corner[2] and corner[1] < corner[3]
    )
    return BoxesTarget(tuple(found))

"""Whole images with their boxes as the network sees them, and varied batches of them.

Owns the boxes in input pixels and their way through mirroring, zoom and shift. Refuses boxes that a variation
pushes almost out of the picture: they teach nothing.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perenne.geometry import area, as_boxes, clip, fit_input
from perenne.problems import Detection, TargetInvalid
from perenne.recipes.contract import TrainingItem
from perenne.recipes.errors import UnreadableTrainingImage
from perenne.recipes.lite.picture_cache import Picture
from perenne.recipes.lite.whole_images import PictureStore, Variation, vary_picture

PADDING_LABEL = -2
SMALLEST_PART = 0.3
Boxes = NDArray[np.float64]
Labels = NDArray[np.int64]


def read_boxes(
    items: Sequence[TrainingItem], classes: Sequence[str], *, given: dict[str, Any]
) -> list[tuple[Boxes, Labels]]:
    """Return boxes (M, 4) in input pixels and class indices (M,) of every item.

    Raises: UnreadableTrainingImage.
    """
    rows = []
    for item in items:
        try:
            truth = Detection().parse_truth(item.target, classes, size=(item.width, item.height))
        except TargetInvalid as error:
            raise UnreadableTrainingImage(
                f"The ground truth of {item.image_path.name} cannot be used: {error.detail}",
                remedy="Correct it, or take the image out of the dataset version.",
            ) from error
        mapping = fit_input(
            item.width,
            item.height,
            width=given["width"],
            height=given["height"],
            maximum_scale=given["maximum_scale"],
        )
        boxes = as_boxes([box.corners for box in truth.boxes])
        labels = np.array([classes.index(box.name) for box in truth.boxes], dtype=np.int64)
        rows.append((np.asarray(mapping.to_input(boxes), dtype=np.float64), labels))
    return rows


class BoxedBatches:
    """A source of batches: image (N, H, W, 3) uint8, boxes (N, M, 4) float32, labels (N, M), padded by -2."""

    def __init__(
        self,
        store: PictureStore,
        truths: Sequence[tuple[Boxes, Labels]],
        *,
        batch_size: int,
        variation: Variation,
    ) -> None:
        self._store, self._truths = store, truths
        self._size, self._variation = batch_size, variation

    def make_batch(self, rng: np.random.Generator, *, fraction: float) -> dict[str, NDArray[Any]]:
        """Return one batch; no image twice unless there are too few."""
        rows = rng.choice(len(self._store), self._size, replace=self._size > len(self._store))
        made = [
            vary_boxed(self._store.picture(int(i)), *self._truths[int(i)], variation=self._variation, rng=rng)
            for i in rows
        ]
        most = max(1, *(len(labels) for _, _, labels in made))
        boxes_NM4 = np.zeros((len(made), most, 4), np.float32)
        labels_NM = np.full((len(made), most), PADDING_LABEL, np.int64)
        for row, (_, boxes, labels) in enumerate(made):
            boxes_NM4[row, : len(labels)], labels_NM[row, : len(labels)] = boxes, labels
        return {"image": np.stack([image for image, _, _ in made]), "boxes": boxes_NM4, "labels": labels_NM}


def vary_boxed(
    picture: Picture, boxes_M4: Boxes, labels_M: Labels, *, variation: Variation, rng: np.random.Generator
) -> tuple[Picture, Boxes, Labels]:
    """Return picture and boxes mirrored, zoomed, moved, and in other light."""
    height, width = picture.shape[:2]
    across, down, swap = (bool(v) for v in rng.integers(0, 2, 3))
    flips = variation.flips
    if across and flips != "none":
        picture, boxes_M4 = picture[:, ::-1], _mirror(boxes_M4, axis=0, side=width)
    if down and flips in ("mirrored", "dihedral"):
        picture, boxes_M4 = picture[::-1], _mirror(boxes_M4, axis=1, side=height)
    if swap and flips == "dihedral" and width == height:
        picture, boxes_M4 = picture.transpose(1, 0, 2), boxes_M4[:, [1, 0, 3, 2]]
    scale = 1 + rng.uniform(-variation.zoom, variation.zoom)
    move = rng.uniform(-variation.shift, variation.shift, 2) * (width, height)
    move = move + (1 - scale) * np.array([width, height]) / 2
    matrix = np.array([[scale, 0, move[0]], [0, scale, move[1]]])
    moved = cv2.warpAffine(
        np.ascontiguousarray(picture), matrix, (width, height), borderValue=(114, 114, 114)
    )
    light = Variation("none", 0, 0, 0, variation.contrast, variation.brightness)
    picture = vary_picture(np.asarray(moved, dtype=np.uint8), light, rng=rng)
    shifted = boxes_M4 * scale + np.tile(move, 2)
    cut = np.asarray(clip(shifted, width=width, height=height), dtype=np.float64)
    kept = area(cut) > SMALLEST_PART * np.maximum(area(shifted), 1e-9)
    return picture, cut[kept], labels_M[kept]


def _mirror(boxes_M4: Boxes, *, axis: int, side: int) -> Boxes:
    mirrored = boxes_M4.copy()
    mirrored[:, axis], mirrored[:, axis + 2] = side - boxes_M4[:, axis + 2], side - boxes_M4[:, axis]
    return mirrored

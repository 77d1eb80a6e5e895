"""The images of a run at working scale, in memory.

Owns reading, scaling and caching of images, templates and boxes; a template is fitted to its image as in
production. Refuses an image that cannot be read or whose boxes are not boxes, naming it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from perenne.geometry import as_boxes, fit_input
from perenne.quality.decoding import decode_upright
from perenne.recipes.contract import TrainingItem
from perenne.recipes.errors import UnreadableTrainingImage
from perenne.recipes.lite.picture_cache import PictureCache
from perenne.runtime.placing import fit_reference

Image = NDArray[np.uint8]
SMALLEST_OBJECT_PX, LARGEST_OBJECT_PX = 14.0, 96.0
PATCH_PER_OBJECT = 2.25
PATCH_LIMITS_PX = (64, 320)
MOST_TILES_A_SIDE = 4


@dataclass(frozen=True)
class Truth:
    """Boxes (M, 4) in pixels of the upright image and class indices (M,)."""

    boxes_M4: NDArray[np.float64]
    labels_M: NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """The geometry of a run: network input (pixels), largest scale, mosaic tile and canvas (pixels)."""

    width: int
    height: int
    maximum_scale: float
    tile: int
    canvas: int


def parse_truths(items: Sequence[TrainingItem], classes: Sequence[str]) -> list[Truth]:
    """Return the truth of every item. Raises: UnreadableTrainingImage when a box or class is wrong."""
    indices = {name: index for index, name in enumerate(classes)}
    truths = []
    for item in items:
        rows = (item.target or {}).get("boxes", [])
        try:
            boxes = as_boxes([row["box"] for row in rows])
            labels = np.array([indices[row["class"]] for row in rows], dtype=np.int64)
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableTrainingImage(
                f"The ground truth of {item.image_path.name} cannot be used: {error!r}.",
                remedy=f"Expected boxes as [x1, y1, x2, y2] with one of the classes {', '.join(classes)}.",
            ) from error
        truths.append(Truth(boxes, labels))
    return truths


def choose_layout(
    items: Sequence[TrainingItem], truths: Sequence[Truth], *, canvas: int, patch: int, maximum_side: int
) -> Layout:
    """Return scale, input, tile and canvas that suit the median object.

    The scale brings the median object between 14 and 96 px without passing `maximum_side`; the tile is 2.25
    median objects (64..320 px) unless `patch` says otherwise, moved so that whole tiles fill the canvas.
    """
    sizes = [float((t.boxes_M4[:, 2:] - t.boxes_M4[:, :2]).max(1).mean()) for t in truths if len(t.boxes_M4)]
    median = float(np.median(sizes)) if sizes else 48.0
    side = float(np.percentile([max(item.width, item.height) for item in items], 90))
    scale = (
        min(1.0, LARGEST_OBJECT_PX / median) if median > SMALLEST_OBJECT_PX else SMALLEST_OBJECT_PX / median
    )
    scale = min(max(scale, canvas / side if scale < 1 else scale), 2.0, maximum_side / side)
    width = max(round(float(np.percentile([i.width for i in items], 90)) * scale), 32)
    height = max(round(float(np.percentile([i.height for i in items], 90)) * scale), 32)
    tile = patch or round(float(np.clip(PATCH_PER_OBJECT * median * scale, *PATCH_LIMITS_PX)))
    grid = min(MOST_TILES_A_SIDE, max(1, round(canvas / tile)))
    return Layout(-(-width // 32) * 32, -(-height // 32) * 32, scale, canvas // grid, canvas)


class Gallery:
    """Images at working scale: (H, W, C) uint8, C = 1 when grey, 2 when grey with template, else 3 or 6.

    Keeps what fits into `cache_mb`; reads the rest again each time. Safe to use from several threads.
    """

    def __init__(
        self,
        items: Sequence[TrainingItem],
        *,
        layout: Layout,
        with_reference: bool,
        cache_mb: int,
        reference_alignment: str = "none",
    ) -> None:
        self.items, self.layout, self.with_reference = list(items), layout, with_reference
        self.reference_alignment = reference_alignment
        self._cache = PictureCache(self._read, cache_mb=cache_mb)

    def __len__(self) -> int:
        return len(self.items)

    def scale(self, index: int) -> float:
        """Return working pixels per image pixel."""
        return self._scale_of(self.items[index])

    def picture(self, index: int) -> Image:
        """Return the image, with its template behind it when the run uses templates."""
        return self._cache.picture(index)

    def _read(self, index: int) -> Image:
        item = self.items[index]
        full = self._read_file(item, item.image_path)
        image = self._scaled(full, item)
        if not self.with_reference:
            return image[..., :1].copy() if _is_grey(image) else image
        template = self._read_file(item, item.reference_path)
        template = self._scaled(fit_reference(template, full, alignment=self.reference_alignment), item)
        if _is_grey(image) and _is_grey(template):
            return np.concatenate([image[..., :1], template[..., :1]], 2)
        return np.concatenate([image, template], 2)

    def _read_file(self, item: TrainingItem, path: Path | None) -> Image:
        try:
            if path is None:
                raise ValueError("it has no template")
            pixels: Image = decode_upright(path.read_bytes())
        except Exception as error:
            name = path.name if path else item.image_path.name
            raise UnreadableTrainingImage(
                f"{name} cannot be read for training: {error}",
                remedy="Fetch it again, or take the image out of the dataset version.",
            ) from error
        if (pixels.shape[1], pixels.shape[0]) != (item.width, item.height) and path == item.image_path:
            raise UnreadableTrainingImage(
                f"{path.name} is {pixels.shape[1]} x {pixels.shape[0]} px, not {item.width} x {item.height}.",
                remedy="Import the image again: its boxes may be wrong too.",
            )
        return pixels

    def _scaled(self, pixels: Image, item: TrainingItem) -> Image:
        scale = self._scale_of(item)
        if scale == 1.0:
            return pixels
        size = (max(1, round(item.width * scale)), max(1, round(item.height * scale)))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=way), dtype=np.uint8)

    def _scale_of(self, item: TrainingItem) -> float:
        return fit_input(
            item.width,
            item.height,
            width=self.layout.width,
            height=self.layout.height,
            maximum_scale=self.layout.maximum_scale,
        ).scale_x


def widen(picture_HWC: Image) -> Image:
    """Return 3 or 6 channels: grey planes repeated, as the exported network expects them."""
    channels = picture_HWC.shape[2]
    if channels in (3, 6):
        return picture_HWC
    return np.repeat(picture_HWC, 3, axis=2)


def _is_grey(image_HWC: Image) -> bool:
    first = image_HWC[..., 0]
    return bool((first == image_HWC[..., 1]).all() and (first == image_HWC[..., 2]).all())

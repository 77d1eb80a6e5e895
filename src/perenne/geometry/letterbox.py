"""How an image of any size is put into a network input of one size, and how boxes come back.

Owns the two mappings "letterbox" (one scale, padded right and below) and "stretch". Refuses to enlarge by
accident: the scale is decided here, once, for training, evaluation and production.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from perenne.geometry.boxes import Floats, clip

PAD_VALUE = 114


@dataclass(frozen=True)
class InputMapping:
    """From image pixels to input pixels: x_input = x_image * scale_x. Padding is right and below only."""

    image_width: int
    image_height: int
    scale_x: float
    scale_y: float

    @property
    def scaled_width(self) -> int:
        """Width in input pixels of the resized image, before padding."""
        return max(1, round(self.image_width * self.scale_x))

    @property
    def scaled_height(self) -> int:
        """Height in input pixels of the resized image, before padding."""
        return max(1, round(self.image_height * self.scale_y))

    def to_input(self, boxes_N4: Floats) -> Floats:
        """Return image boxes in input pixels."""
        return np.asarray(boxes_N4 * self._factors())

    def to_image(self, boxes_N4: Floats) -> Floats:
        """Return input boxes in image pixels, cut to the image."""
        return clip(boxes_N4 / self._factors(), width=self.image_width, height=self.image_height)

    def _factors(self) -> NDArray[np.float64]:
        return np.array([self.scale_x, self.scale_y, self.scale_x, self.scale_y])


def fit_input(
    image_width: int,
    image_height: int,
    *,
    width: int,
    height: int,
    mode: Literal["letterbox", "stretch"] = "letterbox",
    maximum_scale: float = 1.0,
) -> InputMapping:
    """Return the mapping of an image into an input of `width` x `height`.

    A letterboxed image is scaled by one factor, at most `maximum_scale`; a stretched one fills the input.

    >>> fit_input(1280, 640, width=640, height=640).scale_x
    0.5
    """
    if mode == "stretch":
        return InputMapping(image_width, image_height, width / image_width, height / image_height)
    scale = min(width / image_width, height / image_height, maximum_scale)
    return InputMapping(image_width, image_height, scale, scale)


def place_image(image_HWC: NDArray[np.uint8], *, width: int, height: int, mapping: InputMapping) -> Any:
    """Return uint8 (height, width, C): the image resized by `mapping`, top left, padded with grey."""
    import cv2

    size = (min(mapping.scaled_width, width), min(mapping.scaled_height, height))
    if size != (image_HWC.shape[1], image_HWC.shape[0]):
        shrinks = size[0] < image_HWC.shape[1]
        resized = cv2.resize(image_HWC, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        image_HWC = resized.reshape(size[1], size[0], -1).astype(np.uint8, copy=False)
    if size == (width, height):
        return np.ascontiguousarray(image_HWC)
    canvas = np.full((height, width, image_HWC.shape[2]), PAD_VALUE, np.uint8)
    canvas[: size[1], : size[0]] = image_HWC
    return canvas

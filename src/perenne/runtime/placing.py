"""From an image to the input of the network, and back for boxes.

Owns the three input modes of a manifest: "letterbox" and "stretch" into one size, "native" at the image's own
resolution, padded to a multiple of 32 and scaled down only beyond the input's area. Owns how a reference is
fitted to its image, too. Refuses arrays that are not 8-bit images.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.geometry import InputMapping, fit_input, place_image
from perenne.quality.alignment import align_reference
from perenne.runtime.errors import ImageNotUsable, ReferenceMissing

NATIVE_MULTIPLE = 32
Pixels = NDArray[np.uint8]


def place_input(
    image_HWC: NDArray[Any], *, given: Mapping[str, Any], reference_HWC: NDArray[Any] | None = None
) -> tuple[Pixels, InputMapping]:
    """Return uint8 (height, width, 3 or 6) and where the image lies in it; `given` is the manifest's input.

    The reference is fitted to the image first. Raises: ImageNotUsable, ReferenceMissing.
    """
    image = as_image(image_HWC)
    height, width = image.shape[:2]
    in_width, in_height, mapping = _choose(width, height, given)
    placed: Pixels = place_image(image, width=in_width, height=in_height, mapping=mapping)
    if not given.get("reference", False):
        return placed, mapping
    if reference_HWC is None:
        raise ReferenceMissing(
            "The model compares each image with a reference image (a good piece), and none was given.",
            remedy="Set the reference image of the station, or send one with the image.",
        )
    reference = fit_reference(
        as_image(reference_HWC), image, alignment=str(given.get("reference_alignment", "none"))
    )
    beside: Pixels = place_image(reference, width=in_width, height=in_height, mapping=mapping)
    return np.concatenate([placed, beside], axis=2), mapping


def fit_reference(reference_HWC: Pixels, image_HWC: Pixels, *, alignment: str) -> Pixels:
    """Return the reference at the size of the image and, with alignment "translation", moved onto it."""
    if reference_HWC.shape[:2] != image_HWC.shape[:2]:
        import cv2

        size = (image_HWC.shape[1], image_HWC.shape[0])
        resized = cv2.resize(reference_HWC, size, interpolation=cv2.INTER_AREA)
        reference_HWC = np.asarray(resized, dtype=np.uint8)
    return align_reference(reference_HWC, image_HWC) if alignment == "translation" else reference_HWC


def as_image(image: NDArray[Any]) -> Pixels:
    """Return uint8 (H, W, 3); grey becomes three equal channels. Raises: ImageNotUsable."""
    grey = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 1)
    good = image.dtype == np.uint8 and (grey or (image.ndim == 3 and image.shape[2] == 3)) and image.size
    if not good:
        raise ImageNotUsable(
            f"Expected an 8-bit RGB image (height, width, 3); got {image.dtype} {image.shape}.",
            remedy="Decode it with perenne.quality.decode_upright.",
        )
    if grey:
        return np.repeat(image.reshape(image.shape[0], image.shape[1], 1), 3, axis=2)
    return image


def _choose(width: int, height: int, given: Mapping[str, Any]) -> tuple[int, int, InputMapping]:
    in_width, in_height = int(given["width"]), int(given["height"])
    mode = given.get("mode", "letterbox")
    if mode == "native":
        scale = min(1.0, (in_width * in_height / (width * height)) ** 0.5)
        mapping = InputMapping(width, height, scale, scale)
        return _padded(mapping.scaled_width), _padded(mapping.scaled_height), mapping
    mapping = fit_input(
        width,
        height,
        width=in_width,
        height=in_height,
        mode=mode,
        maximum_scale=float(given.get("maximum_scale", 1.0)),
    )
    return in_width, in_height, mapping


def _padded(side: int) -> int:
    return -(-side // NATIVE_MULTIPLE) * NATIVE_MULTIPLE

"""The changes that perenne-bench makes on purpose: eight of acquisition in three strengths, a new defect.

Owns what each does to pixels. Nothing here touches a file: a change of container or of JPEG tables would be
told by the fingerprint with no delay at all, and would prove nothing about the statistics.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from perenne.quality.faults import blur, recompress, resize_and_back

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels, np.random.Generator, float], Pixels]


def darken_by_power(image: Pixels, rng: np.random.Generator, power: float) -> Pixels:
    """Return the image through a tone curve; rounding noise hides the comb in the grey levels."""
    level = (np.clip(image.astype(np.float32) + rng.random(image.shape[:2])[..., None] - 0.5, 0, 255)) / 255
    return np.rint(255 * level**power).astype(np.uint8)


def add_noise(image: Pixels, rng: np.random.Generator, sigma: float) -> Pixels:
    """Return the image with grey Gaussian noise."""
    noise = rng.normal(0, sigma, image.shape[:2])[..., None]
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def rotate(image: Pixels, rng: np.random.Generator, degrees: float) -> Pixels:
    """Return the image turned, its edges repeated."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, dtype=np.uint8)


def cast(image: Pixels, rng: np.random.Generator, share: float) -> Pixels:
    """Return the image with `share` more red."""
    gains = np.array([1 + share, 1, 1], np.float32)
    return np.clip(np.rint(image * gains), 0, 255).astype(np.uint8)


def add_dust(image: Pixels, rng: np.random.Generator, radius: float) -> Pixels:
    """Return the image behind one soft dark spot, always at the same place."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(x - 0.63 * width, y - 0.38 * height)
    shade = 1 - 0.6 / (1 + np.exp((distance - radius) / 1.5))
    return np.rint(image * shade[..., None]).astype(np.uint8)


def add_finger(image: Pixels, rng: np.random.Generator, depth: float) -> Pixels:
    """Return the image with a defect that the reference never shows: a thin, dark, oblique crack."""
    height, width = image.shape[:2]
    start = rng.uniform(0.1, 0.9, 2) * (width, height)
    angle, length = rng.uniform(0, np.pi), rng.uniform(0.3, 0.6) * width
    end = start + length * np.array([np.cos(angle), np.sin(angle)])
    mask = np.zeros((height, width), np.uint8)
    cv2.line(mask, start.astype(int).tolist(), end.astype(int).tolist(), 255, 2, cv2.LINE_AA)
    return np.rint(image * (1 - depth * (mask / 255.0)[..., None])).astype(np.uint8)


PIXEL_SHIFTS: dict[str, tuple[Change, tuple[float, float, float]]] = {
    "jpeg": (lambda image, rng, at: recompress(image, quality=int(at)), (95, 80, 50)),
    "blur": (lambda image, rng, at: blur(image, sigma=at), (0.6, 1.0, 1.5)),
    "resize": (lambda image, rng, at: resize_and_back(image, factor=at), (0.9, 0.75, 0.5)),
    "gamma": (darken_by_power, (1.07, 1.15, 1.3)),
    "noise": (add_noise, (2, 4, 8)),
    "rotation": (rotate, (1, 2, 5)),
    "cast": (cast, (0.01, 0.03, 0.1)),
    "dust": (add_dust, (4, 8, 16)),
}
CRACK = ("crack", 0.6)
MIXED_SHIFTS = {
    "celltype": (0.25, 0.5, 1.0),  # share of the other cell type after the change
    "prevalence": (1.5, 2.0, 3.0),  # times as many defective cells as the 15 % before
    "new_defect": (0.05, 0.15, 0.4),  # share of cells with the crack
}


def variant_names() -> list[str]:
    """Return the names of all changed copies of the images, weakest first."""
    return [f"{name}_{at:g}" for name, (_, all_) in PIXEL_SHIFTS.items() for at in all_] + [CRACK[0]]


def change_image(image: Pixels, *, variant: str, seed: int) -> Pixels:
    """Return the image after a change of `variant_names`."""
    rng = np.random.default_rng(seed)
    if variant == CRACK[0]:
        return add_finger(image, rng, CRACK[1])
    name, _, at = variant.rpartition("_")
    return PIXEL_SHIFTS[name][0](image, rng, float(at))

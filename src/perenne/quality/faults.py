"""Faults of acquisition, made on purpose: what a station's good images would look like with each of them.

Owns the library from which the gate learns the direction in which each fault moves a station's own signals.
Strengths are mild, so that stronger ones lie further out the same way. Deterministic: the same image and seed
give the same fault. Refuses to invent defects of a piece: those are what an inspection is for.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Fault = Callable[[Pixels, np.random.Generator], Pixels]


def spoil_image(image_HWC: Pixels, *, fault: str, seed: int) -> Pixels:
    """Return a copy of an RGB image with one fault of `FAULTS`. Raises: KeyError for an unknown name."""
    return FAULTS[fault](image_HWC, np.random.default_rng(seed))


def probe_image(image_HWC: Pixels, *, fault: str, seed: int) -> Pixels:
    """Return a copy with one fault of `PROBES`, of another place and shape than `spoil_image` gives it."""
    return PROBES[fault](image_HWC, np.random.default_rng((seed, 1)))


def blur(image_HWC: Pixels, *, sigma: float) -> Pixels:
    """Return the image out of focus."""
    import cv2

    return _pixels(cv2.GaussianBlur(image_HWC, (0, 0), sigma))


def change_light(image_HWC: Pixels, rng: np.random.Generator, *, gain: float) -> Pixels:
    """Return the image with its light multiplied; rounding leaves no comb, as in a sensor."""
    fraction = rng.random((*image_HWC.shape[:2], 1), dtype=np.float32) - 0.5
    lit = image_HWC * np.float32(gain) + fraction * np.float32(max(1.0, gain))
    return np.clip(np.rint(lit), 0, 255).astype(np.uint8)


def obstruct(image_HWC: Pixels, rng: np.random.Generator, *, share: float) -> Pixels:
    """Return the image with a smooth, slightly noisy thing before `share` of its area, anywhere."""
    height, width = image_HWC.shape[:2]
    shape = np.exp(rng.uniform(-0.5, 0.5))
    rows = min(height, int(height * np.sqrt(share * shape)))
    columns = min(width, int(width * np.sqrt(share / shape)))
    top, left = int(rng.integers(0, height - rows + 1)), int(rng.integers(0, width - columns + 1))
    ramp = rng.uniform(-20, 20) * np.linspace(-0.5, 0.5, columns)[None]
    thing = rng.uniform(10, 240) + ramp + rng.normal(0, 1.5, (rows, columns))
    covered = image_HWC.copy()
    covered[top : top + rows, left : left + columns] = np.clip(thing, 0, 255).astype(np.uint8)[..., None]
    return covered


def recompress(image_HWC: Pixels, *, quality: int) -> Pixels:
    """Return the image after a JPEG of this quality."""
    import cv2

    data = cv2.imencode(".jpg", image_HWC[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(_pixels(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1])


def resize_and_back(image_HWC: Pixels, *, factor: float) -> Pixels:
    """Return the image after a reduction by `factor` and an enlargement to its size."""
    import cv2

    height, width = image_HWC.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = cv2.resize(image_HWC, size, interpolation=cv2.INTER_AREA)
    return _pixels(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def flatten_contrast(image_HWC: Pixels, *, kept: float) -> Pixels:
    """Return the image as through fog: `kept` of its contrast around its mean."""
    mean = float(image_HWC.mean())
    faded = mean + (image_HWC - np.float32(mean)) * np.float32(kept)
    return _pixels(np.clip(np.rint(faded), 0, 255))


def move_frame(image_HWC: Pixels, rng: np.random.Generator, *, share: float) -> Pixels:
    """Return the image moved by `share` of both sides, its edge repeated."""
    from perenne.quality.alignment import move_image

    height, width = image_HWC.shape[:2]
    across, down = rng.choice([-1, 1], 2)
    return move_image(image_HWC, dx=int(width * share) * int(across), dy=int(height * share) * int(down))


def lose_rows(image_HWC: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the image with grey below some row, as a broken transfer leaves it."""
    cut = image_HWC.copy()
    cut[int(len(cut) * rng.uniform(0.5, 0.8)) :] = 128
    return cut


def smooth_over(image_HWC: Pixels) -> Pixels:
    """Return the image without noise but with its edges, as retouched and generated images are."""
    import cv2

    return _pixels(cv2.medianBlur(image_HWC, 5))


def turn(image_HWC: Pixels) -> Pixels:
    """Return the image turned by a quarter."""
    return np.ascontiguousarray(np.rot90(image_HWC))


def _pixels(image: object) -> Pixels:
    return np.asarray(image, dtype=np.uint8)


FAULTS: dict[str, Fault] = {
    "blur": lambda image, rng: blur(image, sigma=1.5),
    "dark": lambda image, rng: change_light(image, rng, gain=0.7),
    "bright": lambda image, rng: change_light(image, rng, gain=1.3),
    "obstruction": lambda image, rng: obstruct(image, rng, share=0.15),
    "framing": lambda image, rng: move_frame(image, rng, share=0.15),
    "fog": lambda image, rng: flatten_contrast(image, kept=0.25),
    "loss": lose_rows,
    "recompression": lambda image, rng: recompress(image, quality=40),
    "resizing": lambda image, rng: resize_and_back(image, factor=0.6),
    "smoothing": lambda image, rng: smooth_over(image),
    "turn": lambda image, rng: turn(image),
}
"""Every fault the gate knows by name, at the strength it learns from."""

PROBES: dict[str, Fault] = {
    "blur": lambda image, rng: blur(image, sigma=2),
    "dark": lambda image, rng: change_light(image, rng, gain=0.6),
    "bright": lambda image, rng: change_light(image, rng, gain=1.4),
    "obstruction": lambda image, rng: obstruct(image, rng, share=0.2),
    "recompression": lambda image, rng: recompress(image, quality=30),
    "resizing": lambda image, rng: resize_and_back(image, factor=0.5),
}
"""Faults at the strength by which a gate's power is told; the others are told as they are learnt from."""

STRENGTHS = {
    "blur": "blur of sigma 2",
    "dark": "light -40 %",
    "bright": "light +40 %",
    "obstruction": "a fifth covered",
    "framing": "moved by 15 %",
    "fog": "a quarter of the contrast left",
    "loss": "rows lost",
    "recompression": "JPEG of quality 30",
    "resizing": "resized to a half and back",
    "smoothing": "smoothed",
    "turn": "turned by a quarter",
}
"""What each fault is when a gate's power is told, in words."""

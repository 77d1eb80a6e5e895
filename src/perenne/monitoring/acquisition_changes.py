"""Changes of the way images are taken, made on purpose at several strengths: what signatures are learnt from.

Owns the visible list of kinds, each with the cause it speaks for, its strengths and its words. Deterministic:
the same image and seed give the same pixels. Refuses changes of the piece: those are no fault of a camera.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perenne.quality.faults import blur, recompress, resize_and_back

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels, np.random.Generator, float], Pixels]
Plane = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """One kind of change. `strengths` ascend and hold `neutral`, at which nothing changes.

    `cause`: the row of the table it speaks for. `words` takes the strength as its only number.
    """

    name: str
    cause: str
    words: str
    neutral: float
    strengths: tuple[float, ...]
    change: Change


def _tone(image: Pixels, rng: np.random.Generator, curve: Callable[[NDArray[np.float32]], object]) -> Pixels:
    """Return the image through a curve over 0..1; rounding noise hides the comb, as a sensor's own does."""
    fraction = rng.random(image.shape[:2], dtype=np.float32)[..., None] - np.float32(0.5)
    level: NDArray[np.float32] = np.clip((image + fraction) / np.float32(255), 0, 1).astype(np.float32)
    curved = np.asarray(curve(level), dtype=np.float32)
    return np.clip(np.rint(255 * curved), 0, 255).astype(np.uint8)


def _noise(image: Pixels, rng: np.random.Generator, sigma: float) -> Pixels:
    grain = rng.normal(0, sigma, image.shape[:2])[..., None]
    return np.clip(np.rint(image + grain), 0, 255).astype(np.uint8)


def _place(image: Pixels, *, right: float = 0.0, down: float = 0.0, degrees: float = 0.0) -> Pixels:
    import cv2

    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += (right * width, down * height)
    # Sharp: a camera that was knocked aside does not blur, and a linear interpolation would.
    moved = cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, dtype=np.uint8)


def _shade(image: Pixels, rng: np.random.Generator, share: Plane) -> Pixels:
    """Return the image with its light multiplied by a plane."""
    return _tone(image, rng, lambda level: level * share[..., None].astype(np.float32))


def _squares(image: Pixels) -> tuple[Plane, Plane]:
    """Return the places of pixels across and down, -1..1."""
    height, width = image.shape[:2]
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    return across, down


def _vignette(image: Pixels, rng: np.random.Generator, depth: float) -> Pixels:
    x, y = _squares(image)
    return _shade(image, rng, 1 - depth * (x**2 + y**2) / 2)


def _slope(image: Pixels, rng: np.random.Generator, *, across: float = 0.0, down: float = 0.0) -> Pixels:
    x, y = _squares(image)
    return _shade(image, rng, np.clip(1 + across * x + down * y, 0, 2))


def _cast(image: Pixels, channel: int, share: float) -> Pixels:
    gains = np.ones(3, np.float32)
    gains[channel] += np.float32(share)
    return np.asarray(np.clip(np.rint(image * gains), 0, 255), dtype=np.uint8)


def _list_kinds() -> tuple[Kind, ...]:
    tilt = (-0.3, -0.15, -0.06, 0.0, 0.06, 0.15, 0.3)
    step = (-0.08, -0.055, -0.035, -0.015, 0.0, 0.015, 0.035, 0.055, 0.08)
    turns = (-6.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 6.0)
    light, focus, mount, wire = "light", "focus", "mount", "recompression"
    return (
        Kind("gamma", light, "gamma {:.2f}", 1.0, (0.6, 0.8, 0.9, 1.0, 1.12, 1.25, 1.6),
             lambda image, rng, at: _tone(image, rng, lambda level: level ** np.float32(at))),
        Kind("gain", light, "light x {:.2f}", 1.0, (0.6, 0.8, 0.92, 1.0, 1.08, 1.2, 1.4),
             lambda image, rng, at: _tone(image, rng, lambda level: level * np.float32(at))),
        Kind("pedestal", light, "black level {:+.0f} grey values", 0.0, (-30.0, -12.0, 0.0, 12.0, 30.0),
             lambda image, rng, at: _tone(image, rng, lambda level: level + np.float32(at / 255))),
        Kind("noise", light, "noise of {:.1f} grey values more", 0.0, (0.0, 2.0, 4.0, 8.0, 14.0), _noise),
        Kind("vignetting", light, "corners darker by {:.0%}", 0.0, (0.0, 0.12, 0.3, 0.5), _vignette),
        Kind("side_light", light, "light {:+.0%} to the right", 0.0, tilt,
             lambda image, rng, at: _slope(image, rng, across=at)),
        Kind("top_light", light, "light {:+.0%} to the bottom", 0.0, tilt,
             lambda image, rng, at: _slope(image, rng, down=at)),
        Kind("falling_light", light, "light {:+.0%} to the right and bottom", 0.0, tilt,
             lambda image, rng, at: _slope(image, rng, across=0.7 * at, down=0.7 * at)),
        Kind("rising_light", light, "light {:+.0%} to the right and top", 0.0, tilt,
             lambda image, rng, at: _slope(image, rng, across=0.7 * at, down=-0.7 * at)),
        Kind("red", light, "red x {:+.0%}", 0.0, (-0.15, -0.05, 0.0, 0.05, 0.15),
             lambda image, rng, at: _cast(image, 0, at)),
        Kind("blue", light, "blue x {:+.0%}", 0.0, (-0.15, -0.05, 0.0, 0.05, 0.15),
             lambda image, rng, at: _cast(image, 2, at)),
        Kind("blur", focus, "blur of {:.1f} px", 0.0, (0.0, 0.5, 0.8, 1.2, 2.0, 3.2),
             lambda image, rng, at: blur(image, sigma=at)),
        Kind("shift_right", mount, "moved {:+.1%} to the right", 0.0, step,
             lambda image, rng, at: _place(image, right=at)),
        Kind("shift_down", mount, "moved {:+.1%} down", 0.0, step,
             lambda image, rng, at: _place(image, down=at)),
        Kind("shift_falling", mount, "moved {:+.1%} to the right and down", 0.0, step,
             lambda image, rng, at: _place(image, right=0.7 * at, down=0.7 * at)),
        Kind("shift_rising", mount, "moved {:+.1%} to the right and up", 0.0, step,
             lambda image, rng, at: _place(image, right=0.7 * at, down=-0.7 * at)),
        Kind("rotation", mount, "turned {:+.1f} degrees", 0.0, turns,
             lambda image, rng, at: _place(image, degrees=at)),
        Kind("jpeg", wire, "JPEG quality {:.0f}", 100.0, (30.0, 50.0, 70.0, 80.0, 90.0, 100.0),
             lambda image, rng, at: recompress(image, quality=int(at))),
        Kind("resize", wire, "resized to {:.2f} and back", 1.0, (0.4, 0.55, 0.75, 0.9, 1.0),
             lambda image, rng, at: resize_and_back(image, factor=at)),
        Kind("few_levels", wire, "{:.0f} grey levels", 256.0, (12.0, 24.0, 48.0, 96.0, 256.0),
             lambda image, rng, at: _fewer(image, int(at))),
    )  # fmt: skip


def _fewer(image: Pixels, levels: int) -> Pixels:
    step = 255 / (levels - 1)
    return np.rint(np.rint(image / step) * step).astype(np.uint8)


KINDS: tuple[Kind, ...] = _list_kinds()
"""Every kind of change that a signature is learnt for."""


def change_image(image_HWC: Pixels, *, kind: Kind, strength: float, seed: int) -> Pixels:
    """Return the RGB image after one change; the same pixels at the neutral strength."""
    if strength == kind.neutral:
        return image_HWC
    return kind.change(image_HWC, np.random.default_rng(seed), strength)

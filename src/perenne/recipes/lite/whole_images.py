"""Whole images as the network sees them, kept in memory, and batches of them with augmentation.

Owns the choice of the input size, reading, caching and augmentation for recipes with one answer an image.
Images are placed by the runtime's own code, so training and production see the same pixels. Refuses an image
that cannot be read, naming it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perenne.quality.decoding import decode_upright
from perenne.recipes.contract import TrainingItem
from perenne.recipes.errors import UnreadableTrainingImage
from perenne.recipes.lite.options import Flips
from perenne.recipes.lite.picture_cache import Picture, PictureCache
from perenne.runtime.placing import place_input

MULTIPLE = 32
LARGEST_ENLARGEMENT = 8.0


@dataclass(frozen=True)
class Variation:
    """What a good or bad piece may look like beside its picture; each part can be switched off.

    `flips`: which mirror images and quarter turns show an equally possible piece. `shift` and `zoom` are
    parts of the side, `turn` degrees, `contrast` a part, `brightness` grey levels: each drawn from -x..x.
    """

    flips: Flips = "dihedral"
    shift: float = 0.05
    zoom: float = 0.1
    turn: float = 3.0
    contrast: float = 0.2
    brightness: float = 20.0


def choose_input(items: Sequence[TrainingItem], *, side: int) -> dict[str, Any]:
    """Return the manifest's input: about side x side pixels in the shape of the median image.

    Sides are multiples of 32. Raises: ValueError without items.
    """
    ratio = float(np.median([item.width / item.height for item in items]))
    ratio = min(max(ratio, 1 / 8), 8.0)
    width = max(MULTIPLE, round(side * ratio**0.5 / MULTIPLE) * MULTIPLE)
    height = max(MULTIPLE, round(side / ratio**0.5 / MULTIPLE) * MULTIPLE)
    return {
        "name": "image",
        "width": width,
        "height": height,
        "mode": "letterbox",
        "maximum_scale": LARGEST_ENLARGEMENT,
        "channels": 3,
        "reference": False,
    }


class PictureStore:
    """Network inputs (height, width, 3) of items; grey ones are kept as one plane, up to `cache_mb`."""

    def __init__(self, items: Sequence[TrainingItem], *, given: Mapping[str, Any], cache_mb: int) -> None:
        self.items, self.given = list(items), dict(given)
        self._cache = PictureCache(self._read, cache_mb=cache_mb)

    def __len__(self) -> int:
        return len(self.items)

    def picture(self, index: int) -> Picture:
        """Return the input of one item. Raises: UnreadableTrainingImage."""
        kept = self._cache.picture(index)
        return kept if kept.shape[2] == 3 else np.repeat(kept, 3, axis=2)

    def _read(self, index: int) -> Picture:
        path = self.items[index].image_path
        try:
            placed, _ = place_input(decode_upright(path.read_bytes()), given=self.given)
        except Exception as error:
            raise UnreadableTrainingImage(
                f"{path.name} cannot be read for training: {error}",
                remedy="Fetch it again, or take the image out of the dataset version.",
            ) from error
        is_grey = bool((placed[..., 0] == placed[..., 1]).all() and (placed[..., 0] == placed[..., 2]).all())
        return np.ascontiguousarray(placed[..., :1]) if is_grey else placed


class VariedBatches:
    """A source of batches "image" (N, H, W, 3) uint8 and "target" (N, ...), drawn evenly and varied.

    Until `small_until` of the budget, images have `small_scale` of their side: cheaper steps first.
    """

    def __init__(
        self,
        store: PictureStore,
        targets: NDArray[Any],
        *,
        batch_size: int,
        variation: Variation,
        small_until: float = 0.0,
        small_scale: float = 0.75,
    ) -> None:
        self._store, self._targets, self._size = store, targets, batch_size
        self._variation, self._small_until, self._small_scale = variation, small_until, small_scale

    def make_batch(self, rng: np.random.Generator, *, fraction: float) -> dict[str, NDArray[Any]]:
        """Return one batch; no image twice unless there are too few."""
        rows = rng.choice(len(self._store), self._size, replace=self._size > len(self._store))
        pictures = [vary_picture(self._store.picture(int(i)), self._variation, rng=rng) for i in rows]
        if fraction < self._small_until:
            pictures = [_shrink(picture, self._small_scale) for picture in pictures]
        return {"image": np.stack(pictures), "target": self._targets[rows]}


def vary_picture(picture: Picture, variation: Variation, *, rng: np.random.Generator) -> Picture:
    """Return the picture as another possible one: mirrored or turned, moved a little, other light."""
    picture = _flip(picture, variation.flips, rng)
    height, width = picture.shape[:2]
    turn = np.deg2rad(rng.uniform(-variation.turn, variation.turn))
    scale = 1 + rng.uniform(-variation.zoom, variation.zoom)
    move = rng.uniform(-variation.shift, variation.shift, 2) * (width, height)
    if variation.turn or variation.zoom or variation.shift:
        cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
        x, y = width / 2, height / 2
        matrix = np.array(
            [
                [cosine, -sine, x - cosine * x + sine * y + move[0]],
                [sine, cosine, y - sine * x - cosine * y + move[1]],
            ]
        )
        moved = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        picture = np.asarray(moved, dtype=np.uint8)
    contrast = 1 + rng.uniform(-variation.contrast, variation.contrast)
    brightness = rng.uniform(-variation.brightness, variation.brightness)
    table = np.clip((np.arange(256) - 127.0) * contrast + 127.0 + brightness, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table), dtype=np.uint8)


def _flip(picture: Picture, flips: str, rng: np.random.Generator) -> Picture:
    across, down, swap = rng.integers(0, 2, 3)
    if flips == "none":
        return picture
    if across:
        picture = picture[:, ::-1]
    if down and flips != "horizontal":
        picture = picture[::-1]
    if swap and flips == "dihedral" and picture.shape[0] == picture.shape[1]:
        picture = picture.transpose(1, 0, 2)
    return np.ascontiguousarray(picture)


def _shrink(picture: Picture, scale: float) -> Picture:
    width = max(MULTIPLE, round(picture.shape[1] * scale / MULTIPLE) * MULTIPLE)
    height = max(MULTIPLE, round(picture.shape[0] * scale / MULTIPLE) * MULTIPLE)
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)

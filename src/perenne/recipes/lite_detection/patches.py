"""Training canvases: mosaics of patches around objects, at working scale.

Owns sampling, cropping and augmentation; templates move with their image. Refuses to teach from stumps: an
object of which too little is visible is ignored, neither object nor background.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from perenne.recipes.lite_detection.loss import IGNORED_LABEL, PADDING_LABEL
from perenne.recipes.lite_detection.pictures import Gallery, Image, Truth, widen

VISIBLE_ENOUGH = 0.5
CENTRE_JITTER = 0.25
BACKGROUND_SHARE = 0.1
PAD_VALUE = 114
COARSER_SHARE = 0.3
LARGEST_PART = 0.7
DRAWS = 3

Boxes = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Augmentation:
    """What may be changed: mirrors and turns ("dihedral", "horizontal", "none"), light, template shift.

    `warp_share` of the patches are also turned by up to `turn_degrees` and zoomed by up to exp(`zoom`): parts
    and boards to come have other angles and widths than those at hand.
    """

    flips: str = "dihedral"
    contrast: float = 0.2
    brightness: float = 20.0
    reference_shift: int = 1
    warp_share: float = 0.0
    turn_degrees: float = 45.0
    zoom: float = 0.25


class PatchSource:
    """Batches of canvases: image uint8 (N, S, S, C), boxes (N, M, 4) px, labels (N, M).

    A canvas is a mosaic of object-centred tiles (`mosaic_share`) or one plain crop. Objects are drawn so that
    rare classes are seen more often than they occur.
    """

    def __init__(
        self,
        gallery: Gallery,
        truths: Sequence[Truth],
        *,
        classes: int,
        batch_size: int,
        mosaic_share: float,
        augmentation: Augmentation,
    ) -> None:
        self.gallery, self.batch_size, self.mosaic_share = gallery, batch_size, mosaic_share
        self.augmentation = augmentation
        self.truths = [
            Truth(truth.boxes_M4 * gallery.scale(index), truth.labels_M) for index, truth in enumerate(truths)
        ]
        self._objects = np.array(
            [(image, row) for image, truth in enumerate(self.truths) for row in range(len(truth.labels_M))],
            dtype=np.int64,
        ).reshape(-1, 2)
        boxes = np.concatenate([t.boxes_M4 for t in self.truths] or [np.zeros((0, 4))])
        self._sizes = (boxes[:, 2:] - boxes[:, :2]).max(1, initial=0)
        labels = np.concatenate([t.labels_M for t in self.truths] or [np.zeros(0, np.int64)])
        counts = np.bincount(labels, minlength=classes).astype(float)
        weights = 1 / np.sqrt(np.maximum(counts, 1))[labels] if len(labels) else np.zeros(0)
        self._chances = np.cumsum(weights) / max(float(weights.sum()), 1e-9)

    def make_batch(self, rng: np.random.Generator, *, fraction: float) -> dict[str, np.ndarray]:
        """Return one batch; see the class."""
        canvases = [self._make_canvas(rng) for _ in range(self.batch_size)]
        longest = max(1, max(len(labels) for _, _, labels in canvases))
        boxes = np.zeros((self.batch_size, longest, 4), np.float32)
        labels = np.full((self.batch_size, longest), PADDING_LABEL, np.int64)
        for row, (_, canvas_boxes, canvas_labels) in enumerate(canvases):
            boxes[row, : len(canvas_boxes)] = canvas_boxes
            labels[row, : len(canvas_labels)] = canvas_labels
        return {"image": np.stack([canvas[0] for canvas in canvases]), "boxes": boxes, "labels": labels}

    def _make_canvas(self, rng: np.random.Generator) -> tuple[Image, Boxes, Labels]:
        side = self.gallery.layout.canvas
        grid = side // self.gallery.layout.tile
        if rng.random() < COARSER_SHARE:
            grid -= 1
        if grid <= 1 or rng.random() >= self.mosaic_share:
            return self._make_tile(rng, side)
        tile = side // grid
        parts = [[self._make_tile(rng, tile) for _ in range(grid)] for _ in range(grid)]
        image = np.concatenate([np.concatenate([part[0] for part in row], 1) for row in parts], 0)
        if image.shape[0] < side:
            image = _crop(image, 0, 0, side)
        shifted = [
            part[1] + np.tile([x * tile, y * tile], 2)
            for y, row in enumerate(parts)
            for x, part in enumerate(row)
        ]
        return image, np.concatenate(shifted), np.concatenate([part[2] for row in parts for part in row])

    def _make_tile(self, rng: np.random.Generator, side: int) -> tuple[Image, Boxes, Labels]:
        index, left, top = self._choose_place(rng, side)
        picture, truth = self.gallery.picture(index), self.truths[index]
        place = (left, top, side)
        shift = self._draw_reference_shift(rng)
        if rng.random() < self.augmentation.warp_share:
            degrees = rng.uniform(-1, 1) * self.augmentation.turn_degrees
            zoom = float(np.exp(rng.uniform(-1, 1) * self.augmentation.zoom))
            tile = warp_patch(picture, place, degrees=degrees, zoom=zoom, shift=shift)
            moved = Truth(warp_boxes(truth.boxes_M4, place, degrees=degrees, zoom=zoom), truth.labels_M)
            boxes, labels = _visible_objects(moved, 0, 0, side)
        else:
            tile = _crop(picture, left, top, side)
            if any(shift):
                half = picture.shape[2] // 2
                beside = _crop(picture[..., half:], left + shift[0], top + shift[1], side)
                tile = np.concatenate([tile[..., :half], beside], 2)
            boxes, labels = _visible_objects(truth, left, top, side)
        tile, boxes = flip_patch(tile, boxes, kind=self.augmentation.flips, rng=rng)
        return widen(self._change_light(rng, tile)), boxes, labels

    def _choose_place(self, rng: np.random.Generator, side: int) -> tuple[int, int, int]:
        """Return image index and top left corner of a patch, around an object unless background is due."""
        if not len(self._objects) or rng.random() < BACKGROUND_SHARE:
            index = int(rng.integers(len(self.gallery)))
            height, width = self.gallery.picture(index).shape[:2]
            return (
                index,
                int(rng.integers(min(0, width - side), max(1, width - side + 1))),
                int(rng.integers(min(0, height - side), max(1, height - side + 1))),
            )
        index, row = (int(value) for value in self._objects[self._draw_object(rng, side)])
        box = self.truths[index].boxes_M4[row]
        height, width = self.gallery.picture(index).shape[:2]
        jitter = rng.uniform(-CENTRE_JITTER, CENTRE_JITTER, 2) * side
        corner = (box[:2] + box[2:]) / 2 + jitter - side / 2
        left = _keep_in(corner[0], width, side)
        return index, left, _keep_in(corner[1], height, side)

    def _draw_object(self, rng: np.random.Generator, side: int) -> int:
        """Return the row of an object that suits a patch of `side`: small tiles show whole objects, the
        large patch rather the large ones.
        """
        drawn = np.searchsorted(self._chances, rng.random(DRAWS)).clip(0, len(self._objects) - 1)
        sizes = self._sizes[drawn]
        if side == self.gallery.layout.canvas:
            return int(drawn[sizes.argmax()])
        fits = sizes <= LARGEST_PART * side
        return int(drawn[fits.argmax()] if fits.any() else drawn[sizes.argmin()])

    def _draw_reference_shift(self, rng: np.random.Generator) -> tuple[int, int]:
        """Return by how many pixels the template moves: no camera is ever fixed."""
        reach = self.augmentation.reference_shift
        if not (self.gallery.with_reference and reach):
            return 0, 0
        dx, dy = (int(value) for value in rng.integers(-reach, reach + 1, 2))
        return dx, dy

    def _change_light(self, rng: np.random.Generator, tile: Image) -> Image:
        contrast = 1 + rng.uniform(-1, 1) * self.augmentation.contrast
        offset = rng.uniform(-1, 1) * self.augmentation.brightness + 127 * (1 - contrast)
        table = np.clip(np.arange(256) * contrast + offset, 0, 255).astype(np.uint8)
        return np.asarray(table[tile])


def flip_patch(
    tile_SSC: Image, boxes_M4: Boxes, *, kind: str, rng: np.random.Generator
) -> tuple[Image, Boxes]:
    """Return the square patch and its boxes mirrored and transposed at random as `kind` allows."""
    if kind == "none":
        return tile_SSC, boxes_M4
    side = tile_SSC.shape[0]
    mirror_x, mirror_y, transpose = rng.random(3) < 0.5
    if mirror_x:
        tile_SSC = tile_SSC[:, ::-1]
        boxes_M4 = np.stack([side - boxes_M4[:, 2], boxes_M4[:, 1], side - boxes_M4[:, 0], boxes_M4[:, 3]], 1)
    if kind in ("mirrored", "dihedral") and mirror_y:
        tile_SSC = tile_SSC[::-1]
        boxes_M4 = np.stack([boxes_M4[:, 0], side - boxes_M4[:, 3], boxes_M4[:, 2], side - boxes_M4[:, 1]], 1)
    if kind == "dihedral" and transpose:
        tile_SSC, boxes_M4 = tile_SSC.transpose(1, 0, 2), boxes_M4[:, [1, 0, 3, 2]]
    return tile_SSC, boxes_M4


def warp_patch(
    picture: Image, place: tuple[int, int, int], *, degrees: float, zoom: float, shift: tuple[int, int]
) -> Image:
    """Return (side, side, C) around the centre of `place` (left, top, side), turned and zoomed.

    `shift` moves the second half of the channels, the template, by pixels.
    """
    left, top, side = place
    half = picture.shape[2] // 2 if any(shift) or picture.shape[2] > 4 else picture.shape[2]
    parts = []
    for first, (dx, dy) in ((0, (0, 0)), (half, shift)):
        plane = np.ascontiguousarray(picture[..., first : first + half])
        if plane.shape[2] == 0:
            continue
        matrix = cv2.getRotationMatrix2D((left + side / 2 + dx, top + side / 2 + dy), degrees, zoom)
        matrix[:, 2] -= (left + dx, top + dy)
        warped = cv2.warpAffine(
            plane, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=[PAD_VALUE] * 4
        )
        parts.append(np.asarray(warped, dtype=np.uint8).reshape(side, side, -1))
    return np.concatenate(parts, 2) if len(parts) > 1 else parts[0]


def warp_boxes(boxes_M4: Boxes, place: tuple[int, int, int], *, degrees: float, zoom: float) -> Boxes:
    """Return the boxes in the warped patch. Objects are taken as ellipses that fill their boxes: the box of a
    turned ellipse is tighter than that of a turned box.
    """
    left, top, side = place
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    offset = (boxes_M4[:, :2] + boxes_M4[:, 2:]) / 2 - (np.array([left, top]) + side / 2)
    centre = zoom * offset @ np.array([[cosine, -sine], [sine, cosine]]) + side / 2
    squared = (boxes_M4[:, 2:] - boxes_M4[:, :2]) ** 2
    reach = zoom * np.sqrt(squared @ np.array([[cosine**2, sine**2], [sine**2, cosine**2]])) / 2
    return np.concatenate([centre - reach, centre + reach], 1)


def _keep_in(corner: float, length: int, side: int) -> int:
    """Return the corner moved so that the patch stays in the image where it fits."""
    return round(float(np.clip(corner, min(0, length - side), max(0, length - side))))


def _crop(picture: Image, left: int, top: int, side: int) -> Image:
    """Return (side, side, C); outside the picture it is grey."""
    height, width = picture.shape[:2]
    part = picture[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    if part.shape[:2] == (side, side):
        return part
    before = (max(0, -top), max(0, -left))
    after = (max(0, top + side - height), max(0, left + side - width))
    padded = cv2.copyMakeBorder(
        np.ascontiguousarray(part),
        before[0],
        after[0],
        before[1],
        after[1],
        cv2.BORDER_CONSTANT,
        value=[PAD_VALUE] * 4,
    )
    return np.asarray(padded, dtype=np.uint8).reshape(side, side, -1)


def _visible_objects(truth: Truth, left: int, top: int, side: int) -> tuple[Boxes, Labels]:
    """Return the objects of a patch in its pixels; those cut too much carry the ignored label."""
    moved = truth.boxes_M4 - np.array([left, top, left, top])
    cut = np.clip(moved, 0, side)
    sides, whole = cut[:, 2:] - cut[:, :2], moved[:, 2:] - moved[:, :2]
    seen = sides.prod(1) / np.maximum(whole.prod(1), 1e-9)
    kept = sides.min(1, initial=np.inf) > 1 if len(cut) else np.zeros(0, bool)
    labels = np.where(seen >= VISIBLE_ENOUGH, truth.labels_M, IGNORED_LABEL)
    return cut[kept], labels[kept]

"""Which part of an image decided: how far the answer falls when a patch is covered.

Owns the covers, the grid from coarse to fine, and what "the answer" is for each problem. Needs nothing of the
network but its answers, so it works for every artefact. Refuses to explain more than it saw: a patch that
does not matter alone may matter together with another.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.geometry import as_boxes, iou_matrix
from perenne.problems import Box, BoxesTarget, ClassTarget, Target, ValueTarget
from perenne.runtime.placing import as_image, fit_reference
from perenne.runtime.session import Model

MOST_INFERENCES = 85
COARSE_CELLS = 36
SAME_BOX_IOU = 0.3
LEAST_CHANGE = 0.001
"""The share of the answer's score that a patch must change; below it the map would show noise."""
_BATCH_PIXELS = 16_000_000
_MOST_AT_ONCE = 16
Pixels = NDArray[np.uint8]
Patch = tuple[int, int, int, int]


@dataclass(frozen=True)
class Occlusion:
    """How far the answer falls at each place; negative where covering raises it.

    `grid_RC` lies over the whole image, row by row. Where a coarse patch mattered most, its four quarters
    were covered by themselves; elsewhere they share what the patch as a whole did. `answer` names what is
    explained, `score` how sure the model is of it (its value for a regression).
    """

    answer: str
    score: float
    grid_RC: NDArray[np.float64]
    n_inferences: int
    ms: float

    @property
    def is_flat(self) -> bool:
        """Whether no patch alone changes the answer: saturated, or decided by the image as a whole."""
        return bool(np.abs(self.grid_RC).max() <= LEAST_CHANGE * abs(self.score))


def explain_by_occlusion(
    model: Model,
    image_HWC: NDArray[Any],
    *,
    reference_HWC: NDArray[Any] | None = None,
    box: Box | None = None,
    most_inferences: int = MOST_INFERENCES,
) -> Occlusion:
    """Return the occlusion grid of an upright RGB image; the same image gives the same grid.

    What is explained: the score of the class that was answered, the value, or the score of `box` (by default
    the surest one; none: of whatever box is surest, so that covering may only raise it). A patch is covered
    with the mean colour around it; with the reference's pixels where the model compares with one.
    Raises: ImageNotUsable, ReferenceMissing, OutputsInvalid; ValueError for too few inferences.
    """
    if most_inferences < 2:
        raise ValueError(f"a grid needs at least 2 inferences; got {most_inferences}")
    started = time.perf_counter()
    image = as_image(image_HWC)
    covers = _covers(model, image, reference_HWC)
    whole = model.predict(image, reference_HWC=reference_HWC).target
    answer, measure = _answer_of(whole, box)
    score = measure(whole)
    rows, columns = _coarse_grid(image.shape[1], image.shape[0], min(COARSE_CELLS, most_inferences - 1))
    coarse = [_patch(image, r, c, rows, columns) for r in range(rows) for c in range(columns)]

    def falls(patches: Sequence[Patch]) -> NDArray[np.float64]:
        covered = _predict_covered(model, image, reference_HWC, covers, patches)
        return score - np.array([measure(target) for target in covered])

    falls_RC = falls(coarse).reshape(rows, columns)
    fine_RC = falls_RC.repeat(2, 0).repeat(2, 1)
    n_fine = min((most_inferences - 1 - len(coarse)) // 4, len(coarse))
    order = np.argsort(-np.abs(falls_RC).reshape(-1), kind="stable")[:n_fine]
    chosen = [(int(i) // columns, int(i) % columns) for i in order if abs(falls_RC.flat[i]) > 0]
    places = [(2 * r + dr, 2 * c + dc) for r, c in chosen for dr in (0, 1) for dc in (0, 1)]
    if places:
        fine = [_patch(image, r, c, 2 * rows, 2 * columns) for r, c in places]
        for (r, c), fall in zip(places, falls(fine).tolist(), strict=True):
            fine_RC[r, c] = fall
    n = 1 + len(coarse) + len(places)
    return Occlusion(answer, score, fine_RC, n, (time.perf_counter() - started) * 1000)


def _coarse_grid(width: int, height: int, most: int) -> tuple[int, int]:
    """Return rows and columns of nearly square cells, at most `most` of them.

    >>> _coarse_grid(640, 640, 36), _coarse_grid(1000, 250, 36), _coarse_grid(9000, 10, 36)
    ((6, 6), (3, 12), (1, 36))
    """
    rows = int(np.clip(round((most * height / width) ** 0.5), 1, most))
    return rows, max(1, most // rows)


def _patch(image: Pixels, row: int, column: int, rows: int, columns: int) -> Patch:
    """Return x1, y1, x2, y2 of a cell, in whole pixels, at least one wide."""
    height, width = image.shape[:2]
    x1, y1 = column * width // columns, row * height // rows
    x2, y2 = (column + 1) * width // columns, (row + 1) * height // rows
    return x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)


def _covers(
    model: Model, image: Pixels, reference_HWC: NDArray[Any] | None
) -> Callable[[Patch], NDArray[Any]]:
    """Return what a patch is covered with."""
    if model.needs_reference and reference_HWC is not None:
        alignment = str(model.manifest["input"].get("reference_alignment", "none"))
        good = fit_reference(as_image(reference_HWC), image, alignment=alignment)
        return lambda patch: good[patch[1] : patch[3], patch[0] : patch[2]]
    return lambda patch: _mean_around(image, patch)


def _mean_around(image: Pixels, patch: Patch) -> NDArray[Any]:
    """Return the mean colour of the ring of half a patch around the patch."""
    x1, y1, x2, y2 = patch
    dx, dy = (x2 - x1 + 1) // 2, (y2 - y1 + 1) // 2
    around = image[max(0, y1 - dy) : y2 + dy, max(0, x1 - dx) : x2 + dx]
    inside = image[y1:y2, x1:x2]
    n = around.shape[0] * around.shape[1] - inside.shape[0] * inside.shape[1]
    if n == 0:
        return np.asarray(image.mean((0, 1)).round())
    total = around.sum((0, 1), dtype=np.int64) - inside.sum((0, 1), dtype=np.int64)
    return np.asarray(np.round(total / n))


def _predict_covered(
    model: Model,
    image: Pixels,
    reference_HWC: NDArray[Any] | None,
    covers: Callable[[Patch], NDArray[Any]],
    patches: Sequence[Patch],
) -> list[Target]:
    at_once = int(np.clip(_BATCH_PIXELS // (image.shape[0] * image.shape[1]), 1, _MOST_AT_ONCE))
    targets: list[Target] = []
    for start in range(0, len(patches), at_once):
        batch = []
        for patch in patches[start : start + at_once]:
            covered = image.copy()
            covered[patch[1] : patch[3], patch[0] : patch[2]] = covers(patch)
            batch.append(covered)
        told = model.predict_batch(batch, references=[reference_HWC] * len(batch))
        targets.extend(prediction.target for prediction in told)
    return targets


def _answer_of(whole: Target, box: Box | None) -> tuple[str, Callable[[Target], float]]:
    """Return the name of what is explained, and how sure a prediction is of it."""
    if isinstance(whole, ClassTarget):
        name = whole.name
        return name, lambda target: _class_score(target, name)
    if isinstance(whole, ValueTarget):
        return "value", _value
    assert isinstance(whole, BoxesTarget)
    surest = max(whole.boxes, key=lambda b: b.score or 0.0, default=None)
    chosen = box or surest
    if chosen is None:
        return "nothing", lambda target: _box_score(target, None)
    return chosen.name, lambda target: _box_score(target, chosen)


def _class_score(target: Target, name: str) -> float:
    assert isinstance(target, ClassTarget)
    return float((target.scores or {}).get(name, target.name == name))


def _value(target: Target) -> float:
    assert isinstance(target, ValueTarget)
    return target.value


def _box_score(target: Target, box: Box | None) -> float:
    """Return the best score of a box of that class that lies where `box` does; of any box without one."""
    assert isinstance(target, BoxesTarget)
    rivals = [b for b in target.boxes if box is None or b.name == box.name]
    if not rivals:
        return 0.0
    scores = np.array([b.score or 0.0 for b in rivals])
    if box is None:
        return float(scores.max())
    overlaps = iou_matrix(as_boxes([b.corners for b in rivals]), as_boxes([box.corners]))[:, 0]
    return float(np.where(overlaps >= SAME_BOX_IOU, scores, 0.0).max())

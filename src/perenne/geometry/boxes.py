"""Boxes as arrays (N, 4) of x1, y1, x2, y2 in pixels, half-open.

Owns area, clipping and overlap. Refuses other box layouts: convert at the border.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]


def as_boxes(boxes: ArrayLike) -> NDArray[np.float64]:
    """Return `boxes` as float64 (N, 4); an empty list gives (0, 4). Raises: ValueError on another shape."""
    array = np.asarray(boxes, dtype=np.float64)
    if array.size == 0:
        return np.zeros((0, 4))
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(f"expected boxes of shape (N, 4), got {array.shape}")
    return array


def area(boxes_N4: Floats) -> Floats:
    """Return (N,) areas in square pixels; inverted boxes have none.

    >>> area(np.array([[0.0, 0.0, 2.0, 3.0], [5.0, 5.0, 4.0, 9.0]])).tolist()
    [6.0, 0.0]
    """
    sides = np.clip(boxes_N4[:, 2:] - boxes_N4[:, :2], 0, None)
    return np.asarray(sides[:, 0] * sides[:, 1])


def clip(boxes_N4: Floats, *, width: float, height: float) -> Floats:
    """Return the boxes cut to an image of `width` x `height` pixels."""
    limits = np.array([width, height, width, height], dtype=boxes_N4.dtype)
    return np.asarray(np.minimum(np.maximum(boxes_N4, 0), limits))


def iou_matrix(boxes_N4: Floats, boxes_M4: Floats) -> Floats:
    """Return (N, M) intersection over union, 0 where the union is empty.

    >>> iou_matrix(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])).round(3).tolist()
    [[0.333]]
    """
    low = np.maximum(boxes_N4[:, None, :2], boxes_M4[None, :, :2])
    high = np.minimum(boxes_N4[:, None, 2:], boxes_M4[None, :, 2:])
    sides = np.clip(high - low, 0, None)
    shared = sides[..., 0] * sides[..., 1]
    union = area(boxes_N4)[:, None] + area(boxes_M4)[None, :] - shared
    return np.asarray(np.where(union > 0, shared / np.where(union > 0, union, 1), 0.0))

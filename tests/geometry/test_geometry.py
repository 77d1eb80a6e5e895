"""Boxes, suppression and the mapping into a network input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.geometry import as_boxes, clip, fit_input, iou_matrix, place_image, suppress

side = st.integers(1, 3000)


def test_an_empty_list_of_boxes_has_four_columns() -> None:
    assert as_boxes([]).shape == (0, 4)


def test_boxes_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(N, 4\)"):
        as_boxes([1, 2, 3, 4])


@given(st.lists(st.tuples(side, side, side, side), min_size=1, max_size=6))
def test_overlap_is_symmetric_bounded_and_one_with_itself(rows: list[tuple[int, int, int, int]]) -> None:
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h in rows], dtype=float)
    overlap = iou_matrix(boxes, boxes)
    assert np.allclose(overlap, overlap.T)
    assert np.allclose(np.diag(overlap), 1)
    assert overlap.min() >= 0 and overlap.max() <= 1 + 1e-12


@given(width=side, height=side, box=st.tuples(side, side, side, side))
def test_a_box_that_goes_into_the_input_and_back_is_the_same(
    width: int, height: int, box: tuple[int, int, int, int]
) -> None:
    mapping = fit_input(width, height, width=640, height=384)
    inside = clip(
        np.array([[box[0], box[1], box[0] + box[2], box[1] + box[3]]], float), width=width, height=height
    )
    assert np.allclose(mapping.to_image(mapping.to_input(inside)), inside, atol=1e-6)
    assert mapping.scaled_width <= 640 and mapping.scaled_height <= 384


def test_a_small_image_is_padded_and_not_enlarged() -> None:
    image = np.full((20, 30, 3), 7, np.uint8)
    placed = place_image(image, width=64, height=64, mapping=fit_input(30, 20, width=64, height=64))
    assert placed.shape == (64, 64, 3)
    assert (placed[:20, :30] == 7).all() and (placed[20:] == 114).all() and (placed[:, 30:] == 114).all()


def test_a_stretched_image_fills_the_input() -> None:
    image = np.full((20, 30, 3), 7, np.uint8)
    mapping = fit_input(30, 20, width=64, height=32, mode="stretch")
    assert (place_image(image, width=64, height=32, mapping=mapping) == 7).all()


def test_suppression_keeps_the_best_of_a_class_and_all_classes() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], float)
    scores = np.array([[0.9, 0.0], [0.8, 0.7], [0.3, 0.01]])
    kept, kept_scores, classes = suppress(boxes, scores, iou=0.5, score_floor=0.02)
    assert kept_scores.tolist() == [0.9, 0.7, 0.3]
    assert classes.tolist() == [0, 1, 0]
    assert kept[1].tolist() == [1, 0, 11, 10]


def test_suppression_of_nothing_gives_nothing() -> None:
    boxes, scores, classes = suppress(np.zeros((5, 4)), np.zeros((5, 2)))
    assert boxes.shape == (0, 4) and scores.shape == (0,) and classes.shape == (0,)


def test_suppression_returns_at_most_the_asked_number() -> None:
    corners = np.arange(50)[:, None] * 20.0
    boxes = np.hstack([corners, corners, corners + 10, corners + 10])
    assert len(suppress(boxes, np.linspace(0.1, 0.9, 50)[:, None], maximum=7)[0]) == 7

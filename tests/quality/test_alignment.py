"""A reference is moved onto its image, and left alone where no move clearly helps."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.quality.alignment import Offset, align_reference, find_offset, move_image

REACH_AT_320 = 8


def draw_board(seed: int, *, width: int = 320, height: int = 320) -> np.ndarray:  # type: ignore[type-arg]
    """Return RGB uint8: bright traces and pads on a dark ground."""
    rng = np.random.default_rng(seed)
    board = np.full((height, width, 3), 40, np.uint8)
    for _ in range(40):
        x, y = int(rng.integers(0, width - 8)), int(rng.integers(0, height - 8))
        long, thin = int(rng.integers(20, 90)), int(rng.integers(3, 12))
        across, down = (long, thin) if rng.random() < 0.5 else (thin, long)
        board[y : y + down, x : x + across] = 200
    return board


moves = st.integers(-REACH_AT_320, REACH_AT_320)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), dx=moves, dy=moves, light=st.integers(-30, 30))
def test_a_known_move_is_found_in_other_light_and_with_defects(
    seed: int, dx: int, dy: int, light: int
) -> None:
    reference = draw_board(seed)
    image = move_image(reference, dx=dx, dy=dy)
    image = np.clip(image.astype(int) + light, 0, 255).astype(np.uint8)
    image[100:120, 100:120] = 0
    found = find_offset(reference, image)
    assert (found.dx, found.dy) == (dx, dy)
    assert found.correlation > 0.5


@settings(max_examples=60, deadline=None)
@given(seeds=st.lists(st.integers(0, 10_000), min_size=2, max_size=2, unique=True))
def test_a_reference_of_another_scene_stays_where_it_is(seeds: list[int]) -> None:
    found = find_offset(draw_board(seeds[0]), draw_board(seeds[1]))
    assert (found.dx, found.dy) == (0, 0) and found.correlation < 0.5


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 90), height=st.integers(1, 90), grey=st.booleans(), seed=st.integers(0, 99))
def test_any_size_is_answered(width: int, height: int, grey: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 1 if grey else 3), dtype=np.uint8)
    aligned = align_reference(image[::-1], image)
    assert aligned.shape == image.shape and aligned.dtype == np.uint8


def test_a_large_image_is_aligned_to_a_pixel_of_its_working_size() -> None:
    reference = draw_board(3).repeat(8, axis=0).repeat(8, axis=1)
    image = move_image(reference, dx=32, dy=-16)
    found = find_offset(reference, image)
    assert abs(found.dx - 32) <= 2 and abs(found.dy + 16) <= 2 and found.gain > 0.9


def test_the_edge_of_a_moved_reference_is_repeated() -> None:
    row = np.array([[1, 2, 3, 4]], np.uint8)[..., None]
    assert move_image(row, dx=1, dy=0)[0, :, 0].tolist() == [1, 1, 2, 3]
    assert move_image(row, dx=-9, dy=5)[0, :, 0].tolist() == [4, 4, 4, 4]
    assert move_image(row, dx=0, dy=0) is row


def test_blank_images_have_no_offset_and_unequal_sizes_are_an_error() -> None:
    blank = np.full((64, 64, 3), 9, np.uint8)
    assert find_offset(blank, draw_board(1, width=64, height=64)) == Offset(0, 0, 0.0, 0.0)
    with pytest.raises(ValueError, match="one size"):
        find_offset(blank, blank[:32])


def test_it_costs_little_beside_an_inference() -> None:
    """The bound is ten times what is measured: it catches a change of order, not a busy machine."""
    reference = draw_board(5, width=640, height=640)
    image = move_image(reference, dx=3, dy=-5)
    find_offset(reference, image)
    started = time.process_time()
    for _ in range(10):
        find_offset(reference, image)
    assert (time.process_time() - started) / 10 < 0.025

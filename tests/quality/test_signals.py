"""Each acquisition signal answers to its fault, and the record of an image stays small and the same."""

import time
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.quality.decoding import difference_hash, turn_grey
from perenne.quality.signals import Signals, measure_signals, unpack_cells


def photograph(seed: int = 0, *, width: int = 320, height: int = 240, colour: bool = True) -> np.ndarray:  # type: ignore[type-arg]
    """Return an RGB image with shapes, texture and sensor noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 180, (12, 16, 3 if colour else 1), dtype=np.uint8)
    if not colour:
        coarse = np.repeat(coarse, 3, axis=2)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.float32)
    image = cv2.GaussianBlur(image, (0, 0), 0.8) + rng.normal(0, 3, (height, width, 1))
    return np.clip(image, 0, 255).astype(np.uint8)


def test_blur_takes_detail_and_noise_away() -> None:
    sharp = measure_signals(photograph())
    blurred = measure_signals(cv2.GaussianBlur(photograph(), (0, 0), 2))
    assert blurred.log_laplacian < sharp.log_laplacian - 0.5
    assert blurred.log_noise < sharp.log_noise - 0.5
    assert blurred.fine_detail < sharp.fine_detail - 0.5
    assert blurred.mean == pytest.approx(sharp.mean, abs=1)


def test_resizing_and_back_shows_in_the_finest_detail() -> None:
    image = photograph()
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    back = cv2.resize(half, (320, 240), interpolation=cv2.INTER_LINEAR)
    assert measure_signals(back).fine_detail < measure_signals(image).fine_detail - 0.3


def test_strong_compression_shows_in_its_blocks() -> None:
    image = photograph()
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 10])
    again = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert measure_signals(again).blockiness > measure_signals(image).blockiness + 0.15


def test_light_and_clipping_show_in_the_tone() -> None:
    image = photograph()
    dark, bright = (np.clip(image * gain, 0, 255).astype(np.uint8) for gain in (0.4, 2.5))
    assert measure_signals(dark).mean < measure_signals(image).mean < measure_signals(bright).mean
    assert measure_signals(bright).bright_share > 0.2
    black = measure_signals(np.zeros((50, 60, 3), np.uint8))
    assert (black.mean, black.dark_share, black.entropy, black.std) == (0, 1, 0, 0)


def test_a_stretched_scale_leaves_a_comb() -> None:
    grey = photograph(colour=False)
    stretched = np.clip(grey.astype(int) * 2 - 100, 0, 255).astype(np.uint8)
    assert measure_signals(grey).grey_levels > 0.95
    assert measure_signals(stretched).grey_levels < 0.6


def test_a_colour_cast_shows_in_lab_and_grey_has_none() -> None:
    image = photograph(colour=False)
    assert measure_signals(image).lab_a == pytest.approx(0, abs=0.5)
    warm = image.copy()
    warm[..., 2] = warm[..., 2] // 2
    assert measure_signals(warm).lab_b > 10


def test_an_obstructed_corner_shows_in_its_cells_and_its_quarter() -> None:
    image = photograph()
    image[:120, :160] = 90
    seen = measure_signals(image)
    assert (unpack_cells(seen.cell_spreads)[:4, :4] == 0).all()
    assert (unpack_cells(seen.cell_means)[:4, :4] == 90).all()
    assert seen.quadrants[0] < -1 < min(seen.quadrants[1:])


def test_a_turn_exchanges_the_directions() -> None:
    stripes = np.zeros((200, 200), np.uint8)
    stripes[:, ::8] = 255
    upright, turned = measure_signals(stripes), measure_signals(np.rot90(stripes).copy())
    assert upright.direction > 1 and turned.direction == pytest.approx(-upright.direction)


def test_a_golden_template_tells_where_it_lies() -> None:
    image = photograph()
    moved = np.roll(image, (2, -3), axis=(0, 1))
    seen = measure_signals(moved, template_HWC=image)
    assert seen.offset is not None and seen.offset[:2] == (-3, 2)
    assert measure_signals(image, template_HWC=image[:100]).offset is None


def test_one_pixel_less_is_another_picture() -> None:
    image = photograph()
    other = image.copy()
    other[100, 100] ^= 64
    assert measure_signals(image).picture != measure_signals(other).picture
    assert measure_signals(image).hash == measure_signals(other).hash


@settings(max_examples=40, deadline=None)
@given(width=st.integers(1, 900), height=st.integers(1, 100), seed=st.integers(0, 99), grey=st.booleans())
def test_any_image_has_finite_numbers_in_less_than_a_kilobyte(
    width: int, height: int, seed: int, grey: bool
) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width) if grey else (height, width, 3), dtype=np.uint8)
    seen = measure_signals(image)
    text = seen.to_json()
    assert "NaN" not in text and "Infinity" not in text and len(text) < 1024
    assert Signals.from_json(text) == seen == measure_signals(image.copy())


@pytest.mark.parametrize("strange", [np.zeros((4, 4), np.float32), np.zeros((4, 4, 4), np.uint8)])
def test_what_is_no_image_is_refused(strange: np.ndarray) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match="expected uint8"):
        measure_signals(strange)


def test_an_image_costs_milliseconds() -> None:
    """3 ms on a free core; the limit leaves room for a busy machine."""
    image = photograph(width=640, height=640)
    measure_signals(image)
    began = time.process_time()
    for _ in range(5):
        measure_signals(image)
    assert (time.process_time() - began) / 5 < 0.025


@pytest.mark.parametrize("size", [(320, 320), (321, 319), (100, 640), (127, 300), (640, 480), (900, 1300)])
def test_what_steps_share_changes_no_number(size: tuple[int, int]) -> None:
    image = photograph(width=size[0], height=size[1])
    grey = turn_grey(image)
    seen = measure_signals(image, grey_HW=grey)
    assert seen == measure_signals(image)
    if max(size) <= 640:
        assert seen.hash == f"{difference_hash(image):016x}"
        assert seen.picture == f"{zlib.crc32(grey.tobytes()):08x}"

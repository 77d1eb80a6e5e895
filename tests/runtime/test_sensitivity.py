"""Covering the patch that decided makes the answer fall; covering any other changes nothing."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from perenne.problems import Box
from perenne.runtime import ReferenceMissing, load_model
from perenne.runtime.sensitivity import MOST_INFERENCES, explain_by_occlusion
from perenne.testing.tiny_models import tiny_classifier, tiny_detector, tiny_regressor

Pixels = NDArray[np.uint8]
STRETCHED = {"name": "image", "width": 64, "height": 64, "mode": "stretch", "channels": 3, "reference": False}


def spotted(*cells: tuple[int, int], width: int = 192, height: int = 192) -> Pixels:
    """Return a black image with grey cells (row, column) of a quarter of its sides."""
    image = np.zeros((height, width, 3), np.uint8)
    for row, column in cells:
        y, x = row * height // 4, column * width // 4
        image[y : y + height // 4, x : x + width // 4] = 145
    return image


def test_the_box_that_was_surest_falls_only_where_it_lies(tmp_path: Path) -> None:
    model = load_model(tiny_detector(tmp_path / "m", input=STRETCHED))
    found = explain_by_occlusion(model, spotted((1, 2)))
    assert found.grid_RC.shape == (12, 12) and found.n_inferences <= MOST_INFERENCES
    inside = np.zeros((12, 12), bool)
    inside[3:6, 6:9] = True
    assert found.answer == "spot" and 0.6 < found.score < 0.9 and found.ms > 0
    assert found.grid_RC[inside].max() > 0.1
    assert np.abs(found.grid_RC[~inside]).max() < found.grid_RC[inside].max() / 2


def test_another_box_may_be_asked_about(tmp_path: Path) -> None:
    model = load_model(tiny_detector(tmp_path / "m", input=STRETCHED))
    image = spotted((0, 0), (3, 3))
    here, there = (
        explain_by_occlusion(model, image, box=Box(x, x, x + 48, x + 48, "spot")).grid_RC for x in (0, 144)
    )
    assert here[:3, :3].max() > 0.1 and np.abs(here[6:, 6:]).max() == pytest.approx(0)
    assert there[9:, 9:].max() > 0.1 and np.abs(there[:6, :6]).max() == pytest.approx(0)


def test_a_bright_patch_speaks_for_the_class_of_bright_images(tmp_path: Path) -> None:
    model = load_model(tiny_classifier(tmp_path / "m"))
    image = np.full((64, 64, 3), 120, np.uint8)
    image[32:, 32:] = 255
    found = explain_by_occlusion(model, image)
    assert found.answer == "bad" and found.score > 0.5
    top = np.argsort(found.grid_RC.reshape(-1))[-4:]
    assert all(i // 12 >= 5 and i % 12 >= 5 for i in top.tolist())


def test_a_value_falls_by_what_the_patch_added(tmp_path: Path) -> None:
    model = load_model(tiny_regressor(tmp_path / "m"))
    image = np.zeros((60, 60, 3), np.uint8)
    image[20:30, 40:50] = 255
    found = explain_by_occlusion(model, image)
    assert found.answer == "value"
    row, column = divmod(int(found.grid_RC.argmax()), 12)
    assert row in (4, 5) and column in (8, 9)


def test_a_reference_covers_with_the_good_piece(tmp_path: Path) -> None:
    model = load_model(tiny_detector(tmp_path / "m", reference=True))
    good = spotted((0, 3), width=64, height=64)
    image = good.copy()
    image[32:48, 16:32] = 30
    found = explain_by_occlusion(model, image, reference_HWC=good)
    assert found.answer == "spot" and found.grid_RC[6:9, 3:6].max() > 0.02
    assert np.abs(found.grid_RC[:6]).max() == pytest.approx(
        0, abs=1e-9
    )  # its bright corner is as it should be
    with pytest.raises(ReferenceMissing):
        explain_by_occlusion(model, image)


def test_an_image_without_boxes_can_only_gain_some(tmp_path: Path) -> None:
    found = explain_by_occlusion(
        load_model(tiny_detector(tmp_path / "m")), np.zeros((64, 64, 3), np.uint8), most_inferences=10
    )
    assert found.answer == "nothing" and found.score == 0 and not found.grid_RC.any()
    assert found.n_inferences == 10 and found.grid_RC.shape == (6, 6)


def test_the_same_image_gives_the_same_grid_whatever_its_shape(tmp_path: Path) -> None:
    model = load_model(tiny_detector(tmp_path / "m"))
    for width, height in ((200, 40), (33, 100), (3, 2)):
        image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        first, second = (explain_by_occlusion(model, image) for _ in range(2))
        assert (first.grid_RC == second.grid_RC).all() and first.n_inferences <= MOST_INFERENCES
    with pytest.raises(ValueError, match="at least 2"):
        explain_by_occlusion(model, image, most_inferences=1)


def test_an_answer_that_no_patch_changes_has_a_flat_map(tmp_path: Path) -> None:
    model = load_model(tiny_classifier(tmp_path / "m"))
    even, uneven = np.full((64, 64, 3), 120, np.uint8), np.full((64, 64, 3), 120, np.uint8)
    uneven[32:, 32:] = 255
    assert explain_by_occlusion(model, even).is_flat
    assert not explain_by_occlusion(model, uneven).is_flat

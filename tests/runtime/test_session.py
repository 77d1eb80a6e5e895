"""One path from image to prediction: right places, right references, the same alone and in a batch."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from perenne.problems import BoxesTarget, ClassTarget, ValueTarget
from perenne.runtime import ArtefactRefused, ImageNotUsable, ReferenceMissing, load_model
from perenne.runtime.placing import place_input
from perenne.testing.tiny_models import CELL_PX, tiny_classifier, tiny_detector, tiny_regressor


def grey(value: int, *, width: int = 64, height: int = 64) -> np.ndarray:  # type: ignore[type-arg]
    return np.full((height, width, 3), value, np.uint8)


def test_a_classifier_answers_with_scores_embedding_and_timings(tmp_path: Path) -> None:
    model = load_model(tiny_classifier(tmp_path / "m"))
    dark, bright = model.predict(grey(20)), model.predict(grey(230))
    assert isinstance(dark.target, ClassTarget) and isinstance(bright.target, ClassTarget)
    assert (dark.target.name, bright.target.name) == ("good", "bad")
    assert dark.target.scores and sum(dark.target.scores.values()) == pytest.approx(1)
    assert dark.embedding is not None and dark.embedding.shape == (3,)
    assert set(dark.timings_ms) == {"preprocess", "inference", "postprocess"}


def test_a_regressor_answers_with_a_number(tmp_path: Path) -> None:
    target = load_model(tiny_regressor(tmp_path / "m")).predict(grey(255)).target
    assert isinstance(target, ValueTarget) and target.value == pytest.approx(1.0)


@pytest.mark.parametrize(("width", "height"), [(64, 64), (128, 64), (320, 480), (40, 64)])
def test_boxes_come_back_to_where_the_object_is(tmp_path: Path, width: int, height: int) -> None:
    model = load_model(tiny_detector(tmp_path / "m"))
    image = grey(0, width=width, height=height)
    scale = max(width / 64, height / 64, 1.0)
    cell = round(CELL_PX * scale)
    image[cell : 2 * cell, :cell] = 255
    target = model.predict(image).target
    assert isinstance(target, BoxesTarget)
    assert target.boxes[0].corners == pytest.approx((0, cell, min(cell, width), 2 * cell), abs=0.1)


def test_a_stretched_input_fills_the_network(tmp_path: Path) -> None:
    given = {"name": "image", "width": 64, "height": 64, "mode": "stretch", "channels": 3, "reference": False}
    model = load_model(tiny_detector(tmp_path / "m", input=given))
    image = grey(0, width=640, height=64)
    image[:16, :160] = 255
    target = model.predict(image).target
    assert isinstance(target, BoxesTarget) and target.boxes[0].corners == pytest.approx((0, 0, 160, 16))


def test_a_reference_is_compared_and_its_absence_is_said(tmp_path: Path) -> None:
    model = load_model(tiny_detector(tmp_path / "m", reference=True))
    good = grey(0)
    good[:16, 48:] = 200
    image = good.copy()
    image[32:48, 16:32] = 255
    target = model.predict(image, reference_HWC=good).target
    assert isinstance(target, BoxesTarget) and target.boxes[0].corners == (16, 32, 32, 48)
    larger = good.repeat(2, axis=0).repeat(2, axis=1)
    again = model.predict(image, reference_HWC=larger).target
    assert again == target
    with pytest.raises(ReferenceMissing, match="reference image"):
        model.predict(image)


def test_a_reference_that_lies_off_is_moved_when_the_manifest_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    good = (
        np.kron(rng.integers(0, 2, (40, 40)), np.ones((8, 8))).astype(np.uint8)[..., None].repeat(3, 2) * 200
    )
    moved = np.roll(good, (2, 3), (0, 1))
    given = {"name": "image", "width": 320, "height": 320, "channels": 6, "reference": True}
    still, _ = place_input(good, given=given, reference_HWC=moved)
    aligned, _ = place_input(good, given={**given, "reference_alignment": "translation"}, reference_HWC=moved)
    assert (still[..., 3:] == moved).all()
    assert (aligned[8:-8, 8:-8, 3:] == good[8:-8, 8:-8]).all()
    with pytest.raises(ArtefactRefused, match="reference alignment 'magic'"):
        tiny_detector(tmp_path / "m", input={**given, "reference_alignment": "magic"})


def test_a_batch_gives_what_single_images_give(tmp_path: Path) -> None:
    model = load_model(tiny_detector(tmp_path / "m"))
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (50 + 7 * i, 60, 3), dtype=np.uint8) for i in range(40)]
    together = model.predict_batch(images)
    assert [p.target for p in together] == [model.predict(image).target for image in images]
    assert model.predict_batch([]) == []


def test_threads_share_a_model(tmp_path: Path) -> None:
    model = load_model(tiny_regressor(tmp_path / "m"))
    images = [grey(value) for value in range(0, 250, 5)]
    with ThreadPoolExecutor(4) as pool:
        parallel = [prediction.target for prediction in pool.map(model.predict, images)]
    assert parallel == [model.predict(image).target for image in images]


def test_a_grey_image_is_taken_and_other_arrays_are_refused(tmp_path: Path) -> None:
    model = load_model(tiny_regressor(tmp_path / "m"))
    assert model.predict(grey(99)[..., 0]).target == model.predict(grey(99)).target
    for wrong in (grey(1).astype(np.float32), grey(1)[..., :2], np.zeros((0, 0, 3), np.uint8)):
        with pytest.raises(ImageNotUsable, match="8-bit RGB"):
            model.predict(wrong)

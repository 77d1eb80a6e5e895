"""A tiny classifier, from images on disk to an artefact that answers."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.problems import ClassTarget
from perenne.recipes import RECIPES, SilentReporter, TrainedModel, TrainingItem, TrainingTask
from perenne.recipes.errors import (
    BadTrainingConfig,
    EmptyDataset,
    TrainingCancelled,
    UnreadableTrainingImage,
)
from perenne.recipes.lite.partition import part_items
from perenne.recipes.lite.whole_images import PictureStore, Variation, choose_input, vary_picture
from perenne.recipes.lite_classification.packaging import (
    TEMPERATURES,
    choose_calibration,
    choose_temperature,
    choose_threshold,
)
from perenne.recipes.lite_classification.probe import fit_probe, log_loss_of
from perenne.runtime import inspect_artefact, load_model, write_artefact

CLASSES = ["plain", "striped"]
TINY: dict[str, Any] = {"max_steps": 2, "budget_cpu_s": None, "side": 64, "batch_size": 4, "threads": 1}
TINY |= {"small_until": 0.0}


def draw_items(folder: Path, *, count: int = 20, width: int = 80, height: int = 80) -> list[TrainingItem]:
    """Return items of grey noise; every second one has stripes."""
    rng = np.random.default_rng(3)
    items = []
    for i in range(count):
        image = rng.integers(60, 120, (height, width), dtype=np.uint8)
        if i % 2:
            image[::8] = 250
        path = folder / f"{i}.png"
        cv2.imwrite(str(path), image)
        target = {"class": CLASSES[i % 2]}
        items.append(
            TrainingItem(path, target, "train", group=f"part-{i // 2}", site="n", width=width, height=height)
        )
    return items


def make_task(folder: Path, **config: Any) -> TrainingTask:
    return TrainingTask(
        "classification", CLASSES, draw_items(folder), folder / "run", config={**TINY, **config}
    )


@pytest.mark.parametrize("mode", ["probe", "finetune"])
def test_a_run_gives_an_artefact_that_tells_the_classes_apart(tmp_path: Path, mode: str) -> None:
    task = make_task(tmp_path, mode=mode)
    model = RECIPES.get("lite-classification").train(task, SilentReporter())
    path = write_artefact(
        tmp_path / "model.perenne",
        onnx_path=model.onnx_path,
        manifest=model.manifest,
        card=model.card,
        weights_path=model.weights_path,
    )
    manifest = inspect_artefact(path).manifest
    assert manifest["parity"]["logits"] <= 1e-3 and manifest["metrics"]["auroc"] == 1.0
    assert manifest["thresholds"]["fail_classes"] == ["striped"]
    runtime = load_model(path)
    striped = np.full((80, 80, 3), 90, np.uint8)
    striped[::8] = 250
    prediction = runtime.predict(striped)
    assert isinstance(prediction.target, ClassTarget) and prediction.target.name == "striped"
    assert prediction.embedding is not None and prediction.embedding.shape == (944,)
    assert "Validation" in model.card


def write_model(model: TrainedModel, path: Path) -> Path:
    return write_artefact(
        path,
        onnx_path=model.onnx_path,
        manifest=model.manifest,
        card=model.card,
        weights_path=model.weights_path,
    )


@pytest.mark.parametrize(
    ("flips", "mirrors", "axes"),
    [("horizontal", 4, [1]), ("dihedral", 2, [1]), ("mirrored", 4, [0, 1, (0, 1)])],
)
def test_a_model_answers_the_same_for_the_mirror_images_it_averages_over(
    tmp_path: Path, flips: str, mirrors: int, axes: list[Any]
) -> None:
    recipe = RECIPES.get("lite-classification")
    model = recipe.train(make_task(tmp_path, mode="probe", flips=flips, mirrors=mirrors), SilentReporter())
    assert f"averaged over {len(axes) + 1} mirror images" in model.card
    averaging = load_model(write_model(model, tmp_path / "averaging"))
    image = np.random.default_rng(5).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    image[:20] //= 4
    answer = averaging.predict(image)
    assert isinstance(answer.target, ClassTarget) and answer.target.scores
    for axis in axes:
        mirrored = averaging.predict(np.flip(image, axis).copy()).target
        assert isinstance(mirrored, ClassTarget)
        assert mirrored.scores == pytest.approx(answer.target.scores, abs=1e-3)
    alone = recipe.train(make_task(tmp_path, mode="probe", flips="none", mirrors=4), SilentReporter())
    assert "averaged over" not in alone.card
    upright = load_model(write_model(alone, tmp_path / "upright")).predict(image)
    assert answer.embedding is not None and upright.embedding is not None
    np.testing.assert_allclose(answer.embedding, upright.embedding, rtol=1e-3, atol=1e-3)


def test_a_run_that_was_interrupted_goes_on_and_ends_like_one_that_was_not(tmp_path: Path) -> None:
    class StopsOnce(SilentReporter):
        asked = 0

        def should_stop(self) -> bool:
            self.asked += 1
            return self.asked == 3

    recipe, (one, two) = RECIPES.get("lite-classification"), (tmp_path / "one", tmp_path / "two")
    one.mkdir()
    two.mkdir()
    whole = recipe.train(make_task(one, max_steps=4), SilentReporter())
    with pytest.raises(TrainingCancelled):
        recipe.train(make_task(two, max_steps=4), StopsOnce())
    reporter = SilentReporter()
    continued = recipe.train(make_task(two, max_steps=4), reporter)
    assert any("Continued from the checkpoint" in text for _, text in reporter.lines)
    assert not any("Probe" in text for _, text in reporter.lines)
    assert continued.weights_path and whole.weights_path
    assert continued.weights_path.read_bytes() == whole.weights_path.read_bytes()


def test_a_run_may_start_from_a_live_version(tmp_path: Path) -> None:
    recipe = RECIPES.get("lite-classification")
    base = recipe.train(make_task(tmp_path, mode="probe"), SilentReporter())
    artefact = write_artefact(
        tmp_path / "base",
        onnx_path=base.onnx_path,
        manifest=base.manifest,
        card=base.card,
        weights_path=base.weights_path,
    )
    (tmp_path / "next").mkdir()
    task = make_task(tmp_path / "next", mode="probe")
    task = TrainingTask(**{**task.__dict__, "base_artefact": artefact})
    assert recipe.train(task, SilentReporter()).metrics["auroc"] == 1.0


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"sidewise": 3}, "sidewise"),
        ({"side": 100}, "side"),
        ({"fail_classes": ["cracked"]}, "cracked"),
        ({"max_steps": None}, "budget"),
    ],
)
def test_a_wrong_configuration_is_said(tmp_path: Path, config: dict[str, Any], words: str) -> None:
    with pytest.raises(BadTrainingConfig, match=words):
        RECIPES.get("lite-classification").train(make_task(tmp_path, **config), SilentReporter())


def test_data_that_cannot_teach_is_said(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    recipe = RECIPES.get("lite-classification")
    plain = [item for item in task.items if item.target == {"class": "plain"}]
    for items, error in (([], EmptyDataset), (plain, EmptyDataset)):
        with pytest.raises(error):
            recipe.train(TrainingTask(**{**task.__dict__, "items": items}), SilentReporter())
    task.items[4].image_path.write_bytes(b"\xff\xd8\xff broken")
    with pytest.raises(UnreadableTrainingImage, match=r"4\.png"):
        recipe.train(task, SilentReporter())


def test_the_validation_part_takes_whole_groups_of_every_class(tmp_path: Path) -> None:
    items = [
        TrainingItem(tmp_path / str(i), {"class": CLASSES[i % 10 == 0]}, "train", f"g{i // 2}", "n", 8, 8)
        for i in range(200)
    ]
    strata = [str(item.target and item.target["class"]) for item in items]
    train, val = part_items(items, seed=1, strata=strata)
    assert not {item.group for item in train} & {item.group for item in val}
    assert len(train) + len(val) == 200 and 20 <= len(val) <= 30
    assert {str(item.target and item.target["class"]) for item in val} == set(CLASSES)
    assert part_items(items, seed=1, strata=strata) == (train, val)


def test_the_input_has_the_shape_of_the_images(tmp_path: Path) -> None:
    items = draw_items(tmp_path, count=3, width=160, height=40)
    given = choose_input(items, side=128)
    assert (given["width"], given["height"]) == (256, 64)
    assert PictureStore(items, given=given, cache_mb=1).picture(0).shape == (64, 256, 3)


def test_a_variation_without_parts_changes_nothing_and_flips_keep_the_pixels() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (32, 48, 3), dtype=np.uint8)
    still = Variation("none", shift=0, zoom=0, turn=0, contrast=0, brightness=0)
    assert (vary_picture(picture, still, rng=rng) == picture).all()
    mirrored = Variation("horizontal", shift=0, zoom=0, turn=0, contrast=0, brightness=0)
    for _ in range(8):
        varied = vary_picture(picture, mirrored, rng=rng)
        assert (varied == picture).all() or (varied == picture[:, ::-1]).all()


@pytest.mark.parametrize(("flips", "images"), [("horizontal", 2), ("mirrored", 4), ("dihedral", 8)])
def test_flips_give_every_picture_of_an_equally_possible_piece_and_no_other(flips: Any, images: int) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    possible = [picture, picture[:, ::-1], picture[::-1], picture[::-1, ::-1]]
    possible = [*possible, *(p.transpose(1, 0, 2) for p in possible)]
    variation = Variation(flips, shift=0, zoom=0, turn=0, contrast=0, brightness=0)
    drawn = [vary_picture(picture, variation, rng=rng) for _ in range(100)]
    seen = {next(i for i, one in enumerate(possible) if (one == varied).all()) for varied in drawn}
    assert seen == set(range(images))


def test_the_temperature_of_overconfident_scores_is_high() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 2000)
    honest = np.where(rng.uniform(size=2000) < 0.8, truth, 1 - truth)
    logits = np.eye(2)[honest] * 8.0
    temperature = choose_temperature(logits, truth)
    assert 4 < temperature < 8
    assert log_loss_of(logits / temperature, truth) < log_loss_of(logits, truth)


def test_the_calibration_takes_back_what_weighing_the_classes_added() -> None:
    rng = np.random.default_rng(0)
    chance = rng.uniform(0.02, 0.98, 4000)
    truth = (rng.uniform(size=4000) < chance).astype(np.int64)
    honest = np.log(np.stack([1 - chance, chance], 1))
    logits = 3.0 * (honest + np.array([0.0, 1.5]))
    temperature, shift = choose_calibration(logits, truth)
    assert temperature == pytest.approx(3.0, rel=0.1)
    assert shift[1] - shift[0] == pytest.approx(-4.5, rel=0.1)
    assert log_loss_of((logits + shift) / temperature, truth) < log_loss_of(logits / 3.0, truth) - 0.05


def test_classes_change_over_where_they_are_told_apart_although_the_temperature_meets_its_bound() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 60)
    apart = 0.6 + np.where(truth == 1, 1.0, -1.0) * rng.uniform(
        0.1, 0.4, 120
    )  # small logits, well told apart
    logits = np.column_stack([-apart / 2, apart / 2])
    temperature, shift = choose_calibration(logits, truth)
    assert temperature == TEMPERATURES[0]
    assert (((logits + shift) / temperature).argmax(1) == truth).all()


def test_a_class_with_few_images_shifts_no_score() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], [200, 19])
    logits = rng.normal(size=(219, 2)) + np.array([0.0, 2.0])
    temperature, shift = choose_calibration(logits, truth)
    assert not shift.any() and temperature == choose_temperature(logits, truth)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=60))
def test_the_threshold_is_as_good_as_any(rows: list[tuple[float, bool]]) -> None:
    scores, bad = np.array([s for s, _ in rows]), np.array([b for _, b in rows])
    at = choose_threshold(scores, bad)
    if bad.all() or not bad.any():
        assert at == 0.5
        return

    def balanced(limit: float) -> float:
        return float(((scores[bad] >= limit).mean() + (scores[~bad] < limit).mean()) / 2)

    assert 0 <= at <= 1
    assert balanced(at) >= max(balanced(limit) for limit in scores) - 0.5


def test_a_probe_knows_only_the_classes_it_has_seen() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 2], 30)
    features = rng.normal(labels[:, None], 0.2, (60, 5)).astype(np.float32)
    probe = fit_probe(features, labels, features, labels, classes=3)
    mean, spread = features.mean(0), features.std(0)
    logits = (features - mean) / spread @ probe.weights.T + probe.bias
    assert (logits.argmax(1) == labels).all()

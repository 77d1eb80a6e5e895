"""A tiny detector, from images on disk to a checked ONNX file."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from perenne.quality import decode_upright
from perenne.recipes import RECIPES, SilentReporter, TrainingItem, TrainingTask
from perenne.recipes.errors import BadTrainingConfig, BaseModelUnusable, EmptyDataset, UnreadableTrainingImage
from perenne.recipes.lite.base_weights import load_matching, read_base_weights
from perenne.recipes.lite.export import save_weights
from perenne.recipes.lite_detection.loss import assign_cells, combine_losses, generalised_iou
from perenne.recipes.lite_detection.materials import gather_materials
from perenne.recipes.lite_detection.network import DetectionNetwork, make_points, tolerant_difference
from perenne.recipes.lite_detection.patches import (
    Augmentation,
    PatchSource,
    flip_patch,
    warp_boxes,
    warp_patch,
)
from perenne.recipes.lite_detection.pictures import Gallery, Layout, choose_layout, parse_truths
from perenne.recipes.lite_detection.recipe import LiteDetectionConfig
from perenne.recipes.lite_detection.validation import (
    Matches,
    best_operating_point,
    mean_average_precision,
    place_picture,
)
from perenne.runtime import load_model, write_artefact
from perenne.runtime.placing import place_input

TINY = {"max_steps": 4, "budget_cpu_s": None, "canvas": 64, "batch_size": 2, "threads": 1}


def draw_items(folder: Path, *, count: int = 8, side: int = 96) -> list[TrainingItem]:
    """Return items of white squares on grey, each with the empty picture as its template."""
    rng = np.random.default_rng(5)
    template = np.full((side, side, 3), 90, np.uint8)
    cv2.imwrite(str(folder / "template.png"), template)
    items = []
    for index in range(count):
        x, y = (int(v) for v in rng.integers(4, side - 28, 2))
        image = template.copy()
        image[y : y + 24, x : x + 24] = 240
        path = folder / f"{index}.png"
        cv2.imwrite(str(path), image)
        items.append(
            TrainingItem(
                image_path=path,
                reference_path=folder / "template.png",
                target={"boxes": [{"box": [x, y, x + 24, y + 24], "class": "square"}]},
                split="val" if index < 2 else "train",
                group=str(index),
                site="north",
                width=side,
                height=side,
            )
        )
    return items


def make_task(folder: Path, **config: object) -> TrainingTask:
    return TrainingTask(
        "detection", ["square", "hole"], draw_items(folder), folder / "run", config={**TINY, **config}
    )


@pytest.mark.parametrize("reference", ["use", "ignore"])
def test_a_run_gives_an_onnx_file_that_takes_pixels_and_gives_boxes(tmp_path: Path, reference: str) -> None:
    model = RECIPES.get("lite-detection").train(make_task(tmp_path, reference=reference), SilentReporter())
    session = onnxruntime.InferenceSession(str(model.onnx_path))
    channels = 6 if reference == "use" else 3
    assert model.manifest["input"]["channels"] == channels
    pixels = np.zeros((2, 96, 96, channels), np.uint8)
    boxes, scores, embedding = session.run(["boxes", "scores", "embedding"], {"image": pixels})
    cells = 12 * 12 + 6 * 6 + 3 * 3
    assert boxes.shape == (2, cells, 4) and scores.shape == (2, cells, 2) and embedding.shape == (2, 944)
    assert model.manifest["parity"]["scores"] <= 1e-3
    assert "north" not in model.card and "Validation" in model.card
    loaded = load_model(
        write_artefact(
            tmp_path / "model.perenne",
            onnx_path=model.onnx_path,
            manifest=model.manifest,
            card=model.card,
            weights_path=model.weights_path,
        )
    )
    image = np.full((50, 70, 3), 90, np.uint8)
    prediction = loaded.predict(image, reference_HWC=image)
    assert prediction.embedding is not None and prediction.embedding.shape == (944,)


def test_training_sees_the_template_as_inference_does(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    board = (
        np.kron(rng.integers(0, 2, (24, 24)), np.ones((16, 16))).astype(np.uint8)[..., None].repeat(3, 2)
        * 200
    )
    cv2.imwrite(str(tmp_path / "image.png"), board)
    cv2.imwrite(str(tmp_path / "reference.png"), np.roll(board, (4, -5), (0, 1)))
    item = replace(
        draw_items(tmp_path, count=1, side=384)[0],
        image_path=tmp_path / "image.png",
        reference_path=tmp_path / "reference.png",
        target={"boxes": []},
    )
    layout = Layout(192, 192, 0.5, 64, 128)
    gallery = Gallery(
        [item], layout=layout, with_reference=True, cache_mb=1, reference_alignment="translation"
    )
    given = {
        "width": 192,
        "height": 192,
        "maximum_scale": 0.5,
        "channels": 6,
        "reference": True,
        "reference_alignment": "translation",
    }
    image, template = (
        decode_upright((tmp_path / name).read_bytes()) for name in ("image.png", "reference.png")
    )
    placed, _ = place_input(image, given=given, reference_HWC=template)
    assert (place_picture(gallery, 0)[0] == placed).all()
    assert (placed[8:-8, 8:-8, :3] == placed[8:-8, 8:-8, 3:]).all()


def test_a_run_continues_from_the_weights_of_an_artefact(tmp_path: Path) -> None:
    network = DetectionNetwork(2)
    with torch.no_grad():
        network.heads[0].classify.bias.fill_(0.25)
    weights = save_weights(network.state_dict(), tmp_path / "weights.safetensors")
    with zipfile.ZipFile(tmp_path / "base.perenne", "w") as archive:
        archive.write(weights, "weights.safetensors")
    other = DetectionNetwork(2)
    assert load_matching(other, read_base_weights(tmp_path / "base.perenne")) == []
    assert float(other.heads[0].classify.bias.detach()[0]) == 0.25
    fresh = load_matching(DetectionNetwork(3), read_base_weights(tmp_path / "base.perenne"))
    assert fresh and all(".classify." in name for name in fresh)


def test_a_base_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "base.perenne", "w") as archive:
        archive.writestr("model.onnx", b"not a graph")
    with pytest.raises(BaseModelUnusable, match="cannot be read"):
        read_base_weights(tmp_path / "base.perenne")


def test_a_finished_run_that_is_started_again_gives_the_same_weights(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    first = RECIPES.get("lite-detection").train(task, SilentReporter())
    assert first.weights_path is not None
    before = first.weights_path.read_bytes()
    reporter = SilentReporter()
    again = RECIPES.get("lite-detection").train(task, reporter)
    assert again.weights_path is not None
    assert any("Continued" in text for _, text in reporter.lines)
    assert again.weights_path.read_bytes() == before


def test_a_misspelt_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTrainingConfig, match="batchsize"):
        RECIPES.get("lite-detection").train(make_task(tmp_path, batchsize=3), SilentReporter())


def test_a_dataset_without_objects_is_refused(tmp_path: Path) -> None:
    items = [
        TrainingItem(i.image_path, {"boxes": []}, i.split, i.group, i.site, i.width, i.height)
        for i in draw_items(tmp_path)
    ]
    task = TrainingTask("detection", ["square"], items, tmp_path / "run", config=TINY)
    with pytest.raises(EmptyDataset, match="has an object"):
        RECIPES.get("lite-detection").train(task, SilentReporter())


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    for item in task.items:
        item.image_path.write_bytes(b"\x89PNG")
    with pytest.raises(UnreadableTrainingImage, match=r"\.png"):
        RECIPES.get("lite-detection").train(task, SilentReporter())


def test_without_a_validation_part_whole_groups_are_held_back(tmp_path: Path) -> None:
    items = [
        TrainingItem(i.image_path, i.target, "train", str(n // 2), i.site, i.width, i.height)
        for n, i in enumerate(draw_items(tmp_path))
    ]
    task = TrainingTask("detection", ["square"], items, tmp_path / "run")
    materials = gather_materials(task, LiteDetectionConfig())
    train, val = ({item.group for item in part.items} for part in (materials.train, materials.val))
    assert train and val and not train & val


def test_the_layout_brings_large_objects_down_and_keeps_small_ones(tmp_path: Path) -> None:
    items = draw_items(tmp_path)
    layout = choose_layout(items, parse_truths(items, ["square"]), canvas=256, patch=0, maximum_side=960)
    assert (layout.width, layout.height, layout.maximum_scale) == (96, 96, 1.0)
    assert layout.canvas % layout.tile < layout.tile and layout.tile in (64, 85)


def test_patches_keep_the_object_under_the_box(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    materials = gather_materials(task, LiteDetectionConfig.model_validate({**TINY, "canvas": 96}))
    source = PatchSource(
        materials.train,
        materials.train_truths,
        classes=2,
        batch_size=8,
        mosaic_share=0.5,
        augmentation=Augmentation(contrast=0, brightness=0, warp_share=0),
    )
    batch = source.make_batch(np.random.default_rng(3), fraction=0.0)
    for image, boxes, labels in zip(batch["image"], batch["boxes"], batch["labels"], strict=True):
        for box, label in zip(boxes, labels, strict=True):
            if label == 0:
                left, top, right, bottom = (round(float(v)) for v in box)
                assert (image[top:bottom, left:right, 0] == 240).mean() > 0.99


def test_flips_move_pixels_and_boxes_alike() -> None:
    rng = np.random.default_rng(0)
    for _ in range(16):
        tile = np.zeros((32, 32, 1), np.uint8)
        tile[3:9, 10:14] = 1
        turned, boxes = flip_patch(tile, np.array([[10.0, 3.0, 14.0, 9.0]]), kind="dihedral", rng=rng)
        left, top, right, bottom = boxes[0].astype(int)
        assert turned[top:bottom, left:right].sum() == turned.sum() == 24


def test_a_turned_and_zoomed_patch_shows_the_object_in_its_box() -> None:
    picture = np.zeros((120, 120, 2), np.uint8)
    cv2.ellipse(plane := np.zeros((120, 120), np.uint8), (70, 50), (14, 7), 0, 0, 360, 255, -1)
    picture[..., 0] = picture[..., 1] = plane
    place = (30, 20, 64)
    for degrees, zoom in ((0.0, 1.0), (30.0, 0.8), (-45.0, 1.2)):
        tile = warp_patch(picture, place, degrees=degrees, zoom=zoom, shift=(0, 0))
        box = warp_boxes(np.array([[56.0, 43.0, 85.0, 58.0]]), place, degrees=degrees, zoom=zoom)[0]
        rows, columns = np.nonzero(tile[..., 0] > 127)
        seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        assert np.abs(box - seen).max() < 2


def test_a_shifted_edge_is_no_difference_but_a_defect_is() -> None:
    template = torch.zeros(1, 1, 32, 32)
    template[..., 16:] = 255
    image = torch.roll(template, 1, 3)
    image[..., 0] = 0
    assert tolerant_difference(image, template, radius=2).max() == 0
    assert tolerant_difference(image, template, radius=0).max() == 255
    image[..., 4:10, 4:10] = 255
    assert tolerant_difference(image, template, radius=2)[..., 6, 6] == 255


@pytest.mark.parametrize("prior", [True, False])
def test_cells_learn_the_object_they_lie_in_and_nothing_else(prior: bool) -> None:
    points = make_points([(8, 8), (4, 4), (2, 2)], device=torch.device("cpu"))
    truth = torch.tensor([[[8.0, 8.0, 40.0, 40.0], [0.0, 0.0, 0.0, 0.0]]])
    labels = torch.tensor([[1, -2]])
    boxes = torch.cat([points[:, :2] - 16, points[:, :2] + 16], 1)[None]
    logits = torch.zeros(1, len(points), 2, requires_grad=True)
    found = assign_cells(logits.detach(), boxes, points, truth, labels, prior=prior)
    chosen = points[found.objects_NA[0] >= 0]
    assert len(chosen) > 0
    assert bool(((chosen[:, :2] > 8) & (chosen[:, :2] < 40)).all())
    loss, parts = combine_losses(logits, boxes, truth, labels, found)
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(parts["loss"]) > 0 and logits.grad is not None


def test_cells_in_an_ignored_box_are_not_punished() -> None:
    points = make_points([(8, 8), (4, 4), (2, 2)], device=torch.device("cpu"))
    truth, labels = torch.tensor([[[0.0, 0.0, 64.0, 64.0]]]), torch.tensor([[-1]])
    boxes = torch.cat([points[:, :2] - 4, points[:, :2] + 4], 1)[None]
    logits = torch.zeros(1, len(points), 2, requires_grad=True)
    found = assign_cells(logits.detach(), boxes, points, truth, labels, prior=True)
    assert float(combine_losses(logits, boxes, truth, labels, found)[1]["class_loss"]) == 0.0


def test_generalised_overlap_is_one_for_equal_and_negative_for_distant_boxes() -> None:
    boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 1.0, 1.0]])
    truth = torch.tensor([[0.0, 0.0, 4.0, 4.0], [9.0, 9.0, 10.0, 10.0]])
    overlap = generalised_iou(boxes, truth)
    assert float(overlap[0]) == pytest.approx(1.0) and float(overlap[1]) < -0.9


def test_precision_and_operating_point_of_a_known_list() -> None:
    matches = Matches(
        np.array([0.9, 0.8, 0.7, 0.6]),
        np.zeros(4, np.intp),
        np.array([True, True, False, True]),
        np.array([4]),
    )
    assert mean_average_precision(matches) == pytest.approx((51 * 1.0 + 25 * 0.75) / 101, abs=0.01)
    assert best_operating_point(matches)["f1"] == pytest.approx(0.75)


def test_naming_and_configuring_a_recipe_does_not_import_torch() -> None:
    code = (
        "import sys; from perenne.recipes import RECIPES; "
        "RECIPES.get('lite-detection').config_type(preset='gpu'); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0


def test_a_long_budget_learns_more_and_what_is_set_stays() -> None:
    short = LiteDetectionConfig.model_validate({"budget_cpu_s": 600})
    long = LiteDetectionConfig.model_validate({"budget_cpu_s": 7200})
    chosen = LiteDetectionConfig.model_validate({"budget_cpu_s": 7200, "frozen_stages": 3})
    assert (short.frozen_stages, short.warp_share, short.ema_decay) == (2, 0.0, 0.995)
    assert (long.frozen_stages, long.warp_share, long.ema_decay) == (0, 0.5, 0.999)
    assert (chosen.frozen_stages, chosen.warp_share) == (3, 0.5)

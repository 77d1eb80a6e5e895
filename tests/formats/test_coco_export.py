"""What was read can be written and read again: boxes, classes and the three states."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.formats import ExportedImage, ReadOptions, UnreadableSet, read_coco, write_coco
from perenne.testing.broken_coco import HEIGHT, WIDTH, write_images

CLASSES = ["scratch", "dent", "rayé"]


@st.composite
def boxes(draw: Any) -> dict[str, Any]:
    x1, x2 = sorted(draw(st.lists(st.integers(0, 4 * WIDTH), min_size=2, max_size=2, unique=True)))
    y1, y2 = sorted(draw(st.lists(st.integers(0, 4 * HEIGHT), min_size=2, max_size=2, unique=True)))
    return {"box": [x1 / 4, y1 / 4, x2 / 4, y2 / 4], "class": draw(st.sampled_from(CLASSES))}


targets = st.none() | st.lists(boxes(), max_size=4).map(lambda found: {"boxes": found})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    write_images(folder)
    return folder


@given(st.lists(targets, min_size=3, max_size=3))
def test_writing_and_reading_again_changes_nothing(folder: Path, truths: list[Any]) -> None:
    images = [
        ExportedImage(f"{n}.jpg", WIDTH, HEIGHT, truth, fields={"site": f"s{n}"})
        for n, truth in enumerate(truths, 1)
    ]
    loss = write_coco(folder / "out.json", images, classes=CLASSES)
    found = read_coco(folder / "out.json", ReadOptions(fields={"site": "site"}))
    assert [item.target for item in found.items] == truths
    assert [item.site for item in found.items] == ["s1", "s2", "s3"]
    assert found.report.classes == CLASSES
    assert not found.report.findings
    assert (loss.images, loss.seen_empty, loss.not_seen) == (
        3,
        found.report.seen_empty,
        found.report.not_seen,
    )


def test_what_the_format_cannot_say_is_counted(tmp_path: Path) -> None:
    image = ExportedImage("1.jpg", 4, 4, None, not_representable=["author", "time of the truth"])
    assert write_coco(tmp_path / "a.json", [image, image], classes=[]).lost == {
        "author": 2,
        "time of the truth": 2,
    }


@pytest.mark.parametrize(
    "target", [{"class": "good"}, {"boxes": [{"box": [0, 0, 1, 1], "class": "unknown"}]}]
)
def test_what_is_no_box_of_a_known_class_is_refused_and_nothing_is_written(
    tmp_path: Path, target: dict[str, Any]
) -> None:
    with pytest.raises(UnreadableSet):
        write_coco(tmp_path / "a.json", [ExportedImage("1.jpg", 4, 4, target)], classes=CLASSES)
    assert list(tmp_path.iterdir()) == []


def test_category_ids_start_at_one(tmp_path: Path) -> None:
    write_coco(tmp_path / "a.json", [], classes=CLASSES)
    categories = json.loads((tmp_path / "a.json").read_text())["categories"]
    assert [category["id"] for category in categories] == [1, 2, 3]

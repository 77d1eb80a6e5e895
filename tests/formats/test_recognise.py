"""A dropped folder is taken for what it is, and truth is never read out of a name by accident."""

import json
from pathlib import Path

import pytest

from perenne.formats import ReadOptions, UnreadableSet, read_recognised, recognise_set
from perenne.formats.items import LabelledSet
from perenne.testing.broken_coco import good_coco
from perenne.testing.hostile_images import encode, plain_image


def lay(root: Path, *names: str, start: int = 1) -> None:
    """Write an image, each with other pixels, under each name."""
    for seed, name in enumerate(names, start):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(plain_image(width=64, height=48, seed=seed), "JPEG", quality=90))


def read(root: Path, **said: str) -> tuple[str, LabelledSet]:
    """Return the format that the folder is taken for and what is read."""
    found = recognise_set(root, **said)
    return found.format, read_recognised(found, ReadOptions())


def states(labelled: LabelledSet) -> dict[str, str]:
    return {item.file_name: item.truth_state for item in labelled.items}


@pytest.mark.parametrize(
    ("json_at", "images_at"),
    [
        ("a.json", ""),
        ("set/a.json", "set/images/"),
        ("annotations/a.json", "images/"),
        ("x/a.json", "pictures/2024/"),
    ],
)
def test_coco_is_found_with_its_images_wherever_they_lie(
    tmp_path: Path, json_at: str, images_at: str
) -> None:
    lay(tmp_path, *(f"{images_at}{n}.jpg" for n in (1, 2, 3)))
    (tmp_path / json_at).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / json_at).write_text(json.dumps(good_coco()))
    kind, labelled = read(tmp_path)
    assert kind == "coco"
    assert states(labelled) == {"1.jpg": "annotated", "2.jpg": "annotated", "3.jpg": "not-seen"}


def test_splits_with_a_coco_file_each_become_one_set(tmp_path: Path) -> None:
    for start, split in ((1, "train"), (4, "valid")):
        lay(tmp_path / split, "1.jpg", "2.jpg", "3.jpg", start=start)
        (tmp_path / split / "_annotations.coco.json").write_text(json.dumps(good_coco()))
    _, labelled = read(tmp_path)
    assert (labelled.report.listed, labelled.report.annotated, len(labelled.items)) == (6, 4, 6)
    assert labelled.report.classes == ["scratch", "dent"]
    assert any(f.where.startswith("_annotations.coco.json: ") for f in labelled.report.findings)


def test_the_same_image_with_other_truths_in_two_splits_is_noticed(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        lay(tmp_path / split, "1.jpg")
    (tmp_path / "train" / "t.csv").write_text("file,class\n1.jpg,good\n")
    (tmp_path / "valid" / "t.csv").write_text("file,class\n1.jpg,bad\n")
    kind, labelled = read(tmp_path)
    assert kind == "csv"
    assert [f.code for f in labelled.report.errors] == ["contradicting-truths"]
    assert labelled.report.annotated == 0


def test_templates_beside_the_images_are_their_references(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "pcb/images/b1/1.jpg",
        "pcb/images/b2/2.jpg",
        "pcb/templates/b1/1.jpg",
        "pcb/templates/b2/2.jpg",
    )
    kind, labelled = read(tmp_path)
    assert kind == "images", "folders of boards are no classes"
    assert {item.file_name for item in labelled.items} == {"b1/1.jpg", "b2/2.jpg"}
    assert labelled.report.with_reference == 2


def test_a_folder_of_templates_may_be_named(tmp_path: Path) -> None:
    lay(tmp_path, "set/a/1.jpg", "set/b/2.jpg", "set/golden/a/1.jpg")
    assert recognise_set(tmp_path, references="golden").references == tmp_path / "set" / "golden"
    with pytest.raises(UnreadableSet, match="no folder 'silver'"):
        recognise_set(tmp_path, references="silver")
    with pytest.raises(UnreadableSet, match="leads out"):
        recognise_set(tmp_path, references="../..")


def test_two_folders_of_images_are_classes_and_one_is_not(tmp_path: Path) -> None:
    lay(tmp_path / "two", "good/1.jpg", "bad/2.jpg")
    lay(tmp_path / "one", "monday/1.jpg", "monday/2.jpg")
    kind, labelled = read(tmp_path / "two")
    assert (kind, labelled.report.classes, labelled.good_class) == ("folder", ["bad", "good"], "good")
    kind, labelled = read(tmp_path / "one")
    assert (kind, set(states(labelled).values())) == ("images", {"not-seen"})
    kind, labelled = read(tmp_path / "one", format_name="folder")
    assert (kind, labelled.report.classes) == ("folder", ["monday"])


def test_train_and_test_are_splits_not_classes(tmp_path: Path) -> None:
    lay(tmp_path, "train/good/1.jpg", "test/good/2.jpg", "test/hole/3.jpg")
    (tmp_path / "ground_truth").mkdir()
    _, labelled = read(tmp_path)
    assert labelled.report.classes == ["good", "hole"]


def test_a_json_file_that_is_not_about_labels_changes_nothing(tmp_path: Path) -> None:
    lay(tmp_path, "1.jpg")
    (tmp_path / "settings.json").write_text("{}")
    assert recognise_set(tmp_path).format == "images"


def test_a_broken_json_file_is_not_passed_over(tmp_path: Path) -> None:
    lay(tmp_path, "1.jpg")
    (tmp_path / "labels.json").write_text('{"images": [')
    with pytest.raises(UnreadableSet, match="not whole JSON"):
        read(tmp_path)


def test_a_name_in_another_spelling_of_its_accents_is_found(tmp_path: Path) -> None:
    lay(tmp_path, "pie\u0300ce.jpg")
    (tmp_path / "t.csv").write_text("file,class\npi\u00e8ce.jpg,good\n", encoding="utf-8")
    _, labelled = read(tmp_path)
    assert labelled.report.annotated == 1


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableSet, match="no image"):
        read(tmp_path)
    with pytest.raises(UnreadableSet, match="read as csv"):
        recognise_set(tmp_path, format_name="csv")

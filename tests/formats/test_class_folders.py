"""Class folders are read with masks left aside and the class map obeyed."""

from pathlib import Path

import pytest

from perenne.formats import ReadOptions, UnreadableSet, read_class_folders
from perenne.testing.hostile_images import encode, plain_image


def put(folder: Path, *names: str) -> Path:
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = "PNG" if path.suffix == ".png" else "JPEG"
        path.write_bytes(encode(plain_image(seed=seed), kind))
    return folder


def test_the_folders_name_is_the_class_and_good_is_recognised(tmp_path: Path) -> None:
    found = read_class_folders(put(tmp_path, "good/1.jpg", "good/2.jpg", "crack/deep/3.jpg"))
    assert found.report.per_class == {"good": 2, "crack": 1}
    assert found.good_class == "good"
    assert [item.file_name for item in found.items] == ["crack/deep/3.jpg", "good/1.jpg", "good/2.jpg"]


def test_masks_beside_an_image_are_not_images(tmp_path: Path) -> None:
    found = read_class_folders(put(tmp_path, "hole/1.jpg", "hole/1.png", "hole/2.png", "hole/2_mask.png"))
    assert [item.file_name for item in found.items] == ["hole/1.jpg", "hole/2.png"]
    assert "2 masks" in found.report.warnings[0].what


def test_a_name_pattern_gives_context(tmp_path: Path) -> None:
    options = ReadOptions(name_pattern=r"exp(?P<batch>\d+)_num_(?P<part>\d+)", site="Tuiles")
    found = read_class_folders(put(tmp_path, "a/exp1_num_77.jpg", "a/other.jpg"), options)
    assert (found.items[0].batch_id, found.items[0].part_id, found.items[0].site) == ("1", "77", "tuiles")
    assert [finding.code for finding in found.report.findings] == ["name-pattern-missed"]


def test_a_folder_outside_the_class_map_comes_without_truth(tmp_path: Path) -> None:
    options = ReadOptions(class_map={"MT_Free": "good"})
    found = read_class_folders(put(tmp_path, "MT_Free/1.jpg", "MT_Crack/2.jpg"), options)
    assert {item.file_name: item.target for item in found.items} == {
        "MT_Crack/2.jpg": None,
        "MT_Free/1.jpg": {"class": "good"},
    }
    assert (found.report.truth_left_out, found.report.errors[0].code) == (1, "class-not-mapped")


def test_the_same_picture_in_two_classes_keeps_neither(tmp_path: Path) -> None:
    put(tmp_path, "good/1.jpg", "bad/2.jpg")
    (tmp_path / "bad" / "2.jpg").write_bytes((tmp_path / "good" / "1.jpg").read_bytes())
    found = read_class_folders(tmp_path)
    assert [item.target for item in found.items] == [None, None]
    assert found.report.errors[0].code == "contradicting-truths"


def test_loose_and_broken_files_are_said(tmp_path: Path) -> None:
    put(tmp_path, "good/1.jpg", "loose.jpg")
    (tmp_path / "good" / "2.jpg").write_bytes(b"no image")
    found = read_class_folders(tmp_path)
    assert {finding.code for finding in found.report.findings} == {"outside-class-folders", "not-an-image"}
    assert (found.report.listed, found.report.left_out, len(found.items)) == (2, 1, 1)


@pytest.mark.parametrize("pattern", ["(", "no groups", r"(?P<colour>\w+)"])
def test_a_name_pattern_that_cannot_work_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(UnreadableSet, match="name pattern"):
        read_class_folders(put(tmp_path, "good/1.jpg"), ReadOptions(name_pattern=pattern))


def test_a_folder_without_folders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSet, match="holds no folder"):
        read_class_folders(tmp_path)
    with pytest.raises(UnreadableSet, match="There is no folder"):
        read_class_folders(tmp_path / "nothing")

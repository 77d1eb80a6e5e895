"""COCO files are read with every trap of the format said, and nothing is invented."""

import json
from pathlib import Path
from typing import Any

import pytest

from perenne.formats import LabelledSet, ReadOptions, UnreadableSet, read_coco
from perenne.testing.broken_coco import BrokenCoco, broken_coco_files, good_coco, write_images
from perenne.testing.hostile_images import encode, plain_image

BROKEN = list(broken_coco_files())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_images(tmp_path / "images")
    return tmp_path


def read(folder: Path, content: dict[str, Any], **options: Any) -> LabelledSet:
    path = folder / "annotations.json"
    path.write_text(json.dumps(content))
    return read_coco(path, ReadOptions(**options))


def codes(found: LabelledSet) -> set[str]:
    return {finding.code for finding in found.report.findings}


def test_boxes_become_corners_with_class_names(folder: Path) -> None:
    found = read(folder, good_coco())
    assert found.items[0].target == {
        "boxes": [
            {"box": [4, 5, 14, 17], "class": "scratch"},
            {"box": [20.5, 8, 26.5, 14.5], "class": "dent"},
        ]
    }
    assert found.report.classes == ["scratch", "dent"]
    assert found.report.per_class == {"scratch": 2, "dent": 1}
    assert found.items[0].external_id == "1"


def test_an_image_without_annotations_is_not_yet_seen_unless_the_user_says_otherwise(folder: Path) -> None:
    silent = read(folder, good_coco())
    assert [item.truth_state for item in silent.items] == ["annotated", "annotated", "not-seen"]
    assert any("--unlabelled empty" in f.remedy for f in silent.report.warnings)
    told = read(folder, good_coco(), unlabelled="empty")
    assert told.items[2].target == {"boxes": []}
    assert (told.report.annotated, told.report.seen_empty, told.report.not_seen) == (2, 1, 0)


def test_the_files_own_state_decides_for_its_image(folder: Path) -> None:
    content = good_coco()
    content["images"][2]["perenne_state"] = "empty"
    assert read(folder, content).items[2].truth_state == "empty"


def test_fields_of_the_set_become_context(folder: Path) -> None:
    content = good_coco()
    content["images"][0] |= {"board": "Lyon Nord", "shot": "2026-01-02T03:04:05+01:00", "lens": 35}
    found = read(folder, content, fields={"site": "board", "group": "board", "captured": "shot"})
    first = found.items[0]
    assert (first.site, first.group_key) == ("lyon-nord", "Lyon Nord")
    assert first.captured_at is not None
    assert first.captured_at.isoformat() == "2026-01-02T03:04:05+01:00"
    assert first.extra == {"lens": 35}
    assert found.report.per_site == {"lyon-nord": 1, "b2": 1, "b3": 1}


def test_templates_of_the_same_name_are_references_and_missing_ones_are_said(folder: Path) -> None:
    write_images(folder / "templates")
    (folder / "templates" / "3.jpg").unlink()
    found = read(folder, good_coco(), references=folder / "templates")
    assert found.items[0].reference_path == folder / "templates" / "1.jpg"
    assert found.items[2].reference_path is None
    assert codes(found) >= {"missing-reference"}
    assert found.report.with_reference == 2


def test_a_class_map_renames_and_what_it_leaves_out_costs_the_truth(folder: Path) -> None:
    found = read(folder, good_coco(), class_map={"scratch": "defect"})
    assert found.items[0].target is None, "one of its boxes has a class outside of the map"
    assert found.items[1].target == {"boxes": [{"box": [0, 0, 64, 48], "class": "defect"}]}
    assert found.report.truth_left_out == 1


def test_boxes_drawn_on_the_stored_image_turn_with_it(folder: Path) -> None:
    exif = plain_image().getexif()
    exif[0x0112] = 6
    stored = plain_image(width=64, height=48, seed=1)
    (folder / "images" / "1.jpg").write_bytes(encode(stored, "JPEG", exif=exif.tobytes()))
    found = read(folder, good_coco())
    first = found.items[0].target
    assert first is not None
    assert first["boxes"][0]["box"] == [48 - 17, 4, 48 - 5, 14]
    assert "boxes-turned-upright" in codes(found)


def test_the_same_picture_with_two_truths_keeps_neither(folder: Path) -> None:
    (folder / "images" / "2.jpg").write_bytes((folder / "images" / "1.jpg").read_bytes())
    found = read(folder, good_coco())
    assert [item.target for item in found.items] == [None, None, None]
    assert "contradicting-truths" in codes(found)
    assert found.report.truth_left_out == 2


def test_a_link_that_leads_out_of_the_folder_is_refused(folder: Path, tmp_path_factory: Any) -> None:
    outside = tmp_path_factory.mktemp("outside") / "1.jpg"
    outside.write_bytes((folder / "images" / "1.jpg").read_bytes())
    (folder / "images" / "1.jpg").unlink()
    (folder / "images" / "1.jpg").symlink_to(outside)
    found = read(folder, good_coco())
    assert codes(found) >= {"file-name-refused"}
    assert [item.file_name for item in found.items] == ["2.jpg", "3.jpg"]


def test_a_file_that_is_no_image_is_left_out(folder: Path) -> None:
    (folder / "images" / "1.jpg").write_bytes(b"not an image at all")
    found = read(folder, good_coco())
    assert codes(found) >= {"not-an-image"}
    assert found.report.left_out == 1


@pytest.mark.parametrize("broken", [b for b in BROKEN if b.unreadable], ids=lambda b: b.name)
def test_a_file_that_cannot_be_used_is_refused_whole_with_a_remedy(folder: Path, broken: BrokenCoco) -> None:
    (folder / "a.json").write_bytes(broken.data)
    with pytest.raises(UnreadableSet) as caught:
        read_coco(folder / "a.json")
    assert "a.json" in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("broken", [b for b in BROKEN if not b.unreadable], ids=lambda b: b.name)
def test_one_wrong_line_costs_that_line_only(folder: Path, broken: BrokenCoco) -> None:
    (folder / "a.json").write_bytes(broken.data)
    found = read_coco(folder / "a.json")
    findings = [finding for finding in found.report.findings if finding.code == broken.code]
    assert findings, f"expected {broken.code}; found {codes(found)}"
    assert all(finding.where and finding.what and finding.remedy for finding in findings)
    first = next((item for item in found.items if item.file_name == "1.jpg"), None)
    assert (first is None) == broken.costs_image
    if first is not None:
        assert (first.target is None) == broken.costs_truth
    assert found.report.listed == len(found.items) + found.report.left_out
    json.dumps(found.report.to_json())


def test_a_folder_with_one_annotation_file_is_enough(folder: Path) -> None:
    (folder / "_annotations.coco.json").write_text(json.dumps(good_coco()))
    assert len(read_coco(folder).items) == 3
    (folder / "second.json").write_text("{}")
    with pytest.raises(UnreadableSet, match="2 JSON files"):
        read_coco(folder)

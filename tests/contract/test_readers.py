"""One contract over every reader of labelled sets."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from perenne.formats import READERS, LabelledSet, ReadOptions, UnreadableSet
from perenne.testing.broken_coco import good_coco, write_images

# For each format: how a set of three images is written, image 1 and 2 with truth, image 3 without any.
Writer = Callable[[Path], Path]


def write_coco(folder: Path) -> Path:
    path = folder / "set.json"
    path.write_text(json.dumps(good_coco()))
    return path


def write_csv(folder: Path) -> Path:
    path = folder / "set.csv"
    path.write_text("file,class\n1.jpg,good\n2.jpg,bad\n3.jpg,\n")
    return path


def write_folders(folder: Path) -> Path:
    for name in ("good/1.jpg", "bad/2.jpg", "unsorted/3.jpg"):
        (folder / name).parent.mkdir()
        (folder / name.split("/")[1]).rename(folder / name)
    return folder


WRITERS: dict[str, Writer] = {"coco": write_coco, "csv": write_csv, "folder": write_folders}
OPTIONS = {"folder": ReadOptions(class_map={"good": "good", "bad": "bad"})}


@pytest.fixture(params=READERS.names())
def found(request: pytest.FixtureRequest, tmp_path: Path) -> LabelledSet:
    write_images(tmp_path)
    path = WRITERS[request.param](tmp_path)
    return READERS.get(request.param)(path, OPTIONS.get(request.param))


def test_no_image_disappears(found: LabelledSet) -> None:
    report = found.report
    assert report.listed == len(found.items) + report.left_out == 3
    assert report.annotated + report.seen_empty + report.not_seen == len(found.items)


def test_an_image_without_truth_stays_not_yet_seen(found: LabelledSet) -> None:
    states = {item.file_name.rsplit("/")[-1]: item.truth_state for item in found.items}
    assert states == {"1.jpg": "annotated", "2.jpg": "annotated", "3.jpg": "not-seen"}


def test_every_class_of_the_report_is_counted_and_every_truth_has_one_of_them(found: LabelledSet) -> None:
    assert set(found.report.per_class) == set(found.report.classes)
    assert sum(found.report.per_class.values()) >= 2


def test_the_original_name_is_kept_as_external_id(found: LabelledSet) -> None:
    ids = [item.external_id for item in found.items]
    assert None not in ids
    assert len(set(ids)) == 3


def test_the_report_is_json_with_a_remedy_for_each_finding(found: LabelledSet) -> None:
    report = json.loads(json.dumps(found.report.to_json()))
    assert report["listed"] == 3
    assert all(finding["where"] and finding["remedy"] for finding in report["findings"])


@pytest.mark.parametrize("name", READERS.names())
def test_reading_twice_gives_the_same(name: str, tmp_path: Path) -> None:
    write_images(tmp_path)
    path = WRITERS[name](tmp_path)
    first, second = READERS.get(name)(path, None), READERS.get(name)(path, None)
    assert (first.items, first.report.to_json()) == (second.items, second.report.to_json())


@pytest.mark.parametrize("name", READERS.names())
def test_what_does_not_exist_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableSet, match="There is no"):
        READERS.get(name)(tmp_path / "nowhere", None)


@pytest.mark.parametrize("name", READERS.names())
def test_a_context_field_that_does_not_exist_is_refused(name: str, tmp_path: Path) -> None:
    write_images(tmp_path)
    path = WRITERS[name](tmp_path)
    with pytest.raises(UnreadableSet, match=r"no column 'file'|not a context field"):
        READERS.get(name)(path, ReadOptions(fields={"colour": "file"}))


def test_the_contract_knows_every_reader() -> None:
    assert set(WRITERS) == set(READERS.names())

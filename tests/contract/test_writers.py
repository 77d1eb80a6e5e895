"""One contract over every writer: what was written is read back the same, and losses are counted."""

from pathlib import Path
from typing import Any

import pytest

from perenne.formats import READERS, WRITERS, ExportedImage, ReadOptions, UnreadableSet
from perenne.testing.broken_coco import HEIGHT, WIDTH, write_images

BOX = {"box": [1.0, 2.0, 3.5, 4.0], "class": "dent"}
TARGETS: dict[str, list[dict[str, Any] | None]] = {
    "coco": [{"boxes": [BOX]}, {"boxes": []}, None],
    "csv": [{"class": "dent"}, {"class": "good"}, None],
}
FOREIGN: dict[str, dict[str, Any]] = {"coco": {"class": "dent"}, "csv": {"boxes": [BOX]}}
CLASSES = ["good", "dent"]


@pytest.fixture(params=WRITERS.names())
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    write_images(tmp_path)
    return str(request.param)


def images(name: str, **fields: Any) -> list[ExportedImage]:
    """Return three images in three states."""
    given = {"site": "lyon", "group_key": "b1", **fields}
    return [
        ExportedImage(f"{n}.jpg", WIDTH, HEIGHT, target, fields=given, not_representable=["author"])
        for n, target in enumerate(TARGETS[name], 1)
    ]


def test_what_was_written_is_read_back_in_the_same_state(name: str, tmp_path: Path) -> None:
    loss = WRITERS.get(name)(tmp_path / "set.out", images(name), classes=CLASSES)
    options = ReadOptions(fields={"site": "site", "group_key": "group_key"})
    found = READERS.get(name)(tmp_path / "set.out", options)
    assert [item.target for item in found.items] == TARGETS[name]
    assert {(item.site, item.group_key) for item in found.items} == {("lyon", "b1")}
    assert (loss.images, loss.not_seen) == (3, 1)
    assert loss.seen_empty == found.report.seen_empty


def test_what_cannot_be_said_is_counted(name: str, tmp_path: Path) -> None:
    loss = WRITERS.get(name)(tmp_path / "set.out", images(name), classes=CLASSES)
    assert loss.lost["author"] == 3


def test_a_target_that_does_not_fit_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    foreign = [ExportedImage("1.jpg", WIDTH, HEIGHT, FOREIGN[name])]
    with pytest.raises(UnreadableSet, match="instead of"):
        WRITERS.get(name)(tmp_path / "set.out", foreign, classes=CLASSES)
    with pytest.raises(UnreadableSet, match="not among"):
        WRITERS.get(name)(tmp_path / "set.out", images(name), classes=["scratch"])
    assert not list(tmp_path.glob("set.out*"))


def test_a_text_does_not_become_a_formula_of_a_spreadsheet(tmp_path: Path) -> None:
    shot = "=HYPERLINK(1)"
    loss = WRITERS.get("csv")(tmp_path / "a.csv", images("csv", operator=shot, shift=-3), classes=CLASSES)
    text = (tmp_path / "a.csv").read_text()
    assert f"'{shot}" in text
    assert f",{shot}" not in text
    assert ",-3," in text, "a number is no formula"
    assert sum(loss.lost.values()) == 6


def test_the_contract_knows_every_writer() -> None:
    assert set(TARGETS) == set(WRITERS.names())

"""CSV tables are read as spreadsheets of several countries write them, line by line."""

from pathlib import Path
from typing import Any

import pytest

from perenne.formats import LabelledSet, ReadOptions, UnreadableSet, read_csv
from perenne.testing.broken_coco import write_images


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_images(tmp_path)
    return tmp_path


def read(folder: Path, text: str | bytes, **options: Any) -> LabelledSet:
    path = folder / "labels.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_csv(path, ReadOptions(**options))


def test_a_french_spreadsheet_with_decimal_commas_gives_values(folder: Path) -> None:
    lines = [
        "\ufefffile;value;site;part_id;captured_at",
        "1.jpg;0,33;Lyon;P-1;02/03/2026 08:30",
        "2.jpg;1;Lyon;P-2;",
    ]
    text = "\r\n".join(lines)
    found = read(folder, text, time_zone="Europe/Paris")
    assert found.report.problem == "regression"
    assert [item.target for item in found.items] == [{"value": 0.33}, {"value": 1.0}]
    first = found.items[0]
    assert (first.site, first.part_id) == ("lyon", "P-1")
    assert first.captured_at is not None
    assert first.captured_at.isoformat() == "2026-03-02T08:30:00+01:00"
    assert not found.report.findings


def test_classes_come_with_their_counts_and_further_columns_are_kept(folder: Path) -> None:
    found = read(folder, "file,class,group,operator\n1.jpg,good,g1,Anne\n2.jpg,bad,g1,\n3.jpg,,g2,\n")
    assert found.report.problem == "classification"
    assert found.report.per_class == {"good": 1, "bad": 1}
    assert [item.truth_state for item in found.items] == ["annotated", "annotated", "not-seen"]
    assert found.report.groups == 2
    assert found.items[0].extra == {"operator": "Anne"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(folder: Path, delimiter: str) -> None:
    found = read(folder, f"file{delimiter}class\n1.jpg{delimiter}good\n")
    assert found.items[0].target == {"class": "good"}


def test_a_windows_file_is_read_and_said(folder: Path) -> None:
    found = read(folder, "file;class\n1.jpg;rayé\n".encode("cp1252"))
    assert found.items[0].target == {"class": "rayé"}
    assert [finding.code for finding in found.report.findings] == ["not-utf-8"]


def test_a_sep_line_and_utf_16_are_understood(folder: Path) -> None:
    found = read(folder, "sep=;\nfile;class\n1.jpg;good\n".encode("utf-16"))
    assert found.items[0].target == {"class": "good"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("1.jpg;abc", "value-not-numeric"),
        ("1.jpg;nan", "value-not-numeric"),
        ("1.jpg;1.234,5", "value-not-numeric"),
        ("1.jpg;1_000", "value-not-numeric"),
        ("../1.jpg;1", "file-name-refused"),
        ("gone.jpg;1", "missing-file"),
        (";1", "file-name-refused"),
        ("1.jpg;1;2", "too-many-cells"),
    ],
)
def test_a_wrong_line_is_named_and_costs_that_line_only(folder: Path, line: str, code: str) -> None:
    found = read(folder, f"file;value\n2.jpg;0,5\n{line}\n")
    errors = found.report.errors
    assert [(error.code, error.where) for error in errors] == [(code, "line 3")]
    assert found.items[0].target == {"value": 0.5}
    assert found.report.truth_left_out + found.report.left_out == 1


def test_two_lines_that_contradict_each_other_keep_neither_truth(folder: Path) -> None:
    found = read(folder, "file,class\n1.jpg,good\n1.jpg,bad\n2.jpg,good\n2.jpg,good\n")
    assert [item.target for item in found.items] == [None, {"class": "good"}]
    assert [finding.code for finding in found.report.errors] == ["contradicting-truths"]
    assert found.report.listed == len(found.items) + found.report.left_out


def test_a_time_without_zone_is_left_empty_and_said(folder: Path) -> None:
    found = read(folder, "file,class,captured_at\n1.jpg,good,2026-01-02 03:04\n")
    assert found.items[0].captured_at is None
    assert "--time-zone" in str(found.report.warnings[0])


def test_columns_may_have_any_name_when_the_user_says_which(folder: Path) -> None:
    text = "chemin;défaut;usine\n1.jpg;ok;Lyon\n"
    found = read(folder, text, fields={"file": "chemin", "class": "défaut", "site": "usine"})
    assert (found.items[0].target, found.items[0].site) == ({"class": "ok"}, "lyon")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a,b\n1.jpg,x\n", "file name"),
        ("file,site\n1.jpg,x\n", "neither a class nor a value"),
        ("file,class,value\n1.jpg,x,1\n", "both a class and a value"),
        ("file,class,class\n1.jpg,x,y\n", "two columns"),
        (b"\x00\x01\x02\xff\xfe", "not a text file"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_whole(folder: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(UnreadableSet, match=said):
        read(folder, text)


@pytest.mark.parametrize(("named", "good"), [(("defective", "functional"), "functional"), (("a", "b"), None)])
def test_the_good_class_is_known_by_its_name_alone(
    folder: Path, named: tuple[str, str], good: str | None
) -> None:
    assert read(folder, f"file,class\n1.jpg,{named[0]}\n2.jpg,{named[1]}\n").good_class == good

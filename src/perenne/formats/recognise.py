"""From a folder of unknown making to the reader, the tables and the folders that fit it.

Owns what a dropped folder is taken for. Refuses to be clever about truth: where names of folders may or may
not be classes, the images come without truth, and a person can say otherwise.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from perenne.formats.class_folders import read_class_folders
from perenne.formats.coco import read_coco
from perenne.formats.csv_file import read_table
from perenne.formats.csv_table import FILE_COLUMNS, read_csv
from perenne.formats.finish import finish_items
from perenne.formats.folders import IMAGE_SUFFIXES, NameRefused, clean_name
from perenne.formats.items import (
    Finding,
    ImportReport,
    LabelledSet,
    ReadOptions,
    UnreadableSet,
    recognise_good_class,
)
from perenne.formats.plain_images import read_images

TEMPLATE_FOLDERS = {"templates", "template", "references", "reference"}
IMAGE_FOLDERS = {"images", "image", "imgs", "img", "captures"}
MASK_FOLDERS = {"masks", "mask", "ground_truth"}
SPLIT_FOLDERS = {"train", "training", "val", "valid", "validation", "test", "testing"}
TABLE_SUFFIXES = (".csv", ".tsv")
FORMATS = ("coco", "csv", "folder", "images")
_READ = {"coco": read_coco, "csv": read_csv, "folder": read_class_folders, "images": read_images}
_SAMPLE = 20
_MOST_FOLDERS = 2_000


@dataclass(frozen=True)
class RecognisedSet:
    """How a folder will be read: its format, what the reader is given, and where the templates lie."""

    root: Path
    format: str
    sources: tuple[Path, ...]
    references: Path | None


def recognise_set(
    root: Path, *, format_name: str | None = None, references: str | None = None
) -> RecognisedSet:
    """Return what the folder is taken for; what a person said is not questioned.

    Raises: UnreadableSet when a named folder is missing, or nothing fits.
    """
    base = _descend(root)
    templates = _templates(root, base, references)
    found = {
        "coco": _coco_files(base, templates),
        "csv": sorted(p for p in _files(base, templates) if p.suffix.lower() in TABLE_SUFFIXES),
        "folder": _class_roots(base, templates, forced=format_name == "folder"),
        "images": [_image_root(base, templates)],
    }
    chosen = format_name or next(name for name in FORMATS if found[name])
    if not found[chosen]:
        raise UnreadableSet(
            f"The files hold nothing that can be read as {chosen}.",
            remedy="Choose another format, or add the missing file.",
        )
    return RecognisedSet(root, chosen, tuple(found[chosen]), templates)


def read_recognised(found: RecognisedSet, options: ReadOptions) -> LabelledSet:
    """Return everything that the sources hold as one set. Raises: UnreadableSet."""
    read = _READ[found.format]
    sets = []
    for source in found.sources:
        images = _best_image_folder(found, source) if found.format in ("coco", "csv") else None
        sets.append(read(source, replace(options, images=images, references=found.references)))
    return sets[0] if len(sets) == 1 else _joined(sets)


def _joined(sets: list[LabelledSet]) -> LabelledSet:
    """Return the sets as one; the same image in two of them is found like twins inside one."""
    reports = [one.report for one in sets]
    problems = {report.problem for report in reports}
    if len(problems) > 1:
        raise UnreadableSet(
            f"The files speak of different problems ({', '.join(sorted(problems))}).",
            remedy="Import them one after the other.",
        )
    whole = ImportReport(format=reports[0].format, source=reports[0].source, problem=problems.pop())
    whole.classes = list(dict.fromkeys(name for report in reports for name in report.classes))
    whole.listed = sum(report.listed for report in reports)
    whole.left_out = sum(report.left_out for report in reports)
    whole.truth_left_out = sum(report.truth_left_out for report in reports)
    items = finish_items([item for one in sets for item in one.items], whole)
    told = {(finding.code, finding.where) for report in reports for finding in report.findings}
    between = [finding for finding in whole.findings if (finding.code, finding.where) not in told]
    whole.findings = [_of_source(f, report) for report in reports for f in report.findings] + between
    return LabelledSet(items, whole, recognise_good_class(whole.classes))


def _of_source(finding: Finding, report: ImportReport) -> Finding:
    return replace(finding, where=f"{Path(report.source).name}: {finding.where}")


def _descend(root: Path) -> Path:
    """Return the folder that holds the set: wrapping folders with nothing beside them are passed."""
    while True:
        inside = [p for p in root.iterdir() if not p.name.startswith(".")]
        if len(inside) != 1 or not inside[0].is_dir():
            return root
        if any(p.suffix.lower() in IMAGE_SUFFIXES for p in inside[0].iterdir()):
            return root
        root = inside[0]


def _templates(root: Path, base: Path, named: str | None) -> Path | None:
    if named is None:
        return next((p for p in _folders(base) if p.name.lower() in TEMPLATE_FOLDERS), None)
    try:
        clean = clean_name(named)
    except NameRefused as refusal:
        raise UnreadableSet(
            f"The folder of templates: {refusal}.", remedy="Name a folder of the set."
        ) from refusal
    for folder in (root / clean, base / clean):
        if folder.is_dir():
            return folder
    raise UnreadableSet(f"There is no folder '{clean}' of templates.", remedy="Name a folder of the set.")


def _files(base: Path, templates: Path | None) -> Iterator[Path]:
    for path in base.rglob("*"):
        inside = templates is not None and path.is_relative_to(templates)
        if path.is_file() and not path.name.startswith(".") and not inside:
            yield path


def _folders(base: Path) -> list[Path]:
    """Return the folders below `base`, the nearest first."""
    folders = [p for p in base.rglob("*") if p.is_dir()]
    return sorted(folders, key=lambda p: (len(p.parts), str(p)))[:_MOST_FOLDERS]


def _coco_files(base: Path, templates: Path | None) -> list[Path]:
    """Return the JSON files that are COCO, or broken and worth a word; others are not about labels."""
    files = sorted(p for p in _files(base, templates) if p.suffix.lower() == ".json")
    return [path for path in files if _may_be_coco(path)]


def _may_be_coco(path: Path) -> bool:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return True
    return not isinstance(content, dict) or bool({"images", "annotations", "categories"} & set(content))


def _class_roots(base: Path, templates: Path | None, *, forced: bool) -> list[Path]:
    """Return the folders whose own folders are classes."""
    if _image_folders_in(base, templates):
        names = {p.name.lower() for p in _image_folders_in(base, templates)}
        if names <= SPLIT_FOLDERS:
            splits = [p for p in _image_folders_in(base, templates) if _image_folders_in(p, templates)]
            return splits
        if names <= IMAGE_FOLDERS | MASK_FOLDERS:
            inner = _image_root(base, templates)
            pairs = templates is not None and not forced
            return [inner] if inner != base and _image_folders_in(inner, templates) and not pairs else []
        if forced or len(names) > 1:
            return [base]
    return []


def _image_folders_in(folder: Path, templates: Path | None) -> list[Path]:
    inside = sorted(p for p in folder.iterdir() if p.is_dir() and p != templates)
    return [p for p in inside if any(q.suffix.lower() in IMAGE_SUFFIXES for q in p.rglob("*"))]


def _image_root(base: Path, templates: Path | None) -> Path:
    named = [p for p in base.iterdir() if p.is_dir() and p.name.lower() in IMAGE_FOLDERS]
    alone = templates is not None or not any(p.suffix.lower() in IMAGE_SUFFIXES for p in base.iterdir())
    return named[0] if len(named) == 1 and alone else base


def _best_image_folder(found: RecognisedSet, source: Path) -> Path | None:
    """Return the folder below which most of the first names of a table lie; None leaves it to the reader."""
    names = list(_names_in(found.format, source))
    if not names:
        return None
    beside = [source.parent, source.parent / "images"]
    others = [p for p in (found.root, *_folders(found.root)) if p != found.references]
    counts = [(sum((folder / name).is_file() for name in names), folder) for folder in (*beside, *others)]
    most, best = max(counts, key=lambda pair: pair[0])
    return None if most == 0 or best in beside else best


def _names_in(format_name: str, source: Path) -> Iterator[str]:
    raw: list[Any] = []
    try:
        if format_name == "coco":
            content = json.loads(source.read_bytes().decode("utf-8-sig"))
            raw = [image["file_name"] for image in content["images"][:_SAMPLE]]
        else:
            table = read_table(source, ImportReport("csv", str(source), ""))
            column = next(n for n, name in enumerate(table.header) if name.lower() in FILE_COLUMNS)
            raw = [cells[column] for _, cells in table.rows[:_SAMPLE]]
    except (ValueError, KeyError, TypeError, IndexError, StopIteration, RecursionError, UnreadableSet):
        return  # the reader itself says what is wrong with the file
    for name in raw:
        try:
            yield clean_name(name)
        except NameRefused:
            continue

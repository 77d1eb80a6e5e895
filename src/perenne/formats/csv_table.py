"""CSV: a class or a value for each image, one line an image, with the capture context in further columns.

Owns the reading of the columns `file`, `class` or `value`, and the context columns. Refuses to choose
between a class and a value, and between two truths of one image.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from perenne.formats.context import ALIASES, ContextReader
from perenne.formats.csv_file import Table, parse_number, read_table
from perenne.formats.finish import finish_items, readable, without_truth
from perenne.formats.folders import (
    ImageFolder,
    find_image,
    find_reference,
    image_folder,
    reference_folder,
)
from perenne.formats.items import (
    CONTEXT_FIELDS,
    ImportReport,
    LabelledItem,
    LabelledSet,
    ReadOptions,
    UnreadableSet,
    recognise_good_class,
)

FILE_COLUMNS = ("file", "file_name", "filename", "image", "path")
_CLASS_NAMES = ("class", "label")
_VALUE_NAMES = ("value",)


@dataclass(frozen=True)
class _Columns:
    file: str
    truth: str
    problem: str


@dataclass
class _Reading:
    options: ReadOptions
    report: ImportReport
    columns: _Columns
    delimiter: str
    folder: ImageFolder
    references: ImageFolder | None
    context: ContextReader


def read_csv(path: Path, options: ReadOptions | None = None) -> LabelledSet:
    """Return the images and the classes or values of a CSV file.

    Raises: UnreadableSet when the table or its columns cannot be used.
    """
    options = options or ReadOptions()
    if not path.is_file():
        raise UnreadableSet(f"There is no file '{path}'.", remedy="Check the path.")
    report = ImportReport(format="csv", source=str(path), problem="classification")
    table = read_table(path, report)
    columns = _columns(table, options, path)
    report.problem = columns.problem
    reading = _Reading(
        options=options,
        report=report,
        columns=columns,
        delimiter=table.delimiter,
        folder=image_folder(options.images, beside=path.parent),
        references=reference_folder(options.references),
        context=ContextReader(_with_default_columns(options, table), report),
    )
    items = _merge([item for item in (_item(row, table, reading) for row in table.rows) if item], report)
    report.listed = len(table.rows)
    report.classes = list(dict.fromkeys(name for item in items if (name := _class_of(item)) is not None))
    return LabelledSet(finish_items(items, report), report, recognise_good_class(report.classes))


def _columns(table: Table, options: ReadOptions, path: Path) -> _Columns:
    repeated = {name for name in table.header if name and table.header.count(name) > 1}
    if repeated:
        raise UnreadableSet(
            f"'{path}' has two columns called '{sorted(repeated)[0]}'.", remedy="Give each a name of its own."
        )
    missing = sorted(set(options.fields.values()) - set(table.header))
    if missing:
        raise UnreadableSet(
            f"'{path}' has no column '{missing[0]}'.", remedy=f"Its columns: {', '.join(table.header)}."
        )
    file = options.fields.get("file") or _pick(table.header, FILE_COLUMNS)
    if file is None:
        raise UnreadableSet(
            f"'{path}' has no column with the image's file name (it has: {', '.join(table.header)[:200]}).",
            remedy="Call it 'file', or name it with --field file=COLUMN.",
        )
    by_class = options.fields.get("class") or _pick(table.header, _CLASS_NAMES)
    by_value = options.fields.get("value") or _pick(table.header, _VALUE_NAMES)
    if "class" in options.fields and "value" not in options.fields:
        by_value = None
    if "value" in options.fields and "class" not in options.fields:
        by_class = None
    if (by_class is None) == (by_value is None):
        what = "neither a class nor a value" if by_class is None else "both a class and a value"
        raise UnreadableSet(
            f"'{path}' has {what} for its images.",
            remedy="Say which column is the truth: --field class=COLUMN or --field value=COLUMN.",
        )
    if by_class is not None:
        return _Columns(file, by_class, "classification")
    return _Columns(file, str(by_value), "regression")


def _with_default_columns(options: ReadOptions, table: Table) -> ReadOptions:
    """Return the options in which columns that carry the name of a context field are used without asking."""
    named = {ALIASES.get(name.lower(), name.lower()): name for name in table.header}
    found = {field: column for field, column in named.items() if field in CONTEXT_FIELDS}
    given = {ALIASES.get(name, name): column for name, column in options.fields.items()}
    return replace(options, fields={**found, **given})


def _item(row: tuple[int, list[str]], table: Table, reading: _Reading) -> LabelledItem | None:
    line, cells = row
    report, where = reading.report, f"line {line}"
    if len(cells) > len(table.header) and any(cell.strip() for cell in cells[len(table.header) :]):
        report.left_out += 1
        report.error(
            "too-many-cells", where, f"{len(cells)} cells under {len(table.header)} columns.",
            "Put texts that hold the delimiter between quotes.",
        )  # fmt: skip
        return None
    values = dict(zip(table.header, cells, strict=False))
    found = find_image(reading.folder, values.get(reading.columns.file), report, where)
    if found is None or (reading.options.check_images and not readable(found[1], report, where)):
        report.left_out += 1
        return None
    name, path = found
    errors_before = len(report.errors)
    target = _target(values.get(reading.columns.truth, "").strip(), reading, where)
    report.truth_left_out += len(report.errors) > errors_before
    context = reading.context.read(values, file_name=name, where=where)
    used = {reading.columns.file, reading.columns.truth, *reading.context.fields.values()}
    extra = {k: v.strip()[:1000] for k, v in values.items() if k and k not in used and v.strip()}
    context.setdefault("external_id", name[:200])
    return LabelledItem(
        file_name=name,
        path=path,
        target=target,
        problem=reading.columns.problem,
        reference_path=find_reference(reading.references, name, report, where),
        extra=extra,
        **context,
    )


def _target(text: str, reading: _Reading, where: str) -> dict[str, Any] | None:
    """Return the truth in a cell; an empty cell means "not yet seen"."""
    if not text:
        return None
    if reading.columns.problem == "regression":
        try:
            return {"value": parse_number(text, delimiter=reading.delimiter)}
        except ValueError:
            reading.report.error(
                "value-not-numeric", where, f"'{text[:60]}' is not a finite number.",
                "Write it like 0.33 (or 0,33 where ';' separates the columns).",
            )  # fmt: skip
            return None
    class_map = reading.options.class_map
    if class_map is None:
        return {"class": text}
    if text not in class_map:
        reading.report.error(
            "class-not-mapped", where, f"the class '{text[:60]}' is not in the class map.", "Add it there."
        )
        return None
    return {"class": class_map[text]}


def _merge(items: list[LabelledItem], report: ImportReport) -> list[LabelledItem]:
    """Return each file once; files with contradicting lines lose their truth."""
    first: dict[str, LabelledItem] = {}
    torn: set[str] = set()
    for item in items:
        kept = first.setdefault(item.file_name, item)
        if kept is item:
            continue
        report.left_out += 1
        if kept.target == item.target:
            report.warn("image-listed-twice", item.file_name, "it has two equal lines.", "One is taken.")
            continue
        torn.add(item.file_name)
        report.error(
            "contradicting-truths", item.file_name, f"its lines say {kept.target} and {item.target}.",
            "Keep one line; none of these truths is imported.",
        )  # fmt: skip
    return without_truth(list(first.values()), torn, report)


def _pick(header: list[str], names: tuple[str, ...]) -> str | None:
    lower = {name.lower(): name for name in reversed(header)}
    return next((lower[name] for name in names if name in lower), None)


def _class_of(item: LabelledItem) -> str | None:
    return None if item.target is None else item.target.get("class")

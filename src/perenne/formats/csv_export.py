"""CSV, written: a class or a value for each image, with its state and its context in further columns.

Owns the writing. Keeps "not yet seen" apart in the column `perenne_state`. Refuses boxes. A text that a
spreadsheet would run as a formula gets an apostrophe in front, and the report says how many did.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from perenne.formats.exported import ExportedImage, LossReport, write_whole
from perenne.formats.items import UnreadableSet

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(
    path: Path,
    images: Iterable[ExportedImage],
    *,
    classes: Sequence[str],
    about: Mapping[str, Any] | None = None,
) -> LossReport:
    """Return the loss report after the file is written, whole or not at all. A CSV has no place for `about`.

    Raises: UnreadableSet for boxes, or a class that is not in `classes`.
    """
    listed = list(images)
    truth = "value" if any("value" in (image.target or {}) for image in listed) else "class"
    fields = sorted({name for image in listed for name in image.fields} - {"file", truth, "perenne_state"})
    lost: Counter[str] = Counter(thing for image in listed for thing in image.not_representable)
    rows = [_row(image, truth, fields, classes) for image in listed]
    safe = [[_safe(cell, lost) for cell in row] for row in rows]

    def write(partial: Path) -> None:
        with partial.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["file", truth, "perenne_state", *fields])
            writer.writerows(safe)

    write_whole(path, write)
    n_seen = sum(image.target is not None for image in listed)
    return LossReport(len(listed), n_seen, 0, len(listed) - n_seen, dict(lost))


def _row(image: ExportedImage, truth: str, fields: Sequence[str], classes: Sequence[str]) -> list[Any]:
    target = image.target
    if target is not None and truth not in target:
        raise UnreadableSet(
            f"'{image.file_name}' has {', '.join(target)} instead of a {truth}.",
            remedy="A CSV holds a class or a value for each image; export boxes as COCO.",
        )
    said = None if target is None else target[truth]
    if truth == "class" and said is not None and said not in classes:
        raise UnreadableSet(
            f"'{image.file_name}' has the class '{said}', which is not among {', '.join(classes)}.",
            remedy="Add it to the classes to export.",
        )
    state = "not-seen" if target is None else "annotated"
    return [image.file_name, said, state, *(image.fields.get(name) for name in fields)]


def _safe(cell: Any, lost: Counter[str]) -> Any:
    if not isinstance(cell, str) or not cell.startswith(FORMULA_SIGNS):
        return cell
    lost["texts that begin like a formula (an apostrophe was put in front)"] += 1
    return f"'{cell}"

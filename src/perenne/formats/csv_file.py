"""The CSV file as a whole: its encoding, its delimiter, its header, its rows with their line numbers.

Owns what spreadsheets do to CSV (Windows encodings, `;` and decimal commas, `sep=` lines, byte order marks).
Refuses a file without a header that names the image column.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from perenne.formats.items import ImportReport, UnreadableSet

DELIMITERS = (",", ";", "\t", "|")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Table:
    """Header, delimiter and the rows as (line number, cells)."""

    header: list[str]
    delimiter: str
    rows: list[tuple[int, list[str]]]


def read_table(path: Path, report: ImportReport) -> Table:
    """Return the table in `path`. Raises: UnreadableSet when there is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableSet(
            f"'{path}' cannot be read: {error.strerror}.", remedy="Check the path."
        ) from error
    text = _decode(data, path, report)
    lines = text.splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise UnreadableSet(f"'{path}' is empty.", remedy="Give a CSV file with a header line.")
    delimiter = None
    if lines[first].lower().startswith("sep=") and len(lines[first].strip()) <= 5:
        delimiter = lines[first].rstrip("\r\n")[4:] or None
        first += 1
    if delimiter is None and first < len(lines):
        delimiter = detect_delimiter(lines[first])
    rows = list(_rows(lines[first:], delimiter or ",", first, path))
    if not rows:
        raise UnreadableSet(f"'{path}' has no header line.", remedy="Name the columns in the first line.")
    header = [cell.strip() for cell in rows[0][1]]
    return Table(header, delimiter or ",", rows[1:])


def detect_delimiter(line: str) -> str:
    """Return the delimiter that cuts the header into most cells.

    >>> detect_delimiter("file;class;value"), detect_delimiter("file,class")
    (';', ',')
    """
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([line], delimiter=delimiter), [])))


def parse_number(text: str, *, delimiter: str) -> float:
    """Return a number written with a point, or with a comma where the comma is no delimiter.

    Raises: ValueError for anything else; digits grouped in thousands are not guessed.

    >>> parse_number("0,33", delimiter=";")
    0.33
    """
    text = text.strip().replace("\u202f", "").replace("\u00a0", "")
    if delimiter != "," and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    if "_" in text:
        raise ValueError(f"'{text[:40]}' is not a number")
    number = float(text)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(f"'{text[:40]}' is not finite")
    return number


def _decode(data: bytes, path: Path, report: ImportReport) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        pass
    if b"\0" in data:
        raise UnreadableSet(f"'{path}' is not a text file.", remedy="Save the table as CSV (UTF-8).")
    report.warn(
        "not-utf-8", path.name, "the file is not UTF-8 and was read as Windows-1252.",
        "Check one accented letter; save as 'CSV UTF-8' to be sure.",
    )  # fmt: skip
    return data.decode("cp1252", errors="replace")


def _rows(lines: list[str], delimiter: str, skipped: int, path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        line = skipped + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableSet(
                f"'{path}' is not a table from line {line} on: {error}.", remedy="Save it as CSV again."
            ) from error
        if any(cell.strip() for cell in cells):
            yield line, cells

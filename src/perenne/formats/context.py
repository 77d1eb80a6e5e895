"""Capture context from the columns, fields and names of a labelled set.

Owns the order of precedence (field, then file name, then the value for all) and the reading of times.
Refuses times without a zone unless the user gave one.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from perenne.formats.items import CONTEXT_FIELDS, ImportReport, ReadOptions, UnreadableSet
from perenne.kit.ids import slugify

_SLUGS = ("site", "line", "station", "product")
_MAX_LENGTH = 200
_NUMERIC_DATE = re.compile(r"^(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
ALIASES = {"group": "group_key", "part": "part_id", "batch": "batch_id", "captured": "captured_at"}


class ContextReader:
    """Reads the context of one image after the other, and notes what cannot be read."""

    def __init__(self, options: ReadOptions, report: ImportReport) -> None:
        self._report = report
        self._fixed = {name: getattr(options, name) for name in _SLUGS if getattr(options, name)}
        self.fields = {ALIASES.get(name, name): column for name, column in options.fields.items()}
        unknown = sorted(set(self.fields) - set(CONTEXT_FIELDS) - {"file", "class", "value"})
        if unknown:
            raise UnreadableSet(
                f"'{unknown[0]}' is not a context field.", remedy=f"Known: {', '.join(CONTEXT_FIELDS)}."
            )
        self._pattern = _compile(options.name_pattern)
        self._zone = _zone(options.time_zone)

    def read(self, row: Mapping[str, Any], *, file_name: str, where: str) -> dict[str, Any]:
        """Return the context fields of one image as keyword arguments of `LabelledItem`."""
        found: dict[str, Any] = dict(self._fixed)
        if self._pattern is not None:
            found.update(self._from_name(file_name, where))
        for name, column in self.fields.items():
            if name in CONTEXT_FIELDS and row.get(column) not in (None, ""):
                found[name] = row[column]
        context = {name: self._one(name, value, where) for name, value in found.items()}
        return {name: value for name, value in context.items() if value is not None}

    def _from_name(self, file_name: str, where: str) -> dict[str, str]:
        assert self._pattern is not None
        match = self._pattern.search(file_name)
        if match is None:
            self._report.warn(
                "name-pattern-missed", where, f"the name pattern does not fit '{file_name}'.",
                "Its context fields stay empty; widen the pattern if they matter.",
            )  # fmt: skip
            return {}
        return {ALIASES.get(k, k): v for k, v in match.groupdict().items() if v}

    def _one(self, name: str, value: Any, where: str) -> Any:
        if name == "captured_at":
            return self._time(value, where)
        if isinstance(value, (dict, list, bool)) or (isinstance(value, float) and value != value):
            self._warn(name, value, where, "is not a text or a number")
            return None
        text = str(value).strip()
        if name in _SLUGS:
            slug = slugify(text)
            if not slug:
                self._warn(name, value, where, "has no letter or digit")
            return slug or None
        if not 0 < len(text) <= _MAX_LENGTH or any(ord(c) < 32 or ord(c) == 127 for c in text):
            self._warn(name, value, where, f"is empty, longer than {_MAX_LENGTH} characters or not printable")
            return None
        return text

    def _time(self, value: Any, where: str) -> datetime | None:
        try:
            at = parse_time(str(value).strip())
        except ValueError:
            self._warn("captured_at", value, where, "is not a time like 2026-03-01T08:30:00+01:00")
            return None
        if at.tzinfo is None and self._zone is None:
            self._warn("captured_at", value, where, "has no time zone (give one with --time-zone)")
            return None
        return at if at.tzinfo is not None else at.replace(tzinfo=self._zone)

    def _warn(self, name: str, value: Any, where: str, why: str) -> None:
        self._report.warn(
            "context-not-read", where, f"{name} = {str(value)[:60]!r} {why}.",
            "The field stays empty for this image.",
        )  # fmt: skip


def parse_time(text: str) -> datetime:
    """Return a time from ISO 8601 or from day/month/year, as spreadsheets write it. Raises: ValueError.

    >>> parse_time("31/12/2025 08:30").isoformat()
    '2025-12-31T08:30:00'
    """
    match = _NUMERIC_DATE.match(text)
    if match is None:
        return datetime.fromisoformat(text)
    day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year, month, day, hour, minute, second)


def _compile(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UnreadableSet(
            f"The name pattern '{pattern}' is not a regular expression: {error}.",
            remedy="Write it like '(?P<batch>exp\\d+)_num_(?P<part>\\d+)'.",
        ) from error
    names = {ALIASES.get(name, name) for name in compiled.groupindex}
    if not names or not names <= set(CONTEXT_FIELDS):
        raise UnreadableSet(
            f"The name pattern '{pattern}' names {sorted(names) or 'no group'}.",
            remedy=f"Name its groups after context fields: {', '.join(CONTEXT_FIELDS)}.",
        )
    return compiled


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UnreadableSet(
            f"'{name}' is not a time zone of this machine.", remedy="Name one like Europe/Paris or UTC."
        ) from error

"""What every reader of a labelled set gives: items, and a report that loses nothing silently.

Owns the item, the finding, the report and the options shared by all formats. Refuses to guess the state of
an image: "not yet seen", "seen and empty" and "annotated" are three different answers.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from perenne.kit.errors import InvalidInput

Level = Literal["error", "warning"]
TruthState = Literal["not-seen", "empty", "annotated"]
Unlabelled = Literal["not-seen", "empty"]
CONTEXT_FIELDS = (
    "site", "line", "station", "product", "camera", "part_id", "batch_id", "group_key", "captured_at",
    "external_id",
)  # fmt: skip


class UnreadableSet(InvalidInput):
    """The labelled set as a whole cannot be read, so nothing of it is."""

    code = "unreadable-set"
    title = "The labelled set cannot be read"


@dataclass(frozen=True)
class Finding:
    """One thing wrong or notable: `what`, `where` (line, image, annotation), and what to do about it."""

    level: Level
    code: str
    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.remedy}"


@dataclass(frozen=True)
class LabelledItem:
    """One image of a labelled set with its context and its truth, in pixels of the upright image.

    `target` is None while the image is not yet seen, and `{"boxes": []}` when it was seen and is empty.
    `site` to `product` are short names (slugs); `extra` keeps what has no place of its own.
    """

    file_name: str
    path: Path
    target: dict[str, Any] | None
    problem: str
    site: str | None = None
    line: str | None = None
    station: str | None = None
    product: str | None = None
    camera: str | None = None
    part_id: str | None = None
    batch_id: str | None = None
    group_key: str | None = None
    captured_at: datetime | None = None
    reference_path: Path | None = None
    external_id: str | None = None
    extra: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)

    @property
    def truth_state(self) -> TruthState:
        """Say which of the three states the image is in."""
        if self.target is None:
            return "not-seen"
        return "empty" if self.target.get("boxes") == [] else "annotated"

    def capture_fields(self, *, template: bool = False) -> dict[str, Any]:
        """Return the capture context of the image, or of its template, as the hub's message has it."""
        shared = {"site": str(self.site), "line": self.line, "station": self.station, "product": self.product}
        shared |= {"camera": self.camera, "batch_id": self.batch_id, "group_key": self.group_key}
        if template:
            name = self.file_name if self.reference_path is None else self.reference_path.name
            return {**shared, "kind": "reference", "file_name": name[-200:]}
        return {
            **shared,
            "kind": "capture",
            "captured_at": self.captured_at,
            "part_id": self.part_id,
            "external_id": self.external_id,
            "file_name": self.file_name[-200:],
            "extra": dict(self.extra),
        }


@dataclass(frozen=True)
class ReadOptions:
    """What a set cannot say itself. `fields` maps a context field to a column or an image field of the set.

    `site` to `product` hold for every image that does not say otherwise. `name_pattern` is a regular
    expression searched in each file name; its named groups are context fields. `class_map` renames classes,
    and once given, a class outside of it is an error. `unlabelled` says what a listed image without any
    annotation is; only a person knows. `time_zone` belongs to times written without one.
    """

    images: Path | None = None
    references: Path | None = None
    site: str | None = None
    line: str | None = None
    station: str | None = None
    product: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    name_pattern: str | None = None
    class_map: Mapping[str, str] | None = None
    unlabelled: Unlabelled = "not-seen"
    time_zone: str | None = None
    check_images: bool = True


@dataclass
class ImportReport:
    """What a reader found, before anything is sent: counts, and each finding with its place.

    `listed` images are in the set; `left_out` of them are not delivered at all; `truth_left_out` of them are
    delivered without their truth, because a part of it is wrong.
    """

    format: str
    source: str
    problem: str
    classes: list[str] = field(default_factory=list)
    listed: int = 0
    left_out: int = 0
    truth_left_out: int = 0
    annotated: int = 0
    seen_empty: int = 0
    not_seen: int = 0
    with_reference: int = 0
    per_class: Counter[str] = field(default_factory=Counter)
    per_site: Counter[str] = field(default_factory=Counter)
    groups: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """Findings that cost an image or its truth."""
        return [finding for finding in self.findings if finding.level == "error"]

    @property
    def warnings(self) -> list[Finding]:
        """Findings that cost nothing, but that somebody should know."""
        return [finding for finding in self.findings if finding.level == "warning"]

    def error(self, code: str, where: str, what: str, remedy: str) -> None:
        """Note something that costs an image or its truth."""
        self.findings.append(Finding("error", code, where, what, remedy))

    def warn(self, code: str, where: str, what: str, remedy: str) -> None:
        """Note something that costs nothing."""
        self.findings.append(Finding("warning", code, where, what, remedy))

    def count(self, items: Sequence[LabelledItem]) -> None:
        """Fill the counts from the delivered items."""
        self.annotated = sum(item.truth_state == "annotated" for item in items)
        self.seen_empty = sum(item.truth_state == "empty" for item in items)
        self.not_seen = sum(item.truth_state == "not-seen" for item in items)
        self.with_reference = sum(item.reference_path is not None for item in items)
        self.per_site = Counter(item.site or "(no site)" for item in items)
        self.groups = len({item.group_key for item in items if item.group_key is not None})
        self.per_class = Counter(dict.fromkeys(self.classes, 0))
        for item in items:
            self.per_class.update(classes_of(item.target))

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON; findings as texts, counted by code as well."""
        return {
            "format": self.format, "source": self.source, "problem": self.problem, "classes": self.classes,
            "listed": self.listed, "left_out": self.left_out, "truth_left_out": self.truth_left_out,
            "annotated": self.annotated, "seen_empty": self.seen_empty, "not_seen": self.not_seen,
            "with_reference": self.with_reference, "groups": self.groups,
            "per_class": dict(self.per_class), "per_site": dict(self.per_site),
            "errors": len(self.errors), "warnings": len(self.warnings),
            "counts_by_code": dict(Counter(finding.code for finding in self.findings)),
            "findings": [vars(finding) for finding in self.findings],
        }  # fmt: skip


@dataclass(frozen=True)
class LabelledSet:
    """The items that can be sent, the report on all of them, and which class means a good part, if known."""

    items: list[LabelledItem]
    report: ImportReport
    good_class: str | None = None


_GOOD_NAMES = {"good", "ok", "free", "functional", "bon", "bonne", "normal", "mt_free"}


def recognise_good_class(classes: Sequence[str]) -> str | None:
    """Return the one class whose name says that a part is good, if there is exactly one.

    >>> recognise_good_class(["defective", "functional"]), recognise_good_class(["a", "b"])
    ('functional', None)
    """
    good = [name for name in classes if name.lower() in _GOOD_NAMES]
    return good[0] if len(good) == 1 else None


def classes_of(target: dict[str, Any] | None) -> list[str]:
    """Return the class of every object of a target, or its one class; none without truth."""
    if target is None:
        return []
    if "boxes" in target:
        return [box["class"] for box in target["boxes"]]
    return [target["class"]] if "class" in target else []

"""Messages about imports: files that a browser brings, what they are taken for, and what became of them.

Owns the shapes of an import, of its dry run and of its mapping. Refuses to leave a state out: with objects,
seen and empty, and without a label are three counts.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from perenne.wire.base import Message, Problem
from perenne.wire.images import Name, Text
from perenne.wire.schemas import MAX_CLASSES, ClassName, ProblemName

ImportState = Literal["collecting", "checking", "checked", "running", "succeeded", "failed", "cancelled"]
ImportFormat = Literal["coco", "csv", "folders", "images"]
Severity = Literal["error", "warning"]
MAX_ISSUES = 500
GivenName = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class ImportNew(Message):
    """An import to begin: where its images come from, and, if known, the label schema of its truth."""

    name: str = Field(min_length=1, max_length=200)
    site: Name
    station: Name | None = None
    product: Name | None = None
    label_schema: Name | None = None


class ImportMapping(Message):
    """What a person says about the files. Everything left out is proposed by the dry run.

    `classes` gives each class of the files its name in the schema, or null to leave its truth out; an image
    with an object of such a class comes without truth. `label_schema` names a schema, created when missing
    from the mapped classes; `add_classes` lets one that exists grow. `unlabelled` says what a listed image
    without any object is; only a person knows. `references` names the folder of defect-free templates.
    `fields` gives a context field (part_id, group_key, captured_at …) the column that holds it.
    """

    format: ImportFormat | None = None
    label_schema: Name | None = None
    classes: dict[GivenName, ClassName | None] = Field(default_factory=dict, max_length=MAX_CLASSES)
    good_class: ClassName | None = None
    add_classes: bool = False
    unlabelled: Literal["not-seen", "empty"] = "not-seen"
    references: str | None = Field(default=None, max_length=1000)
    fields: dict[Text, Text] = Field(default_factory=dict, max_length=50)
    time_zone: str | None = Field(default=None, max_length=100)


class CheckRequest(Message):
    """Ask for a dry run; without a mapping everything is proposed."""

    mapping: ImportMapping | None = None


class RunRequest(Message):
    """Ask for the import itself; without a mapping it is that of the dry run."""

    mapping: ImportMapping | None = None


class ImportIssue(Message):
    """One thing wrong (it costs an image or its truth) or notable, where it is, and what to do."""

    file: str
    line: int | None
    severity: Severity
    code: str
    what: str
    remedy: str


class GivenClass(Message):
    """A class as the files name it, how often it occurs, and its name in the schema (null: left out)."""

    given: str
    objects: int
    images: int
    mapped_to: str | None


class ImageCounts(Message):
    """Images by what becomes of them; a refused one has an issue that says why."""

    new: int
    known: int
    refused: int


class TruthCounts(Message):
    """Images by what is said of them: `unlabelled` ones are not yet seen, which is not empty.

    `left_out` are images whose truth is not taken because a part of it is wrong or not mapped.
    """

    objects: int
    empty: int
    unlabelled: int
    left_out: int


class ProposedSchema(Message):
    """The label schema that the truth would go to; `exists` is false when the run would create it."""

    label_schema: str
    exists: bool
    classes: list[str]
    good_class: str | None


class UnlikeCounts(Message):
    """Images unlike their station's production, among those that were looked at; only calibrated stations.

    They come in all the same, and are not used for training. `reasons` counts them by reason in words.
    """

    examined: int
    unlike: int
    reasons: dict[str, int]


class ImportCheck(Message):
    """What a dry run found. `issues` holds the first ones, errors before warnings; `issues_total` counts all.

    `problem` is null when no image comes with a truth. `fields` are columns that could become context;
    `context` counts the images that have each context field.
    """

    format: ImportFormat
    sources: list[str]
    problem: ProblemName | None
    proposal: ProposedSchema | None
    classes: list[GivenClass]
    images: ImageCounts
    truths: TruthCounts
    unlike: UnlikeCounts | None = None
    with_reference: int
    references: str | None
    groups: int
    sites: dict[str, int]
    fields: list[str]
    context: dict[str, int]
    issues: list[ImportIssue]
    issues_total: int


class ImportResult(Message):
    """What became of the files. `unused` ones were neither image nor template of the set.

    `unlike` images are stored and visible but not used for training; `unlike_reasons` counts them by reason.
    """

    created: int
    known: int
    refused: int
    templates: int
    truths_accepted: int
    truths_unchanged: int
    truths_refused: int
    unused: int
    unlike: int = 0
    unlike_reasons: dict[str, int] = Field(default_factory=dict)
    label_schema: str | None
    issues: list[ImportIssue]
    issues_total: int


class Import(Message):
    """An import: what was received, how far it is, what the dry run found and what became of it.

    `message` says what is being done, or why it failed; `error` is the whole problem document then.
    Lists leave out the issues.
    """

    id: str
    name: str
    state: ImportState
    site: str
    station: str | None
    product: str | None
    files: int
    bytes: int
    passed_over: dict[str, int]
    job_id: str | None
    progress: float
    message: str
    error: Problem | None
    mapping: ImportMapping
    report: ImportCheck | None
    result: ImportResult | None
    created_at: datetime
    created_by: str


class ImportFile(Message):
    """A received file. `image` says what became of it: created, known, refused; null while nothing did."""

    path: str
    sha256: str
    bytes: int
    image: str | None = None
    truth: str | None = None
    issue: ImportIssue | None = None

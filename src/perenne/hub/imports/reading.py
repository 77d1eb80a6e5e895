"""From the received files under their names to what a dry run shows.

Owns the order: recognise, read as given, propose a mapping, read as mapped. Refuses to show where on the
server the files lie.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from perenne.formats import (
    CONTEXT_FIELDS,
    LabelledItem,
    LabelledSet,
    ReadOptions,
    RecognisedSet,
    UnreadableSet,
    classes_of,
    read_recognised,
    recognise_set,
)
from perenne.hub.imports.rules import KnownSchema, as_issue, choose_schema, issue, propose_mapping
from perenne.kit.ids import slugify
from perenne.wire.images import CaptureContext
from perenne.wire.imports import (
    GivenClass,
    ImageCounts,
    ImportCheck,
    ImportMapping,
    ProposedSchema,
    TruthCounts,
)

SHOWN_FORMATS = {"folder": "folders"}
READ_FORMATS = {"folders": "folder"}
MAX_FIELDS = 50


@dataclass(frozen=True)
class Places:
    """Short names of where the images come from, unless a line of a table says otherwise."""

    site: str
    station: str | None
    product: str | None


@dataclass(frozen=True)
class Reading:
    """A set as its files give it and, once classes are mapped, as it would come in."""

    found: RecognisedSet
    options: ReadOptions
    given: LabelledSet

    @property
    def problem(self) -> str | None:
        """The problem that the truth is about, None when no image has any."""
        report = self.given.report
        truthful = report.classes or report.annotated or report.seen_empty
        return report.problem if truthful and report.problem else None

    @property
    def source(self) -> str:
        """The file that findings without a file of their own are about."""
        return self.sources[0]

    @property
    def sources(self) -> list[str]:
        """What is read, relative to what was received."""
        root = self.found.root
        return [path.relative_to(root).as_posix() for path in self.found.sources]


def read_files(root: Path, mapping: ImportMapping, *, places: Places) -> Reading:
    """Return the set below `root`, classes as given. Raises: UnreadableSet."""
    options = ReadOptions(
        site=places.site,
        station=places.station,
        product=places.product,
        fields=mapping.fields,
        unlabelled=mapping.unlabelled,
        time_zone=mapping.time_zone,
    )
    with _without_server_paths(root):
        wanted = None if mapping.format is None else READ_FORMATS.get(mapping.format, mapping.format)
        found = recognise_set(root, format_name=wanted, references=mapping.references)
        return Reading(found, options, read_recognised(found, options))


def read_mapped(reading: Reading, classes: Mapping[str, str | None]) -> LabelledSet:
    """Return the set with its classes renamed; what leads nowhere costs its images their truth."""
    if all(given == mapped for given, mapped in classes.items()):
        return reading.given
    class_map = {given: mapped for given, mapped in classes.items() if mapped is not None}
    with _without_server_paths(reading.found.root):
        return read_recognised(reading.found, replace(reading.options, class_map=class_map))


def propose(
    reading: Reading, mapping: ImportMapping, schemas: Sequence[KnownSchema], *, name: str
) -> tuple[ProposedSchema | None, dict[str, str | None]]:
    """Return the label schema that the truth would go to, and where each class leads."""
    given = reading.given.report.classes
    if reading.problem is None:
        return None, {}
    if mapping.label_schema is not None:
        schema = next((s for s in schemas if s.slug == mapping.label_schema), None)
    else:
        schema = choose_schema(schemas, problem=reading.problem, given=given) if given else None
    classes = propose_mapping(given, said=mapping.classes, schema=schema, grows=mapping.add_classes)
    mapped = list(dict.fromkeys(name for name in classes.values() if name is not None))
    if schema is not None:
        return _proposal(schema.slug, True, schema.classes, schema.good_class), classes
    good = mapping.good_class or classes.get(reading.given.good_class or "")
    slug = mapping.label_schema or _free_slug(name, {schema.slug for schema in schemas})
    return _proposal(slug, False, mapped, good if good in mapped else None), classes


def context_of(item: LabelledItem, *, template: bool = False, reference: str | None = None) -> CaptureContext:
    """Return the capture context of an image or of its template. Raises: ValidationError."""
    return CaptureContext(**item.capture_fields(template=template), reference=reference)


def explain(error: ValidationError) -> str:
    """Return what is wrong with a capture context, in words."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"its {' '.join(map(str, first['loc']))} cannot be used: {first['msg']}"


def make_check(
    reading: Reading,
    mapped: LabelledSet,
    *,
    proposal: ProposedSchema | None,
    classes: Mapping[str, str | None],
    images: ImageCounts,
    refusals: Sequence[dict[str, Any]],
) -> tuple[ImportCheck, list[dict[str, Any]]]:
    """Return what the dry run shows, without its issues, and all of these."""
    report, root = mapped.report, reading.found.root
    issues = [*refusals, *(as_issue(finding, source=reading.source) for finding in report.findings)]
    for one in issues:
        one["what"], one["remedy"] = hide_place(one["what"], root), hide_place(one["remedy"], root)
    templates = reading.found.references
    check = ImportCheck.model_validate(
        {
            "format": SHOWN_FORMATS.get(reading.found.format, reading.found.format),
            "sources": reading.sources,
            "problem": reading.problem,
            "proposal": proposal,
            "classes": _count_classes(reading.given.items, reading.given.report.per_class, classes),
            "images": images,
            "truths": TruthCounts(
                objects=report.annotated,
                empty=report.seen_empty,
                unlabelled=report.not_seen,
                left_out=report.truth_left_out,
            ),
            "with_reference": report.with_reference,
            "references": None if templates is None else templates.relative_to(root).as_posix(),
            "groups": report.groups,
            "sites": dict(report.per_site.most_common(100)),
            "fields": sorted({key for item in mapped.items for key in item.extra})[:MAX_FIELDS],
            "context": _count_context(mapped.items),
            "issues": [],
            "issues_total": len(issues),
        }
    )
    return check, issues


def hide_place(text: str, root: Path) -> str:
    """Return the text without where on the server the files lie.

    >>> hide_place("'/data/x/set/a.json' is not in /data/x or /data/x/images.", Path("/data/x"))
    "'set/a.json' is not in the set or images."
    """
    return text.replace(f"{root}/", "").replace(str(root), "the set")


def broken_contexts(items: Sequence[LabelledItem]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the place of each item whose context a push would refuse, with its issue."""
    for index, item in enumerate(items):
        try:
            context_of(item)
        except ValidationError as error:
            yield index, issue(item.file_name, explain(error), "Correct the table.", code="context-invalid")


def _proposal(slug: str, exists: bool, classes: Sequence[str], good: str | None) -> ProposedSchema:
    return ProposedSchema(label_schema=slug, exists=exists, classes=list(classes), good_class=good)


def _free_slug(name: str, taken: set[str]) -> str:
    base = slugify(name)[:70] or "imported"
    names = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(slug for slug in names if slug not in taken)


def _count_classes(
    items: Sequence[LabelledItem], objects: Mapping[str, int], mapping: Mapping[str, str | None]
) -> list[GivenClass]:
    images: Counter[str] = Counter()
    for item in items:
        images.update(set(classes_of(item.target)))
    return [
        GivenClass(given=name, objects=count, images=images[name], mapped_to=mapping.get(name))
        for name, count in objects.items()
    ]


def _count_context(items: Sequence[LabelledItem]) -> dict[str, int]:
    counts = {name: sum(getattr(item, name) is not None for item in items) for name in CONTEXT_FIELDS}
    return {name: count for name, count in counts.items() if count}


@contextmanager
def _without_server_paths(root: Path) -> Iterator[None]:
    try:
        yield
    except UnreadableSet as error:
        told = type(error)(hide_place(error.detail, root), remedy=hide_place(error.remedy, root))
        raise told from error

"""Durable steps of imports: the dry run, the run, the sweeping up.

Owns the order of a run: templates, then images with their truth, some at a time. Refuses to act for an
import that was cancelled or belongs to another job. May run again after kill -9: files whose outcome is
noted are passed over, and the others become what they would have become.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from perenne.formats import LabelledItem, LabelledSet
from perenne.hub.accounts import Actor
from perenne.hub.imports import intake, service
from perenne.hub.imports.intake import TakenFile, WorkOrder
from perenne.hub.imports.reading import (
    context_of,
    explain,
    make_check,
    propose,
    read_files,
    read_mapped,
)
from perenne.hub.imports.rules import ImportState, issue
from perenne.hub.imports.staging import forget_files, lay_out
from perenne.hub.infra.jobs import JobContext, JobHandler
from perenne.wire.images import CaptureContext

CHUNK_FILES = 32
CHUNK_BYTES = 64_000_000


@dataclass(frozen=True)
class _Wanted:
    """An image on its way in, or the template of one."""

    path: str
    item: LabelledItem
    is_template: bool = False
    reference: str | None = None


def check_import(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Return what the files hold, in short, after the whole dry run stands in the import."""
    hub, actor = context.hub, intake.asker(context.organisation_id, payload)
    order = _open(context, payload, actor, state=ImportState.CHECKING)
    if order is None:
        return {}
    context.progress(0.1, "Reading the files")
    with lay_out(hub, order.import_id, _hashes(order)) as root:
        reading = read_files(root, order.mapping, places=order.places)
        context.progress(0.5, "Mapping the classes")
        schemas = intake.known_schemas(hub, actor)
        proposal, classes = propose(reading, order.mapping, schemas, name=order.name)
        mapped = read_mapped(reading, classes)
        context.progress(0.8, "Comparing with what is known")
        hashes = [order.files[_path(item.path, root)].sha256 for item in mapped.items]
        images, refusals = intake.judge_items(hub, actor, mapped.items, hashes)
        images = images.model_copy(update={"refused": images.refused + mapped.report.left_out})
        unlike, warnings = intake.find_unlike(
            hub,
            actor,
            mapped.items,
            root=root,
            progress=lambda done: context.progress(0.8 + 0.2 * done, "Holding images against their stations"),
        )
        check, issues = make_check(
            reading, mapped, proposal=proposal, classes=classes, images=images, refusals=refusals
        )
        check, issues = check.model_copy(update={"unlike": unlike}), [*issues, *warnings]
        check = check.model_copy(update={"issues_total": len(issues)})
    intake.keep_check(hub, actor, order, check=check, issues=issues)
    return {"import_id": order.import_id, "issues": len(issues), **images.model_dump()}


def run_import(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Return what became of the files, counted, after everything that can come in is in."""
    hub, actor = context.hub, intake.asker(context.organisation_id, payload)
    order = _open(context, payload, actor, state=ImportState.RUNNING)
    if order is None:  # done already, up to the sweeping; or cancelled
        intake.sweep(hub, context.organisation_id, str(payload["import_id"]))
        return {}
    context.progress(0.0, "Reading the files")
    with lay_out(hub, order.import_id, _hashes(order)) as root:
        reading = read_files(root, order.mapping, places=order.places)
        labelled = read_mapped(reading, order.mapping.classes) if reading.problem else reading.given
        _take_all(context, actor, order, root, labelled)
    counts = intake.finish_run(hub, actor, order)
    forget_files(hub, order.import_id)
    return {"import_id": order.import_id, **counts}


def sweep_import(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """The received files of an import that has ended or was deleted are gone."""
    intake.sweep(context.hub, context.organisation_id, str(payload["import_id"]))
    return {}


def _open(
    context: JobContext, payload: dict[str, Any], actor: Actor, *, state: ImportState
) -> WorkOrder | None:
    return intake.open_order(
        context.hub, actor, import_id=str(payload["import_id"]), job_id=context.job_id, state=state
    )


def _hashes(order: WorkOrder) -> dict[str, str]:
    return {path: row.sha256 for path, row in order.files.items()}


def _path(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


def _take_all(context: JobContext, actor: Actor, order: WorkOrder, root: Path, labelled: LabelledSet) -> None:
    outcomes = {path: row.image for path, row in order.files.items() if row.image is not None}
    schema = order.mapping.label_schema if labelled.report.problem else None
    templates = {
        _path(item.reference_path, root): item for item in labelled.items if item.reference_path is not None
    }
    items: dict[str, LabelledItem] = {}
    for item in labelled.items:  # a file that two tables list is taken once, with the truth that one gives
        path = _path(item.path, root)
        if path not in items or items[path].target is None:
            items[path] = item
    total = len(templates) + len(items)

    def take(wanted: Iterator[_Wanted]) -> None:
        contexts = _make_contexts(context, actor, order, wanted)
        for chunk in _chunks(order, root, contexts):
            done = len(outcomes)
            context.progress(min(1.0, done / total), f"Image {done + 1} of {total}")
            outcomes.update(intake.take_in(context.hub, actor, order, taken=chunk, label_schema=schema))

    take(_Wanted(path, item, is_template=True) for path, item in templates.items() if path not in outcomes)
    take(
        _Wanted(path, item, reference=_template_of(item, order, root, outcomes))
        for path, item in items.items()
        if path not in outcomes
    )


def _template_of(item: LabelledItem, order: WorkOrder, root: Path, outcomes: dict[str, str]) -> str | None:
    """Return the hash of the image's template, None when it has none or it was refused."""
    path = None if item.reference_path is None else _path(item.reference_path, root)
    return None if path is None or outcomes.get(path) != "template" else order.files[path].sha256


def _make_contexts(
    context: JobContext, actor: Actor, order: WorkOrder, wanted: Iterator[_Wanted]
) -> Iterator[tuple[_Wanted, CaptureContext]]:
    """Yield what a push would take with its context; the rest is noted as refused."""
    for one in wanted:
        try:
            yield one, context_of(one.item, template=one.is_template, reference=one.reference)
        except ValidationError as error:
            broken = issue(one.path, explain(error), "Correct the table.", code="context-invalid")
            intake.note_refused(context.hub, actor, order, path=one.path, found=broken)


def _chunks(
    order: WorkOrder, root: Path, wanted: Iterator[tuple[_Wanted, CaptureContext]]
) -> Iterator[list[TakenFile]]:
    chunk: list[TakenFile] = []
    size = 0
    for one, capture in wanted:
        n_bytes = order.files[one.path].bytes
        if chunk and (len(chunk) == CHUNK_FILES or size + n_bytes > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        target = None if one.is_template else one.item.target
        chunk.append(TakenFile(one.path, (root / one.path).read_bytes(), capture, target))
        size += n_bytes
    if chunk:
        yield chunk


JOBS: dict[str, JobHandler] = {
    service.CHECK_JOB: check_import,
    service.RUN_JOB: run_import,
    service.SWEEP_JOB: sweep_import,
}

"""What the jobs of an import do to the hub: one public function per step, each one transaction.

Owns that an outcome is noted in the very transaction that made it so. Refuses to act for an import that no
longer waits for the job that asks.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from perenne.formats import LabelledItem
from perenne.hub.accounts import Actor, record_event, system_actor
from perenne.hub.annotation import LabelSchemaRow, list_schemas
from perenne.hub.images import Upload, find_known, foresee_closeness, ingest_images
from perenne.hub.imports import queries
from perenne.hub.imports.reading import Places, broken_contexts
from perenne.hub.imports.rules import ImportState, first_issues, issue, next_state, refusal_issue
from perenne.hub.imports.staging import forget_files
from perenne.hub.imports.tables import ImportFileRow, ImportRow
from perenne.hub.infra.jobs import JobStopped
from perenne.hub.infra.services import Hub
from perenne.hub.review import give_truth
from perenne.hub.sites import get_line, get_product, get_site, get_station, get_station_by_id
from perenne.kit.errors import PerenneError
from perenne.kit.paging import MAX_LIMIT
from perenne.quality.closeness import say_code
from perenne.quality.decoding import ImageRefused
from perenne.wire.images import CaptureContext
from perenne.wire.imports import (
    MAX_ISSUES,
    ImageCounts,
    ImportCheck,
    ImportIssue,
    ImportMapping,
    ImportResult,
    UnlikeCounts,
)
from perenne.wire.truth import TruthItem

MOST_EXAMINED = 500
"""How many images of a dry run are held against their station's gate; the run itself looks at all."""


@dataclass(frozen=True)
class WorkOrder:
    """What a job of an import needs: what a person said, where the images come from, what was received."""

    import_id: str
    job_id: str
    name: str
    mapping: ImportMapping
    places: Places
    given_at: datetime
    files: Mapping[str, ImportFileRow]


@dataclass(frozen=True)
class TakenFile:
    """A received file on its way in."""

    path: str
    data: bytes
    context: CaptureContext
    target: dict[str, Any] | None


def open_order(
    hub: Hub, actor: Actor, *, import_id: str, job_id: str, state: ImportState
) -> WorkOrder | None:
    """Return what a job needs, None when the import does not wait for this very job any more."""
    with hub.database.reading() as session:
        row = queries.import_by_id(session, actor, import_id)
        if row is None or row.job_id != job_id or row.state != state:
            return None
        site = get_site(session, actor, row.site_id)
        station = None if row.station_id is None else get_station_by_id(session, actor, row.station_id)
        product = None if row.product_id is None else get_product(session, actor, row.product_id)
        return WorkOrder(
            import_id=import_id,
            job_id=job_id,
            name=row.name,
            mapping=ImportMapping.model_validate(row.mapping),
            places=Places(
                site=site.slug,
                station=None if station is None else station.slug,
                product=None if product is None else product.slug,
            ),
            given_at=row.given_at or hub.clock.now(),
            files=queries.all_files(session, actor, import_id),
        )


def known_schemas(hub: Hub, actor: Actor) -> Sequence[LabelSchemaRow]:
    """Return the organisation's label schemas."""
    with hub.database.reading() as session:
        return list_schemas(session, actor, cursor=None, limit=MAX_LIMIT).items


def judge_items(
    hub: Hub, actor: Actor, items: Sequence[LabelledItem], hashes: Sequence[str]
) -> tuple[ImageCounts, list[dict[str, Any]]]:
    """Return what a run would make of the images, and an issue for each place or image that is refused."""
    refused: set[int] = set()
    issues: list[dict[str, Any]] = []
    by_place: dict[tuple[str | None, ...], list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        by_place[item.site, item.line, item.station, item.product].append(index)
    with hub.database.reading() as session:
        for place, indices in by_place.items():
            if error := _find_place(session, actor, place):
                what = f"{error.detail} {len(indices)} images name it."
                issues.append(issue(items[indices[0]].file_name, what, error.remedy, code=error.code))
                refused.update(indices)
        visible = find_known(session, actor, hashes)
        stored = find_known(session, system_actor(actor.organisation_id), hashes)
    for index, found in broken_contexts(items):
        issues.append(found)
        refused.add(index)
    for index, sha256 in enumerate(hashes):
        if sha256 in stored and sha256 not in visible and index not in refused:
            refused.add(index)
            what = "these very bytes are stored already, at a site outside your limits."
            issues.append(
                issue(items[index].file_name, what, "Ask an administrator.", code="stored-elsewhere")
            )
    taken = [sha256 for index, sha256 in enumerate(hashes) if index not in refused]
    new = len(set(taken) - set(visible))
    return ImageCounts(new=new, known=len(taken) - new, refused=len(refused)), issues


def find_unlike(
    hub: Hub,
    actor: Actor,
    items: Sequence[LabelledItem],
    *,
    root: Path,
    progress: Callable[[float], None],
) -> tuple[UnlikeCounts | None, list[dict[str, Any]]]:
    """Return how many images are unlike their station's production, and a warning for each.

    Looks at `MOST_EXAMINED` images at most, spread over the set; None where no station is calibrated.
    """
    stations = _stations_of(hub, actor, items)
    at_stations = [item for item in items if (item.site, item.station) in stations]
    step = max(1, -(-len(at_stations) // MOST_EXAMINED))
    examined, issues, reasons = 0, [], Counter[str]()
    chosen = at_stations[::step]
    for index, item in enumerate(chosen):
        progress(index / len(chosen))
        try:
            station_id, data = stations[item.site, item.station], item.path.read_bytes()
            found = foresee_closeness(hub, actor, station_id=station_id, data=data)
        except ImageRefused:
            continue  # told among the refused ones when it is taken in
        examined += found is not None
        if found:
            reasons[say_code(found[0].code)] += 1
            name = item.path.relative_to(root).as_posix()
            issues.append(_unlike_issue(name, [one.words for one in found]))
    counts = UnlikeCounts(examined=examined, unlike=reasons.total(), reasons=dict(reasons))
    return counts if examined else None, issues


def _stations_of(
    hub: Hub, actor: Actor, items: Sequence[LabelledItem]
) -> dict[tuple[str | None, str | None], str]:
    """Return the ids of the stations that items name, by the names of site and station."""
    found: dict[tuple[str | None, str | None], str] = {}
    with hub.database.reading() as session:
        for site, station in {(item.site, item.station) for item in items}:
            if site is None or station is None:
                continue
            with suppress(PerenneError):
                row = get_station(session, actor, site=get_site(session, actor, site), name=station)
                found[site, station] = row.id
    return found


def _unlike_issue(file: str, words: Sequence[str]) -> dict[str, Any]:
    what = f"it is unlike its station's production, so it will not be used for training: {' '.join(words)}"
    remedy = "Take images from the station itself, or freeze with include_unlike if you know better."
    return issue(file, what, remedy, code="unlike-production", severity="warning")


def keep_check(
    hub: Hub, actor: Actor, order: WorkOrder, *, check: ImportCheck, issues: list[dict[str, Any]]
) -> None:
    """The dry run's findings stand in the import, unless it was cancelled meanwhile."""
    first = first_issues(issues, most=MAX_ISSUES)
    with hub.database.transaction() as session:
        row = _own_row(session, actor, order)
        row.report = {**check.model_dump(mode="json"), "issues": first}
        row.state = next_state(ImportState(row.state), "found")


def take_in(
    hub: Hub, actor: Actor, order: WorkOrder, *, taken: Sequence[TakenFile], label_schema: str | None
) -> dict[str, str]:
    """Return what became of each file: images and truths are stored and noted in one transaction.

    Raises: JobStopped when the import was cancelled meanwhile; then nothing is stored.
    """
    uploads = [Upload(one.data, one.context) for one in taken]
    with hub.database.writing_session() as session:
        outcomes = ingest_images(session, hub, actor, uploads)
        _own_row(session, actor, order)
        rows = queries.files_at(session, actor, order.import_id, [one.path for one in taken])
        stored = [outcome.image.id for outcome in outcomes if outcome.image is not None]
        unlike = queries.unlike_reasons(session, actor, stored)
        truthful: list[tuple[ImportFileRow, TruthItem]] = []
        for one, outcome in zip(taken, outcomes, strict=True):
            row = rows[one.path]
            row.image = outcome.status
            if outcome.image is not None and outcome.image.id in unlike:
                words = [str(reason["words"]) for reason in unlike[outcome.image.id]]
                row.issue = _unlike_issue(row.path, words)
            if outcome.refusal is not None:
                row.issue = refusal_issue(row.path, outcome.refusal)
                row.truth = None if one.target is None else "refused"
            elif one.context.kind == "reference":
                row.image = "template"
            elif one.target is not None:
                truthful.append((row, TruthItem(sha256=outcome.sha256, target=one.target)))
        if truthful and label_schema is not None:
            _give(session, actor, truthful, label_schema=label_schema, given_at=order.given_at)
        session.commit()
        return {path: str(row.image) for path, row in rows.items()}


def note_refused(hub: Hub, actor: Actor, order: WorkOrder, *, path: str, found: dict[str, Any]) -> None:
    """The file at `path` is refused, and why. Raises: JobStopped."""
    with hub.database.transaction() as session:
        _own_row(session, actor, order)
        for row in queries.files_at(session, actor, order.import_id, [path]).values():
            row.image, row.issue = "refused", found


def finish_run(hub: Hub, actor: Actor, order: WorkOrder) -> dict[str, Any]:
    """Return what became of the files; the import has succeeded."""
    with hub.database.transaction() as session:
        row = _own_row(session, actor, order)
        images: Counter[str | None] = Counter()
        truths: Counter[str | None] = Counter()
        for image, truth, count in queries.count_outcomes(session, actor, row.id):
            images[image] += count
            truths[truth] += count
        with_issue = queries.files_with_issue(session, actor, row.id, limit=MAX_ISSUES)
        unlike = queries.count_unlike(session, actor, row.id)
        result = ImportResult(
            created=images["created"],
            known=images["known"],
            refused=images["refused"],
            templates=images["template"],
            truths_accepted=truths["accepted"],
            truths_unchanged=truths["unchanged"] + truths["outdated"],
            truths_refused=truths["refused"],
            unused=images[None],
            unlike=sum(unlike.values()),
            unlike_reasons={say_code(code): count for code, count in sorted(unlike.items())},
            label_schema=order.mapping.label_schema,
            issues=[ImportIssue.model_validate(one.issue) for one in with_issue],
            issues_total=queries.count_issues(session, actor, row.id),
        )
        row.result = result.model_dump(mode="json")
        row.state = next_state(ImportState(row.state), "done")
        counts = {name: count for name, count in row.result.items() if isinstance(count, int)}
        record_event(session, actor, "import.done", "import", row.id, counts)
        return counts


def sweep(hub: Hub, organisation_id: str, import_id: str) -> None:
    """Nothing received is left of an import that has ended or was deleted."""
    with hub.database.reading() as session:
        row = queries.import_by_id(session, system_actor(organisation_id), import_id)
    if row is None or row.state in (ImportState.CANCELLED, ImportState.SUCCEEDED):
        forget_files(hub, import_id)


def asker(organisation_id: str, payload: dict[str, Any]) -> Actor:
    """Return who asked for a job, with the limits to sites that were in force then."""
    sites = payload["site_ids"]
    actor = system_actor(organisation_id, name=payload["actor"])
    return replace(actor, site_ids=None if sites is None else frozenset(sites))


def _own_row(session: Session, actor: Actor, order: WorkOrder) -> ImportRow:
    """Return the import while it waits for this very job. Raises: JobStopped."""
    row = queries.import_by_id(session, actor, order.import_id, for_update=True)
    at_work = (ImportState.CHECKING, ImportState.RUNNING)
    if row is None or row.job_id != order.job_id or row.state not in at_work:
        raise JobStopped(order.job_id)
    return row


def _give(
    session: Session,
    actor: Actor,
    truthful: Sequence[tuple[ImportFileRow, TruthItem]],
    *,
    label_schema: str,
    given_at: datetime,
) -> None:
    items = [item for _, item in truthful]
    answers = give_truth(
        session, actor, label_schema=label_schema, source="import", items=items, now=given_at
    )
    for (row, _), answer in zip(truthful, answers, strict=True):
        row.truth = answer.state
        if answer.refusal is not None:
            refusal = answer.refusal
            row.issue = issue(row.path, refusal.detail, refusal.remedy, code=refusal.code)


def _find_place(session: Session, actor: Actor, place: tuple[str | None, ...]) -> PerenneError | None:
    site_name, line, station, product = place
    try:
        site = get_site(session, actor, str(site_name))
        if line is not None:
            get_line(session, actor, site=site, name=line)
        if station is not None:
            get_station(session, actor, site=site, name=station)
        if product is not None:
            get_product(session, actor, product)
    except PerenneError as error:
        return error
    return None

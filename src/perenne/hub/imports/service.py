"""Use cases of imports: begin, receive files, ask for the dry run and for the run, cancel, delete."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from perenne.formats import ArchiveLimits, open_archive, plan_archive, read_entries
from perenne.hub.accounts import Actor, record_event
from perenne.hub.annotation import LabelSchemaRow, change_schema, create_schema, get_schema
from perenne.hub.imports import queries
from perenne.hub.imports.errors import FileNotUsable, ImportFull, NothingReceived
from perenne.hub.imports.rules import (
    USABLE,
    ImportState,
    check_mapping,
    folders_above,
    is_image,
    next_state,
    propose_mapping,
    state_now,
    usable_path,
)
from perenne.hub.imports.staging import keep_file
from perenne.hub.imports.tables import ImportFileRow, ImportRow
from perenne.hub.infra.jobs import JobRow, cancel_job, enqueue_job, job_by_id, jobs_by_id
from perenne.hub.infra.services import Hub
from perenne.hub.sites import get_product, get_site, get_station
from perenne.kit.errors import NotFound
from perenne.kit.ids import new_id
from perenne.kit.paging import Page, decode_cursor, encode_cursor
from perenne.wire.imports import ImportMapping, ImportNew

CHECK_JOB, RUN_JOB, SWEEP_JOB = "imports.check", "imports.run", "imports.sweep"


@dataclass(frozen=True)
class SeenImport:
    """An import, its job, and where it stands with the job considered."""

    row: ImportRow
    job: JobRow | None
    state: ImportState


def create_import(session: Session, actor: Actor, *, new: ImportNew) -> ImportRow:
    """Begin an import at a site of the actor. Raises: NotFound."""
    site = get_site(session, actor, new.site)
    station = None if new.station is None else get_station(session, actor, site=site, name=new.station)
    product = None if new.product is None else get_product(session, actor, new.product)
    schema = None if new.label_schema is None else get_schema(session, actor, new.label_schema)
    row = ImportRow(
        id=new_id("imp"),
        organisation_id=actor.organisation_id,
        name=new.name,
        site_id=site.id,
        station_id=None if station is None else station.id,
        product_id=None if product is None else product.id,
        state=ImportState.COLLECTING,
        files=0,
        bytes=0,
        passed_over={},
        mapping=ImportMapping(label_schema=None if schema is None else schema.slug).model_dump(),
        created_by=actor.name,
    )
    session.add(row)
    record_event(session, actor, "import.begun", "import", row.id, {"name": row.name, "site": site.slug})
    return row


def get_import(session: Session, actor: Actor, import_id: str, *, for_update: bool = False) -> SeenImport:
    """Return the import as it stands. Raises: NotFound."""
    row = queries.import_by_id(session, actor, import_id, for_update=for_update)
    if row is None:
        raise NotFound.of("import", import_id)
    return _seen(session, actor, row)


def list_imports(session: Session, actor: Actor, *, cursor: str | None, limit: int) -> Page[SeenImport]:
    """Return imports, newest first."""
    before = decode_cursor(cursor, parts=1)[0] if cursor else None
    rows = queries.imports_before(session, actor, before_id=before, limit=limit)
    jobs = jobs_by_id(session, actor, {row.job_id for row in rows if row.job_id is not None})
    seen = [_with_job(row, jobs.get(row.job_id or "")) for row in rows]
    return Page(seen, encode_cursor(rows[-1].id) if len(rows) == limit else None)


def receive_file(
    session: Session, hub: Hub, actor: Actor, *, import_id: str, path: str, data: bytes
) -> ImportFileRow:
    """Return the received file. The same bytes sent again change nothing, other bytes take their place.

    Raises: NotFound, WrongMoment, FileNotUsable, ImportFull.
    """
    with hub.database.reading() as reading:
        next_state(get_import(reading, actor, import_id).state, "receive")
    clean = usable_path(path)
    _check_size(hub, clean, len(data))
    sha256 = keep_file(hub, import_id, data)
    return _add_files(session, hub, actor, import_id, [(clean, sha256, len(data))])[1][0]


def receive_archive(
    session: Session, hub: Hub, actor: Actor, *, import_id: str, stream: BinaryIO
) -> SeenImport:
    """Return the import with everything that the archive holds; of a refused one nothing is taken.

    Raises: NotFound, WrongMoment, ArchiveRefused, ImportFull.
    """
    with hub.database.reading() as reading:
        row = get_import(reading, actor, import_id).row
        next_state(ImportState(row.state), "receive")
    limits = ArchiveLimits(
        max_entries=max(0, hub.settings.max_import_files - row.files),
        max_total_bytes=max(0, hub.settings.max_import_gb * 10**9 - row.bytes),
        max_entry_bytes=max(hub.settings.max_image_mb, hub.settings.max_body_mb) * 1_000_000,
    )
    archive_bytes = stream.seek(0, 2)
    with open_archive(stream, limits=limits) as archive:
        plan = plan_archive(archive, limits=limits, endings=USABLE, archive_bytes=archive_bytes)
        entries = []
        for path, data in read_entries(archive, plan):
            clean = usable_path(path)
            _check_size(hub, clean, len(data))
            entries.append((clean, keep_file(hub, import_id, data), len(data)))
    seen, _ = _add_files(session, hub, actor, import_id, entries)
    counts = Counter(seen.row.passed_over)
    counts.update(plan.passed_over)
    seen.row.passed_over = dict(counts)
    return seen


def list_files(
    session: Session, actor: Actor, *, import_id: str, image: str | None, cursor: str | None, limit: int
) -> Page[ImportFileRow]:
    """Return the received files by path, so that whoever sends them knows what is missing."""
    get_import(session, actor, import_id)
    after = decode_cursor(cursor, parts=1)[0] if cursor else ""
    rows = queries.files_after(session, actor, import_id, after_path=after, image=image, limit=limit)
    return Page(rows, encode_cursor(rows[-1].path) if len(rows) == limit else None)


def start_check(
    session: Session, hub: Hub, actor: Actor, *, import_id: str, mapping: ImportMapping | None
) -> SeenImport:
    """The dry run will be made. Raises: NotFound, WrongMoment, NothingReceived."""
    seen = get_import(session, actor, import_id, for_update=True)
    row = seen.row
    state = next_state(seen.state, "check")
    if row.files == 0:
        raise NothingReceived(f"The import '{row.name}' has no file yet.", remedy="Send its files first.")
    if mapping is not None and row.mapping != mapping.model_dump():
        queries.forget_outcomes(session, actor, row.id)
        row.mapping, row.given_at = mapping.model_dump(), None
    row.report = None
    return _start(session, hub, actor, row, state=state, kind=CHECK_JOB)


def start_run(
    session: Session, hub: Hub, actor: Actor, *, import_id: str, mapping: ImportMapping | None
) -> SeenImport:
    """The import will be made, its label schema is there. Goes on where an earlier run failed.

    Raises: NotFound, WrongMoment, MappingIncomplete, NotAllowed without the right to send truth, or to make
    or grow a label schema where that is needed.
    """
    seen = get_import(session, actor, import_id, for_update=True)
    row = seen.row
    state = next_state(seen.state, "run")
    if row.report is None:
        next_state(ImportState.COLLECTING, "run")  # a dry run that failed has shown nothing to agree to
    assert row.report is not None
    chosen = mapping or ImportMapping.model_validate(row.mapping)
    truthful = row.report["problem"] is not None and chosen.format != "images"
    if truthful:
        actor.require("truth:write")
        chosen = _settle_schema(session, actor, row.report, chosen, now=hub.clock.now())
    if mapping is not None and row.mapping != chosen.model_dump():
        queries.forget_outcomes(session, actor, row.id)
        row.given_at = None
    row.mapping = chosen.model_dump()
    row.given_at = row.given_at or hub.clock.now()
    record_event(session, actor, "import.run", "import", row.id, {"label_schema": chosen.label_schema})
    return _start(session, hub, actor, row, state=state, kind=RUN_JOB)


def cancel_import(session: Session, hub: Hub, actor: Actor, *, import_id: str) -> SeenImport:
    """A dry run stops and its files stay; any other import ends, and what it had not taken in is gone.

    Raises: NotFound, WrongMoment.
    """
    seen = get_import(session, actor, import_id, for_update=True)
    row = seen.row
    row.state = next_state(seen.state, "cancel")
    if seen.job is not None:
        cancel_job(session, actor, seen.job.id, now=hub.clock.now())
    if row.state == ImportState.CANCELLED:
        _sweep_later(session, hub, actor, row)
        record_event(session, actor, "import.cancelled", "import", row.id, {})
    session.flush()
    return _seen(session, actor, row)


def delete_import(session: Session, hub: Hub, actor: Actor, *, import_id: str) -> None:
    """The import and its files are forgotten; the images and truths that it brought stay.

    Raises: NotFound, WrongMoment while it is at work.
    """
    seen = get_import(session, actor, import_id, for_update=True)
    if seen.state in (ImportState.CHECKING, ImportState.RUNNING):
        next_state(seen.state, "delete")
    _sweep_later(session, hub, actor, seen.row)
    record_event(session, actor, "import.deleted", "import", import_id, {"name": seen.row.name})
    queries.delete_import(session, actor, import_id)


def _seen(session: Session, actor: Actor, row: ImportRow) -> SeenImport:
    return _with_job(row, None if row.job_id is None else job_by_id(session, actor, row.job_id))


def _with_job(row: ImportRow, job: JobRow | None) -> SeenImport:
    return SeenImport(row, job, state_now(row.state, job_state=None if job is None else job.state))


def _start(
    session: Session, hub: Hub, actor: Actor, row: ImportRow, *, state: ImportState, kind: str
) -> SeenImport:
    limits = None if actor.site_ids is None else sorted(actor.site_ids)
    payload = {"import_id": row.id, "actor": actor.name, "site_ids": limits}
    job = enqueue_job(session, hub, actor, kind=kind, payload=payload)
    row.state, row.job_id, row.result = state, job.id, None
    session.flush()
    return SeenImport(row, job, state)


def _sweep_later(session: Session, hub: Hub, actor: Actor, row: ImportRow) -> None:
    enqueue_job(session, hub, actor, kind=SWEEP_JOB, payload={"import_id": row.id})


def _check_size(hub: Hub, path: str, n_bytes: int) -> None:
    limit_mb = hub.settings.max_image_mb if is_image(path) else hub.settings.max_body_mb
    if n_bytes > limit_mb * 1_000_000:
        raise FileNotUsable(
            f"'{path[-120:]}' has {n_bytes / 1e6:.1f} MB; this hub takes {limit_mb} MB.",
            remedy="Send a smaller file, or raise PERENNE_MAX_IMAGE_MB (images) or PERENNE_MAX_BODY_MB.",
        )


def _add_files(
    session: Session, hub: Hub, actor: Actor, import_id: str, received: Sequence[tuple[str, str, int]]
) -> tuple[SeenImport, list[ImportFileRow]]:
    """Return the import and the rows of received files (path, hash, bytes), each path once.

    The import's row is locked until the transaction ends: its files are written one after the other.
    """
    seen = get_import(session, actor, import_id, for_update=True)
    next_state(seen.state, "receive")
    paths = [path for path, _, _ in received]
    folders = {folder for path in paths for folder in folders_above(path) if folder.lower().endswith(USABLE)}
    known = queries.files_at(session, actor, import_id, [*paths, *sorted(folders)])
    _refuse_files_as_folders(folders, {*known, *paths})
    changed = [one for one in received if one[0] not in known or known[one[0]].sha256 != one[1]]
    _refuse_too_much(
        hub,
        seen.row,
        files=sum(path not in known for path, _, _ in changed),
        n_bytes=sum(c[2] for c in changed),
    )
    for path, sha256, size in changed:
        row = known.get(path)
        if row is None:
            known[path] = row = ImportFileRow(
                id=new_id("imf"), organisation_id=actor.organisation_id, import_id=import_id, path=path
            )
            session.add(row)
            seen.row.files += 1
        row.sha256, row.bytes = sha256, size
        seen.row.bytes += size
    session.flush()
    return seen, [known[path] for path in paths]


def _refuse_too_much(hub: Hub, row: ImportRow, *, files: int, n_bytes: int) -> None:
    settings = hub.settings
    if row.files + files > settings.max_import_files or row.bytes + n_bytes > settings.max_import_gb * 10**9:
        raise ImportFull(
            f"The import takes {settings.max_import_files:,} files and {settings.max_import_gb} GB.",
            remedy="Split the set, or raise PERENNE_MAX_IMPORT_FILES or PERENNE_MAX_IMPORT_GB.",
        )


def _refuse_files_as_folders(folders: Collection[str], files: Collection[str]) -> None:
    clash = next((path for path in files if path in folders), None)
    if clash is not None:
        raise FileNotUsable(
            f"'{clash[-120:]}' is the name of a file and of a folder at once.", remedy="Rename one of them."
        )


def _settle_schema(
    session: Session, actor: Actor, report: dict[str, Any], chosen: ImportMapping, *, now: datetime
) -> ImportMapping:
    """Return the mapping with every class decided and its schema there."""
    proposal = report["proposal"]
    slug = chosen.label_schema or proposal["label_schema"]
    given = [one["given"] for one in report["classes"]]
    schema = _find_schema(session, actor, slug)
    said = (
        {one["given"]: one["mapped_to"] for one in report["classes"]}
        if slug == proposal["label_schema"]
        else {}
    )
    said |= chosen.classes
    classes = propose_mapping(given, said=said, schema=schema, grows=chosen.add_classes)
    wanted = list(dict.fromkeys(name for name in classes.values() if name is not None))
    if schema is None:
        actor.require("schemas:write")
        good = chosen.good_class or (proposal["good_class"] if proposal["good_class"] in wanted else None)
        schema = create_schema(
            session,
            actor,
            slug=slug,
            name=slug,
            problem=report["problem"],
            classes=wanted,
            now=now,
            good_class=good,
        )
    missing = [name for name in wanted if name not in schema.classes]
    if missing and chosen.add_classes:
        actor.require("schemas:write")
        schema = change_schema(session, actor, schema.slug, add_classes=missing, shown_name=None, now=now)
    check_mapping(classes, schema=schema, problem=report["problem"])
    return chosen.model_copy(update={"label_schema": schema.slug, "classes": classes})


def _find_schema(session: Session, actor: Actor, slug: str) -> LabelSchemaRow | None:
    try:
        return get_schema(session, actor, slug)
    except NotFound:
        return None

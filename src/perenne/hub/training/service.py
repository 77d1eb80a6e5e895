"""Use cases of training runs: people queue, cancel and resume; trainers claim, report and deliver."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event
from perenne.hub.datasets import (
    DatasetVersionRow,
    get_dataset,
    get_dataset_version,
    require_version_in_sites,
)
from perenne.hub.infra.services import Hub
from perenne.hub.models import (
    ModelVersionRow,
    Origin,
    get_model_version,
    inspect_upload,
    register_model_version,
    sign_upload,
)
from perenne.hub.training import queries
from perenne.hub.training.errors import (
    ArtefactOfOtherData,
    BaseModelOfOtherProblem,
    ClaimReplaced,
    NothingToTrainOn,
    RunAbandoned,
    RunCannotResume,
    RunHasEnded,
)
from perenne.hub.training.queries import RunWithData
from perenne.hub.training.rules import (
    FINAL,
    Holding,
    RunState,
    cancel_now,
    check_transition,
    count_claims,
    judge_claim,
    lease_for,
    words_count,
)
from perenne.hub.training.tables import RunLogLineRow, RunPointRow, RunRow, TrainerRow
from perenne.kit.errors import InvalidInput, NotFound
from perenne.kit.hashing import sha256_file
from perenne.kit.ids import is_id, new_id, slugify
from perenne.kit.paging import Page, decode_cursor, encode_cursor
from perenne.wire.training import Heartbeat, LogLine, MetricPoint, RunCreate

SEEN_EVERY = timedelta(seconds=20)
TRAINER_IS_THERE = timedelta(seconds=90)
MAX_PROBLEM_TEXT = 4000


@dataclass(frozen=True)
class Lent:
    """A run as it was lent to a trainer."""

    found: RunWithData
    base_model: ModelVersionRow | None
    resumed: bool


def create_run(session: Session, actor: Actor, request: RunCreate) -> RunRow:
    """Queue a run. Raises: NotFound, NothingToTrainOn, BaseModelOfOtherProblem."""
    version = get_dataset_version(session, actor, request.dataset_version)
    require_version_in_sites(actor, version)
    dataset = get_dataset(session, actor, version.dataset_id)
    if not version.card["splits"]["train"]:
        raise NothingToTrainOn(
            f"Version {dataset.slug}:{version.number} has no training images.",
            remedy="Freeze a version whose split rule leaves some for training.",
        )
    base = get_model_version(session, actor, request.base_model) if request.base_model else None
    if base is not None and base.problem != dataset.problem:
        raise BaseModelOfOtherProblem(
            f"Model {base.name}:{base.number} solves {base.problem}; the dataset asks for {dataset.problem}.",
            remedy="Start from a model of the same problem, or from scratch.",
        )
    row = RunRow(
        id=new_id("run"),
        organisation_id=actor.organisation_id,
        number=queries.next_number(session, actor),
        name=slugify(request.name or dataset.slug) or dataset.slug,
        recipe=request.recipe,
        config=request.config,
        seed=request.seed,
        dataset_version_id=version.id,
        base_model_id=base.id if base else None,
        state=RunState.QUEUED,
        metrics={},
        created_by=actor.name,
    )
    session.add(row)
    session.flush()
    detail = {"number": row.number, "recipe": row.recipe, "dataset_version": version.id}
    record_event(session, actor, "run.queued", "run", row.id, detail)
    return row


def get_run(session: Session, actor: Actor, reference: str) -> RunRow:
    """Return a run by id or number. Raises: NotFound."""
    number = int(reference) if reference.isascii() and reference.isdigit() and len(reference) < 9 else None
    row = None
    if number is not None or is_id(reference, "run"):
        run_id = None if number is not None else reference
        row = queries.find_run(session, actor, run_id=run_id, number=number)
    if row is None:
        raise NotFound.of("run", reference)
    return row


def with_data(session: Session, actor: Actor, rows: Sequence[RunRow]) -> list[RunWithData]:
    """Return the runs with their dataset versions, in the same order."""
    found = queries.with_data(session, actor, [row.id for row in rows])
    return [found[row.id] for row in rows]


def list_runs(
    session: Session,
    actor: Actor,
    *,
    state: RunState | None,
    dataset_version: str | None,
    cursor: str | None,
    limit: int,
) -> Page[RunRow]:
    """Return runs, newest first. Raises: NotFound, BadCursor."""
    version = get_dataset_version(session, actor, dataset_version) if dataset_version else None
    rows = queries.runs_before(
        session,
        actor,
        before_number=_number_in(cursor),
        state=state,
        dataset_version_id=version.id if version else None,
        limit=limit,
    )
    return Page(rows, encode_cursor(str(rows[-1].number)) if len(rows) == limit else None)


def cancel_run(session: Session, actor: Actor, reference: str, *, now: datetime) -> RunRow:
    """The run will stop; at once when no trainer holds it. Cancelling twice changes nothing.

    Raises: NotFound, RunHasEnded for one that succeeded or failed.
    """
    row = _locked(session, actor, get_run(session, actor, reference).id)
    state = RunState(row.state)
    if state is RunState.CANCELLED:
        return row
    if state in FINAL:
        raise RunHasEnded(
            f"Run {row.number} cannot be cancelled: it has {state}.", remedy="There is nothing left to stop."
        )
    row.cancel_requested_at = row.cancel_requested_at or now
    row.message = "Cancelling"
    if cancel_now(_holding(row), now=now):
        _end(row, RunState.CANCELLED, now=now, message="Cancelled before a trainer took it up")
    record_event(session, actor, "run.cancelled", "run", row.id, {"number": row.number})
    return row


def resume_run(session: Session, actor: Actor, reference: str) -> RunRow:
    """A failed or cancelled run waits again; its trainer continues from the checkpoint if it still has one.

    Raises: NotFound, RunCannotResume.
    """
    row = _locked(session, actor, get_run(session, actor, reference).id)
    if RunState(row.state) not in (RunState.FAILED, RunState.CANCELLED):
        raise RunCannotResume(
            f"Run {row.number} cannot be resumed: it is {row.state}.",
            remedy="Only failed and cancelled runs can; start a new run instead.",
        )
    row.state = check_transition(RunState(row.state), RunState.QUEUED)
    row.cancel_requested_at = row.error = row.ended_at = row.lease_until = None
    row.claims_without_progress = 0
    row.message = "Waiting for a trainer to resume it"
    record_event(session, actor, "run.resumed", "run", row.id, {"number": row.number})
    return row


def claim_run(
    session: Session, actor: Actor, *, trainer: str, recipes: Sequence[str], now: datetime
) -> Lent | None:
    """Lend the trainer its own interrupted run, else the oldest one that waits or was left; None without any.

    Runs that were cancelled and left, or that stop every trainer, end here.
    """
    _note_trainer(session, actor, trainer=trainer, recipes=recipes, now=now)
    rows = queries.lock_open_runs(session, actor, recipes=recipes)
    for row in sorted(rows, key=lambda row: (row.trainer != trainer or row.state == "queued", row.number)):
        verdict = judge_claim(_holding(row), trainer=trainer, now=now)
        if verdict == "cancel":
            _end(row, RunState.CANCELLED, now=now, message="Cancelled")
        elif verdict == "abandon":
            row.error = _abandoned(row).to_problem()
            _end(row, RunState.FAILED, now=now, message="Given up")
        elif verdict == "claim":
            found = queries.with_data(session, actor, [row.id])[row.id]
            if _within_sites(actor, found.version):
                return _lend(session, actor, found, trainer=trainer, now=now)
    return None


def take_heartbeat(session: Session, actor: Actor, run_id: str, beat: Heartbeat, *, now: datetime) -> RunRow:
    """Keep what the trainer says and prolong its lease. A batch that arrives twice is counted once.

    Raises: NotFound, ClaimReplaced.
    """
    row = _held_row(session, actor, run_id, epoch=beat.epoch)
    row.state = check_transition(RunState(row.state), RunState(beat.state))
    row.lease_until = lease_for(RunState(row.state), now=now)
    if beat.batch <= row.last_batch:
        return row
    row.last_batch = beat.batch
    row.progress = row.progress if beat.progress is None else beat.progress
    row.eta_s = beat.eta_s
    if beat.message is not None and row.cancel_requested_at is None:
        row.message = _clean(beat.message)[:500]
    _keep_points(session, actor, row, beat.points, now=now)
    _keep_log(session, actor, row, beat.log, now=now)
    return row


def fail_run(
    session: Session,
    actor: Actor,
    run_id: str,
    *,
    epoch: int,
    problem: dict[str, Any],
    cancelled: bool,
    now: datetime,
) -> RunRow:
    """The run has ended without a model: cancelled as asked, or failed with the trainer's problem document.

    Said twice it stays as it is. Raises: NotFound, ClaimReplaced.
    """
    row = _locked(session, actor, run_id)
    if row.epoch == epoch and row.state in (RunState.FAILED, RunState.CANCELLED):
        return row
    _require_words_count(row, epoch)
    if cancelled:
        _end(row, RunState.CANCELLED, now=now, message="Cancelled")
    else:
        row.error = {key[:100]: _shorten(value) for key, value in list(problem.items())[:30]}
        _end(row, RunState.FAILED, now=now, message=_shorten(str(problem.get("title", "Failed")))[:500])
    return row


def accept_artefact(
    session: Session, hub: Hub, actor: Actor, run_id: str, *, epoch: int, path: Path
) -> tuple[ModelVersionRow, bool]:
    """The uploaded artefact is checked, signed, stored, and a model version of the run; or was so before.

    Everything slow happens before the first statement of `session`, so that no lock is held meanwhile.
    Raises: NotFound, ClaimReplaced, ArtefactRefused, ArtefactCheckFailed, ArtefactOfOtherData.
    """
    upload_sha256 = sha256_file(path)
    with hub.database.reading() as snapshot:
        before = get_run(snapshot, actor, run_id)
        if before.upload_sha256 == upload_sha256 and before.model_version_id is not None:
            return get_model_version(snapshot, actor, before.model_version_id), True
        _require_words_count(before, epoch)
        found = queries.with_data(snapshot, actor, [before.id])[before.id]
    inspected = inspect_upload(path)
    _check_belongs(inspected.manifest, found)
    signed = sign_upload(hub, actor, path)
    row = _locked(session, actor, before.id)
    if row.upload_sha256 == upload_sha256 and row.model_version_id is not None:
        return get_model_version(session, actor, row.model_version_id), True
    _require_words_count(row, epoch)
    model = register_model_version(
        session,
        hub,
        actor,
        signed=signed,
        upload_sha256=upload_sha256,
        inspected=inspected,
        origin=_origin(found),
    )
    row.upload_sha256, row.model_version_id = upload_sha256, model.id
    row.progress, row.eta_s = 1.0, 0.0
    _end(row, RunState.SUCCEEDED, now=hub.clock.now(), message=f"Model {model.name}:{model.number}")
    detail = {"number": row.number, "model": f"{model.name}:{model.number}"}
    record_event(session, actor, "run.succeeded", "run", row.id, detail)
    return model, False


def list_points(
    session: Session, actor: Actor, run: RunRow, *, cursor: str | None, limit: int
) -> Page[RunPointRow]:
    """Return the points of a run's curves, by step."""
    after = _number_in(cursor)
    rows = queries.points_after(
        session, actor, run.id, after_step=-1 if after is None else after, limit=limit
    )
    return Page(rows, encode_cursor(str(rows[-1].step)) if len(rows) == limit else None)


def list_log(
    session: Session, actor: Actor, run: RunRow, *, cursor: str | None, limit: int
) -> Page[RunLogLineRow]:
    """Return the log lines of a run, oldest first."""
    rows = queries.log_after(session, actor, run.id, after_seq=_number_in(cursor) or 0, limit=limit)
    return Page(rows, encode_cursor(str(rows[-1].seq)) if len(rows) == limit else None)


def trainers_there(session: Session, actor: Actor, *, now: datetime) -> Sequence[TrainerRow]:
    """Return the trainers that have asked for work lately."""
    return queries.trainers_since(session, actor, now - TRAINER_IS_THERE)


def _lend(session: Session, actor: Actor, found: RunWithData, *, trainer: str, now: datetime) -> Lent:
    row = found.run
    row.claims_without_progress = count_claims(
        _holding(row), progress=row.progress, progress_at_claim=row.progress_at_claim
    )
    resumed = row.epoch > 0
    row.state = check_transition(RunState(row.state), RunState.CLAIMED)
    row.epoch += 1
    row.last_batch = 0
    row.progress_at_claim = row.progress
    row.trainer = trainer
    row.lease_until = lease_for(RunState.CLAIMED, now=now)
    row.started_at = row.started_at or now
    row.message = f"Taken up by {trainer}"
    session.flush()
    base = get_model_version(session, actor, row.base_model_id) if row.base_model_id else None
    return Lent(found, base, resumed)


def _note_trainer(
    session: Session, actor: Actor, *, trainer: str, recipes: Sequence[str], now: datetime
) -> None:
    row = queries.find_trainer(session, actor, trainer)
    if row is None:
        row = TrainerRow(
            id=new_id("trn"),
            organisation_id=actor.organisation_id,
            name=trainer,
            recipes=list(recipes),
            seen_at=now,
        )
        session.add(row)
    elif now - row.seen_at > SEEN_EVERY or row.recipes != list(recipes):
        row.recipes, row.seen_at = list(recipes), now


def _within_sites(actor: Actor, version: DatasetVersionRow) -> bool:
    return actor.site_ids is None or set(version.site_ids) <= actor.site_ids


def _locked(session: Session, actor: Actor, run_id: str) -> RunRow:
    row = queries.lock_run(session, actor, run_id)
    if row is None:
        raise NotFound.of("run", run_id)
    return row


def _held_row(session: Session, actor: Actor, run_id: str, *, epoch: int) -> RunRow:
    row = _locked(session, actor, run_id)
    _require_words_count(row, epoch)
    return row


def _require_words_count(row: RunRow, epoch: int) -> None:
    if not words_count(_holding(row), current_epoch=row.epoch, epoch=epoch):
        raise ClaimReplaced(
            f"Run {row.number} is not yours any more: it is {row.state}"
            + (f", held by {row.trainer}." if row.lease_until else "."),
            remedy="Stop working on it and ask for another run.",
            state=row.state,
        )


def _holding(row: RunRow) -> Holding:
    return Holding(
        state=RunState(row.state),
        trainer=row.trainer,
        lease_until=row.lease_until,
        cancel_requested=row.cancel_requested_at is not None,
        claims_without_progress=row.claims_without_progress,
    )


def _end(row: RunRow, state: RunState, *, now: datetime, message: str) -> None:
    row.state = check_transition(RunState(row.state), state)
    row.ended_at, row.lease_until, row.eta_s = now, None, None
    row.message = message


def _abandoned(row: RunRow) -> RunAbandoned:
    return RunAbandoned(
        f"Run {row.number} was taken up {row.epoch} times and stopped its trainer each time "
        f"at {row.progress:.0%}.",
        remedy="Look at the trainer's log and memory; then resume it, or start a smaller configuration.",
    )


def _keep_points(
    session: Session, actor: Actor, row: RunRow, points: Sequence[MetricPoint], *, now: datetime
) -> None:
    if not points:
        return
    latest = {point.step: point for point in points}
    merged = dict(row.metrics)
    for point in latest.values():
        merged |= point.values
    row.metrics = merged
    rows = [
        {
            "id": new_id("pnt"),
            "organisation_id": actor.organisation_id,
            "run_id": row.id,
            "step": point.step,
            "at": point.at or now,
            "values": point.values,
        }
        for point in latest.values()
    ]
    queries.put_points(session, actor, row.id, rows)


def _keep_log(
    session: Session, actor: Actor, row: RunRow, lines: Sequence[LogLine], *, now: datetime
) -> None:
    if not lines:
        return
    rows = [
        {
            "id": new_id("log"),
            "organisation_id": actor.organisation_id,
            "run_id": row.id,
            "seq": row.log_lines + offset,
            "at": line.at or now,
            "level": line.level,
            "text": _clean(line.text),
        }
        for offset, line in enumerate(lines, start=1)
    ]
    row.log_lines += len(rows)
    queries.add_log_lines(session, rows)


def _check_belongs(manifest: dict[str, Any], found: RunWithData) -> None:
    said = (manifest.get("problem"), list(manifest.get("classes", [])))
    asked = (found.dataset.problem, list(found.version.classes))
    if said != asked:
        raise ArtefactOfOtherData(
            f"The artefact of run {found.run.number} answers {said[0]} with classes {said[1]}; "
            f"its dataset asks for {asked[0]} with {asked[1]}.",
            remedy="The recipe must keep problem and classes as given; correct it and resume the run.",
        )


def _origin(found: RunWithData) -> Origin:
    run, version, dataset = found
    name = f"{dataset.slug}:{version.number}"
    return Origin(
        name=run.name,
        schema_id=dataset.schema_id,
        run_id=run.id,
        dataset_version_id=version.id,
        base_model_id=run.base_model_id,
        run_text=f"Run {run.number}: {run.recipe} on {name}, seed {run.seed}, by {run.created_by}",
        dataset_text=f"Dataset version {name}: {version.n_images} images, manifest {version.manifest_sha256}",
    )


def _clean(text: str) -> str:
    return text.replace("\x00", "")


def _shorten(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)[:MAX_PROBLEM_TEXT]
    plain = value is None or isinstance(value, bool | int)
    return value if plain else _clean(str(value))[:MAX_PROBLEM_TEXT]


def _number_in(cursor: str | None) -> int | None:
    if not cursor:
        return None
    text = decode_cursor(cursor, parts=1)[0]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidInput("The cursor was not given for this list.", remedy="Ask again without a cursor.")
    return int(text)

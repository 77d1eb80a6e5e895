"""Routes of training runs: those of people, and those of trainers (permission `runs:execute`)."""

import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Query, Request

from perenne.hub.accounts.auth import Call, Caller, GuardedRouter, HubOnly
from perenne.hub.training import service
from perenne.hub.training.queries import RunWithData
from perenne.hub.training.rules import LEASE, RunState
from perenne.hub.training.tables import RunRow
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import training as wire

router = GuardedRouter(tag="runs")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


async def spool_body(request: Request, hub: HubOnly) -> AsyncIterator[Path]:
    """Yield a file with the request's body, written as it arrives; gone when the request ends."""
    folder = hub.settings.data / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=folder, suffix=".upload")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            async for piece in request.stream():
                await to_thread.run_sync(stream.write, piece)
        yield path
    finally:
        path.unlink(missing_ok=True)


Spooled = Annotated[Path, Depends(spool_body)]


@router.post("/runs", permission="runs:write", status_code=201)
def create_run(body: wire.RunCreate, caller: Caller) -> wire.Run:
    """Queue a run."""
    return _show(caller, service.create_run(caller.session, caller.actor, body))


@router.get("/runs", permission="runs:read")
def list_runs(
    caller: Caller,
    state: wire.RunState | None = None,
    dataset_version: str | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> wire.RunPage:
    """List runs, newest first."""
    page = service.list_runs(
        caller.session,
        caller.actor,
        state=RunState(state) if state else None,
        dataset_version=dataset_version,
        cursor=cursor,
        limit=limit,
    )
    found = service.with_data(caller.session, caller.actor, page.items)
    return wire.RunPage(items=[run_on_wire(it) for it in found], next_cursor=page.next_cursor)


@router.post("/runs/claim", permission="runs:execute")
def claim_run(body: wire.ClaimRequest, caller: Caller) -> wire.ClaimAnswer:
    """Lend the trainer a run, or none."""
    lent = service.claim_run(
        caller.session, caller.actor, trainer=body.trainer, recipes=body.recipes, now=caller.hub.clock.now()
    )
    return wire.ClaimAnswer(claim=_show_claim(lent) if lent else None)


@router.get("/trainers", permission="runs:read")
def list_trainers(caller: Caller) -> wire.TrainerPage:
    """List the trainers that have asked for work lately."""
    rows = service.trainers_there(caller.session, caller.actor, now=caller.hub.clock.now())
    return wire.TrainerPage(items=[wire.Trainer.model_validate(row) for row in rows])


@router.get("/runs/{run}", permission="runs:read")
def show_run(run: str, caller: Caller) -> wire.Run:
    """Show a run: id or number."""
    return _show(caller, service.get_run(caller.session, caller.actor, run))


@router.post("/runs/{run}/cancel", permission="runs:write")
def cancel_run(run: str, caller: Caller) -> wire.Run:
    """Ask that a run stop; its checkpoint stays."""
    row = service.cancel_run(caller.session, caller.actor, run, now=caller.hub.clock.now())
    return _show(caller, row)


@router.post("/runs/{run}/resume", permission="runs:write")
def resume_run(run: str, caller: Caller) -> wire.Run:
    """Queue a failed or cancelled run again, to go on from its checkpoint."""
    return _show(caller, service.resume_run(caller.session, caller.actor, run))


@router.get("/runs/{run}/points", permission="runs:read")
def list_points(
    run: str, caller: Caller, cursor: str | None = None, limit: Limit = MAX_LIMIT
) -> wire.MetricPointPage:
    """List the points of a run's curves, by step."""
    row = service.get_run(caller.session, caller.actor, run)
    page = service.list_points(caller.session, caller.actor, row, cursor=cursor, limit=limit)
    items = [wire.MetricPoint(step=point.step, values=point.values, at=point.at) for point in page.items]
    return wire.MetricPointPage(items=items, next_cursor=page.next_cursor)


@router.get("/runs/{run}/log", permission="runs:read")
def list_log(run: str, caller: Caller, cursor: str | None = None, limit: Limit = MAX_LIMIT) -> wire.LogPage:
    """List the log lines of a run, oldest first."""
    row = service.get_run(caller.session, caller.actor, run)
    page = service.list_log(caller.session, caller.actor, row, cursor=cursor, limit=limit)
    items = [wire.LogLine.model_validate(line) for line in page.items]
    return wire.LogPage(items=items, next_cursor=page.next_cursor)


@router.post("/runs/{run}/heartbeat", permission="runs:execute")
def take_heartbeat(run: str, body: wire.Heartbeat, caller: Caller) -> wire.HeartbeatAnswer:
    """Keep progress, points and log lines; answer whether to stop."""
    row = service.take_heartbeat(caller.session, caller.actor, run, body, now=caller.hub.clock.now())
    assert row.lease_until is not None
    return wire.HeartbeatAnswer(cancel=row.cancel_requested_at is not None, lease_until=row.lease_until)


@router.post("/runs/{run}/fail", permission="runs:execute")
def fail_run(run: str, body: wire.RunFailure, caller: Caller) -> wire.Run:
    """The run ends without a model: failed, or cancelled as asked."""
    row = service.fail_run(
        caller.session,
        caller.actor,
        run,
        epoch=body.epoch,
        problem=body.problem,
        cancelled=body.cancelled,
        now=caller.hub.clock.now(),
    )
    return _show(caller, row)


@router.post("/runs/{run}/model", permission="runs:execute", status_code=201)
def upload_model(
    run: str, epoch: Annotated[int, Query(ge=1)], artefact: Spooled, caller: Caller
) -> wire.RunModelAnswer:
    """Take the artefact (the raw body) of a run: checked, signed, and a model version; twice is once."""
    model, existed = service.accept_artefact(
        caller.session, caller.hub, caller.actor, run, epoch=epoch, path=artefact
    )
    return wire.RunModelAnswer(
        model_version_id=model.id, name=model.name, number=model.number, existed=existed
    )


def run_on_wire(found: RunWithData) -> wire.Run:
    """Return a run as the wire shows it."""
    run, version, dataset = found
    return wire.Run.model_validate(
        {
            **{name: getattr(run, name) for name in _AS_STORED},
            "dataset": dataset.slug,
            "dataset_number": version.number,
            "problem": dataset.problem,
            "attempt": run.epoch,
            "cancel_requested": run.cancel_requested_at is not None,
        }
    )


_AS_STORED = (
    "id", "number", "name", "recipe", "config", "seed", "dataset_version_id", "base_model_id", "state",
    "trainer", "lease_until", "progress", "eta_s", "message", "metrics", "error", "model_version_id",
    "created_by", "created_at", "started_at", "ended_at",
)  # fmt: skip


def _show(caller: Call, row: RunRow) -> wire.Run:
    return run_on_wire(service.with_data(caller.session, caller.actor, [row])[0])


def _show_claim(lent: service.Lent) -> wire.Claim:
    run, version, dataset = lent.found
    assert run.lease_until is not None
    base = lent.base_model
    return wire.Claim(
        run=run_on_wire(lent.found),
        epoch=run.epoch,
        lease_until=run.lease_until,
        lease_s=LEASE.total_seconds(),
        resumed=lent.resumed,
        manifest_path=f"/dataset-versions/{version.id}/manifest?training=true",
        manifest_sha256=version.training_sha256,
        problem=dataset.problem,
        classes=version.classes,
        base_artefact_path=f"/models/{base.id}/artefact" if base else None,
        base_artefact_sha256=base.artefact_sha256 if base else None,
    )

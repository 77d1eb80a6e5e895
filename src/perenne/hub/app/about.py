"""What this hub is and how it does, on one page: version, health, licences.

Owns gathering it. Refuses health to who may not see it, and numbers of other organisations to everybody.
"""

import shutil

from fastapi import Request

from perenne import __version__
from perenne.hub.accounts.auth import Call, Caller, GuardedRouter
from perenne.hub.accounts.rules import INSTANCE
from perenne.hub.app.health import backup_age_seconds, readiness
from perenne.hub.app.licences import python_licences, web_licences
from perenne.hub.app.web import web_folder
from perenne.hub.infra.jobs import JOB_STATES, alive_workers, queue_depth
from perenne.wire.about import About, Health, HealthCheck

router = GuardedRouter(tag="about")
OWN_LICENCE = "Apache-2.0"
BACKUP_IS_OLD_S = 48 * 3600.0


@router.get("/about", permission="accounts:self")
def show_about(request: Request, caller: Caller) -> About:
    """Say what this hub is; how it does, to those who may see its health."""
    folder = web_folder(caller.hub.settings.web_dir)
    return About(
        version=__version__,
        licence=OWN_LICENCE,
        started_at=request.app.state.started_at,
        licences=[*python_licences(), *web_licences(folder)],
        health=health_of(caller) if caller.actor.may("system:read") else None,
    )


def health_of(call: Call) -> Health:
    """Return how the hub does, seen from the caller's organisation."""
    hub, now = call.hub, call.hub.clock.now()
    found = readiness(hub)
    organisation_id = call.actor.organisation_id
    depth = queue_depth(
        call.session, organisation_id=None if organisation_id == INSTANCE else organisation_id
    )
    workers, trainers = alive_workers(call.session, now=now), _trainers(call)
    age = backup_age_seconds(call.session, now=now)
    backup_age_s = None if age != age else age
    checks = {name: "" if state == "ok" else state for name, state in found.items()}
    checks["worker"] = "" if workers else "none is running: imports, freezing and evaluations wait"
    checks["trainer"] = "" if trainers else "none has asked for work lately: training runs wait"
    checks["backup"] = _backup_problem(backup_age_s)
    data = hub.settings.data
    return Health(
        database=hub.database.engine.dialect.name,
        blobs="folder" if "://" not in hub.settings.blobs else hub.settings.blobs.partition("://")[0],
        jobs={state: depth.get(state, 0) for state in JOB_STATES},
        checks=[HealthCheck(name=name, ok=not detail, detail=detail) for name, detail in checks.items()],
        backup_age_s=backup_age_s,
        disk_free_bytes=shutil.disk_usage(data).free if data.exists() else None,
        workers=workers,
        trainers=trainers,
    )


def _trainers(call: Call) -> int:
    from perenne.hub.training.service import trainers_there

    return len(trainers_there(call.session, call.actor, now=call.hub.clock.now()))


def _backup_problem(age_s: float | None) -> str:
    if age_s is None:
        return "none was made and verified yet (`perenne backup`)"
    return "" if age_s <= BACKUP_IS_OLD_S else f"the last verified one is {age_s / 86400:.0f} days old"

"""Health: is the process alive, can it work, and how much has it done."""

import math
import shutil
from datetime import datetime

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.orm import Session

from perenne import __version__
from perenne.hub.accounts.auth import PUBLIC, Caller, GuardedRouter, HubOnly, binary
from perenne.hub.accounts.rules import Actor
from perenne.hub.app.middleware import Metrics
from perenne.hub.infra.installation import LAST_BACKUP, read_fact
from perenne.hub.infra.jobs import JOB_STATES, queue_depth
from perenne.hub.infra.services import Hub
from perenne.hub.monitoring import level_numbers, open_numbers
from perenne.hub.performance import certificate_numbers
from perenne.wire.about import Alive, Readiness

router = GuardedRouter(prefix="", tag="health")
MIN_FREE_BYTES = 50_000_000


def readiness(hub: Hub) -> dict[str, str]:
    """Return each thing the hub needs and how it is: `ok`, or what is wrong."""
    found = {}
    try:
        with hub.database.reading() as session:
            session.execute(text("SELECT 1"))
        found["database"] = "ok"
    except Exception as error:
        found["database"] = f"does not answer: {type(error).__name__}"
    try:
        found["blobs"] = "ok" if hub.blobs.store_id() else "the store carries no mark: is it mounted?"
    except Exception as error:
        found["blobs"] = str(error)[:200]
    if hub.settings.data.exists():
        free = shutil.disk_usage(hub.settings.data).free
        found["disk"] = "ok" if free >= MIN_FREE_BYTES else f"only {free // 1_000_000} MB free"
    return found


@router.get("/livez", permission=PUBLIC)
def live() -> Alive:
    """Say that the process answers."""
    return Alive(status="alive", version=__version__)


@router.get("/readyz", permission=PUBLIC, response_model=Readiness, responses={503: {"model": Readiness}})
def ready(hub: HubOnly) -> JSONResponse:
    """Say whether database, blobs and disk can work: 200, or 503 with what is wrong."""
    checks = readiness(hub)
    fine = all(state == "ok" for state in checks.values())
    body = {"status": "ready" if fine else "not ready", "checks": checks}
    return JSONResponse(body, status_code=200 if fine else 503)


@router.get("/metrics", permission="system:read", response_class=Response, responses=binary("text/plain"))
def metrics(request: Request, caller: Caller) -> Response:
    """Return the hub's metrics as Prometheus text."""
    known: Metrics = request.app.state.metrics
    counts = queue_depth(caller.session)
    for state in JOB_STATES:
        known.jobs.labels(state).set(counts.get(state, 0))
    known.backup_age.set(backup_age_seconds(caller.session, now=caller.hub.clock.now()))
    watched = watch_metrics(caller.session, caller.actor)
    told = generate_latest(known.registry) + generate_latest(watched)
    return Response(told, media_type="text/plain; version=0.0.4")


def watch_metrics(session: Session, actor: Actor) -> CollectorRegistry:
    """Return how the watches of the caller's organisation stand; nobody else's, so made for one answer."""
    registry = CollectorRegistry()
    level = Gauge(
        "perenne_watch_level",
        "Evidence of a change over that of an alarm: 1 and more is in alarm.",
        ["site", "station", "product", "model"],
        registry=registry,
    )
    for site, station, product, model, value in level_numbers(session, actor):
        level.labels(site, station, product, model).set(value)
    incidents = Gauge("perenne_incidents_open", "Incidents not closed.", ["site"], registry=registry)
    for site, count in open_numbers(session, actor).items():
        incidents.labels(site).set(count)
    certificates = Gauge(
        "perenne_certificate_state",
        "Claims on performance: 1 certified, 0 open, -1 violated.",
        ["site", "metric"],
        registry=registry,
    )
    for site, claim, state in certificate_numbers(session, actor):
        certificates.labels(site, claim).set(state)
    return registry


def backup_age_seconds(session: Session, *, now: datetime) -> float:
    """Return how old the last verified backup is, NaN when there is none."""
    told = read_fact(session, LAST_BACKUP)
    return (now - datetime.fromisoformat(told)).total_seconds() if told else math.nan

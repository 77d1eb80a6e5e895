"""Durable and periodic steps of watching: the tick, finding a cause, running a probe.

Owns the jobs `monitoring.find_cause` and `monitoring.probe`, and the tick that a worker does every few
seconds while there is news. All may run again after a crash: what was done is not done twice.
"""

import logging
from typing import Any

from perenne.hub.accounts import system_actor
from perenne.hub.infra.jobs import JobContext, JobHandler
from perenne.hub.infra.services import Hub
from perenne.hub.monitoring import queries, stream
from perenne.hub.monitoring.service import CAUSE_JOB, PROBE_JOB
from perenne.hub.predictions import organisations_with_predictions

_log = logging.getLogger("perenne.monitoring")
MOST_TICKS = 200
"""So many batches an organisation gets before the next one has its turn."""


def tick_all(hub: Hub) -> int:
    """Return how many predictions were taken up, of all organisations; cheap while nothing is new."""
    total = 0
    with hub.database.reading() as session:
        organisations = organisations_with_predictions(session)
    for organisation_id in organisations:
        try:
            total += _tick_while_new(hub, organisation_id)
        except Exception:  # the others are watched all the same
            _log.exception("the watch of organisation %s failed; it is tried again", organisation_id)
    return total


def _tick_while_new(hub: Hub, organisation_id: str) -> int:
    if not _has_news(hub, organisation_id):
        return 0
    from perenne.hub.monitoring.ticking import tick

    total = 0
    for _ in range(MOST_TICKS):
        taken = tick(hub, organisation_id)
        total += taken
        if not taken or not _has_news(hub, organisation_id):
            break
    return total


def _has_news(hub: Hub, organisation_id: str) -> bool:
    actor = system_actor(organisation_id)
    with hub.database.reading() as session:
        if stream.has_unread(session, actor, stream.read_cursor(session, actor)):
            return True
        return bool(queries.due_references(session, actor, now=hub.clock.now()))


def find_cause(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the cause of an incident as far as it can be named from what is known now; it is kept."""
    from perenne.hub.monitoring.causes import find_and_keep

    actor = system_actor(context.organisation_id, name="the table of causes")
    return {"cause": find_and_keep(context.hub, actor, str(payload["incident_id"]))}


def run_probe(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Return what a probe saw: same, differs or failed; it is kept, and the cause is looked for again."""
    from perenne.hub.monitoring.probing import run_and_keep

    actor = system_actor(context.organisation_id, name="the probe")
    return {"state": run_and_keep(context, actor, str(payload["probe_id"]))}


JOBS: dict[str, JobHandler] = {CAUSE_JOB: find_cause, PROBE_JOB: run_probe}
PERIODIC = {"monitoring.tick": (2.0, tick_all)}
"""What a worker does by itself, and how many seconds after the last time."""

"""Durable steps of datasets: freezing a large version.

Refuses to freeze twice: run again after a crash, the same content is the same version.
"""

from dataclasses import replace
from typing import Any

from perenne.hub.accounts import Actor, system_actor
from perenne.hub.datasets import service
from perenne.hub.infra.jobs import JobContext, JobHandler
from perenne.wire.datasets import FreezeRequest


def freeze(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Freeze the version that `payload` asks for; return its id and whether it existed before."""
    hub = context.hub
    actor = _asker(context, payload)
    request = FreezeRequest.model_validate(payload["request"])
    with hub.database.reading() as session:
        dataset = service.get_dataset(session, actor, payload["dataset_id"])
        prepared = service.prepare_version(
            session, hub, actor, dataset=dataset, request=request, progress=context.progress
        )
    context.progress(0.9, "Storing the version")
    with hub.database.transaction() as session:
        row, existed = service.store_version(
            session, hub, actor, dataset_id=payload["dataset_id"], prepared=prepared
        )
        return {"dataset_version_id": row.id, "existed": existed}


def _asker(context: JobContext, payload: dict[str, Any]) -> Actor:
    """Return who asked, with the limits to sites that were in force then."""
    sites = payload["site_ids"]
    actor = system_actor(context.organisation_id, name=payload["actor"])
    return replace(actor, site_ids=None if sites is None else frozenset(sites))


JOBS: dict[str, JobHandler] = {service.FREEZE_JOB: freeze}

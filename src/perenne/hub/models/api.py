"""Routes of model versions."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import FileResponse

from perenne.hub.accounts.auth import Caller, GuardedRouter, binary
from perenne.hub.models import service
from perenne.hub.models.tables import ModelVersionRow
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import models as wire

router = GuardedRouter(tag="models")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get("/models", permission="models:read")
def list_models(
    caller: Caller, name: str | None = None, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> wire.ModelVersionPage:
    """List model versions, newest first; `name` gives one model line."""
    page = service.list_models(caller.session, caller.actor, name=name, cursor=cursor, limit=limit)
    return wire.ModelVersionPage(items=[show_model(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/models/public-key", permission="models:read")
def show_public_key(caller: Caller) -> wire.PublicKey:
    """Show the key with which this hub signs artefacts."""
    return service.public_key(caller.hub)


@router.get("/models/{model}", permission="models:read")
def show_model_version(model: str, caller: Caller) -> wire.ModelVersion:
    """Show a version: id, `name:number`, or name for the latest."""
    return show_model(service.get_model_version(caller.session, caller.actor, model))


@router.get("/models/{model}/card", permission="models:read")
def show_model_card(model: str, caller: Caller) -> wire.ModelCard:
    """Show the model card and the signed manifest."""
    row = service.get_model_version(caller.session, caller.actor, model)
    return wire.ModelCard(
        model_version_id=row.id, name=row.name, number=row.number, card=row.card, manifest=row.manifest
    )


@router.get(
    "/models/{model}/artefact",
    permission="models:read",
    response_class=FileResponse,
    responses=binary("application/zip"),
)
def download_artefact(model: str, caller: Caller) -> FileResponse:
    """Download the signed artefact; `X-Perenne-Sha256` is its hash, checked before the first byte leaves."""
    row = service.get_model_version(caller.session, caller.actor, model)
    return FileResponse(
        service.artefact_file(caller.hub, row),
        media_type="application/zip",
        filename=f"{row.name}-{row.number}.perenne",
        headers={"X-Perenne-Sha256": row.artefact_sha256},
    )


def show_model(row: ModelVersionRow) -> wire.ModelVersion:
    """Return a version as the wire shows it."""
    manifest = row.manifest
    return wire.ModelVersion.model_validate(
        {
            **{name: getattr(row, name) for name in _AS_STORED},
            "recipe": manifest.get("recipe"),
            "input": manifest.get("input") or {},
            "thresholds": manifest.get("thresholds") or {},
            "parity": manifest.get("parity") or {},
        }
    )


_AS_STORED = (
    "id", "name", "number", "problem", "schema_id", "classes", "state", "artefact_sha256", "artefact_bytes",
    "metrics", "upload_sha256", "run_id", "dataset_version_id", "base_model_id", "signed_by", "created_by",
    "created_at",
)  # fmt: skip

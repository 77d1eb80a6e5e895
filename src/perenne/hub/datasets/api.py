"""Routes of datasets and dataset versions."""

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

from fastapi import Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from perenne.hub.accounts.auth import Call, Caller, GuardedRouter, binary
from perenne.hub.datasets import exporting, queries, service
from perenne.hub.datasets.exporting import FILES
from perenne.hub.datasets.tables import DatasetItemRow, DatasetRow, DatasetVersionRow, SealedOpeningRow
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.wire import datasets as wire

router = GuardedRouter(tag="datasets")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
FIRST_IDS = 20


@router.get("/datasets", permission="datasets:read")
def list_datasets(
    caller: Caller, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> wire.DatasetPage:
    """List the datasets, newest first."""
    page = service.list_datasets(caller.session, caller.actor, cursor=cursor, limit=limit)
    return wire.DatasetPage(items=_show_datasets(caller, page.items), next_cursor=page.next_cursor)


@router.post("/datasets", permission="datasets:write", status_code=201)
def create_dataset(body: wire.DatasetCreate, caller: Caller) -> wire.Dataset:
    """Start a dataset of a label schema."""
    row = service.create_dataset(
        caller.session,
        caller.actor,
        name=body.name,
        slug=body.slug,
        label_schema=body.label_schema,
        acceptance=body.acceptance,
    )
    return _show_datasets(caller, [row])[0]


@router.get("/datasets/{dataset}", permission="datasets:read")
def show_dataset(dataset: str, caller: Caller) -> wire.Dataset:
    """Show a dataset."""
    return _show_datasets(caller, [service.get_dataset(caller.session, caller.actor, dataset)])[0]


@router.patch("/datasets/{dataset}", permission="datasets:write")
def change_dataset(dataset: str, body: wire.DatasetChange, caller: Caller) -> wire.Dataset:
    """Change the name or the acceptance rule."""
    row = service.get_dataset(caller.session, caller.actor, dataset)
    service.change_dataset(caller.session, caller.actor, row, name=body.name, acceptance=body.acceptance)
    return _show_datasets(caller, [row])[0]


@router.get("/datasets/{dataset}/versions", permission="datasets:read")
def list_dataset_versions(
    dataset: str, caller: Caller, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> wire.DatasetVersionPage:
    """List the versions of a dataset, newest first."""
    row = service.get_dataset(caller.session, caller.actor, dataset)
    page = service.list_versions(caller.session, caller.actor, row, cursor=cursor, limit=limit)
    return wire.DatasetVersionPage(items=_show_versions(caller, page.items), next_cursor=page.next_cursor)


@router.post("/datasets/{dataset}/versions", permission="datasets:write", status_code=201)
def freeze_version(
    dataset: str, body: wire.FreezeRequest, caller: Caller, response: Response
) -> wire.FreezeAnswer:
    """Freeze the present state: 201 and the version, 200 if it was frozen before, 202 and a job."""
    version, existed, job_id = service.freeze_dataset(
        caller.session, caller.hub, caller.actor, dataset=dataset, request=body
    )
    if version is None:
        response.status_code = 202
        return wire.FreezeAnswer(job_id=job_id)
    response.status_code = 200 if existed else 201
    return wire.FreezeAnswer(version=_show_versions(caller, [version])[0], existed=existed)


@router.get("/dataset-versions/{version}", permission="datasets:read")
def show_version(version: str, caller: Caller) -> wire.DatasetVersion:
    """Show a version: id, `slug:number`, or slug for the latest."""
    return _show_versions(caller, [service.get_dataset_version(caller.session, caller.actor, version)])[0]


@router.get("/dataset-versions/{version}/card", permission="datasets:read")
def show_dataset_card(version: str, caller: Caller) -> wire.DatasetCard:
    """Show what is inside a version, counted."""
    row = service.get_dataset_version(caller.session, caller.actor, version)
    return service.version_card(caller.session, caller.actor, row)


@router.get("/dataset-versions/{version}/items", permission="datasets:read")
def list_dataset_items(
    version: str,
    caller: Caller,
    split: wire.Split | None = None,
    site: str | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> wire.DatasetItemPage:
    """List the images of a version with their targets; a sealed test set is left out."""
    row = service.get_dataset_version(caller.session, caller.actor, version)
    page = service.list_items(
        caller.session, caller.actor, row, split=split, site=site, cursor=cursor, limit=limit
    )
    return wire.DatasetItemPage(items=[_show_item(*it) for it in page.items], next_cursor=page.next_cursor)


@router.get(
    "/dataset-versions/{version}/manifest",
    permission="datasets:read",
    response_class=Response,
    responses=binary("application/x-ndjson"),
)
def download_manifest(version: str, caller: Caller, training: bool = False) -> Response:
    """Download the manifest (NDJSON): whole, or without the test lines for training and while sealed.

    `X-Perenne-Sha256` is the hash of the body; of the whole manifest it is the version's content address.
    """
    row = service.get_dataset_version(caller.session, caller.actor, version)
    data, sha256 = service.read_manifest_bytes(
        caller.session, caller.hub, caller.actor, row, training=training
    )
    headers = {"X-Perenne-Sha256": sha256, "ETag": f'"{sha256}"'}
    return Response(data, media_type="application/x-ndjson", headers=headers)


@router.get(
    "/dataset-versions/{version}/export",
    permission="datasets:read",
    response_class=FileResponse,
    responses=binary("*/*"),
)
def export_version(
    version: str,
    caller: Caller,
    written: Annotated[wire.ExportFormat, Query(alias="format")] = "coco",
) -> FileResponse:
    """Download the version for other tools: boxes as COCO, classes and values as CSV.

    Each image carries its state: seen and empty is not the same as without label. `X-Perenne-Loss` (JSON)
    counts what the format cannot say; a sealed test set is withheld.
    """
    session, actor = caller.session, caller.actor
    row = service.get_dataset_version(session, actor, version)
    manifest, sha256 = service.read_manifest_bytes(session, caller.hub, actor, row)
    name = service.version_name(session, actor, row)
    file_name, media_type = FILES[written]
    with NamedTemporaryFile(prefix="perenne-export-", delete=False) as kept:
        path = Path(kept.name)
    try:
        loss = exporting.export_version(
            manifest, format_name=written, to=path, name=name, manifest_sha256=sha256, n_images=row.n_images
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return FileResponse(
        path,
        media_type=media_type,
        filename=f"{name.replace(':', '-')}-{file_name}",
        headers={"X-Perenne-Loss": json.dumps(loss.to_json())},
        background=BackgroundTask(path.unlink, missing_ok=True),
    )


@router.get("/dataset-versions/{version}/diff/{other}", permission="datasets:read")
def diff_versions(version: str, other: str, caller: Caller) -> wire.DatasetDiff:
    """Tell what changed from one version to another."""
    base = service.get_dataset_version(caller.session, caller.actor, version)
    second = service.get_dataset_version(caller.session, caller.actor, other)
    found = service.compare_versions(caller.session, caller.actor, base, second)
    names = [service.version_name(caller.session, caller.actor, row) for row in (base, second)]
    return wire.DatasetDiff(
        base_version_id=base.id,
        other_version_id=second.id,
        base=names[0],
        other=names[1],
        added=_changed(found.added),
        removed=_changed(found.removed),
        relabelled=_changed(found.relabelled),
        moved=_changed(found.moved),
        moves=found.moves,
        unchanged=found.unchanged,
        summary=(
            f"From {names[0]} to {names[1]}: {len(found.added)} added, {len(found.removed)} removed, "
            f"{len(found.relabelled)} relabelled, {len(found.moved)} moved to another split, "
            f"{found.unchanged} unchanged."
        ),
    )


@router.post("/dataset-versions/{version}/openings", permission="datasets:open", status_code=201)
def open_test(version: str, body: wire.OpenTestRequest, caller: Caller) -> wire.SealedOpening:
    """Open a sealed test set; who, when and why are kept."""
    row = service.get_dataset_version(caller.session, caller.actor, version)
    service.require_version_in_sites(caller.actor, row)
    opening = service.record_opening(
        caller.session, caller.hub, caller.actor, version=row, reason=body.reason, purpose="person"
    )
    return _show_opening(opening)


@router.get("/dataset-versions/{version}/openings", permission="datasets:read")
def list_openings(
    version: str, caller: Caller, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> wire.SealedOpeningPage:
    """List who opened the sealed test set, newest first; evaluations are among them."""
    row = service.get_dataset_version(caller.session, caller.actor, version)
    page = service.list_openings(caller.session, caller.actor, row, cursor=cursor, limit=limit)
    items = [_show_opening(opening) for opening in page.items]
    return wire.SealedOpeningPage(items=items, next_cursor=page.next_cursor)


def _show_datasets(caller: Call, rows: Sequence[DatasetRow]) -> list[wire.Dataset]:
    counts = queries.count_versions(caller.session, caller.actor, [row.id for row in rows])
    return [_show_dataset(caller, row, counts.get(row.id, 0)) for row in rows]


def _show_dataset(caller: Call, row: DatasetRow, n_versions: int) -> wire.Dataset:
    latest = queries.version_by_number(caller.session, caller.actor, row.id, None) if n_versions else None
    return wire.Dataset(
        id=row.id,
        slug=row.slug,
        name=row.name,
        schema_id=row.schema_id,
        problem=row.problem,
        classes=service.classes_now(caller.session, caller.actor, row),
        acceptance=wire.AcceptanceRule.model_validate(row.acceptance) if row.acceptance else None,
        n_versions=n_versions,
        latest_version_id=latest.id if latest else None,
        latest_number=latest.number if latest else None,
        created_at=row.created_at,
    )


def _show_versions(caller: Call, rows: Sequence[DatasetVersionRow]) -> list[wire.DatasetVersion]:
    datasets = queries.datasets_by_id(caller.session, caller.actor, {row.dataset_id for row in rows})
    opened = queries.opened_versions(caller.session, caller.actor, [row.id for row in rows])
    return [_show_version(row, datasets[row.dataset_id], opened=row.id in opened) for row in rows]


def _show_version(row: DatasetVersionRow, dataset: DatasetRow, *, opened: bool) -> wire.DatasetVersion:
    return wire.DatasetVersion(
        id=row.id,
        dataset_id=row.dataset_id,
        dataset=dataset.slug,
        number=row.number,
        problem=dataset.problem,
        classes=row.classes,
        schema_id=dataset.schema_id,
        manifest_sha256=row.manifest_sha256,
        training_manifest_sha256=row.training_sha256,
        n_images=row.n_images,
        splits=row.card["splits"],
        sealed=row.sealed,
        opened=opened,
        selection=wire.Selection.model_validate(row.rules["selection"]),
        split=wire.SplitRule.model_validate(row.rules["split"]),
        note=row.note,
        frozen_at=row.frozen_at,
        frozen_by=row.frozen_by,
    )


def _show_item(row: DatasetItemRow, site: str, product: str | None) -> wire.DatasetItem:
    return wire.DatasetItem.model_validate(
        {
            "image_id": row.image_id,
            "sha256": row.sha256,
            "split": row.split,
            "group": row.group_key,
            "site": site,
            "product": product,
            "target": row.target,
            "ground_truth_id": row.ground_truth_id,
        }
    )


def _show_opening(row: SealedOpeningRow) -> wire.SealedOpening:
    return wire.SealedOpening.model_validate(row)


def _changed(ids: list[str]) -> wire.ChangedItems:
    return wire.ChangedItems(count=len(ids), first_image_ids=ids[:FIRST_IDS])

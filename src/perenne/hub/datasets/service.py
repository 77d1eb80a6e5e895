"""Use cases of datasets: create, freeze, look inside, open a sealed test set."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event
from perenne.hub.annotation import get_schema, get_schema_by_id
from perenne.hub.datasets import queries
from perenne.hub.datasets.card import hide_test
from perenne.hub.datasets.errors import (
    DatasetExists,
    ManifestDamaged,
    NothingToFreeze,
    OutsideYourSites,
    TestSetSealed,
    TooLargeForOneRequest,
    TruthMissing,
    VersionNotSealed,
    VersionsNotComparable,
)
from perenne.hub.datasets.freezing import SHOWN, Prepared, Progress, SchemaNow, prepare
from perenne.hub.datasets.queries import ImageFilter
from perenne.hub.datasets.rules import Difference, Member, compare
from perenne.hub.datasets.tables import DatasetItemRow, DatasetRow, DatasetVersionRow, SealedOpeningRow
from perenne.hub.infra.jobs import enqueue_job
from perenne.hub.infra.services import Hub
from perenne.hub.sites import get_product, get_site, get_station, get_station_by_id
from perenne.kit.errors import InvalidInput, NotFound
from perenne.kit.hashing import canonical_json, sha256_hex
from perenne.kit.ids import is_id, new_id, slugify
from perenne.kit.paging import Page, decode_cursor, encode_cursor
from perenne.wire.datasets import (
    SPLITS,
    AcceptanceRule,
    DatasetCard,
    FreezeRequest,
    Selection,
    Split,
    SplitRule,
)

MAX_IN_ONE_REQUEST = 3000
FREEZE_JOB = "datasets.freeze"


def create_dataset(
    session: Session,
    actor: Actor,
    *,
    name: str,
    slug: str | None,
    label_schema: str,
    acceptance: AcceptanceRule | None,
) -> DatasetRow:
    """Start a dataset. Raises: DatasetExists, NotFound for the schema, InvalidInput for a bad metric."""
    schema = get_schema(session, actor, label_schema)
    short = slugify(slug or name)
    if not short:
        raise InvalidInput(f"The name '{name}' has no letter or digit.", remedy="Give the dataset a slug.")
    if queries.find_dataset(session, actor, short) is not None:
        raise DatasetExists(
            f"A dataset is called '{short}' already.",
            remedy="Freeze a new version of it, or choose another name.",
        )
    row = DatasetRow(
        id=new_id("dst"),
        organisation_id=actor.organisation_id,
        slug=short,
        name=name,
        schema_id=schema.id,
        problem=schema.problem,
        acceptance=acceptance.model_dump(mode="json") if acceptance else None,
    )
    session.add(row)
    session.flush()
    record_event(session, actor, "dataset.created", "dataset", row.id, {"slug": short})
    return row


def change_dataset(
    session: Session, actor: Actor, row: DatasetRow, *, name: str | None, acceptance: AcceptanceRule | None
) -> DatasetRow:
    """Change the name or the acceptance rule; what is None stays."""
    before = {"name": row.name, "acceptance": row.acceptance}
    row.name = name or row.name
    row.acceptance = acceptance.model_dump(mode="json") if acceptance else row.acceptance
    after = {"name": row.name, "acceptance": row.acceptance}
    record_event(session, actor, "dataset.changed", "dataset", row.id, {"before": before, "after": after})
    return row


def get_dataset(session: Session, actor: Actor, name: str) -> DatasetRow:
    """Return the dataset called `name` (slug or id). Raises: NotFound."""
    row = queries.find_dataset(session, actor, name)
    if row is None:
        raise NotFound.of("dataset", name)
    return row


def classes_now(session: Session, actor: Actor, row: DatasetRow) -> list[str]:
    """Return the present classes of the dataset's schema."""
    return list(get_schema_by_id(session, actor, row.schema_id).classes)


def list_datasets(session: Session, actor: Actor, *, cursor: str | None, limit: int) -> Page[DatasetRow]:
    """Return datasets, newest first."""
    before = decode_cursor(cursor, parts=1)[0] if cursor else None
    rows = queries.datasets_before(session, actor, before_id=before, limit=limit)
    return Page(rows, encode_cursor(rows[-1].id) if len(rows) == limit else None)


def get_dataset_version(session: Session, actor: Actor, reference: str) -> DatasetVersionRow:
    """Return a version by id, `slug:number`, or slug (the latest). Raises: NotFound."""
    row: DatasetVersionRow | None
    if is_id(reference, "dsv"):
        row = queries.version_by_id(session, actor, reference)
    else:
        name, _, number = reference.partition(":")
        dataset = queries.find_dataset(session, actor, name)
        plain = number.isascii() and number.isdigit() and len(number) < 9
        row = None
        if dataset is not None and (plain or not number):
            row = queries.version_by_number(session, actor, dataset.id, int(number) if number else None)
    if row is None:
        raise NotFound.of("dataset version", reference)
    return row


def list_versions(
    session: Session, actor: Actor, dataset: DatasetRow, *, cursor: str | None, limit: int
) -> Page[DatasetVersionRow]:
    """Return the versions of a dataset, newest first."""
    before = _number_in(cursor)
    rows = queries.versions_before(session, actor, dataset.id, before_number=before, limit=limit)
    return Page(rows, encode_cursor(str(rows[-1].number)) if len(rows) == limit else None)


def version_name(session: Session, actor: Actor, version: DatasetVersionRow) -> str:
    """Return the version's name as a person writes it: `slug:number`."""
    return f"{get_dataset(session, actor, version.dataset_id).slug}:{version.number}"


def freeze_dataset(
    session: Session, hub: Hub, actor: Actor, *, dataset: str, request: FreezeRequest
) -> tuple[DatasetVersionRow | None, bool, str | None]:
    """Return the frozen version and whether it existed before; or the id of the job that freezes it.

    Everything slow happens before the first statement of `session`, so that no lock is held meanwhile.
    Raises: NothingToFreeze, TruthMissing, BadSplitRule, SplitWouldLeak, TargetNotOfSchema, NotFound,
    TooLargeForOneRequest when a job is needed and was forbidden.
    """
    with hub.database.reading() as snapshot:
        row = get_dataset(snapshot, actor, dataset)
        if not _needs_job(snapshot, actor, row, request):
            prepared = prepare_version(snapshot, hub, actor, dataset=row, request=request)
            version, existed = store_version(session, hub, actor, dataset_id=row.id, prepared=prepared)
            return version, existed, None
    payload = {
        "dataset_id": row.id,
        "request": request.model_dump(mode="json"),
        "actor": actor.name,
        "site_ids": None if actor.site_ids is None else sorted(actor.site_ids),
    }
    return None, False, enqueue_job(session, hub, actor, kind=FREEZE_JOB, payload=payload).id


def prepare_version(
    session: Session,
    hub: Hub,
    actor: Actor,
    *,
    dataset: DatasetRow,
    request: FreezeRequest,
    progress: Progress = lambda fraction, message: None,
) -> Prepared:
    """Return everything of a version but its number, from one consistent state; writes nothing."""
    schema = get_schema_by_id(session, actor, dataset.schema_id)
    filters = resolve_selection(session, actor, request.selection)
    progress(0.0, "Reading images and their ground truth")
    material = queries.read_material(session, actor, filters, schema_id=schema.id)
    unlike = queries.count_unlike(session, actor, filters, schema_id=schema.id)
    left_out = _check_truth(session, actor, dataset, request, filters, len(material), sum(unlike.values()))
    return prepare(
        material,
        schema=SchemaNow(schema.id, schema.slug, schema.problem, list(schema.classes)),
        request=request,
        rule=resolve_sites(session, actor, request.split),
        previous=_previous_splits(session, actor, dataset.id, request),
        left_out=left_out,
        unlike=unlike,
        read_image=lambda sha256: hub.blobs.get(sha256, organisation_id=actor.organisation_id),
        progress=progress,
    )


def store_version(
    session: Session, hub: Hub, actor: Actor, *, dataset_id: str, prepared: Prepared
) -> tuple[DatasetVersionRow, bool]:
    """Return the version with this content, new or frozen before, and whether it existed."""
    address = sha256_hex(prepared.manifest)
    sealed = prepared.request.sealed
    # The bytes first: a row never names a blob that is not there.
    for data in (prepared.manifest, prepared.training_manifest):
        hub.blobs.put(data, organisation_id=actor.organisation_id)
    version_id = new_id("dsv")
    items = _item_rows(version_id, actor, prepared)
    if queries.lock_dataset(session, actor, dataset_id) is None:
        raise NotFound.of("dataset", dataset_id)
    found = queries.version_by_content(session, actor, dataset_id, manifest_sha256=address, sealed=sealed)
    if found is not None:
        return found, True
    latest = queries.version_by_number(session, actor, dataset_id, None)
    row = DatasetVersionRow(
        id=version_id,
        organisation_id=actor.organisation_id,
        dataset_id=dataset_id,
        number=latest.number + 1 if latest else 1,
        manifest_sha256=address,
        training_sha256=sha256_hex(prepared.training_manifest),
        classes=prepared.classes,
        sealed=sealed,
        rules=prepared.request.model_dump(mode="json", include={"selection", "split"}),
        card=prepared.card.model_dump(mode="json"),
        site_ids=sorted({item.site_id for item in prepared.material}),
        n_images=len(prepared.lines),
        note=prepared.request.note,
        frozen_at=hub.clock.now(),
        frozen_by=actor.name,
    )
    session.add(row)
    session.flush()
    queries.add_items(session, items)
    detail = {"number": row.number, "manifest": address, "images": row.n_images, "sealed": sealed}
    detail |= {"include_unlike": prepared.request.selection.include_unlike}
    record_event(session, actor, "dataset.frozen", "dataset_version", row.id, detail)
    return row, False


def resolve_selection(session: Session, actor: Actor, selection: Selection) -> ImageFilter:
    """Return the selection with its names as ids. Raises: NotFound, InvalidInput."""
    sites = [get_site(session, actor, name).id for name in selection.sites]
    products = [get_product(session, actor, name).id for name in selection.products]
    stations = []
    for name in selection.stations:
        if is_id(name, "stn"):
            stations.append(get_station_by_id(session, actor, name).id)
            continue
        site, slash, station = name.partition("/")
        if not slash:
            raise InvalidInput(
                f"The station '{name}' may be one of several.",
                remedy="Write it as site/station, or give its id.",
            )
        row = get_site(session, actor, site)
        stations.append(get_station(session, actor, site=row, name=station).id)
    places = tuple(sites), tuple(stations), tuple(products)
    return ImageFilter(*places, selection.since, selection.until, selection.include_unlike)


def resolve_sites(session: Session, actor: Actor, rule: SplitRule) -> SplitRule:
    """Return the rule with its sites as slugs. Raises: NotFound."""
    lists = {
        name: [get_site(session, actor, site).slug for site in getattr(rule, name)]
        for name in ("train_sites", "val_sites", "test_sites")
    }
    return rule.model_copy(update=lists)


def require_version_in_sites(actor: Actor, version: DatasetVersionRow) -> None:
    """Return when the actor may see every site of the version. Raises: OutsideYourSites."""
    if actor.site_ids is not None and not set(version.site_ids) <= actor.site_ids:
        raise OutsideYourSites(
            f"Dataset version {version.number} holds images of sites outside your limits.",
            remedy="Ask for a version frozen from your sites only.",
        )


def is_open(session: Session, actor: Actor, version: DatasetVersionRow) -> bool:
    """Say whether the test set may be shown: it was never sealed, or a person has opened it."""
    return not version.sealed or bool(queries.opened_versions(session, actor, [version.id]))


def version_card(session: Session, actor: Actor, version: DatasetVersionRow) -> DatasetCard:
    """Return the card; of a sealed test set only its size. Raises: OutsideYourSites."""
    require_version_in_sites(actor, version)
    card = DatasetCard.model_validate(version.card)
    return card if is_open(session, actor, version) else hide_test(card)


def read_manifest_bytes(
    session: Session, hub: Hub, actor: Actor, version: DatasetVersionRow, *, training: bool = False
) -> tuple[bytes, str]:
    """Return the manifest that the actor may see, and its hash; no test lines in training or when sealed.

    Raises: OutsideYourSites, ManifestDamaged.
    """
    require_version_in_sites(actor, version)
    short = training or not is_open(session, actor, version)
    sha256 = version.training_sha256 if short else version.manifest_sha256
    data = hub.blobs.get(sha256, organisation_id=actor.organisation_id)
    if sha256_hex(data) != sha256:
        raise ManifestDamaged(
            f"The manifest {sha256[:12]}… of dataset version {version.number} no longer has its hash.",
            remedy="Restore the blob from a backup (`perenne doctor` lists damaged blobs), or freeze again.",
        )
    return data, sha256


def version_items(
    session: Session, actor: Actor, version: DatasetVersionRow, *, splits: Sequence[Split] = SPLITS
) -> Sequence[DatasetItemRow]:
    """Return every item of these splits, by hash, for the hub's own use. Raises: OutsideYourSites.

    Whoever reads the test split of a sealed version logs it first with `record_opening`.
    """
    require_version_in_sites(actor, version)
    return queries.all_items(session, actor, version.id, splits=list(splits))


def list_items(
    session: Session,
    actor: Actor,
    version: DatasetVersionRow,
    *,
    split: Split | None,
    site: str | None,
    cursor: str | None,
    limit: int,
) -> Page[tuple[DatasetItemRow, str, str | None]]:
    """Return items with site and product, by hash. Raises: TestSetSealed when it is asked for by name."""
    opened = is_open(session, actor, version)
    if split == "test" and not opened:
        raise TestSetSealed(
            f"The test set of dataset version {version.number} is sealed.",
            remedy="Evaluate on it, or open it with a reason; both are logged.",
        )
    shown: list[str] = [split] if split else [s for s in SPLITS if opened or s != "test"]
    after = decode_cursor(cursor, parts=1)[0] if cursor else ""
    site_id = get_site(session, actor, site).id if site else None
    rows = queries.items_after(
        session, actor, version.id, after_sha256=after, splits=shown, site_id=site_id, limit=limit
    )
    return Page(rows, encode_cursor(rows[-1][0].sha256) if len(rows) == limit else None)


def record_opening(
    session: Session, hub: Hub, actor: Actor, *, version: DatasetVersionRow, reason: str, purpose: str
) -> SealedOpeningRow:
    """Log that a person, or an evaluation, opened the sealed test set. Raises: VersionNotSealed."""
    if not version.sealed:
        raise VersionNotSealed(
            f"The test set of dataset version {version.number} is not sealed.",
            remedy="Read it directly; nothing needs to be opened.",
        )
    row = SealedOpeningRow(
        id=new_id("opn"),
        organisation_id=actor.organisation_id,
        version_id=version.id,
        actor=actor.name,
        purpose=purpose,
        reason=reason,
        at=hub.clock.now(),
    )
    session.add(row)
    session.flush()
    detail = {"purpose": purpose, "reason": reason}
    record_event(session, actor, "dataset.test_opened", "dataset_version", version.id, detail)
    return row


def list_openings(
    session: Session, actor: Actor, version: DatasetVersionRow, *, cursor: str | None, limit: int
) -> Page[SealedOpeningRow]:
    """Return who opened the test set, newest first."""
    before = decode_cursor(cursor, parts=1)[0] if cursor else None
    rows = queries.openings_before(session, actor, version.id, before_id=before, limit=limit)
    return Page(rows, encode_cursor(rows[-1].id) if len(rows) == limit else None)


def _needs_job(session: Session, actor: Actor, dataset: DatasetRow, request: FreezeRequest) -> bool:
    filters = resolve_selection(session, actor, request.selection)
    count = queries.count_material(session, actor, filters, schema_id=dataset.schema_id)
    large = count > MAX_IN_ONE_REQUEST
    if large and request.background is False:
        raise TooLargeForOneRequest(
            f"{count} images are too many to freeze in one request (at most {MAX_IN_ONE_REQUEST}).",
            remedy="Leave out `background: false` and follow the job.",
        )
    return large or bool(request.background)


def _check_truth(
    session: Session,
    actor: Actor,
    dataset: DatasetRow,
    request: FreezeRequest,
    filters: ImageFilter,
    n_found: int,
    n_unlike: int,
) -> int:
    first = SHOWN if request.selection.require_truth else 0
    lacking, ids = queries.images_without_truth(
        session, actor, filters, schema_id=dataset.schema_id, first=first
    )
    latest = queries.version_by_number(session, actor, dataset.id, None)
    number = latest.number + 1 if latest else 1
    if lacking and request.selection.require_truth:
        raise TruthMissing(
            f"Version {number} of dataset '{dataset.slug}' cannot be frozen: {lacking} images have no "
            f"accepted ground truth (first: {', '.join(ids)}).",
            remedy="Finish their review, or leave them out (`require_truth: false`).",
            count=lacking,
            image_ids=ids,
        )
    if not n_found:
        raise NothingToFreeze(
            f"Version {number} of dataset '{dataset.slug}' cannot be frozen: no image inside the selection "
            f"has accepted ground truth and is like its station's production ({lacking} have no truth, "
            f"{n_unlike} are unlike it).",
            remedy="Send ground truth for them, widen the selection, or set `include_unlike`.",
        )
    return lacking


def _previous_splits(
    session: Session, actor: Actor, dataset_id: str, request: FreezeRequest
) -> dict[str, Split]:
    latest = queries.version_by_number(session, actor, dataset_id, None)
    same_rule = latest is not None and latest.rules["split"] == request.split.model_dump(mode="json")
    if latest is None or not same_rule or not request.split.keep_previous:
        return {}
    found = queries.splits_by_group(session, actor, latest.id)
    return {group: split for group, text in found.items() for split in SPLITS if split == text}


def _item_rows(version_id: str, actor: Actor, prepared: Prepared) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id("dsi"),
            "organisation_id": actor.organisation_id,
            "version_id": version_id,
            "image_id": row.image_id,
            "sha256": row.sha256,
            "site_id": row.site_id,
            "product_id": row.product_id,
            "split": line.split,
            "group_key": line.group,
            "target": row.target,
            "ground_truth_id": row.ground_truth_id,
        }
        for row, line in zip(prepared.material, prepared.lines, strict=True)
    ]


def _number_in(cursor: str | None) -> int | None:
    if not cursor:
        return None
    text = decode_cursor(cursor, parts=1)[0]
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise InvalidInput("The cursor was not given for this list.", remedy="Ask again without a cursor.")
    return int(text)


def compare_versions(
    session: Session, actor: Actor, base: DatasetVersionRow, other: DatasetVersionRow
) -> Difference:
    """Return what changed from `base` to `other`.

    Of a sealed test set it tells which images came, went and moved, never which were relabelled.
    Raises: OutsideYourSites, VersionsNotComparable.
    """
    datasets = queries.datasets_by_id(session, actor, [base.dataset_id, other.dataset_id])
    if len({row.schema_id for row in datasets.values()}) > 1:
        raise VersionsNotComparable(
            "The two versions belong to datasets of different label schemas.",
            remedy="Compare versions of one schema.",
        )
    sides = []
    secret: set[str] = set()
    for version in (base, other):
        require_version_in_sites(actor, version)
        items = queries.all_items(session, actor, version.id, splits=SPLITS)
        sides.append(items)
        if not is_open(session, actor, version):
            secret |= {row.image_id for row in items if row.split == "test"}
    return compare(*([_member(row, secret) for row in items] for items in sides))


def _member(row: DatasetItemRow, secret: set[str]) -> Member:
    target = b"" if row.image_id in secret else canonical_json(row.target)
    return Member(row.image_id, row.split, target)

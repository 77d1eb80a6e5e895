"""Use cases of images: take them in, find them, give their bytes."""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event
from perenne.hub.images import queries
from perenne.hub.images.errors import ContextContradicts, ImageTooLarge, StoredElsewhere
from perenne.hub.images.events import ON_ARRIVAL
from perenne.hub.images.gallery import PREDICTION, note_prediction
from perenne.hub.images.gate import note_arrivals
from perenne.hub.images.measuring import Measured, describe_measured, judge_measured, measure_pixels
from perenne.hub.images.placing import Places, References
from perenne.hub.images.queries import ImageFilter
from perenne.hub.images.rules import (
    PLACES,
    Placed,
    PredictionNote,
    PreparedImage,
    find_differences,
    say_differences,
)
from perenne.hub.images.rules import prepare_image as prepare_bytes
from perenne.hub.images.tables import ImageRow, RefusedImageRow
from perenne.hub.infra.services import Hub
from perenne.hub.sites import (
    StationRow,
    get_site,
    get_station,
    get_station_by_id,
    set_station_reference,
)
from perenne.kit.errors import NotFound, PerenneError
from perenne.kit.hashing import sha256_hex
from perenne.kit.ids import new_id
from perenne.kit.paging import Page, decode_cursor, encode_cursor
from perenne.quality.decoding import ImageRefused
from perenne.wire.images import CaptureContext

PAGE = 1_000


@dataclass(frozen=True)
class Upload:
    """Bytes and where they come from."""

    data: bytes
    context: CaptureContext


@dataclass(frozen=True)
class Outcome:
    """What became of one upload: a stored row (new or known), or a refusal."""

    status: Literal["created", "known", "refused"]
    sha256: str
    image: ImageRow | None = None
    differences: list[str] = field(default_factory=list)
    refusal: PerenneError | None = None


def ingest_image(
    session: Session, hub: Hub, actor: Actor, *, data: bytes, context: CaptureContext
) -> Outcome:
    """Return the stored image, new or known.

    Call it before anything else is written in `session`: a refusal is recorded in a transaction of its own,
    and what `session` holds is undone.

    Raises: ImageRefused, ImageTooLarge, NotFound, ContextContradicts, StoredElsewhere.
    """
    outcome = ingest_images(session, hub, actor, [Upload(data, context)])[0]
    if outcome.refusal is not None:
        raise outcome.refusal
    return outcome


def ingest_images(session: Session, hub: Hub, actor: Actor, uploads: Sequence[Upload]) -> list[Outcome]:
    """Return what became of each upload, in order; a refused one stops no other.

    Decoding and the durable write of the bytes come first and hold no lock on the database.
    """
    session.rollback()
    outcomes: dict[int, Outcome] = {}
    placed: dict[int, Placed] = {}
    prepared: dict[int, PreparedImage] = {}
    measured: dict[int, Measured] = {}
    with hub.database.reading() as reading:
        places = Places(reading, actor)
        for index, upload in enumerate(uploads):
            try:
                placed[index] = places.find(upload.context)
            except PerenneError as error:
                outcomes[index] = Outcome("refused", sha256_hex(upload.data), refusal=error)
        hashes = {index: sha256_hex(uploads[index].data) for index in placed}
        stored = set(queries.stored_in_organisation(reading, actor, hashes.values()))
    for index in placed:
        data, organisation_id = uploads[index].data, actor.organisation_id
        if hashes[index] in stored and hub.blobs.exists(hashes[index], organisation_id=organisation_id):
            continue
        try:
            prepared[index], measured[index] = _prepare_measured(hub, data)
            hub.blobs.put(data, organisation_id=organisation_id)
        except (ImageRefused, ImageTooLarge) as error:
            outcomes[index] = Outcome("refused", hashes[index], refusal=error)
    _record_refusals(hub, actor, outcomes, placed)
    taken = {index: placed[index] for index in placed if index not in outcomes}
    outcomes.update(_store(session, hub, actor, taken, hashes, prepared, measured))
    return [outcomes[index] for index in range(len(uploads))]


def prepare_image(hub: Hub, data: bytes, *, keep_pixels: bool = False) -> PreparedImage:
    """Return the admitted image, decoded once within the hub's limits.

    Few are decoded at a time, so that memory stays bounded.

    Raises: ImageRefused, ImageTooLarge.
    """
    limit = hub.settings.max_image_mb * 1_000_000
    if len(data) > limit:
        raise ImageTooLarge(
            f"The image has {len(data) / 1e6:.1f} MB; this hub takes {hub.settings.max_image_mb} MB.",
            remedy="Send a smaller or compressed image, or raise PERENNE_MAX_IMAGE_MB.",
        )
    with decoder(hub):
        max_pixels = hub.settings.max_megapixels * 1_000_000
        return prepare_bytes(data, max_pixels=max_pixels, keep_pixels=keep_pixels)


def _prepare_measured(hub: Hub, data: bytes) -> tuple[PreparedImage, Measured]:
    """Return the admitted image without its pixels, which need not wait in memory for the others."""
    prepared = prepare_image(hub, data, keep_pixels=True)
    assert prepared.pixels_HWC is not None
    measured = measure_pixels(
        data, admitted=prepared.admitted, pixels_HWC=prepared.pixels_HWC, grey_HW=prepared.grey_HW
    )
    return replace(prepared, pixels_HWC=None, grey_HW=None), measured


def store_image(
    session: Session, hub: Hub, actor: Actor, *, prepared: PreparedImage, context: CaptureContext
) -> Outcome:
    """Return the stored image for one that the caller prepared (an inspection decodes only once).

    Raises: NotFound, ContextContradicts, StoredElsewhere.
    """
    placed = Places(session, actor).find(context)
    hub.blobs.put(prepared.data, organisation_id=actor.organisation_id)
    return add_image(session, hub, actor, prepared=prepared, placed=placed)


def add_image(
    session: Session,
    hub: Hub,
    actor: Actor,
    *,
    prepared: PreparedImage,
    placed: Placed,
    measured: Measured | None = None,
    note: PredictionNote | None = None,
) -> Outcome:
    """Return the stored image of bytes that the caller has put into the blob store, at a known place.

    The quick way, for images that are new as a rule: one statement each for the image with the `note` of its
    prediction, its classes, and what was `measured` and judged of it. A known image keeps its measurement.
    Raises: NotFound, ContextContradicts, StoredElsewhere.
    """
    if placed.reference is None:
        row = _row(hub, actor, placed, prepared, note=note)
        if queries.insert_unless_stored(session, row):
            if note is not None:
                queries.insert_classes(session, actor, origin=PREDICTION, classes={row.id: note.classes})
            if measured is not None:
                queries.insert_measured(session, [describe_measured(row, measured, now=row.received_at)])
            _tell_arrival(session, hub, actor, [row])
            return Outcome("created", prepared.sha256, image=row)
    outcome = _store(session, hub, actor, {0: placed}, {0: prepared.sha256}, {0: prepared}, {})[0]
    if outcome.refusal is not None:
        raise outcome.refusal
    if note is not None and outcome.image is not None:
        note_prediction(session, actor, image_id=outcome.image.id, note=note)
    return outcome


def record_refusal(
    hub: Hub, actor: Actor, *, sha256: str, error: PerenneError, site_id: str | None, name: str | None
) -> None:
    """Count a refused image, in a transaction of its own: the request that brought it may fail."""
    code = refusal_code(error)
    with hub.database.transaction() as session:
        row = queries.refused_row(session, actor, sha256=sha256, site_id=site_id, code=code)
        if row is None:
            row = RefusedImageRow(
                id=new_id("ref"),
                organisation_id=actor.organisation_id,
                site_id=site_id,
                sha256=sha256,
                reason_code=code,
                detail=error.detail[:500],
                count=0,
                name=name,
                at=hub.clock.now(),
            )
            session.add(row)
        row.count += 1
        row.at = hub.clock.now()


def refusal_code(error: PerenneError) -> str:
    """Return the reason of a refusal: the gate's own code for a bad image, else the error's."""
    return error.reason_code if isinstance(error, ImageRefused) else error.code


def get_image(session: Session, actor: Actor, image_id: str) -> ImageRow:
    """Return the image. Raises: NotFound."""
    row = queries.image_by_id(session, actor, image_id)
    if row is None:
        raise NotFound.of("image", image_id)
    return row


def find_images(
    session: Session, actor: Actor, wanted: ImageFilter, *, cursor: str | None, limit: int
) -> Page[ImageRow]:
    """Return images, newest first."""
    before = decode_cursor(cursor, parts=1)[0] if cursor else None
    rows = queries.images_before(session, actor, wanted, before_id=before, limit=limit)
    return Page(rows, encode_cursor(rows[-1].id) if len(rows) == limit else None)


def iterate_images(session: Session, actor: Actor, wanted: ImageFilter) -> Iterator[ImageRow]:
    """Yield every wanted image, oldest first, read in pages."""
    after = ""
    while True:
        rows = queries.images_after(session, actor, wanted, after_id=after, limit=PAGE)
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1].id


def get_images(session: Session, actor: Actor, image_ids: Iterable[str]) -> dict[str, ImageRow]:
    """Return the visible ones of `image_ids`, by id."""
    return {row.id: row for row in queries.images_where(session, actor, "id", image_ids)}


def find_known(session: Session, actor: Actor, hashes: Iterable[str]) -> dict[str, str]:
    """Return the ids of the visible images with these hashes."""
    return queries.ids_of_hashes(session, actor, hashes)


def image_bytes(hub: Hub, image: ImageRow) -> bytes:
    """Return the stored bytes, checked against their hash."""
    return hub.blobs.get(image.sha256, organisation_id=image.organisation_id, verify=True)


def reference_of(session: Session, actor: Actor, image: ImageRow) -> str | None:
    """Return the id of the image's defect-free template: its own, else its station's present one."""
    if image.reference_image_id is not None or image.station_id is None or image.kind == "reference":
        return image.reference_image_id
    return get_station_by_id(session, actor, image.station_id).reference_image_id


def use_as_station_reference(
    session: Session, actor: Actor, *, site: str, station: str, image_id: str | None
) -> StationRow:
    """Make a reference image of the site the station's template. Raises: NotFound, ContextContradicts."""
    site_row = get_site(session, actor, site)
    station_row = get_station(session, actor, site=site_row, name=station)
    if image_id is not None:
        image = get_image(session, actor, image_id)
        if image.kind != "reference" or image.site_id != site_row.id:
            raise ContextContradicts(
                f"Image {image_id} cannot be the template of station '{station}': it is a {image.kind} "
                f"image{'' if image.site_id == site_row.id else ' of another site'}.",
                remedy="Push the template with kind=reference at this site.",
            )
    return set_station_reference(session, actor, station=station_row, image_id=image_id)


@contextmanager
def decoder(hub: Hub) -> Iterator[None]:
    """Let as many threads decode at a time as there are cores."""
    gate = hub.shared.get("images.decoders")
    if gate is None:
        gate = hub.shared.setdefault("images.decoders", _open_gate())
    with gate:
        yield


def _open_gate() -> threading.BoundedSemaphore:
    import cv2

    # Images are worked on side by side: threads of OpenCV's own would only take each other's cores.
    cv2.setNumThreads(1)
    return threading.BoundedSemaphore(max(2, os.cpu_count() or 2))


def _record_refusals(hub: Hub, actor: Actor, outcomes: dict[int, Outcome], placed: dict[int, Placed]) -> None:
    for index, outcome in outcomes.items():
        if index in placed and outcome.refusal is not None:
            record_refusal(
                hub,
                actor,
                sha256=outcome.sha256,
                error=outcome.refusal,
                site_id=placed[index].site_id,
                name=placed[index].file_name,
            )


def _store(
    session: Session,
    hub: Hub,
    actor: Actor,
    placed: dict[int, Placed],
    hashes: dict[int, str],
    prepared: dict[int, PreparedImage],
    measured: dict[int, Measured],
) -> dict[int, Outcome]:
    """Return the outcomes of `placed` after their rows are written.

    Somebody else may store the same bytes at the same time: then the second attempt finds theirs.
    """
    if not placed:
        return {}
    for attempt in (1, 2):
        try:
            with session.begin_nested():
                outcomes, created = _add_rows(session, hub, actor, placed, hashes, prepared)
            break
        except IntegrityError:
            if attempt == 2:
                raise
    if created:
        by_hash = {prepared[index].sha256: each for index, each in measured.items()}
        judged = [
            (row, judge_measured(hub, actor, by_hash[row.sha256], station_id=row.station_id, kind=row.kind))
            for row in created
            if row.sha256 in by_hash
        ]
        now = hub.clock.now()
        queries.insert_measured(session, [describe_measured(row, each, now=now) for row, each in judged])
        _tell_arrival(session, hub, actor, created)
    return outcomes


def _tell_arrival(session: Session, hub: Hub, actor: Actor, rows: Sequence[ImageRow]) -> None:
    for _, listener in ON_ARRIVAL:
        listener(session, actor, rows)
    note_arrivals(session, hub, actor, rows)


def _add_rows(
    session: Session,
    hub: Hub,
    actor: Actor,
    placed: dict[int, Placed],
    hashes: dict[int, str],
    prepared: dict[int, PreparedImage],
) -> tuple[dict[int, Outcome], list[ImageRow]]:
    wanted_hashes = [hashes[index] for index in placed]
    stored = queries.stored_in_organisation(session, actor, wanted_hashes)
    references = References(session, actor, placed.values())
    outcomes: dict[int, Outcome] = {}
    created: list[ImageRow] = []
    for index, place in placed.items():
        sha256 = hashes[index]
        try:
            where = replace(place, reference_image_id=references.find(place, stored))
            known = stored.get(sha256)
            if known is not None:
                outcomes[index] = _known(session, actor, known, where)
                continue
        except PerenneError as error:
            outcomes[index] = Outcome("refused", sha256, refusal=error)
            continue
        row = _row(hub, actor, where, prepared[index])
        session.add(row)
        created.append(row)
        stored[sha256] = row
        outcomes[index] = Outcome("created", sha256, image=row)
    session.flush()
    return outcomes, created


def _known(session: Session, actor: Actor, row: ImageRow, given: Placed) -> Outcome:
    if not actor.may_touch_site(row.site_id):
        raise StoredElsewhere(
            "These very bytes are stored already, at a site outside your limits.",
            remedy="Ask an administrator of the organisation which site the image belongs to.",
        )
    differences = find_differences(row, given)
    needs_names = any(name in PLACES for name in differences)
    names = queries.slugs_of(session, actor, [row, given]) if needs_names else {}
    return Outcome("known", row.sha256, image=row, differences=say_differences(differences, names=names))


def _row(
    hub: Hub, actor: Actor, place: Placed, image: PreparedImage, *, note: PredictionNote | None = None
) -> ImageRow:
    now = hub.clock.now()
    return ImageRow(
        id=new_id("img"),
        organisation_id=actor.organisation_id,
        sha256=image.sha256,
        kind=place.kind,
        format=image.admitted.format,
        width=image.admitted.width,
        height=image.admitted.height,
        orientation=image.admitted.orientation,
        bytes=len(image.data),
        site_id=place.site_id,
        line_id=place.line_id,
        station_id=place.station_id,
        product_id=place.product_id,
        captured_at=place.captured_at,
        received_at=now,
        taken_at=place.captured_at or now,
        camera=place.camera,
        part_id=place.part_id,
        batch_id=place.batch_id,
        group_key=place.group_key,
        external_id=place.external_id,
        file_name=place.file_name,
        context=place.context,
        difference_hash=image.difference_hash,
        reference_image_id=place.reference_image_id,
        has_truth=False,
        last_decision=note and note.decision,
        last_score=note and note.score,
        last_model_id=note and note.model_id,
        created_at=now,
    )


def record_push(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    """Add one line to the record for a whole push."""
    created = [outcome.image.id for outcome in outcomes if outcome.status == "created" and outcome.image]
    if created:
        detail = {"created": len(created), "of": len(outcomes), "last": created[-1]}
        record_event(session, actor, "images.pushed", "image", created[0], detail)

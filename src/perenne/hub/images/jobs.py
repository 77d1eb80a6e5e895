"""Durable steps of images: calibrating a station's gate, measuring images older than the signals.

Owns which images teach a gate. Refuses to learn from what any gate refuses (black, white, nothing to see), to
calibrate twice when it runs again after a crash, and to judge an old image: nobody waits for its verdict.
"""

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from perenne.hub.accounts import Actor, record_event, system_actor
from perenne.hub.images import queries
from perenne.hub.images.gate import CALIBRATE_JOB, station_gates
from perenne.hub.images.measuring import MEASURE_JOB, Measured, describe_measured, measure_pixels
from perenne.hub.images.service import image_bytes, prepare_image
from perenne.hub.images.tables import ImageRow, StationGateRow
from perenne.hub.infra.jobs import JobContext, JobHandler
from perenne.hub.infra.services import Hub
from perenne.hub.sites import StationRow, get_station_by_id
from perenne.kit.errors import PerenneError
from perenne.quality.decoding import ImageRefused

NEWEST = 20_000
LEARNING = 0.9
MEASURED_TOGETHER = 100


def calibrate_gate(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the id of the station's new calibration, learnt from images spread over the span asked for.

    Raises: TooFewImages.
    """
    from perenne.quality.calibration import MOST_IMAGES, Calibration

    hub = context.hub
    actor = system_actor(context.organisation_id, name=str(payload["by"]))
    gate_id = f"gat_{context.job_id.partition('_')[2]}"
    with hub.database.reading() as session:
        station = get_station_by_id(session, actor, str(payload["station_id"]))
        kept = queries.gate_by_id(session, actor, gate_id)
        found = queries.calibration_images(
            session,
            actor,
            station.id,
            since=_time(payload["since"]),
            until=_time(payload["until"]),
            include_refused=bool(payload["include_refused"]),
            limit=NEWEST,
        )
    if kept is not None:
        return {"gate_id": gate_id, "n_images": kept.n_images}
    chosen = spread(found, count=MOST_IMAGES)
    Random(gate_id).shuffle(chosen)
    calibration = Calibration()
    for index, image in enumerate(chosen):
        context.progress(LEARNING * index / len(chosen), f"Looking at image {index + 1} of {len(chosen)}")
        _learn(hub, actor, calibration, image.sha256)
    context.progress(LEARNING, "Setting the limits")
    limits, fingerprints = calibration.finish()
    row = StationGateRow(
        id=gate_id,
        organisation_id=actor.organisation_id,
        site_id=station.site_id,
        station_id=station.id,
        limits=limits.to_json(),
        fingerprints=fingerprints.to_json(),
        n_images=limits.n_images,
        since=min(image.taken_at for image in chosen),
        until=max(image.taken_at for image in chosen),
        first_image_id=min(image.id for image in chosen),
        last_image_id=max(image.id for image in chosen),
        automatic=bool(payload["automatic"]),
        reason=str(payload["reason"]),
        calibrated_by=actor.name,
        calibrated_at=hub.clock.now(),
    )
    _keep(hub, actor, row, station, exact=limits.refuse.exact)
    return {"gate_id": gate_id, "n_images": limits.n_images, "exact": limits.refuse.exact}


def spread(found: Sequence[Any], *, count: int) -> list[Any]:
    """Return at most `count` of the rows, evenly spread, so that many lots and shifts teach.

    >>> spread(range(10), count=4)
    [0, 2, 5, 7]
    """
    if len(found) <= count:
        return list(found)
    return [found[index * len(found) // count] for index in range(count)]


def _learn(hub: Hub, actor: Actor, calibration: Any, sha256: str) -> None:
    data = hub.blobs.get(sha256, organisation_id=actor.organisation_id)
    try:
        calibration.add(data, max_pixels=hub.settings.max_megapixels * 1_000_000)
    except ImageRefused:
        return  # stored under a larger limit than today's


def _keep(hub: Hub, actor: Actor, row: StationGateRow, station: StationRow, *, exact: bool) -> None:
    with hub.database.transaction() as session:
        session.add(row)
        session.flush()
        detail = {
            "gate": row.id,
            "images": row.n_images,
            "exact": exact,
            "automatic": row.automatic,
            "reason": row.reason,
            "since": row.since.isoformat(),
            "until": row.until.isoformat(),
        }
        record_event(session, actor, "gate.calibrated", "station", station.id, detail)
    station_gates(hub).forget(actor.organisation_id, station.id)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def measure_signals(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Every image that had no signals has them; return how many were measured, and how many could not be.

    It goes on where it stopped: what is measured is no longer asked for.
    """
    hub, actor = context.hub, system_actor(context.organisation_id, name=str(payload["by"]))
    total, measured, failed, after = int(payload["n_images"]), 0, 0, ""
    while True:
        with hub.database.reading() as session:
            rows = queries.images_without_signals(session, actor, after_id=after, limit=MEASURED_TOGETHER)
        if not rows:
            return {"measured": measured, "failed": failed}
        found = [(row, _measure_stored(hub, row)) for row in rows]
        now = hub.clock.now()
        with hub.database.transaction() as session:
            values = [describe_measured(row, each, now=now) for row, each in found]
            queries.insert_measured(session, values)
        failed += sum(each.signals is None for _, each in found)
        measured, after = measured + len(rows), rows[-1].id
        context.progress(min(1.0, measured / max(1, total)), f"Measured {measured} of {total} images")


def _measure_stored(hub: Hub, image: ImageRow) -> Measured:
    try:
        prepared = prepare_image(hub, image_bytes(hub, image), keep_pixels=True)
    except PerenneError:  # its bytes are gone or damaged, or over today's limits: the backup's check says so
        return Measured()
    assert prepared.pixels_HWC is not None
    return measure_pixels(prepared.data, admitted=prepared.admitted, pixels_HWC=prepared.pixels_HWC)


JOBS: dict[str, JobHandler] = {CALIBRATE_JOB: calibrate_gate, MEASURE_JOB: measure_signals}

"""The quality gate at a station: what its newest calibration says of an image, and when it calibrates itself.

Owns the limits kept in this process and the memory of a station's last pictures, by which a frozen camera is
told. Refuses to decode, to stop an inspection, and to calibrate anew by itself: only the first time is
automatic, every other one is a logged act of a person.
"""

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event, system_actor
from perenne.hub.images import queries
from perenne.hub.images.tables import ImageRow, StationGateRow
from perenne.hub.infra.jobs import QUEUED, RUNNING, JobRow, enqueue_job, jobs_after
from perenne.hub.infra.services import Hub
from perenne.hub.sites import StationRow
from perenne.wire.gates import (
    GateCalibration,
    GatePower,
    GateReasonCount,
    GateRequest,
    GateShare,
    GateWindow,
    StationGate,
)

if TYPE_CHECKING:
    from perenne.quality.closeness import StationFingerprint
    from perenne.quality.fingerprint import Fingerprint
    from perenne.quality.gate import Reason
    from perenne.quality.limits import StationLimits
    from perenne.quality.signals import Signals

CALIBRATE_JOB = "images.calibrate_gate"
FIRST_CALIBRATION = 200
"""A station calibrates itself once, as soon as it has this many images that are not refused."""
WINDOWS_DAYS = (7, 30)
REFRESH_S = 5.0
SEEN, PARTLY_SEEN = 0.9, 0.5
"""From which share of faulty images refused a gate is said to see a fault, or to see it partly."""
_COUNT_EVERY = 25
_STATIONS_KEPT = 2_000
_PICTURES_REMEMBERED = 4
_JOBS_LOOKED_AT = 200
_CALIBRATIONS_TOLD = 20

Decision = Literal["accepted", "flagged", "refused", "not_judged"]


@dataclass(frozen=True)
class Judgement:
    """What is kept of an image: the gate's verdict, and how close the image is to production.

    `closeness_admitted` says whether it may be used for training; None while nothing is known of the station.
    """

    verdict: Decision
    reasons: "tuple[Reason, ...]" = ()
    closeness: float | None = None
    closeness_admitted: bool | None = None
    closeness_reasons: "tuple[Reason, ...]" = ()


@dataclass
class _Station:
    """What this process knows of a station's gate."""

    gate_id: str | None = None
    limits: "StationLimits | None" = None
    fingerprints: "StationFingerprint | None" = None
    asked_at: float = float("-inf")
    last: "deque[Signals]" = field(default_factory=lambda: deque(maxlen=_PICTURES_REMEMBERED))
    arrivals: int = 0


class StationGates:
    """The gates of the stations seen by this process, each asked for anew every few seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stations: dict[tuple[str, str], _Station] = {}

    def of(self, organisation_id: str, station_id: str) -> _Station:
        """Return what is known of a station."""
        with self._lock:
            if len(self._stations) > _STATIONS_KEPT:
                self._stations.clear()
            return self._stations.setdefault((organisation_id, station_id), _Station())

    def forget(self, organisation_id: str, station_id: str) -> None:
        """The station's gate is read again at its next image."""
        self.of(organisation_id, station_id).asked_at = float("-inf")

    def remember(self, station: _Station, signals: "Signals") -> "tuple[Signals, ...]":
        """Return the signals of the station's images before this one, which is the last now."""
        with self._lock:
            before = tuple(station.last)
            station.last.append(signals)
        return before


def station_gates(hub: Hub) -> StationGates:
    """Return the gates of this process."""
    found = hub.shared.get("images.gates")
    if found is None:
        found = hub.shared.setdefault("images.gates", StationGates())
    assert isinstance(found, StationGates)
    return found


def judge(
    hub: Hub,
    actor: Actor,
    *,
    station_id: str | None,
    signals: "Signals | None",
    fingerprint: "Fingerprint | None",
) -> Judgement:
    """Return what the station's gate says of a new image. Call it once an image, in the order they arrive.

    Without a calibration only absolute rules are judged by, and nothing is said of closeness. 0.5 ms, plus a
    look into the database every few seconds; safe outside and inside a transaction.
    """
    from perenne.quality.closeness import judge_closeness
    from perenne.quality.gate import judge_image

    if station_id is None or signals is None:
        return Judgement("not_judged")
    gates = station_gates(hub)
    station = gates.of(actor.organisation_id, station_id)
    _refresh(hub, actor, station, station_id)
    limits, fingerprints = station.limits, station.fingerprints
    verdict = judge_image(signals, limits=limits, previous=gates.remember(station, signals))
    if limits is None:
        return Judgement(verdict.decision, verdict.reasons)
    close = judge_closeness(signals, fingerprint=fingerprint, station=fingerprints, limits=limits)
    return Judgement(verdict.decision, verdict.reasons, close.score, close.admitted, close.reasons)


def foresee_closeness(hub: Hub, actor: Actor, *, station_id: str, data: bytes) -> "tuple[Reason, ...] | None":
    """Return why an image that is not stored yet would be barred from training; empty when it would not.

    None where the station was not calibrated, so that nothing can be said. Raises: ImageRefused.
    """
    from perenne.quality.closeness import judge_closeness
    from perenne.quality.decoding import decode_admitted
    from perenne.quality.fingerprint import read_fingerprint
    from perenne.quality.signals import measure_signals

    station = station_gates(hub).of(actor.organisation_id, station_id)
    _refresh(hub, actor, station, station_id)
    if station.limits is None:
        return None
    admitted, pixels_HWC = decode_admitted(data, max_pixels=hub.settings.max_megapixels * 1_000_000)
    close = judge_closeness(
        measure_signals(pixels_HWC),
        fingerprint=read_fingerprint(data, admitted),
        station=station.fingerprints,
        limits=station.limits,
    )
    return close.reasons


def _refresh(hub: Hub, actor: Actor, station: _Station, station_id: str) -> None:
    from perenne.quality.closeness import StationFingerprint
    from perenne.quality.limits import StationLimits

    now = time.monotonic()
    if now - station.asked_at < REFRESH_S:
        return
    station.asked_at = now
    with hub.database.reading() as session:
        newest = queries.newest_gate_id(session, actor, station_id)
        if newest == station.gate_id:
            return
        rows = queries.newest_gates(session, actor, station_id, limit=1)
    for row in rows:
        station.fingerprints = StationFingerprint.from_json(row.fingerprints)
        station.limits = StationLimits.from_json(row.limits)
        station.gate_id = row.id


def note_arrivals(session: Session, hub: Hub, actor: Actor, images: Sequence[ImageRow]) -> None:
    """The stations of new images calibrate themselves for the first time once they have enough of them.

    Counts in memory and asks the database seldom, so that an inspection does not pay for it.
    """
    gates = station_gates(hub)
    for station_id in {image.station_id for image in images if image.kind == "capture"}:
        if station_id is None:
            continue
        station = gates.of(actor.organisation_id, station_id)
        if station.limits is not None:
            continue
        before = station.arrivals
        station.arrivals += sum(image.station_id == station_id for image in images)
        if before and before // _COUNT_EVERY == station.arrivals // _COUNT_EVERY:
            continue
        if queries.newest_gate_id(session, actor, station_id) is None:
            _calibrate_first(session, hub, actor, station_id)


def _calibrate_first(session: Session, hub: Hub, actor: Actor, station_id: str) -> None:
    itself = system_actor(actor.organisation_id, name="the station itself")
    most = 16 * FIRST_CALIBRATION
    count = len(queries.calibration_images(session, itself, station_id, limit=most))
    if count < FIRST_CALIBRATION:
        return
    # One job a station; where it failed, another once there are twice as many images.
    step = (count // FIRST_CALIBRATION).bit_length()
    enqueue_job(
        session,
        hub,
        itself,
        kind=CALIBRATE_JOB,
        payload=_payload(station_id, by=itself.name, reason="First calibration", automatic=True),
        key=f"first:{station_id}:{step}",
    )


def ask_for_calibration(
    session: Session,
    hub: Hub,
    actor: Actor,
    *,
    station_id: str,
    request: GateRequest,
) -> tuple[JobRow, int]:
    """Return the job that will calibrate the station's gate, and how many images may teach it.

    Raises: TooFewImages.
    """
    from perenne.quality.calibration import MOST_IMAGES
    from perenne.quality.limits import FEWEST_IMAGES, TooFewImages

    found = queries.calibration_images(
        session,
        actor,
        station_id,
        since=request.since,
        until=request.until,
        include_refused=request.include_refused,
        limit=MOST_IMAGES,
    )
    if len(found) < FEWEST_IMAGES:
        raise TooFewImages(
            f"The gate of this station needs {FEWEST_IMAGES} images to learn from; {len(found)} were found.",
            remedy="Push more images of the station, or choose a longer span of time.",
        )
    asked = request.model_dump(mode="json")
    payload = _payload(station_id, by=actor.name, automatic=False, **asked)
    detail = {name: payload[name] for name in ("reason", "since", "until", "include_refused")}
    record_event(session, actor, "gate.calibration_asked", "station", station_id, detail)
    return enqueue_job(session, hub, actor, kind=CALIBRATE_JOB, payload=payload), len(found)


def open_job(session: Session, actor: Actor, station_id: str) -> JobRow | None:
    """Return the job that calibrates the station just now."""
    recent = jobs_after(session, actor, before_id=None, kind=CALIBRATE_JOB, limit=_JOBS_LOOKED_AT)
    at_work = [row for row in recent if row.state in (QUEUED, RUNNING)]
    return next((row for row in at_work if row.payload["station_id"] == station_id), None)


def tell_gate(session: Session, hub: Hub, actor: Actor, *, site: str, station: StationRow) -> StationGate:
    """Return how the station's gate stands and what it did in the last 7 and 30 days."""
    from perenne.quality.calibration import MOST_IMAGES
    from perenne.quality.limits import FEWEST_IMAGES

    rows = queries.newest_gates(session, actor, station.id, limit=_CALIBRATIONS_TOLD)
    told = [_tell_calibration(row) for row in rows]
    job = open_job(session, actor, station.id)
    available = queries.calibration_images(session, actor, station.id, limit=MOST_IMAGES)
    return StationGate(
        site=site,
        station=station.slug,
        station_id=station.id,
        state="calibrating" if job else "calibrated" if told else "not_calibrated",
        n_available=len(available),
        n_needed=FEWEST_IMAGES,
        n_automatic=FIRST_CALIBRATION,
        calibration=told[0] if told else None,
        earlier=told[1:],
        windows=[_tell_window(session, hub, actor, station.id, days=days) for days in WINDOWS_DAYS],
        job_id=None if job is None else job.id,
    )


def _tell_calibration(row: StationGateRow) -> GateCalibration:
    from perenne.quality.gate import say_basis
    from perenne.quality.limits import StationLimits

    limits = StationLimits.from_json(row.limits)
    refuse = limits.refuse
    return GateCalibration(
        id=row.id,
        n_images=row.n_images,
        since=row.since,
        until=row.until,
        promise=refuse.promise,
        exact=refuse.exact,
        words=say_basis(refuse),
        automatic=row.automatic,
        reason=row.reason,
        by=row.calibrated_by,
        at=row.calibrated_at,
        power=_tell_power(limits),
    )


def _tell_power(limits: "StationLimits") -> list[GatePower]:
    from perenne.quality.faults import STRENGTHS

    told = []
    for fault, words in STRENGTHS.items():
        one = limits.power.get(fault)
        refused = _share(one.refused, one.n_images) if one else None
        either = _share(one.told, one.n_images) if one else None
        if one is None or refused is None or either is None:
            continue
        seen: Literal["yes", "partly", "no"] = (
            "yes" if refused.value >= SEEN else "partly" if refused.value >= PARTLY_SEEN else "no"
        )
        told.append(
            GatePower(code=fault, words=words, seen=seen, refused=refused, told=either, n_images=one.n_images)
        )
    return told


def _tell_window(session: Session, hub: Hub, actor: Actor, station_id: str, *, days: int) -> GateWindow:
    since = hub.clock.now() - timedelta(days=days)
    said = queries.verdict_counts(session, actor, station_id, since=since)
    close = queries.closeness_counts(session, actor, station_id, since=since)
    judged = sum(n for verdict, _, n in said if verdict != "not_judged")
    refused = sum(n for verdict, _, n in said if verdict == "refused")
    flagged = sum(n for verdict, _, n in said if verdict == "flagged")
    return GateWindow(
        days=days,
        n_images=judged,
        refused=refused,
        flagged=flagged,
        refused_share=_share(refused, judged),
        flagged_share=_share(flagged, judged),
        refused_reasons=_reasons((code, n) for verdict, code, n in said if verdict == "refused"),
        flagged_reasons=_reasons((code, n) for verdict, code, n in said if verdict == "flagged"),
        not_for_training=sum(n for admitted, _, n in close if admitted is False),
        not_for_training_reasons=_reasons((code, n) for admitted, code, n in close if admitted is False),
    )


def _share(hits: int, n: int) -> GateShare | None:
    from perenne.stats.estimation.wilson import wilson_interval

    if n == 0:
        return None
    low, high = wilson_interval(hits, n)
    return GateShare(value=hits / n, low=low, high=high)


def _reasons(counts: Iterable[tuple[str | None, int]]) -> list[GateReasonCount]:
    from perenne.quality.closeness import say_code

    ordered = sorted(counts, key=lambda one: (-one[1], str(one[0])))
    return [GateReasonCount(code=str(code), words=say_code(str(code)), n=n) for code, n in ordered]


def _payload(
    station_id: str,
    *,
    by: str,
    reason: str,
    automatic: bool,
    since: str | None = None,
    until: str | None = None,
    include_refused: bool = False,
) -> dict[str, Any]:
    return {
        "station_id": station_id,
        "by": by,
        "reason": reason,
        "automatic": automatic,
        "since": since,
        "until": until,
        "include_refused": include_refused,
    }

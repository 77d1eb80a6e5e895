"""The quality gate at a station: what its newest calibration says of an image, and when it calibrates itself.

Owns the limits kept in this process and the memory of a station's last pictures, by which a frozen camera is
told. Refuses to decode, to stop an inspection, and to calibrate anew by itself: only the first time is
automatic, every other one is a logged act of a person.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, system_actor
from perenne.hub.images import queries
from perenne.hub.images.tables import ImageRow
from perenne.hub.infra.jobs import JobRow, enqueue_job
from perenne.hub.infra.services import Hub
from perenne.quality.closeness import StationFingerprint, judge_closeness
from perenne.quality.fingerprint import Fingerprint
from perenne.quality.gate import FROZEN_REFUSE, Reason, judge_image
from perenne.quality.limits import StationLimits
from perenne.quality.signals import Signals

CALIBRATE_JOB = "images.calibrate_gate"
FIRST_CALIBRATION = 200
"""A station calibrates itself once, as soon as it has this many images that are not refused."""
REFRESH_S = 5.0
_COUNT_EVERY = 25
_STATIONS_KEPT = 2_000

Decision = Literal["accepted", "flagged", "refused", "not_judged"]


@dataclass(frozen=True)
class Judgement:
    """What is kept of an image: the gate's verdict, and how close the image is to production.

    `closeness_admitted` says whether it may be used for training; None while nothing is known of the station.
    """

    verdict: Decision
    reasons: tuple[Reason, ...] = ()
    closeness: float | None = None
    closeness_admitted: bool | None = None
    closeness_reasons: tuple[Reason, ...] = ()


@dataclass
class _Station:
    """What this process knows of a station's gate."""

    gate_id: str | None = None
    limits: StationLimits | None = None
    fingerprints: StationFingerprint | None = None
    asked_at: float = float("-inf")
    last: deque[Signals] = field(default_factory=lambda: deque(maxlen=FROZEN_REFUSE))
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

    def remember(self, station: _Station, signals: Signals) -> tuple[Signals, ...]:
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
    signals: Signals | None,
    fingerprint: Fingerprint | None,
) -> Judgement:
    """Return what the station's gate says of a new image. Call it once an image, in the order they arrive.

    Without a calibration only absolute rules are judged by, and nothing is said of closeness. 0.5 ms, plus a
    look into the database every few seconds; safe outside and inside a transaction.
    """
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


def _refresh(hub: Hub, actor: Actor, station: _Station, station_id: str) -> None:
    now = time.monotonic()
    if now - station.asked_at < REFRESH_S:
        return
    station.asked_at = now
    with hub.database.reading() as session:
        newest = queries.newest_gate_id(session, actor, station_id)
        if newest == station.gate_id:
            return
        row = queries.newest_gate(session, actor, station_id)
    if row is not None:
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
    count = queries.count_calibration_images(session, itself, station_id)
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
    reason: str,
    since: datetime | None,
    until: datetime | None,
    include_refused: bool,
) -> JobRow:
    """Return the job that will calibrate the station's gate from images taken in that span of time."""
    payload = _payload(
        station_id,
        by=actor.name,
        reason=reason,
        since=since,
        until=until,
        include_refused=include_refused,
    )
    return enqueue_job(session, hub, actor, kind=CALIBRATE_JOB, payload=payload)


def _payload(
    station_id: str,
    *,
    by: str,
    reason: str,
    automatic: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    include_refused: bool = False,
) -> dict[str, Any]:
    return {
        "station_id": station_id,
        "by": by,
        "reason": reason,
        "automatic": automatic,
        "since": None if since is None else since.isoformat(),
        "until": None if until is None else until.isoformat(),
        "include_refused": include_refused,
    }

"""What is measured of every image when it comes in: how its file was written and how it was taken.

Owns the measurement, and its row beside what the station's gate said. Refuses to decode (who admits an image
has its pixels) and to fail: an image that cannot be measured is stored all the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from perenne.hub.accounts import Actor, record_event
from perenne.hub.images import queries
from perenne.hub.images.gate import Judgement, judge
from perenne.hub.images.tables import ImageRow
from perenne.hub.infra.jobs import JobRow, enqueue_job
from perenne.hub.infra.services import Hub

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from perenne.quality.decoding import AdmittedImage
    from perenne.quality.fingerprint import Fingerprint
    from perenne.quality.gate import Reason
    from perenne.quality.signals import Signals


MEASURE_JOB = "images.measure_signals"


@dataclass(frozen=True)
class Measured:
    """Fingerprint and signals of one image, None where it could not be measured, and the gate's judgement."""

    fingerprint: "Fingerprint | None" = None
    signals: "Signals | None" = None
    judgement: Judgement = field(default_factory=lambda: Judgement("not_judged"))


def measure_pixels(
    data: bytes,
    *,
    admitted: "AdmittedImage",
    pixels_HWC: "NDArray[Any]",
    grey_HW: "NDArray[Any] | None" = None,
) -> Measured:
    """Return fingerprint and signals, not judged yet. 1 ms of CPU at 320 px, 2 ms at 640 and beyond.

    `grey_HW`: the pixels in grey, for a caller that has them.
    """
    from perenne.quality.decoding import ImageRefused
    from perenne.quality.fingerprint import read_fingerprint
    from perenne.quality.signals import measure_signals

    signals = measure_signals(pixels_HWC, grey_HW=grey_HW)
    try:
        return Measured(read_fingerprint(data, admitted), signals)
    except ImageRefused:  # its pixels are sound; only what its header says cannot be read
        return Measured(None, signals)


def judge_measured(
    hub: Hub, actor: Actor, measured: Measured, *, station_id: str | None, kind: str
) -> Measured:
    """Return the measurement with what the station's gate says of it; templates are not judged."""
    judged = judge(
        hub,
        actor,
        station_id=station_id if kind == "capture" else None,
        signals=measured.signals,
        fingerprint=measured.fingerprint,
    )
    return Measured(measured.fingerprint, measured.signals, judged)


def describe_measured(image: ImageRow, measured: Measured, *, now: datetime) -> dict[str, Any]:
    """Return the values of the image's row in `image_signals`."""
    said = measured.judgement
    return {
        "image_id": image.id,
        "organisation_id": image.organisation_id,
        "site_id": image.site_id,
        "station_id": image.station_id,
        "fingerprint": None if measured.fingerprint is None else measured.fingerprint.to_json(),
        "signals": None if measured.signals is None else measured.signals.to_json(),
        "verdict": said.verdict,
        "reasons": tell_reasons(said.reasons),
        "closeness": said.closeness,
        "closeness_admitted": said.closeness_admitted,
        "closeness_reasons": tell_reasons(said.closeness_reasons),
        "measured_at": now,
    }


def ask_to_measure(session: "Session", hub: Hub, actor: Actor) -> tuple[JobRow, int]:
    """Return the job that will measure all images that have no signals, and how many these are."""
    count = queries.count_without_signals(session, actor)
    payload = {"by": actor.name, "n_images": count}
    record_event(session, actor, "images.measuring_asked", "organisation", actor.organisation_id, payload)
    return enqueue_job(session, hub, actor, kind=MEASURE_JOB, payload=payload), count


def tell_reasons(reasons: "Iterable[Reason]") -> list[dict[str, Any]]:
    """Return reasons as they are kept and sent: code, words, value, limit."""
    return [dict(vars(reason)) for reason in reasons]

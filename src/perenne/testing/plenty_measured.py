"""What was measured of the images of a hub with plenty, and what befell some stations in the last days.

Owns the measurements: real ones of a few pictures, as drawn and with a fault, with a little noise for every
image. Images that an older model version inspected have none, as on a hub that was there before they were
measured. Refuses to judge: what becomes of them, the watch of the hub finds out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from perenne.problems import PROBLEMS, BoxesTarget
from perenne.problems.detection.signals import boxes_signals
from perenne.quality.decoding import admit_image, decode_upright
from perenne.quality.faults import blur, change_light
from perenne.quality.fingerprint import Fingerprint, read_fingerprint
from perenne.quality.signals import Signals, measure_signals
from perenne.testing.boards import DEFECTS, HEIGHT, WIDTH

if TYPE_CHECKING:
    from perenne.testing.plenty import Ground, Place

LASTS = timedelta(days=2)
RELEASE_LASTS = timedelta(hours=30)
CLEAN = "clean"
EMBEDDED = 64
JITTER = {
    "mean": 1.2, "std": 0.6, "p1": 0.8, "p99": 1.2, "log_laplacian": 0.012, "log_noise": 0.01,
    "detail_median": 0.012, "detail_peak": 0.01, "fine_detail": 0.006, "middle_detail": 0.006,
    "diagonal_detail": 0.006, "blockiness": 0.008, "resampling": 0.01, "direction": 0.004, "lab_a": 0.15,
    "lab_b": 0.15, "entropy": 0.03,
}  # fmt: skip
"""How much each number differs between two images of one scene: a standard deviation."""


@dataclass(frozen=True)
class Story:
    """What befell one station of a site: from when on its images are of another `look`."""

    look: str
    station: int
    lasts: timedelta = LASTS


STORIES = {
    1: Story("blurred", station=0),
    3: Story("darker", station=0),
    4: Story("rewritten", station=1),
    **{place: Story("enlarged", station=0, lasts=RELEASE_LASTS) for place in (6, 7, 8, 9)},
}
"""By the number of the site; the last four changed together: one release."""


@dataclass(frozen=True)
class Look:
    """What a picture measures when it is taken or written in one way."""

    signals: Signals
    fingerprint: Fingerprint
    embedding: "np.ndarray[Any, np.dtype[np.float64]]"


def measure_looks(data: bytes, *, number: int, seed: int) -> dict[str, Look]:
    """Return what this picture measures as it is and with each fault of the stories."""
    rng = np.random.default_rng([seed, number])
    clean_HWC = decode_upright(data)
    embedding = rng.normal(0, 1, EMBEDDED)
    found = {}
    for look, pixels_HWC in (
        (CLEAN, clean_HWC),
        ("blurred", blur(clean_HWC, sigma=1.0)),
        ("darker", change_light(clean_HWC, rng, gain=0.82)),
        ("rewritten", clean_HWC),
        ("enlarged", _enlarge(clean_HWC)),
    ):
        written = data if look != "rewritten" else _write_again(clean_HWC)
        moved = 0.0 if look == CLEAN else 0.6
        pixels_HWC = decode_upright(written) if look == "rewritten" else pixels_HWC
        found[look] = Look(
            measure_signals(pixels_HWC),
            read_fingerprint(written, admit_image(written)),
            embedding + moved * np.sin(np.arange(EMBEDDED)),
        )
    return found


def look_at(ground: "Ground", place: "Place", row: Mapping[str, Any]) -> str:
    """Return the look of an image that was taken at this place."""
    number = ground.places.index(place)
    story = STORIES.get(number)
    if story is None or row["station_id"] != place.stations[story.station][0]:
        return CLEAN
    return story.look if row["taken_at"] > ground.now - story.lasts else CLEAN


def is_measured(place: "Place", *, at: datetime) -> bool:
    """Say whether images were measured then: since the version that answers now was deployed."""
    return bool(place.deployed) and at >= max(one.at for one in place.deployed)


def measured_row(ground: "Ground", row: Mapping[str, Any], look: Look, *, flawed: bool) -> dict[str, Any]:
    """Return the row of what was measured of an image."""
    rng = ground.rng
    chance = float(rng.random())
    verdict = "accepted"
    if chance < (0.25 if flawed else 0.004):
        verdict = "refused"
    elif chance < (0.5 if flawed else 0.03):
        verdict = "flagged"
    reason = {"code": "blurred", "words": "less sharp than this station's images", "value": 4.1, "limit": 3.2}
    return {
        "image_id": row["id"],
        "organisation_id": row["organisation_id"],
        "site_id": row["site_id"],
        "station_id": row["station_id"],
        "fingerprint": look.fingerprint.to_json(),
        "signals": jitter(look.signals, rng=rng, picture=int(row["part_id"][2:])).to_json(),
        "verdict": verdict,
        "reasons": [] if verdict == "accepted" else [reason],
        "closeness": 0.9,
        "closeness_admitted": not flawed,
        "closeness_reasons": [],
        "measured_at": row["received_at"],
    }


def jitter(signals: Signals, *, rng: np.random.Generator, picture: int) -> Signals:
    """Return the signals of another image of the same scene."""
    noise = rng.normal(0, 1, len(JITTER))
    changed = {
        name: round(float(getattr(signals, name) + spread * one), 4)
        for (name, spread), one in zip(JITTER.items(), noise, strict=True)
    }
    return replace(signals, **changed, picture=f"{picture & 0xFFFFFFFF:08x}")  # type: ignore[arg-type]


def predicted_signals(target: Mapping[str, Any], *, thresholds: Mapping[str, Any]) -> dict[str, float]:
    """Return what is watched of a prediction."""
    boxes = PROBLEMS.get("detection").parse_prediction(target, DEFECTS)
    assert isinstance(boxes, BoxesTarget)
    return boxes_signals(boxes, thresholds=thresholds, classes=DEFECTS, size=(WIDTH, HEIGHT))


def _enlarge(image_HWC: Any) -> Any:
    """Return the image as a faulty release resizes it: made smaller and larger again."""
    import cv2

    height, width = image_HWC.shape[:2]
    small = cv2.resize(image_HWC, (width * 3 // 4, height * 3 // 4), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _write_again(image_HWC: Any) -> bytes:
    import cv2

    done, data = cv2.imencode(".jpg", image_HWC[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 60])
    assert done
    return bytes(data.tobytes())

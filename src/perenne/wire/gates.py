"""Messages about a station's quality gate: what it learnt from, what it promises, and what it did lately.

Owns these shapes. Refuses a share without its interval and the number of images behind it.
"""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from perenne.wire.base import Message


class GateShare(Message):
    """A share of images with its 95 % interval (Wilson); the images are those of the window."""

    value: float
    low: float
    high: float


class GateReasonCount(Message):
    """How many images had this as their first reason. `words` says it without the numbers of one image."""

    code: str
    words: str
    n: int


class GateWindow(Message):
    """What the gate said in the last `days`; shares are null while nothing was judged."""

    days: int
    n_images: int
    refused: int
    flagged: int
    refused_share: GateShare | None
    flagged_share: GateShare | None
    refused_reasons: list[GateReasonCount]
    flagged_reasons: list[GateReasonCount]
    not_for_training: int
    not_for_training_reasons: list[GateReasonCount]


class GatePower(Message):
    """What this gate makes of `n_images` good images of its station that were given one fault on purpose.

    `refused`: the share refused; `told`: refused or flagged. `seen` sums it up: "yes" from 90 % refused,
    "partly" from 50 %. No test that told had learnt from the image it told of. `words` names the fault.
    """

    code: str
    words: str
    seen: Literal["yes", "partly", "no"]
    refused: GateShare
    told: GateShare
    n_images: int


class GateCalibration(Message):
    """One calibration. `exact`: at most `promise` of good images are refused, by exchangeability alone; else
    the limit was extrapolated from too few images to promise it. `words` says which. `power`: which faults
    this gate can and cannot tell, empty for a calibration that did not try."""

    id: str
    n_images: int
    since: datetime
    until: datetime
    promise: float
    exact: bool
    words: str
    automatic: bool
    reason: str
    by: str
    at: datetime
    power: list[GatePower] = []


class StationGate(Message):
    """The gate of a station. Until it is calibrated only absolute rules judge (black, white, frozen ...).

    `n_available` images may teach it; with `n_automatic` it calibrates itself for the first time. `earlier`
    calibrations are no longer in force, newest first.
    """

    site: str
    station: str
    station_id: str
    state: Literal["not_calibrated", "calibrating", "calibrated"]
    n_available: int
    n_needed: int
    n_automatic: int
    calibration: GateCalibration | None
    earlier: list[GateCalibration]
    windows: list[GateWindow]
    job_id: str | None


class GateRequest(Message):
    """Calibrate now from the station's images taken in a span of time: a logged act with a reason.

    `include_refused` learns from images that the gate in force refuses too: for a line that was changed on
    purpose. What is black, white or shows nothing is never learnt from.
    """

    reason: str = Field(min_length=3, max_length=2000)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    include_refused: bool = False

    @model_validator(mode="after")
    def _a_span(self) -> "GateRequest":
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must be before until")
        return self


class GateAsked(Message):
    """The job that calibrates; its result is `{"gate_id": ..., "n_images": ..., "exact": ...}`."""

    job_id: str
    n_available: int

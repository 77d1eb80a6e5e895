"""Messages about deployments: which model version answers at which site or station, since when and why.

Owns the shapes of the request, the undo, the history and of a station's screen. Refuses a change without a
reason.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from perenne.wire.base import Message
from perenne.wire.models import ModelReference
from perenne.wire.predictions import Decision, ImageVerdict, RecordedPrediction, Threshold
from perenne.wire.sites import DecisionCounts, Station

DeploymentState = Literal["active", "superseded", "undone"]


class DeploymentRequest(Message):
    """Ask that a model version answer at a site, or at one of its stations (the more specific wins).

    `model_version` is an id, `name:number`, or a name (its latest version). `thresholds` replace, name by
    name, those of the artefact.
    """

    model_version: str = Field(min_length=1, max_length=200)
    station: str | None = Field(default=None, max_length=100)
    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    reason: str = Field(min_length=1, max_length=2000)


class UndoRequest(Message):
    """Ask that the version deployed before answer again."""

    station: str | None = Field(default=None, max_length=100)
    reason: str = Field(min_length=1, max_length=2000)


class Deployment(Message):
    """One deployment: live (`active`), replaced by a newer one, or undone.

    `previous_id` names the deployment that an undo goes back to. `shared_sites` counts the sites where the
    same model version is active, this one included: 1 means that the version is specialised.
    """

    id: str
    site_id: str
    site: str
    station_id: str | None = None
    station: str | None = None
    model_version_id: str
    model_name: str
    model_number: int
    problem: str
    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    state: DeploymentState
    previous_id: str | None = None
    reason: str
    by: str
    at: datetime
    ended_at: datetime | None = None
    end_reason: str | None = None
    shared_sites: int = 0


class LiveImage(Message):
    """The image of the last inspection: its id and its upright size in pixels."""

    id: str
    width: int
    height: int


class LiveInspection(RecordedPrediction):
    """The last inspection of a station, whole, with the shape of its image and the name of its model."""

    image: LiveImage
    model: ModelReference


class LiveDecision(Message):
    """One of the last inspections of a station; `latency_ms` is the whole time of it.

    `verdict` is the quality gate's: a piece may be unsure because its image was refused.
    """

    id: str
    image_id: str
    decision: Decision
    verdict: ImageVerdict | None = None
    at: datetime
    latency_ms: float | None


class StationLive(Message):
    """What a screen beside the line shows: the last inspection, those before, counts and speed.

    `recent` holds up to 20, newest first. `per_minute` is the rate of the last five minutes. The latencies
    are those of the last 200 inspections, in milliseconds.
    """

    station: Station
    deployment: Deployment | None
    last: LiveInspection | None
    recent: list[LiveDecision]
    counts_24h: DecisionCounts
    per_minute: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None

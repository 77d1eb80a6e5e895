"""Messages about inspections: what a model version said of an image, and what was decided.

Owns the shapes of an inspection and of a listed prediction. Refuses raw model outputs: a prediction is a
target in its problem's own shape.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from perenne.wire.base import Message
from perenne.wire.models import ModelReference

Decision = Literal["pass", "fail", "unsure"]
ImageVerdict = Literal["accepted", "flagged", "refused", "not_judged"]
Threshold = float | list[str]
"""A score from which something holds, or the list of classes that it is about."""


class ModelName(Message):
    """The model version that answered, as a person reads it."""

    id: str
    name: str
    number: int
    problem: str
    artefact_sha256: str


class QualityReason(Message):
    """One reason of the station's quality gate: its code, a sentence, and its number against its limit."""

    code: str
    words: str
    value: float
    limit: float


class ImageQuality(Message):
    """What the station's quality gate said of the image. `not_judged`: it could not be measured."""

    verdict: ImageVerdict
    reasons: list[QualityReason] = Field(default_factory=list)


class Inspection(Message):
    """The answer of a station: prediction, decision, and everything needed to explain it later.

    The decision is the model's at the thresholds of the deployment, unless the quality gate refuses the
    image: then it is `unsure`, and the reasons stand in `quality`; the prediction stays what the model said.
    `latency_ms` holds decode, preprocess, inference, postprocess, record and total, in milliseconds.
    """

    id: str
    image_id: str
    site_id: str
    station_id: str
    deployment_id: str
    model: ModelName
    prediction: dict[str, Any]
    decision: Decision
    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    reference_image_id: str | None = None
    part_id: str | None = None
    quality: ImageQuality | None = None
    latency_ms: dict[str, float] = Field(default_factory=dict)
    at: datetime


class InspectionQuery(Message):
    """Capture context that may accompany an inspected image, in the query or in the form."""

    part_id: str | None = Field(default=None, max_length=200)
    batch_id: str | None = Field(default=None, max_length=200)
    camera: str | None = Field(default=None, max_length=200)
    product: str | None = Field(default=None, max_length=100)
    captured_at: datetime | None = None


class RecordedPrediction(Message):
    """One recorded prediction, as the list and the detail give it.

    `quality`: what the gate said of the image at that moment; refused makes the decision `unsure`.
    """

    id: str
    image_id: str
    site_id: str
    station_id: str
    deployment_id: str | None = None
    model_version_id: str
    prediction: dict[str, Any]
    decision: Decision
    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    reference_image_id: str | None = None
    latency_ms: dict[str, float] = Field(default_factory=dict)
    quality: ImageQuality | None = None
    at: datetime


class ImagePrediction(RecordedPrediction):
    """One of everything that was said of an image, with the names of model version and station."""

    model: ModelReference
    station: str

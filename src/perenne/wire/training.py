"""Messages about training runs: between people, the hub and the trainers that claim runs over HTTP.

Owns the shapes of a run, a claim, a heartbeat and a failure. Refuses a trainer's message without the
epoch of its claim: that is how the words of a trainer that lost its lease are told apart.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field, FiniteFloat

from perenne.wire.base import Listing, Message

RunState = Literal["queued", "claimed", "running", "uploading", "succeeded", "failed", "cancelled"]
FINAL_RUN_STATES: frozenset[str] = frozenset({"succeeded", "failed", "cancelled"})
LogLevel = Literal["debug", "info", "warning", "error"]


class RunCreate(Message):
    """Queue a run on a dataset version (id, `slug:number`, or slug for the latest).

    `base_model` (id, `name:number` or name) gives the weights to start from. `name` becomes the name of
    the model line; by default it is the dataset's slug.
    """

    dataset_version: str = Field(min_length=1, max_length=200)
    recipe: str = Field(min_length=1, max_length=80)
    config: dict[str, Any] = Field(default_factory=dict)
    base_model: str | None = Field(default=None, max_length=200)
    name: str | None = Field(default=None, min_length=1, max_length=120)
    seed: int = Field(default=7, ge=0, le=2**31 - 1)


class Run(Message):
    """A run as it stands. `progress` goes from 0 to 1; `metrics` are the latest value of every curve."""

    id: str
    number: int
    name: str
    recipe: str
    config: dict[str, Any]
    seed: int
    dataset_version_id: str
    dataset: str
    dataset_number: int
    problem: str
    base_model_id: str | None = None
    state: RunState
    trainer: str | None = None
    attempt: int = 0
    lease_until: datetime | None = None
    progress: float = 0.0
    eta_s: float | None = None
    message: str = ""
    metrics: dict[str, float] = Field(default_factory=dict)
    error: dict[str, Any] | None = None
    model_version_id: str | None = None
    cancel_requested: bool = False
    created_by: str
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


class RunPage(Listing[Run]):
    """Runs, newest first."""


class MetricPoint(Message):
    """Values of the curves at one step."""

    step: int = Field(ge=0)
    values: dict[str, FiniteFloat] = Field(max_length=100)
    at: AwareDatetime | None = None


class MetricPointPage(Listing[MetricPoint]):
    """Points of a run in the order of their step."""


class LogLine(Message):
    """One line of a run's log; `seq` counts from 1 within the run."""

    level: LogLevel = "info"
    text: str = Field(max_length=4000)
    at: AwareDatetime | None = None
    seq: int | None = None


class LogPage(Listing[LogLine]):
    """Log lines of a run, oldest first."""


class ClaimRequest(Message):
    """A trainer asks for work: its name, and the recipes that it can run."""

    trainer: str = Field(min_length=1, max_length=120)
    recipes: list[str] = Field(min_length=1, max_length=100)


class Claim(Message):
    """A run lent to a trainer until `lease_until`; every later message carries `epoch`.

    `manifest_path` and `base_artefact_path` are addresses below `/api/v1`; `resumed` says that the run
    has been claimed before, so that a checkpoint may exist.
    """

    run: Run
    epoch: int
    lease_until: datetime
    lease_s: float
    resumed: bool
    manifest_path: str
    manifest_sha256: str
    problem: str
    classes: list[str]
    base_artefact_path: str | None = None
    base_artefact_sha256: str | None = None


class ClaimAnswer(Message):
    """The claim, or none when no run waits for this trainer."""

    claim: Claim | None = None


class Heartbeat(Message):
    """What happened in a run since the last heartbeat; prolongs the lease.

    `batch` numbers the heartbeats of one claim from 1: a batch that arrives twice is counted once.
    """

    epoch: int
    batch: int = Field(ge=1)
    state: Literal["running", "uploading"] = "running"
    progress: float | None = Field(default=None, ge=0.0, le=1.0)
    eta_s: FiniteFloat | None = Field(default=None, ge=0.0)
    message: str | None = Field(default=None, max_length=500)
    points: list[MetricPoint] = Field(default_factory=list, max_length=2000)
    log: list[LogLine] = Field(default_factory=list, max_length=2000)


class HeartbeatAnswer(Message):
    """Whether to stop, and how long the lease now holds."""

    cancel: bool
    lease_until: datetime


class RunFailure(Message):
    """Why a run ended without a model; `cancelled` when it obeyed a cancel."""

    epoch: int
    problem: dict[str, Any] = Field(default_factory=dict)
    cancelled: bool = False


class RunModelAnswer(Message):
    """The model version that an uploaded artefact became (`existed`: it had arrived before)."""

    model_version_id: str
    name: str
    number: int
    existed: bool = False


class Trainer(Message):
    """A trainer that has asked for work lately, and the recipes that it can run."""

    name: str
    recipes: list[str]
    seen_at: datetime


class TrainerPage(Listing[Trainer]):
    """Trainers, by name."""

"""Messages about deployments: which model version answers at which site or station, since when and why.

Owns the shapes of the request, the undo and the history. Refuses a change without a reason.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from perenne.wire.base import Message
from perenne.wire.predictions import Threshold

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

    `shared_sites` counts the sites where the same model version is active, this one included: 1 means
    that the version is specialised.
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
    reason: str
    by: str
    at: datetime
    ended_at: datetime | None = None
    end_reason: str | None = None
    shared_sites: int = 0

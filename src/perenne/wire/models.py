"""Messages about model versions: what a version is, where it came from, and the key that signs it.

Owns the shapes. Refuses weights inside a message: an artefact travels as a file with its hash beside it.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from perenne.wire.base import Listing, Message

ModelState = Literal["ready", "retired"]


class ModelVersion(Message):
    """One version of a model line. References: id, `name:number`, or `name` for the latest.

    `parity` is the export check: the largest difference of each output between the trained network and the
    exported one. `upload_sha256` is the artefact as it came, `artefact_sha256` as this hub signed it.
    """

    id: str
    name: str
    number: int
    problem: str
    schema_id: str | None = None
    classes: list[str]
    state: ModelState
    artefact_sha256: str
    artefact_bytes: int
    recipe: str | None = None
    input: dict[str, Any] = Field(default_factory=dict)
    thresholds: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, float] = Field(default_factory=dict)
    parity: dict[str, Any] = Field(default_factory=dict)
    upload_sha256: str | None = None
    run_id: str | None = None
    dataset_version_id: str | None = None
    base_model_id: str | None = None
    signed_by: str
    created_by: str
    created_at: datetime


class ModelReference(Message):
    """A model version as a person names it: `name:number`."""

    id: str
    name: str
    number: int


class ModelVersionPage(Listing[ModelVersion]):
    """Model versions, newest first."""


class ModelCard(Message):
    """The model card in Markdown, and the signed manifest that it belongs to."""

    model_version_id: str
    name: str
    number: int
    card: str
    manifest: dict[str, Any]


class LineageStep(Message):
    """One ancestor: a run, a dataset version or a base model, with a line that says what it was."""

    kind: Literal["run", "dataset_version", "model_version"]
    id: str
    text: str


class ModelDeployment(Message):
    """Where a model version answers or answered."""

    id: str
    site: str
    station: str | None
    state: Literal["active", "superseded", "undone"]
    at: datetime
    ended_at: datetime | None


class ModelEvaluation(Message):
    """A finished evaluation of a model version."""

    id: str
    dataset: str
    dataset_number: int
    split: str
    finished_at: datetime


class ModelLineage(Message):
    """From a model version back to everything that it was made of, nearest first (R63), and on to its use.

    `deployments` and `evaluations`, newest first, are those that the caller may see.
    """

    model_version_id: str
    name: str
    number: int
    steps: list[LineageStep]
    deployments: list[ModelDeployment] = Field(default_factory=list)
    evaluations: list[ModelEvaluation] = Field(default_factory=list)


class PublicKey(Message):
    """The key with which this hub signs artefacts: Ed25519, raw 32 bytes in base64, and as PEM."""

    algorithm: Literal["ed25519"] = "ed25519"
    key_id: str
    public_key: str
    pem: str

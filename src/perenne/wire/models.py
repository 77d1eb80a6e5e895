"""Messages about model versions: what a version is, where it came from, and the key that signs it.

Owns the shapes. Refuses weights inside a message: an artefact travels as a file with its hash beside it.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from perenne.wire.base import Listing, Message

ModelState = Literal["ready", "retired"]


class ModelVersion(Message):
    """One version of a model line. References: id, `name:number`, or `name` for the latest."""

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


class ModelLineage(Message):
    """From a model version back to everything that it was made of, nearest first (R63)."""

    model_version_id: str
    name: str
    number: int
    steps: list[LineageStep]


class PublicKey(Message):
    """The key with which this hub signs artefacts: Ed25519, raw 32 bytes in base64, and as PEM."""

    algorithm: Literal["ed25519"] = "ed25519"
    key_id: str
    public_key: str
    pem: str

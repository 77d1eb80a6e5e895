"""Use cases of model versions: sign, register, find, and lead back to where one came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event
from perenne.hub.infra.services import Hub
from perenne.hub.models import queries
from perenne.hub.models.errors import ArtefactDamaged
from perenne.hub.models.inspector import Inspected
from perenne.hub.models.tables import ModelVersionRow
from perenne.kit.errors import NotFound
from perenne.kit.hashing import sha256_hex
from perenne.kit.ids import is_id, new_id
from perenne.kit.paging import Page, decode_cursor, encode_cursor
from perenne.wire.models import LineageStep, PublicKey

MAX_GENERATIONS = 100


@dataclass(frozen=True)
class Origin:
    """Where a model version comes from: ids for programs, texts for people."""

    name: str
    schema_id: str | None = None
    run_id: str | None = None
    dataset_version_id: str | None = None
    base_model_id: str | None = None
    run_text: str = ""
    dataset_text: str = ""


@dataclass(frozen=True)
class Signed:
    """A signed artefact in the blob store."""

    sha256: str
    size: int


def sign_upload(hub: Hub, actor: Actor, path: Path) -> Signed:
    """The inspected artefact is signed with the hub's key and durable in the blob store."""
    from perenne.runtime import sign_artefact

    data = sign_artefact(path, private_key=hub.signing_key)
    return Signed(hub.blobs.put(data, organisation_id=actor.organisation_id), len(data))


def register_model_version(
    session: Session,
    hub: Hub,
    actor: Actor,
    *,
    signed: Signed,
    upload_sha256: str,
    inspected: Inspected,
    origin: Origin,
) -> ModelVersionRow:
    """Return the new version of the model line `origin.name`."""
    manifest = inspected.manifest
    row = ModelVersionRow(
        id=new_id("mod"),
        organisation_id=actor.organisation_id,
        name=origin.name,
        number=queries.next_number(session, actor, origin.name),
        problem=str(manifest["problem"]),
        schema_id=origin.schema_id,
        classes=[str(name) for name in manifest.get("classes", [])],
        state="ready",
        artefact_sha256=signed.sha256,
        artefact_bytes=signed.size,
        upload_sha256=upload_sha256,
        manifest=manifest,
        metrics=flat_numbers(manifest.get("metrics", {})),
        card=inspected.card,
        signed_by=key_id(hub),
        run_id=origin.run_id,
        dataset_version_id=origin.dataset_version_id,
        base_model_id=origin.base_model_id,
        origin={"run": origin.run_text, "dataset": origin.dataset_text},
        created_by=actor.name,
    )
    session.add(row)
    session.flush()
    detail = {"name": row.name, "number": row.number, "artefact": row.artefact_sha256}
    record_event(session, actor, "model.registered", "model_version", row.id, detail)
    return row


def get_model_version(session: Session, actor: Actor, reference: str) -> ModelVersionRow:
    """Return a version by id, `name:number`, or name (the latest). Raises: NotFound."""
    if is_id(reference, "mod"):
        row = queries.model_by_id(session, actor, reference)
    else:
        name, _, number = reference.partition(":")
        plain = number.isascii() and number.isdigit() and len(number) < 9
        row = None
        if plain or not number:
            row = queries.model_by_number(session, actor, name, int(number) if number else None)
    if row is None:
        raise NotFound.of("model version", reference)
    return row


def list_models(
    session: Session, actor: Actor, *, name: str | None, cursor: str | None, limit: int
) -> Page[ModelVersionRow]:
    """Return model versions, newest first."""
    before = decode_cursor(cursor, parts=1)[0] if cursor else None
    rows = queries.models_before(session, actor, name=name, before_id=before, limit=limit)
    return Page(rows, encode_cursor(rows[-1].id) if len(rows) == limit else None)


def artefact_file(hub: Hub, row: ModelVersionRow) -> Path:
    """Return a file with the signed artefact, its hash checked. Raises: ArtefactDamaged, BlobMissing."""
    from perenne.kit.hashing import sha256_file

    path = hub.blobs.local_path(row.artefact_sha256, organisation_id=row.organisation_id)
    if sha256_file(path) != row.artefact_sha256:
        raise ArtefactDamaged(
            f"The artefact of model {row.name}:{row.number} no longer has its hash.",
            remedy="Restore it from a backup; until then deploy another version.",
        )
    return path


def lineage_of(session: Session, actor: Actor, row: ModelVersionRow) -> list[LineageStep]:
    """Return everything the version was made of, nearest first, through all its base models."""
    steps: list[LineageStep] = []
    seen = {row.id}
    for _ in range(MAX_GENERATIONS):
        if row.run_id:
            steps.append(LineageStep(kind="run", id=row.run_id, text=row.origin.get("run", "")))
        if row.dataset_version_id:
            text = row.origin.get("dataset", "")
            steps.append(LineageStep(kind="dataset_version", id=row.dataset_version_id, text=text))
        if row.base_model_id is None or row.base_model_id in seen:
            break
        row = get_model_version(session, actor, row.base_model_id)
        seen.add(row.id)
        text = f"Model {row.name}:{row.number}, its starting weights"
        steps.append(LineageStep(kind="model_version", id=row.id, text=text))
    return steps


def public_key(hub: Hub) -> PublicKey:
    """Return the key by which everybody can check this hub's artefacts."""
    import base64

    from cryptography.hazmat.primitives import serialization

    key = hub.signing_key.public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return PublicKey(key_id=_id_of(raw), public_key=base64.b64encode(raw).decode(), pem=pem.decode())


def key_id(hub: Hub) -> str:
    """Return the short name of the hub's key: the start of the hash of its public half."""
    return public_key(hub).key_id


def flat_numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the plain numbers of a nested mapping, names joined by dots; what is no number is left out.

    >>> flat_numbers({"map50": 0.9, "site": {"lyon": 1}, "note": "x", "ok": True})
    {'map50': 0.9, 'site.lyon': 1.0}
    """
    flat: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": number for inner, number in flat_numbers(value).items()}
        elif isinstance(value, int | float) and not isinstance(value, bool) and value == value:
            flat[str(name)] = float(value)
    return flat


def _id_of(raw: bytes) -> str:
    return f"ed25519:{sha256_hex(raw)[:16]}"

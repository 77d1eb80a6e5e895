"""The model artefact: one stored zip with `model.onnx`, `manifest.json`, `manifest.sig`, `card.md`, and
optionally `weights.safetensors` to continue training from.

Owns writing, reading and signing. Reading verifies the list of members, their sizes and every hash; equal
content gives equal bytes. Refuses compressed, encrypted, repeated or unknown members, and anything over the
size limits, before reading it.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from perenne.kit.hashing import canonical_json, sha256_hex
from perenne.runtime.errors import ArtefactDamaged, ArtefactRefused, SignatureInvalid
from perenne.runtime.manifest import FORMAT, check_manifest, parse_manifest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

GRAPH, MANIFEST, SIGNATURE, CARD = "model.onnx", "manifest.json", "manifest.sig", "card.md"
WEIGHTS = "weights.safetensors"
LARGEST_BYTES = {
    GRAPH: 1_500_000_000,
    WEIGHTS: 1_500_000_000,
    MANIFEST: 5_000_000,
    CARD: 1_000_000,
    SIGNATURE: 64,
}
SIGNATURE_BYTES = 64
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Artefact:
    """A verified artefact in memory. `manifest_bytes` are what was hashed and signed."""

    manifest: dict[str, Any]
    manifest_bytes: bytes
    graph: bytes
    card: str
    weights: bytes | None = None
    signature: bytes | None = None


def write_artefact(
    path: Path,
    *,
    onnx_path: Path,
    manifest: Mapping[str, Any],
    card: str,
    weights_path: Path | None = None,
) -> Path:
    """Write the artefact, unsigned, and return its path.

    `format`, `files` and, by running the graph once, `golden` of the manifest are filled in.
    Raises: ArtefactRefused when the manifest breaks a rule or the graph does not run.
    """
    from perenne.runtime.golden import make_golden

    check_manifest({**manifest, "format": FORMAT})
    members = {GRAPH: onnx_path.read_bytes(), CARD: card.encode()}
    if weights_path is not None:
        members[WEIGHTS] = weights_path.read_bytes()
    hashes = {name: sha256_hex(data) for name, data in members.items()}
    golden = make_golden(onnx_path, manifest=manifest)
    full = {**manifest, "format": FORMAT, "files": hashes, "golden": golden}
    whole = {MANIFEST: canonical_json(full), **members}
    _check_sizes({name: len(data) for name, data in whole.items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_zip(whole))
    return path


def read_artefact(source: Path | bytes) -> Artefact:
    """Return the artefact after verifying members, sizes and every hash.

    Raises: ArtefactRefused for a broken rule, ArtefactDamaged for a wrong hash.
    """
    stream: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    with stream:
        members = _unzip(stream)
    manifest = parse_manifest(members[MANIFEST])
    stated = manifest.get("files", {})
    hashed = {name for name in members if name not in (MANIFEST, SIGNATURE)}
    if set(stated) != hashed:
        raise ArtefactRefused.because("the manifest does not list exactly the files of the artefact")
    for name in sorted(hashed):
        if sha256_hex(members[name]) != stated[name]:
            raise ArtefactDamaged.of(name)
    _check_weights(members.get(WEIGHTS))
    return Artefact(
        manifest=manifest,
        manifest_bytes=members[MANIFEST],
        graph=members[GRAPH],
        card=members[CARD].decode(errors="replace"),
        weights=members.get(WEIGHTS),
        signature=members.get(SIGNATURE),
    )


def sign_artefact(source: Path | bytes, *, private_key: "Ed25519PrivateKey") -> bytes:
    """Return the bytes of the artefact with its manifest signed by `private_key`; an old signature goes.

    Raises: ArtefactRefused, ArtefactDamaged.
    """
    artefact = read_artefact(source)
    members = {MANIFEST: artefact.manifest_bytes, SIGNATURE: private_key.sign(artefact.manifest_bytes)}
    members |= {GRAPH: artefact.graph, CARD: artefact.card.encode()}
    if artefact.weights is not None:
        members[WEIGHTS] = artefact.weights
    return _zip(members)


def verify_signature(artefact: Artefact, *, public_key: "Ed25519PublicKey") -> None:
    """Return when the manifest is signed by the owner of `public_key`. Raises: SignatureInvalid."""
    from cryptography.exceptions import InvalidSignature

    remedy = "Take the artefact from the hub whose key this machine trusts."
    if artefact.signature is None:
        raise SignatureInvalid("The manifest of the model artefact is not signed.", remedy=remedy)
    try:
        public_key.verify(artefact.signature, artefact.manifest_bytes)
    except InvalidSignature as error:
        raise SignatureInvalid(
            "The manifest of the model artefact is not signed by the trusted key.", remedy=remedy
        ) from error


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in (MANIFEST, SIGNATURE, CARD, GRAPH, WEIGHTS):
            if name in members:
                entry = zipfile.ZipInfo(name, date_time=_EPOCH)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, members[name])
    return buffer.getvalue()


def _unzip(stream: BinaryIO) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            return {entry.filename: archive.read(entry) for entry in entries}
    except ArtefactRefused:
        raise
    except zipfile.BadZipFile as error:
        if "CRC" in str(error):
            raise ArtefactDamaged.of(str(error).rpartition("'")[0].rpartition("'")[2] or "model") from error
        raise ArtefactRefused.because(f"it is not a zip archive ({error})") from error
    except (OSError, EOFError, RuntimeError, ValueError, OverflowError) as error:
        raise ArtefactRefused.because(f"its zip archive cannot be read ({error})") from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise ArtefactRefused.because("a member is there twice")
    for entry in entries:
        if entry.filename not in LARGEST_BYTES:
            raise ArtefactRefused.because(f"the member {entry.filename[:80]!r} is not allowed")
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 0x1:
            raise ArtefactRefused.because(f"the member {entry.filename} is compressed or encrypted")
        if entry.file_size != entry.compress_size:
            raise ArtefactRefused.because(f"the member {entry.filename} lies about its size")
    missing = {GRAPH, MANIFEST, CARD} - set(names)
    if missing:
        raise ArtefactRefused.because(f"it has no {', '.join(sorted(missing))}")
    _check_sizes({entry.filename: entry.file_size for entry in entries})


def _check_sizes(sizes: Mapping[str, int]) -> None:
    for name, size in sizes.items():
        if size > LARGEST_BYTES[name]:
            raise ArtefactRefused.because(f"{name} has {size} bytes, over {LARGEST_BYTES[name]}")
    if SIGNATURE in sizes and sizes[SIGNATURE] != SIGNATURE_BYTES:
        raise ArtefactRefused.because(f"{SIGNATURE} has {sizes[SIGNATURE]} bytes, not {SIGNATURE_BYTES}")


def _check_weights(weights: bytes | None) -> None:
    """Refuse anything that is not a safetensors file: a length, then a JSON header."""
    if weights is None:
        return
    header = int.from_bytes(weights[:8], "little")
    if len(weights) < 9 or header > min(len(weights) - 8, 25_000_000) or weights[8:9] != b"{":
        raise ArtefactRefused.because(f"{WEIGHTS} is not a safetensors file")

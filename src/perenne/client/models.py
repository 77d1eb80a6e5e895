"""Model versions and their artefacts.

Owns the calls and the download. Refuses a file whose hash is not the registered one.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from perenne.client.transport import Transport
from perenne.kit.errors import PerenneError
from perenne.wire.models import ModelCard, ModelLineage, ModelVersion, ModelVersionPage, PublicKey


class ArtefactDamaged(PerenneError):
    """A downloaded artefact is not the registered one."""

    code = "artefact-damaged"
    title = "The artefact arrived damaged"
    status = 502


class Models:
    """Calls about model versions. A version is an id, `name:number`, or a name for the latest."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **filters: Any) -> Iterator[ModelVersion]:
        """Yield model versions, newest first."""
        for page in self._transport.pages("/models", ModelVersionPage, **filters):
            yield from page.items

    def get(self, model: str) -> ModelVersion:
        """Return one model version."""
        return self._transport.get(f"/models/{model}", ModelVersion)

    def card(self, model: str) -> ModelCard:
        """Return the model card and the signed manifest."""
        return self._transport.get(f"/models/{model}/card", ModelCard)

    def lineage(self, model: str) -> ModelLineage:
        """Return everything that a version was made of."""
        return self._transport.get(f"/models/{model}/lineage", ModelLineage)

    def public_key(self) -> PublicKey:
        """Return the key with which the hub signs artefacts."""
        return self._transport.get("/models/public-key", PublicKey)

    def download(self, model: str, path: Path, *, progress: Callable[[int], None] | None = None) -> Path:
        """Write the artefact of a version to `path`, whole and verified, or not at all."""
        version = self.get(model)
        target = path / f"{version.name}-{version.number}.zip" if path.is_dir() else path
        partial = target.with_name(target.name + ".partial")
        digest = hashlib.sha256()
        with self._transport.stream(f"/models/{version.id}/artefact") as response, partial.open("wb") as file:
            for chunk in response.iter_bytes(1 << 20):
                digest.update(chunk)
                file.write(chunk)
                if progress:
                    progress(len(chunk))
        if digest.hexdigest() != version.artefact_sha256:
            partial.unlink()
            raise ArtefactDamaged(
                f"The artefact of {version.name}:{version.number} has hash {digest.hexdigest()[:12]}…, "
                f"registered is {version.artefact_sha256[:12]}….",
                remedy="Download it again; if that repeats, run `perenne doctor` on the hub.",
            )
        partial.replace(target)
        return target

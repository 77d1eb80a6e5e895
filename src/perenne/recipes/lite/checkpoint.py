"""The file that lets a killed run go on where it stopped.

Owns writing (complete or not at all) and reading it. Refuses pickled code: only tensors and plain values are
read back.
"""

import os
from pathlib import Path
from typing import Any, cast

import torch

from perenne.recipes.errors import CheckpointDamaged

CHECKPOINT_NAME = "checkpoint.pt"


def save_checkpoint(workdir: Path, state: dict[str, Any]) -> Path:
    """Write `state` durably; a kill at any moment leaves the old or the new file, never a mixture."""
    workdir.mkdir(parents=True, exist_ok=True)
    path = workdir / CHECKPOINT_NAME
    partial = workdir / (CHECKPOINT_NAME + ".partial")
    with partial.open("wb") as stream:
        torch.save(state, stream)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
    return path


def load_checkpoint(workdir: Path, *, fingerprint: str) -> dict[str, Any] | None:
    """Return the state of the run in `workdir`, or None when it has not begun.

    `fingerprint` identifies task and configuration. Raises: CheckpointDamaged when the file is unreadable or
    belongs to another run.
    """
    path = workdir / CHECKPOINT_NAME
    if not path.exists():
        return None
    try:
        state = cast(dict[str, Any], torch.load(path, map_location="cpu", weights_only=True))
        found = state["fingerprint"]
    except Exception as error:
        raise CheckpointDamaged(
            f"The checkpoint {path.name} cannot be read: {(str(error).splitlines() or ['empty'])[0][:160]}.",
            remedy=f"Delete {path} to start the run from its beginning.",
        ) from error
    if found != fingerprint:
        raise CheckpointDamaged(
            f"The checkpoint {path.name} belongs to a run with other data or another configuration.",
            remedy=f"Use another work directory, or delete {path}.",
        )
    return state

"""Has an uploaded artefact looked into by a process of its own, and reads what that process says.

Owns the time it is given and the reading of its one line of JSON. Refuses to open the file itself before the
other process has survived it.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perenne.hub.models.errors import ArtefactCheckFailed, ArtefactRefused

WALL_S = 240.0
MAX_ANSWER_BYTES = 8_000_000
CHILD = Path(__file__).with_name("inspection.py")


@dataclass(frozen=True)
class Inspected:
    """What an artefact says of itself, after every check has passed."""

    manifest: dict[str, Any]
    card: str


def inspect_upload(path: Path, *, wall_s: float = WALL_S) -> Inspected:
    """Return what the artefact at `path` says of itself, checked in a child process with limits.

    Raises: ArtefactRefused with the reason; ArtefactCheckFailed when the child died or took too long.
    """
    command = [sys.executable, "-I", str(CHILD), str(path)]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=wall_s, env=_bare_environment(), check=False, close_fds=True
        )
    except subprocess.TimeoutExpired as error:
        raise ArtefactCheckFailed(
            f"Checking the artefact took longer than {wall_s:g} s.",
            remedy="Export a smaller or simpler network.",
        ) from error
    answer = _read_answer(done.stdout)
    if answer is None:
        raise ArtefactCheckFailed(
            f"The process that checked the artefact ended with {_say_exit(done.returncode)} and no answer.",
            remedy="The file is damaged, hostile, or too large for the limits of the check; export it again.",
        )
    if "refused" in answer:
        raise ArtefactRefused(
            str(answer["refused"]),
            remedy=str(answer.get("remedy") or "Export it again with this version of Perenne."),
            reason_code=str(answer.get("code", "")),
        )
    return Inspected(manifest=answer["manifest"], card=answer["card"])


def _bare_environment() -> dict[str, str]:
    """Return what the child needs of the environment: no secret of the hub is among it."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


def _read_answer(output: bytes) -> dict[str, Any] | None:
    if len(output) > MAX_ANSWER_BYTES:
        return None
    last = output.strip().rsplit(b"\n", 1)[-1]
    try:
        answer = json.loads(last)
    except ValueError:
        return None
    complete = isinstance(answer, dict) and ("refused" in answer or {"manifest", "card"} <= answer.keys())
    return answer if complete else None


def _say_exit(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"status {code}"

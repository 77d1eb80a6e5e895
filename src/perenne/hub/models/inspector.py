"""Looks into an uploaded artefact, in a process of its own that may die of it.

Owns the limits of that process (memory, CPU time, files) and its one line of JSON. Refuses to trust the file:
the hub starts this module, reads what it says, and survives whatever happens to it.
"""

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perenne.hub.models.errors import ArtefactCheckFailed, ArtefactRefused
from perenne.kit.errors import PerenneError

MEMORY_BYTES = 6 * 1024**3
CPU_S = 120
WALL_S = 240.0
MAX_ANSWER_BYTES = 8_000_000
MAX_SAID = 400


@dataclass(frozen=True)
class Inspected:
    """What an artefact says of itself, after every check has passed."""

    manifest: dict[str, Any]
    card: str


def inspect_upload(path: Path, *, wall_s: float = WALL_S) -> Inspected:
    """Return what the artefact at `path` says of itself, checked in a child process with limits.

    Raises: ArtefactRefused with the reason; ArtefactCheckFailed when the child died or took too long.
    """
    command = [sys.executable, "-I", "-m", "perenne.hub.models.inspector", str(path)]
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


def main(arguments: list[str]) -> int:
    """Look into the artefact named in `arguments`, print one line of JSON, return the exit status."""
    _limit_this_process()
    from perenne.runtime import inspect_artefact

    try:
        artefact = inspect_artefact(Path(arguments[0]))
        answer: dict[str, Any] = {"manifest": dict(artefact.manifest), "card": artefact.card}
    except PerenneError as error:
        answer = {"refused": error.detail[:4000], "remedy": error.remedy, "code": error.code}
    except MemoryError:
        answer = {"refused": f"The artefact needs more than {MEMORY_BYTES // 1024**3} GiB to be checked."}
    except Exception as error:  # whatever a hostile file provokes is a refusal, with its name
        answer = {
            "refused": f"The artefact cannot be read ({type(error).__name__}: {str(error)[:MAX_SAID]})."
        }
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    return 0


def _limit_this_process() -> None:
    import resource

    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    limits = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CPU: CPU_S,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 256,
    }
    for kind, limit in limits.items():
        hard = resource.getrlimit(kind)[1]
        with contextlib.suppress(ValueError, OSError):
            allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(kind, (allowed, allowed))


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The process that looks into an uploaded artefact and may die of it: `python inspection.py ARTEFACT`.

Owns its limits (memory, CPU time, files) and one line of JSON on standard output. Refuses to import the hub:
started by its path, it knows the kit and the runtime only.
"""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

MEMORY_BYTES = 6 * 1024**3
CPU_S = 120
MAX_SAID = 400


def main(arguments: list[str]) -> int:
    """Look into the artefact named in `arguments`, print one line of JSON, return the exit status."""
    _limit_this_process()
    from perenne.kit.errors import PerenneError
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Peers, each in an environment of its own, as their requirements exclude each other.

Owns making the environments and running a worker across a process boundary. A peer that cannot be installed
is told with what pip said, and the run goes on without it.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from streams import Numbers

PEERS: dict[str, tuple[str, ...]] = {
    "alibi": ("alibi-detect==0.13.0", "torch==2.13.0", "numpy<2", "pandas<3"),
    "online_cp": ("online-cp==0.4.0",),
    "river": ("river==0.26.1",),
    "evidently": ("evidently==0.7.23", "pandas<3"),
}
WORKERS = Path(__file__).parent / "peers"


class Peers:
    """The peers that could be installed; `missing` says why others could not."""

    def __init__(self, environments: Path, wanted: Iterable[str]) -> None:
        self.environments = environments
        self.missing: dict[str, str] = {}
        self.ready = [name for name in wanted if self._prepare(name)]

    def _prepare(self, name: str) -> bool:
        folder = self.environments / name
        stamp = folder / "perenne-bench.json"
        wanted = hashlib.sha256(repr(PEERS[name]).encode()).hexdigest()
        if stamp.exists() and json.loads(stamp.read_text()) == wanted:
            return True
        print(f"installing {' '.join(PEERS[name])}", file=sys.stderr)
        steps = [
            [sys.executable, "-m", "venv", str(folder)],
            [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--prefer-binary", *PEERS[name]],
        ]
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True)
            if done.returncode:
                said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
                self.missing[name] = " / ".join(said[-3:]) or f"exit code {done.returncode}"
                return False
        stamp.write_text(json.dumps(wanted))
        return True

    def run(self, name: str, source: Path, target: Path, options: Mapping[str, Any] | None = None) -> bool:
        """Run a worker over a folder of streams; False, with the reason in `missing`, when it fails."""
        if name not in self.ready:
            return False
        command = [
            str(self.environments / name / "bin" / "python"),
            str(WORKERS / f"with_{name}.py"),
            str(source),
            str(target),
            json.dumps(dict(options or {})),
        ]
        own = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ""}
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **own})
        if done.returncode:
            self.missing[name] = " / ".join(done.stderr.splitlines()[-3:])
        return done.returncode == 0


def write_numbers(path: Path, numbers: Numbers) -> None:
    """Write one stream for the workers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{part}_{name}": values.astype(np.float32)
        for part, of_part in (("reference", numbers.reference), ("following", numbers.following))
        for name, values in of_part.items()
    }
    part = path.with_name(f"part-{path.name}")
    np.savez(part, names=np.array(numbers.names), **arrays)
    part.rename(path)


def read_scores(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Return {stream: {detector: one score an image}} that a worker has written."""
    found = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as held:
            found[path.stem] = {name: held[name] for name in held.files}
    return found


def read_costs(folder: Path) -> dict[str, Any]:
    """Return the version of a peer and its CPU milliseconds an image, by detector."""
    path = folder / "costs.json"
    if not path.exists():
        return {}
    told = json.loads(path.read_text())
    each = {
        name: round(1000 * cost["cpu_s"] / max(1, cost["images"]), 3) for name, cost in told["cpu_s"].items()
    }
    return {"version": told["version"], "cpu_ms_per_image": each}

"""The trainer's work folder: one lock, one cache of images, one folder a run.

Owns the layout. Refuses a second trainer in the same folder.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections import deque
from pathlib import Path
from typing import IO, Any

from perenne.trainer.errors import WorkdirInUse

KEPT_RUNS = 20
EARLIER_POINTS = 20_000


class Workdir:
    """The folder of one trainer."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = root / "cache"
        self._lock: IO[str] | None = None

    def lock(self) -> None:
        """The folder belongs to this process until it ends. Raises: WorkdirInUse."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = (self.root / "trainer.lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            stream.close()
            raise WorkdirInUse(
                f"Another trainer already works in {self.root}.",
                remedy="Give this one its own folder with --workdir.",
            ) from error
        stream.truncate(0)
        stream.write(f"{os.getpid()}\n")
        stream.flush()
        self._lock = stream

    def unlock(self) -> None:
        """Another trainer may work here."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def run_folder(self, run_id: str) -> "RunFolder":
        """Return the folder of a run, made if needed; of old ones only the newest stay."""
        folder = RunFolder(self.root / "runs" / run_id)
        folder.checkpoints.mkdir(parents=True, exist_ok=True)
        os.utime(folder.root)
        self._forget_old_runs()
        return folder

    def _forget_old_runs(self) -> None:
        folders = sorted((self.root / "runs").iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in folders[KEPT_RUNS:]:
            shutil.rmtree(old, ignore_errors=True)


class RunFolder:
    """Where the files of one run lie."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifest = root / "manifest.ndjson"
        self.base_artefact = root / "base.perenne"
        self.spec = root / "spec.json"
        self.log = root / "child.log"
        self.points = root / "points.ndjson"
        self.artefact = root / "model.perenne"
        self.checkpoints = root / "work"

    def earlier_points(self) -> list[dict[str, Any]]:
        """Return the points of earlier attempts; the hub may not have heard the last of them."""
        points = []
        with contextlib.suppress(FileNotFoundError), self.points.open(encoding="utf-8") as stream:
            for line in deque(stream, maxlen=EARLIER_POINTS):
                with contextlib.suppress(ValueError):  # the last line may be torn
                    points.append(json.loads(line))
        return points

    def remove(self) -> None:
        """The run is over and nothing of it is needed here."""
        shutil.rmtree(self.root, ignore_errors=True)

"""The child process as the trainer sees it: started, listened to, asked to stop, ended.

Owns the pipe and the reading thread. Refuses to block: events are taken when there are any.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TAIL_BYTES = 3000
CHILD = "perenne.trainer.child"
TRAINED, FAILED, CANCELLED = 0, 3, 4
"""Exit statuses of the child."""


class ChildProcess:
    """A running training process; use it from the thread that made it (the child dies with that thread)."""

    def __init__(self, spec_path: Path, *, log_path: Path, threads: int, processes: int) -> None:
        self.log_path = log_path
        self._events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                _command(spec_path, processes=processes),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(threads),
            )
        self._reader = threading.Thread(target=self._read, name="child-events", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def next_event(self, *, timeout_s: float) -> dict[str, Any] | None:
        """Return the next event, or None when none came in time."""
        try:
            return self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def has_ended(self) -> bool:
        """Say whether the process is gone and everything that it said has been read."""
        gone = self._process.poll() is not None and not self._reader.is_alive()
        return gone and self._events.empty()

    def exit_status(self) -> int:
        """Return the exit status; negative is a signal. Waits for the end."""
        return self._process.wait()

    def ask_to_stop(self) -> None:
        """The recipe is told to stop at its next step."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def end(self, *, patience_s: float) -> None:
        """The process is gone: asked first, killed when it does not listen."""
        self.ask_to_stop()
        try:
            self._process.wait(timeout=patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=5.0)

    def tail(self) -> str:
        """Return the last words of the process's log."""
        try:
            with self.log_path.open("rb") as log:
                log.seek(max(0, self.log_path.stat().st_size - TAIL_BYTES))
                return log.read().decode(errors="replace").strip()
        except OSError:
            return ""

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if isinstance(event, dict):
                    self._events.put(event)


def say_signal(status: int) -> str:
    """Return how a process ended, in words.

    >>> say_signal(-9), say_signal(2)
    ('was killed by SIGKILL', 'ended with status 2')
    """
    if status >= 0:
        return f"ended with status {status}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-status).name}"
    return f"was killed by signal {-status}"


def _command(spec_path: Path, *, processes: int) -> list[str]:
    if processes > 1:
        torchrun = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m", CHILD]
        return [sys.executable, "-m", *torchrun, str(spec_path)]
    return [sys.executable, "-m", CHILD, str(spec_path)]


def _environment(threads: int) -> Mapping[str, str]:
    count = str(threads or os.cpu_count() or 1)
    own = {name: value for name, value in os.environ.items() if name != "PERENNE_TOKEN"}
    return own | {
        "OMP_WAIT_POLICY": "PASSIVE",
        "OMP_NUM_THREADS": count,
        "PERENNE_TRAINER_PID": str(os.getpid()),
        "PYTHONUNBUFFERED": "1",
    }

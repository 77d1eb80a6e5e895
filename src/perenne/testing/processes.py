"""Real processes in tests: started, heard line by line, never left behind.

Owns waiting for words instead of for time. Refuses to wait for ever.
"""

import os
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

PATIENCE_S = 60.0


class HeardProcess:
    """A process whose lines, on standard output and error, are listened to. Close it at the end."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
        self.heard: list[str] = []
        self._waiting: list[str] = []
        self._rest = b""

    def hear(self, wanted: str | Callable[[str], bool], *, patience_s: float = PATIENCE_S) -> str:
        """Return the next line that holds the text, or for which the function holds.

        Raises: AssertionError with everything heard, when the process ends or the time is up before.
        """
        fits = (lambda line: wanted in line) if isinstance(wanted, str) else wanted
        deadline = time.monotonic() + patience_s
        while True:
            while self._waiting:
                line = self._waiting.pop(0)
                self.heard.append(line)
                if fits(line):
                    return line
            if not self._listen(deadline - time.monotonic()):
                raise AssertionError(f"never heard {wanted!r}; heard {self.heard}")

    def end_input(self) -> None:
        """The process sees the end of its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def close(self) -> None:
        """The process is gone and so are its pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _listen(self, seconds: float) -> bool:
        assert self.process.stdout is not None
        if seconds <= 0 or not select.select([self.process.stdout], [], [], seconds)[0]:
            return False
        data = os.read(self.process.stdout.fileno(), 65536)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._waiting += [line.decode(errors="replace") for line in lines]
        return bool(data)


def wait_for_end(process_id: int, *, patience_s: float = PATIENCE_S) -> bool:
    """Say whether a process, of whatever parent, ended in time."""
    try:
        handle = os.pidfd_open(process_id)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], patience_s)[0])
    finally:
        os.close(handle)

"""Keeps the processes of one machine running: starts them, starts them again, ends them together.

Owns restarts with back-off, their logs and the lock of a data folder. Standard library only, so that it stays
small. Refuses to go on when a process says that it cannot work, or falls over at each start.
"""

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from perenne.kit.errors import PerenneError

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0
CRASHES_ALLOWED = 5
STOP_GRACE_S = 10.0
MAX_LOG_BYTES = 10_000_000
REFUSED = 1
"""Exit code of a command that explained why it cannot work: starting it again would not help."""


class AlreadyUp(PerenneError):
    """Another `perenne up` looks after this data folder."""

    code = "already-up"
    title = "Perenne is up already"
    status = 409


class FolderUnusable(PerenneError):
    """A data folder that cannot be made or written to."""

    code = "folder-unusable"
    title = "The data folder cannot be used"
    status = 507


class ProcessFails(PerenneError):
    """A process that cannot be kept running."""

    code = "process-fails"
    title = "A process cannot be kept running"
    status = 500


@dataclass
class Child:
    """One process to keep running. An essential one that cannot work ends everything."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    essential: bool = True
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    crashes: int = 0

    def start(self, *, now: float) -> None:
        """The process runs, with its output in its log and its life tied to this one."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "perenne.cli.lifeline", *self.command],
                env={**os.environ, **self.environment},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started_at = now

    def last_words(self, *, lines: int = 12) -> str:
        """Return the end of the log."""
        with contextlib.suppress(OSError), self.log.open("rb") as stream:
            stream.seek(max(0, self.log.stat().st_size - 4096))
            return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])
        return ""


@dataclass
class Supervisor:
    """The children and what happens to them. `say` is told in one line each time."""

    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    stopping: bool = False

    def add(self, child: Child) -> None:
        """Keep `child` running from now on."""
        self.children.append(child)
        child.start(now=time.monotonic())

    def run(self, *, until: Callable[[], bool], every_s: float) -> bool:
        """Look after the children until `until` holds (True) or a signal asks to stop (False).

        Raises: ProcessFails.
        """
        with _signals() as wait:
            while not self.stopping:
                self.look_after()
                if until():
                    return True
                self.stopping = wait(every_s)
        return False

    def look_after(self) -> None:
        """Children that ended are started again, in time. Raises: ProcessFails."""
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.start_again_at:
                    child.start(now=now)
                    self.say(f"{child.name} starts again")
            elif (code := child.process.poll()) is not None:
                self._ended(child, code=code, now=now)

    def stop(self) -> None:
        """Every child has ended: asked first, then made to."""
        alive = [c.process for c in self.children if c.process is not None and c.process.poll() is None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + STOP_GRACE_S
        for process in alive:
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for child in self.children:
            if child.process is not None and child.process.stdin is not None:
                child.process.stdin.close()

    def _ended(self, child: Child, *, code: int, now: float) -> None:
        assert child.process is not None and child.process.stdin is not None
        child.process.stdin.close()
        child.process = None
        if now - child.started_at > STEADY_AFTER_S:
            child.crashes = 0
        child.crashes += 1
        hopeless = code == REFUSED or child.crashes >= CRASHES_ALLOWED
        if hopeless and child.essential:
            raise _fails(child, code=code)
        pause = min(FIRST_PAUSE_S * 2 ** (child.crashes - 1), LONGEST_PAUSE_S)
        if hopeless:
            pause = LONGEST_PAUSE_S
            self.say(f"{child.name} cannot work now; see {child.log}")
        child.start_again_at = now + pause
        self.say(f"{child.name} {_how_it_ended(code)}; starting it again in {pause:g} s")


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """The data folder is this supervisor's alone, until it ends in whatever way.

    Raises: AlreadyUp, FolderUnusable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = (folder / "up.lock").open("a+")
    except OSError as error:
        raise FolderUnusable(
            f"The data folder {folder} cannot be used: {(error.strerror or str(error)).lower()}.",
            remedy="Free space there, correct its rights, or choose another folder (--data).",
        ) from error
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise AlreadyUp(
                f"Perenne is up already on {folder} (process {lock.read().strip() or 'unknown'}).",
                remedy="Use that one, stop it first, or choose another folder (--data).",
            ) from error
        with contextlib.suppress(OSError):  # the lock holds without its note, on a full disk too
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
        yield


@contextlib.contextmanager
def _signals() -> Iterator[Callable[[float], bool]]:
    """Yield a wait that returns early when a child ends, and True when this process should stop."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    asked = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: None) for number in (*asked, signal.SIGCHLD)}
    woken = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def wait(seconds: float) -> bool:
        ready, _, _ = select.select([reader], [], [], seconds)
        numbers = os.read(reader, 512) if ready else b""
        return any(number in asked for number in numbers)

    try:
        yield wait
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def _fails(child: Child, *, code: int) -> ProcessFails:
    times = f" {child.crashes} times" if child.crashes > 1 else ""
    return ProcessFails(
        f"The {child.name} {_how_it_ended(code)}{times}. Its last words:\n{child.last_words()}\n",
        remedy=f"The whole log is in {child.log}; `perenne doctor` checks this machine.",
    )

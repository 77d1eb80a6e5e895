"""The hub of the demonstration: `perenne up` on a folder of its own, kept running whatever happens to it.

Owns the child process, its end with the demonstration's, and its restart after a kill. Refuses the person's
own hub: no PERENNE_ setting of the environment reaches it.
"""

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perenne.kit.errors import PerenneError

if TYPE_CHECKING:
    from perenne.client import Client

HOST = "127.0.0.1"
READY_WITHIN_S = 90.0
LOOK_EVERY_S = 0.1
STARTS_ALLOWED = 30
PATIENCE_S = 240.0


class HubDidNotStart(PerenneError):
    """The demonstration's hub cannot be started."""

    code = "demo-hub-did-not-start"
    title = "The hub of the demonstration did not start"
    status = 503


class TrainerMissing(PerenneError):
    """Nothing on this machine can train a model."""

    code = "demo-trainer-missing"
    title = "The trainer is not installed"
    status = 503


@dataclass
class Household:
    """A running `perenne up`, where it listens, and how often it had to be started."""

    data: Path
    port: int
    starts: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    leaving: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Address of the hub."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What `perenne up` said."""
        return self.data / "up.log"

    def credentials(self) -> dict[str, Any]:
        """Return what the hub wrote for this machine."""
        content: dict[str, Any] = json.loads((self.data / "credentials.json").read_text("utf-8"))
        return content

    def client(self) -> "Client":
        """Return a client that outlasts a restart of the hub."""
        from perenne.client import Client, Transport

        token = str(self.credentials()["token"])
        return Client(
            transport=Transport(self.url, token=token, patience_s=PATIENCE_S, first_patience_s=PATIENCE_S)
        )

    def start(self) -> None:
        """`perenne up` is on its way; its life is tied to this process."""
        command = ["up", "--data", str(self.data), "--port", str(self.port)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PERENNE_")}
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "perenne.cli.lifeline", *command],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.starts += 1

    def wait_until_ready(self) -> None:
        """The hub answers and has written its credentials. Raises: HubDidNotStart with its last words."""
        from perenne.cli.up import is_ready

        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if (self.data / "credentials.json").exists() and is_ready(HOST, self.port):
                return
            if self.process is not None and self.process.poll() == 1:
                break
            time.sleep(LOOK_EVERY_S)
        words = self.log.read_text("utf-8", errors="replace").strip().splitlines()[-8:]
        raise HubDidNotStart(
            "`perenne up` ended or did not answer: " + " / ".join(words),
            remedy=f"The whole log is in {self.log}.",
        )

    def keep_running(self) -> None:
        """Start `perenne up` again whenever it ends, until the household is left."""
        while not self.leaving.wait(0.5):
            if self.process is not None and self.process.poll() is not None and self.starts < STARTS_ALLOWED:
                self.start()

    def stop(self) -> None:
        """Everything has ended."""
        self.leaving.set()
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=20.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


def require_trainer() -> None:
    """Return when a model can be trained here. Raises: TrainerMissing."""
    if importlib.util.find_spec("torch") is None:
        raise TrainerMissing(
            "The demonstration trains two models, and torch is not installed here.",
            remedy="Install the trainer: pip install 'perenne[all]'",
        )


@contextlib.contextmanager
def household(data: Path, *, port: int | None) -> Iterator[Household]:
    """Yield a running hub on `data`; ended at the end."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    house = Household(data, port or free_port())
    house.start()
    watch = threading.Thread(target=house.keep_running, name="household", daemon=True)
    try:
        house.wait_until_ready()
        watch.start()
        yield house
    finally:
        house.leaving.set()
        if watch.ident is not None:
            watch.join(timeout=5.0)
        house.stop()


def free_port(*, wanted: int = 8765) -> int:
    """Return `wanted` if nobody listens there, else a free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((HOST, port))
                return int(probe.getsockname()[1])
    raise HubDidNotStart("No port is free on this machine.", remedy="Close some programs, or give --port.")

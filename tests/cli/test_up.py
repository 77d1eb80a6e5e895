"""`perenne up` as a person meets it: one command, real processes, kill -9, Ctrl+C."""

import json
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from perenne.cli.up import is_ready
from perenne.testing.processes import PATIENCE_S, HeardProcess, wait_for_end

MAX_HUB_RSS_MB = 150


@dataclass
class Up:
    """A running `perenne up` without a trainer."""

    heard: HeardProcess
    folder: Path
    port: int

    def child(self, name: str) -> psutil.Process:
        return next(c for c in psutil.Process(self.heard.process.pid).children() if c.cmdline()[-1] == name)

    def get(self, path: str) -> bytes:
        token = json.loads((self.folder / "credentials.json").read_text())["token"]
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            found: bytes = answer.read()
        return found


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "data"
    command = [sys.executable, "-m", "perenne.cli", "up", "--data", str(folder), "--port", str(port)]
    started = Up(HeardProcess([*command, "--no-trainer"]), folder, port)
    yield started
    started.heard.close()


def test_one_command_brings_everything_up_and_keeps_it_up(up: Up) -> None:
    up.heard.hear("Perenne is up")
    password = up.heard.hear("password").split()[-1]
    kept = json.loads((up.folder / "credentials.json").read_text())
    assert kept["password"] == password
    assert (up.folder / "credentials.json").stat().st_mode & 0o077 == 0
    assert up.child("hub").memory_info().rss / 1e6 <= MAX_HUB_RSS_MB
    assert "items" in json.loads(up.get("/api/v1/sites"))

    for name in ("hub", "worker"):
        up.child(name).kill()
        up.heard.hear(f"{name} starts again")
    _ask_until_it_answers(up)

    children = [up.child("hub"), up.child("worker")]
    up.heard.process.send_signal(signal.SIGINT)
    up.heard.hear("Everything has stopped")
    assert up.heard.process.wait(timeout=PATIENCE_S) == 0
    assert not any(c.is_running() and c.status() != psutil.STATUS_ZOMBIE for c in children)


def test_kill_9_of_the_supervisor_leaves_no_process(up: Up) -> None:
    up.heard.hear("Perenne is up")
    children = [up.child(name).pid for name in ("hub", "worker")]
    up.heard.process.kill()
    assert all(wait_for_end(child) for child in children), "a process outlived perenne up"


def _ask_until_it_answers(up: Up) -> None:

    for _ in range(int(PATIENCE_S / 0.1)):
        if is_ready("127.0.0.1", up.port):
            return
        threading.Event().wait(0.1)
    raise AssertionError("the hub did not come back")

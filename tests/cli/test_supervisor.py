"""Processes are kept running, given up with their last words, and never left behind."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from perenne.cli import lifeline
from perenne.cli import supervisor as supervisor_module
from perenne.cli import up as up_module
from perenne.cli.demo.household import free_port
from perenne.cli.supervisor import AlreadyUp, Child, FolderUnusable, ProcessFails, Supervisor, lock_folder
from perenne.cli.up import PortTaken, is_ready, refuse_taken_port
from perenne.testing.processes import HeardProcess, wait_for_end


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def watch(said: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(supervisor_module, "FIRST_PAUSE_S", 0.0)
    made = Supervisor(say=said.append)
    yield made
    made.stop()


def child(folder: Path, *command: str, essential: bool = True) -> Child:
    return Child("hub", list(command), {}, folder / "logs" / "hub.log", essential=essential)


def test_an_essential_process_that_keeps_falling_over_ends_with_its_last_words(
    watch: Supervisor, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "CRASHES_ALLOWED", 2)
    watch.add(child(tmp_path, "no-such-command"))
    with pytest.raises(ProcessFails, match="no-such-command") as caught:
        watch.run(until=lambda: False, every_s=5.0)
    assert "2 times" in str(caught.value) and str(tmp_path) in str(caught.value)
    assert len([line for line in said if "starts again" in line]) == 1


def test_an_explained_refusal_is_not_tried_again(watch: Supervisor, said: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    port = str(free_port(wanted=0))
    refusing = child(tmp_path, "hub", "--data", str(tmp_path / "file" / "data"), "--port", port)
    watch.add(refusing)
    with pytest.raises(ProcessFails, match="cannot be used"):
        watch.run(until=lambda: False, every_s=5.0)
    assert said == []


def test_a_process_that_is_not_essential_is_paused_not_given_up(
    watch: Supervisor, said: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    data = str(tmp_path / "file" / "data")
    watch.add(child(tmp_path, "worker", "--data", data, essential=False))
    watch.run(until=lambda: bool(said), every_s=5.0)
    assert "cannot work now" in said[0] and "in 30 s" in said[1]


def test_a_data_folder_has_one_supervisor_until_that_one_is_gone(tmp_path: Path) -> None:
    with lock_folder(tmp_path), pytest.raises(AlreadyUp, match=str(os.getpid())), lock_folder(tmp_path):
        pass
    with lock_folder(tmp_path):
        pass


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusable, match="file"), lock_folder(tmp_path / "file" / "data"):
        pass


def test_what_keeps_a_hub_from_working_is_said(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up_module, "SAY_WHY_AFTER_S", -1.0)
    answers = iter(["", "503 disk: only 2 MB free", "503 disk: only 2 MB free", "200 ready"])
    monkeypatch.setattr(up_module, "ask_readiness", lambda host, port: next(answers))
    ready = up_module.Readiness(Supervisor(say=said.append), "127.0.0.1", 1)
    assert [ready() for _ in range(4)] == [False, False, False, True]
    assert [line.partition(": ")[2] for line in said] == [
        "it does not answer yet",
        "disk: only 2 MB free",
    ]


def test_a_taken_port_is_told_with_the_next_one() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"--port {port + 1}"):
            refuse_taken_port("127.0.0.1", port)
    refuse_taken_port("127.0.0.1", port)
    assert not is_ready("127.0.0.1", port)


def test_a_process_ends_when_the_one_that_started_it_was_killed(tmp_path: Path) -> None:
    """The parent is killed without a chance to say so; the child notices by itself."""
    parent = HeardProcess([sys.executable, "-c", PARENT, str(tmp_path)])
    child_id = int(parent.hear(str.isdigit))
    parent.close()
    assert wait_for_end(child_id), "the process outlived its parent"


PARENT = """
import sys, threading
from pathlib import Path
from perenne.cli.supervisor import Child
folder = Path(sys.argv[1])
child = Child("worker", ["worker", "--data", str(folder)], {}, folder / "logs" / "worker.log")
child.start(now=0.0)
print(child.process.pid, flush=True)
threading.Event().wait()
"""


def test_a_signal_ends_the_watch_and_stop_ends_the_children(watch: Supervisor, tmp_path: Path) -> None:
    watch.add(child(tmp_path, "worker", "--data", str(tmp_path)))
    asked: list[bool] = []

    def ask_once() -> bool:
        if not asked:
            asked.append(True)
            os.kill(os.getpid(), signal.SIGTERM)
        return False

    assert watch.run(until=ask_once, every_s=30.0) is False
    watch.stop()
    assert all(c.process is not None and c.process.poll() is not None for c in watch.children)


def test_worker_and_trainer_leave_processors_to_the_hub(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[int] = []
    monkeypatch.setattr(os, "nice", told.append)
    monkeypatch.setattr(lifeline, "AUTOGROUP", tmp_path / "autogroup")
    lifeline.stand_back("hub")
    assert told == [] and not (tmp_path / "autogroup").exists()
    lifeline.stand_back("worker")
    lifeline.stand_back("trainer")
    assert told == [5, 10] and (tmp_path / "autogroup").read_text() == "10"

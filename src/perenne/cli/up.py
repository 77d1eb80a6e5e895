"""`perenne up`: hub, worker and trainer of one machine, kept running by one small process.

Owns what is started with which settings, and the few lines that the person sees. Refuses to start beside
another `perenne up` on the same data, or where the port is taken.
"""

import importlib.util
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from perenne.cli.supervisor import Child, Supervisor, lock_folder
from perenne.kit.errors import PerenneError

LOOK_EVERY_S = 0.05
IDLE_LOOK_EVERY_S = 2.0
SAY_WHY_AFTER_S = 10.0


class PortTaken(PerenneError):
    """Another program listens on the port that the hub should take."""

    code = "port-in-use"
    title = "The port is in use"
    status = 503


def up(
    data: Annotated[
        Path | None, typer.Option(help="Data folder (default: PERENNE_DATA or ~/.perenne).")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.", envvar="PERENNE_HOST")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on.", envvar="PERENNE_PORT", min=1, max=65535)
    ] = 8765,
    trainer: Annotated[bool, typer.Option(help="Start a trainer too, if it is installed.")] = True,
    worker: Annotated[bool, typer.Option(help="Start a job worker too.")] = True,
) -> None:
    """Start everything on this machine: hub, worker, trainer. Ctrl+C stops it."""
    from perenne.cli.connection import where

    folder = (data or where().data or Path("~/.perenne")).expanduser().absolute()
    started = time.monotonic()
    with lock_folder(folder):
        refuse_taken_port(host, port)
        first_start = not (folder / "credentials.json").exists()
        supervisor = Supervisor(say=lambda line: _say("yellow", "!", line))
        environment = {"PERENNE_DATA": str(folder), "PERENNE_HOST": host, "PERENNE_PORT": str(port)}
        try:
            supervisor.add(Child("hub", ["hub"], environment, folder / "logs" / "hub.log"))
            if worker:
                log = folder / "logs" / "worker.log"
                supervisor.add(Child("worker", ["worker"], environment, log, essential=False))
            if supervisor.run(until=Readiness(supervisor, host, port), every_s=LOOK_EVERY_S):
                credentials = json.loads((folder / "credentials.json").read_text(encoding="utf-8"))
                if trainer and importlib.util.find_spec("torch") is not None:
                    supervisor.add(_trainer(folder, host=host, port=port, token=credentials["trainer_token"]))
                _greet(folder, supervisor, host, port, time.monotonic() - started)
                _tell_way_in(credentials, host, port)
                if first_start:
                    _tell_accounts(credentials, folder)
                supervisor.run(until=lambda: False, every_s=IDLE_LOOK_EVERY_S)
        finally:
            supervisor.stop()
    _say("dim", "·", "Everything has stopped.")


def refuse_taken_port(host: str, port: int) -> None:
    """Return when the hub can listen there. Raises: PortTaken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"Perenne cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}.",
                remedy=f"If a hub of yours is there, use it; else choose another port (--port {port + 1}).",
            ) from error


def is_ready(host: str, port: int) -> bool:
    """Say whether the hub answers that it can work."""
    return ask_readiness(host, port).startswith("200 ")


def ask_readiness(host: str, port: int) -> str:
    """Return status and body of the hub's answer to whether it can work; empty when it does not answer."""
    try:
        with socket.create_connection((_reachable(host), port), timeout=2.0) as connection:
            connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = b""
            while part := connection.recv(4096):
                answer += part
    except OSError:
        return ""
    head, _, body = answer.decode(errors="replace").partition("\r\n\r\n")
    return f"{head.partition(' ')[2][:4]}{body}"


class Readiness:
    """Asks until the hub can work; says what keeps it from it, when that takes long."""

    def __init__(self, supervisor: Supervisor, host: str, port: int) -> None:
        self._supervisor = supervisor
        self._where = (host, port)
        self._patience_ends = time.monotonic() + SAY_WHY_AFTER_S
        self._said = ""

    def __call__(self) -> bool:
        answer = ask_readiness(*self._where)
        why = answer[4:].strip() or "it does not answer yet"
        waiting = not answer.startswith("200 ") and time.monotonic() > self._patience_ends
        if waiting and why != self._said:
            self._said = why
            self._supervisor.say(f"still waiting for the hub: {why}")
        return answer.startswith("200 ")


def _trainer(folder: Path, *, host: str, port: int, token: str) -> Child:
    environment = {
        "PERENNE_DATA": str(folder),
        "PERENNE_URL": f"http://{_reachable(host)}:{port}",
        "PERENNE_TOKEN": token,  # in the environment: arguments are visible to everyone on the machine
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    command = ["trainer", "--workdir", str(folder / "trainer")]
    return Child("trainer", command, environment, folder / "logs" / "trainer.log", essential=False)


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _greet(folder: Path, supervisor: Supervisor, host: str, port: int, seconds: float) -> None:
    names = ", ".join(child.name for child in supervisor.children)
    _say("green", "✓", f"Perenne is up after {seconds:.1f} s: {names}")
    _say("bold", " ", f"http://{_reachable(host)}:{port}", "(API documentation: /docs)")
    _say("dim", " ", f"data and logs: {folder}; Ctrl+C stops everything")


def _tell_way_in(credentials: dict[str, Any], host: str, port: int) -> None:
    from perenne.cli.browser import invitation_url

    url = f"http://{_reachable(host)}:{port}"
    link = invitation_url(url, email=credentials["email"], password=credentials["password"])
    if link is not None:
        _say("dim", " ", "this link signs a browser in, once, within ten minutes:")
        _say("dim", " ", link)


def _tell_accounts(credentials: dict[str, Any], folder: Path) -> None:
    _say("bold", " ", f"account {credentials['email']}, password {credentials['password']}")
    _say("dim", " ", f"kept, with the tokens, in {folder / 'credentials.json'} (readable by you only)")


STYLES = {"green": "32", "yellow": "33", "bold": "1", "dim": "2"}


def _say(style: str, mark: str, *words: str) -> None:
    line = " ".join((mark, *words))
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        line = f"\x1b[{STYLES[style]}m{line}\x1b[0m"
    try:
        print(line, flush=True)
    except UnicodeEncodeError:
        print(line.encode("ascii", "replace").decode(), flush=True)

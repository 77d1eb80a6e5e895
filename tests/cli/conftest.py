"""The command line against a hub in process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import structlog

from perenne.cli.connection import talking_through
from perenne.cli.main import main
from perenne.testing.hubs import HubInProcess, hub_in_process

Say = Callable[..., "Said"]


class Said:
    """Exit code and text of one command."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubInProcess]:
    """Yield a fresh hub with two organisations."""
    with hub_in_process(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def perenne(
    hub: HubInProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Say]:
    """Return a function that runs one command as an administrator and gives what it said."""
    http = cast(Any, hub.client("org-admin"))
    monkeypatch.setenv("PERENNE_TOKEN", http.headers["authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("PERENNE_URL", "http://testserver")
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*words: str | Path, fails: bool = False) -> Said:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        assert (code != 0) == fails, f"exit {code}: {captured.out}{captured.err}"
        return Said(code, captured.out, captured.err)

    with talking_through(http), structlog.testing.capture_logs():
        yield run

"""One browser and one hub of real processes for all browser tests; each test has windows of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from perenne.cli.demo.household import Household, free_port, household
from perenne.testing.browsing import MISSING, Visitor, chromium, find_chromium, visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WEB = Path(__file__).parents[2] / "web"


@dataclass(frozen=True)
class House:
    """A running hub with worker and trainer, and the account of its administrator."""

    household: Household
    email: str
    password: str

    @property
    def url(self) -> str:
        return self.household.url


@pytest.fixture
def browser() -> Iterator["Browser"]:
    """A browser for one test: Playwright's event loop must not outlive it in this process."""
    if find_chromium() is None:
        pytest.fail(MISSING)
    with chromium() as running:
        yield running


def _house(folder: Path, stack: ExitStack) -> House:
    house = stack.enter_context(household(folder, port=free_port(wanted=0)))
    account = json.loads((folder / "credentials.json").read_text())
    return House(house, account["email"], account["password"])


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An empty hub that tests fill."""
    with ExitStack() as stack:
        yield _house(tmp_path_factory.mktemp("house"), stack)


@pytest.fixture(scope="session")
def plenty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A hub with something in every room; tests only read."""
    folder = tmp_path_factory.mktemp("plenty")
    amounts = ["--sites", "6", "--versions", "5", "--images", "1500", "--truths", "300", "--whole", "40"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PERENNE_")}
    made = subprocess.run(
        [sys.executable, "-m", "perenne.testing.plenty", "--data", str(folder), *amounts],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    with ExitStack() as stack:
        yield _house(folder, stack)


Opens = Callable[..., Visitor]


@pytest.fixture
def opens(browser: "Browser") -> Iterator[Opens]:
    """Return a way to open a window at a hub; at the end no page has erred or asked another host."""
    with ExitStack() as stack:
        opened: list[Visitor] = []

        def open_window(at: House, *, signed_in: bool = True, **options: Any) -> Visitor:
            it = stack.enter_context(visitor(browser, at.url, **options))
            opened.append(it)
            if signed_in:
                it.sign_in(at.email, at.password)
            return it

        yield open_window
        for it in opened:
            assert not it.strangers, f"asked other hosts: {it.strangers}"
            assert not it.noticed, "\n".join(it.noticed)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which looks for what keeps people out."""
    path = WEB / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        pytest.fail("axe-core is missing: `python3 dev.py test` installs it (npm ci in web/).")
    return path.read_text(encoding="utf-8")

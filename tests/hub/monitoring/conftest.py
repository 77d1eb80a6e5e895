"""A hub whose images are rows: what a watch sees, decided by the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from perenne.hub.monitoring.jobs import tick_all
from perenne.testing.hubs import HubInProcess, hub_in_process
from perenne.testing.watched import WatchedHub

FIRST = 300
"""Images of the first reference in these tests."""


def watch(hub: WatchedHub) -> int:
    """Let the worker's tick happen."""
    return tick_all(hub.house.hub)


def forget(house: HubInProcess) -> None:
    """Leave nothing of the watch in memory, as a worker does that was killed."""
    house.hub.shared.pop("monitoring.watchers", None)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[WatchedHub]:
    with hub_in_process(tmp_path, watch_first_reference=FIRST) as house:
        yield WatchedHub(house)

"""A hub in process, spoken to by the SDK through the same transport as everywhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from perenne.client import Client, Transport
from perenne.testing.hubs import HubInProcess, hub_in_process


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubInProcess]:
    """Yield a fresh hub with two organisations."""
    with hub_in_process(tmp_path / "hub") as running:
        yield running


def connect_as(hub: HubInProcess, role: str = "org-admin", **options: Any) -> Client:
    """Return the SDK's client, signed in as `role`."""
    http = cast(Any, hub.client(role, **options))
    token = str(http.headers["authorization"]).removeprefix("Bearer ")
    return Client(transport=Transport("http://testserver", token=token, http=http))


@pytest.fixture
def client(hub: HubInProcess) -> Client:
    """Return the SDK's client of an administrator."""
    return connect_as(hub)

"""What holds for every test: no network, no trace of the person's own settings, nothing random unseeded."""

import ipaddress
import os
import socket
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from perenne.kit.hashing import sha256_hex
from perenne.testing.postgres import PostgresServer, postgres_binaries, postgres_server

# Shared cores make single examples slow; how long they take is a benchmark's question, not a test's.
settings.register_profile(
    "perenne", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("perenne")

for _name in [name for name in os.environ if name.startswith("PERENNE_") or name in ("COLUMNS", "LINES")]:
    del os.environ[_name]
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # idle OpenMP threads must not spin beside the other test process
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the command line sets it
os.environ["HF_HUB_OFFLINE"] = "1"


class OutsideNetwork(AssertionError):
    """A test tried to reach another machine."""


@pytest.fixture(autouse=True, scope="session")
def _no_outside_network() -> Iterator[None]:
    """Let sockets connect to this machine only."""
    connect = socket.socket.connect

    def connect_to_this_machine(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_this_machine(str(address[0])):
            raise OutsideNetwork(f"A test connects to {address[0]}. Tests run without a network: use a fake.")
        connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", connect_to_this_machine)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a test writes by default away from the person's own data."""
    monkeypatch.setenv("PERENNE_DATA", str(tmp_path_factory.getbasetemp() / "data"))


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A throw-away PostgreSQL server; the test is skipped where its binaries are not installed."""
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed here")
    with postgres_server(binaries) as server:
        yield server


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The address of an S3 server on this machine."""
    server_module = pytest.importorskip("moto.server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The store address of a fresh bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    name = f"b{sha256_hex(request.node.nodeid.encode())[:20]}"
    urllib.request.urlopen(urllib.request.Request(f"{s3_endpoint}/{name}", method="PUT")).close()
    return f"s3://{name}/some/prefix?endpoint={s3_endpoint}&region=us-east-1"

"""Serves one hub until it is told to stop.

Owns the order of a start: address, database shape, store, first accounts, requests. Refuses to start half:
whatever cannot work is said before the first request.
"""

import errno
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI

from perenne.hub.accounts import bootstrap
from perenne.hub.app.factory import create_app, open_hub
from perenne.hub.infra.installation import settle_store
from perenne.hub.infra.logs import configure_logs
from perenne.hub.infra.migrations import migrate
from perenne.hub.infra.services import Hub
from perenne.hub.settings import Settings
from perenne.kit.errors import PerenneError

if TYPE_CHECKING:
    from uvicorn import Server

CREDENTIALS = "credentials.json"
GRACE_S = 5


class PortInUse(PerenneError):
    """Another program listens on the hub's address already."""

    code = "port-in-use"
    title = "The port is in use"
    status = 503


class AddressUnusable(PerenneError):
    """The hub cannot listen on the address it was given."""

    code = "address-unusable"
    title = "The hub cannot listen there"
    status = 503


def serve_hub(settings: Settings) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those under way.

    Raises: PortInUse, AddressUnusable, SchemaTooNew, StoreMismatch and other PerenneErrors before it serves.
    """
    import uvicorn

    configure_logs(settings.log_level)
    with listen(settings.host, settings.port) as listening:
        hub = open_hub(settings)
        prepare_hub(hub)
        app = create_app(hub)
        config = uvicorn.Config(
            app,
            http="httptools",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        end_streams_at_exit(uvicorn.Server(config), app).run(sockets=[listening])
        hub.database.dispose()


def end_streams_at_exit(server: "Server", app: FastAPI) -> "Server":
    """Return the server, which on its way out ends the streams that would hold it up."""
    shutdown = server.shutdown

    async def end_and_shutdown(sockets: list[socket.socket] | None = None) -> None:
        app.state.live.close()
        await shutdown(sockets)

    setattr(server, "shutdown", end_and_shutdown)  # noqa: B010
    return server


def prepare_hub(hub: Hub) -> None:
    """Database and store have the shape of this version and know each other; there is somebody to sign in.

    Raises: SchemaTooNew, StoreMismatch.
    """
    migrate(hub.database)
    settle_store(hub.database, hub.blobs)

    def keep(told: dict[str, str]) -> None:
        url = f"http://{hub.settings.host}:{hub.settings.port}"
        write_credentials(hub.settings.data / CREDENTIALS, {"url": url, **told})

    bootstrap(hub.database, now=hub.clock.now(), keep=keep)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises: PortInUse, AddressUnusable."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and an answer waits 40 ms for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(512)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(
                f"Another program listens on {host}:{port} already.",
                remedy=f"If it is a hub of yours, use it; else choose another port (--port {port + 1}).",
            ) from error
        raise AddressUnusable(
            f"The hub cannot listen on {host}:{port}: {error.strerror or error}.",
            remedy="Choose an address of this machine (--host 127.0.0.1), a port above 1023 (--port 8765).",
        ) from error
    return listening


def write_credentials(path: Path, values: dict[str, str]) -> None:
    """The file holds `values` whole, readable by its owner only, also after a power cut."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(values, stream, indent=2)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)

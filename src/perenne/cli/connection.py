"""Which hub this invocation talks to: what the global options said, and the client made from it.

Owns nothing else. Refuses to guess: the order of precedence is the SDK's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from perenne.client import Client


@dataclass(frozen=True)
class Where:
    """What the global options said. `http` is an open connection to use instead of a new one."""

    url: str | None = None
    token: str | None = None
    data: Path | None = None
    http: "httpx.Client | None" = None


NOWHERE = Where()
_where: ContextVar[Where] = ContextVar("where", default=NOWHERE)


def remember(where: Where) -> None:
    """Keep the global options for the command that follows; an open connection stays."""
    before = _where.get()
    _where.set(where if where.http is not None else Where(where.url, where.token, where.data, before.http))


@contextmanager
def talking_through(http: "httpx.Client") -> Iterator[None]:
    """Make every command inside talk through an open connection."""
    token = _where.set(Where(http=http))
    try:
        yield
    finally:
        _where.reset(token)


def where() -> Where:
    """Return what the global options said."""
    return _where.get()


def connect() -> "Client":
    """Return a client of the hub that the global options, the environment or the kept login name."""
    from perenne.client import Client

    given = _where.get()
    return Client(given.url, given.token, data=given.data, http=given.http)

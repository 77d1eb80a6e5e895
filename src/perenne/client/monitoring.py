"""How the images of a hub are watched: gates of stations, contexts, incidents.

Owns the room `client.monitoring`. Refuses to watch by itself: it asks the hub.
"""

from perenne.client.gates import GateCalls
from perenne.client.transport import Transport


class Monitoring(GateCalls):
    """Calls about watching."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

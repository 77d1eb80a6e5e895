"""The quality gates of stations: how they stand, and calibrating one.

Owns the calls; `client.monitoring` offers them. Refuses to calibrate without a reason.
"""

from collections.abc import Callable
from datetime import datetime

from perenne.client.jobs import Jobs
from perenne.client.transport import Transport
from perenne.wire.gates import GateAsked, GateRequest, StationGate
from perenne.wire.jobs import Job


class GateCalls:
    """Calls about quality gates. Names are slugs or ids."""

    _transport: Transport

    def gate(self, site: str, station: str) -> StationGate:
        """Return how a station's gate stands: its calibration, its promise, what it did lately."""
        return self._transport.get(f"/sites/{site}/stations/{station}/gate", StationGate)

    def calibrate_gate(
        self,
        site: str,
        station: str,
        *,
        reason: str,
        since: datetime | None = None,
        until: datetime | None = None,
        include_refused: bool = False,
        wait: bool = True,
        progress: Callable[[Job], None] | None = None,
        timeout_s: float | None = None,
    ) -> StationGate:
        """Return the gate once it has learnt from the station's images of that span of time.

        `include_refused` learns from what the present gate refuses too, for a line changed on purpose. With
        `wait=False` the gate is returned while its job is at work. Raises: HubError.
        """
        request = GateRequest(reason=reason, since=since, until=until, include_refused=include_refused)
        path = f"/sites/{site}/stations/{station}/gate"
        asked = self._transport.post(path, GateAsked, body=request)
        if wait:
            Jobs(self._transport).wait(asked.job_id, progress=progress, timeout_s=timeout_s)
        return self.gate(site, station)

"""Deployments: which model version answers at which site or station.

Owns the calls. Refuses a change without a reason.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from perenne.client.transport import Transport
from perenne.wire.base import Listing
from perenne.wire.deployments import Deployment, DeploymentRequest, UndoRequest


class Deployments:
    """Calls about deployments."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **filters: Any) -> Iterator[Deployment]:
        """Yield deployments, newest first."""
        for page in self._transport.pages("/deployments", Listing[Deployment], **filters):
            yield from page.items

    def history(self, site: str, **filters: Any) -> Iterator[Deployment]:
        """Yield what answered at a site, newest first."""
        for page in self._transport.pages(f"/sites/{site}/deployments", Listing[Deployment], **filters):
            yield from page.items

    def set(
        self,
        site: str,
        model_version: str,
        *,
        reason: str,
        station: str | None = None,
        thresholds: Mapping[str, float] | None = None,
        key: str | None = None,
    ) -> Deployment:
        """Make a model version answer at a site or station. With a `key`, asking again changes nothing."""
        body = DeploymentRequest(
            model_version=model_version, station=station, thresholds=dict(thresholds or {}), reason=reason
        )
        headers = {"idempotency-key": key} if key else None
        return self._transport.post(f"/sites/{site}/deployments", Deployment, body=body, headers=headers)

    def undo(self, site: str, *, reason: str, station: str | None = None) -> Deployment:
        """Let the version before answer again."""
        body = UndoRequest(station=station, reason=reason)
        return self._transport.post(f"/sites/{site}/deployments/undo", Deployment, body=body)

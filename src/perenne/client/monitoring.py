"""Watching: how every stream stands, what alarmed and why, and the acts of people on it.

Owns the calls. Refuses a closed incident or a new reference without a reason.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from perenne.client.gates import GateCalls
from perenne.client.transport import Transport
from perenne.wire.base import Listing
from perenne.wire.monitoring import (
    ContextHistory,
    GoldenPart,
    GoldenPartNew,
    ImageWatch,
    Incident,
    IncidentAct,
    IncidentAssignment,
    IncidentClosing,
    IncidentState,
    IncidentSummary,
    ProbeResult,
    ReferenceRequest,
    ReferenceState,
    SiteWatch,
    WatchContext,
    WindowComparison,
)


class Monitoring(GateCalls):
    """Calls about watching."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def sites(self) -> list[SiteWatch]:
        """Return how the watching of every site stands, the worst first."""
        return self._transport.get("/monitoring/sites", Listing[SiteWatch]).items

    def contexts(self, site: str) -> list[WatchContext]:
        """Return what is watched at a site, the worst first."""
        return self._transport.get(f"/sites/{site}/monitoring", Listing[WatchContext]).items

    def history(
        self, context: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> ContextHistory:
        """Return a context over time, by default the last four weeks."""
        params = {"since": since and since.isoformat(), "until": until and until.isoformat()}
        given = {name: value for name, value in params.items() if value is not None}
        return self._transport.get(f"/monitoring/contexts/{context}/history", ContextHistory, params=given)

    def window(
        self,
        context: str,
        *,
        since: datetime,
        until: datetime | None = None,
        against: tuple[datetime, datetime] | None = None,
    ) -> WindowComparison:
        """Return how the images since then differ from the reference, or from the span `against`."""
        params = {"since": since.isoformat()}
        if until is not None:
            params["until"] = until.isoformat()
        if against is not None:
            params |= {"against_since": against[0].isoformat(), "against_until": against[1].isoformat()}
        return self._transport.get(f"/monitoring/contexts/{context}/window", WindowComparison, params=params)

    def references(self, context: str) -> list[ReferenceState]:
        """Return every reference of a context, newest first."""
        path = f"/monitoring/contexts/{context}/references"
        return self._transport.get(path, Listing[ReferenceState]).items

    def set_reference(
        self,
        context: str,
        *,
        reason: str,
        since: datetime | None = None,
        until: datetime | None = None,
        at: datetime | None = None,
    ) -> ReferenceState:
        """Hold a context against the images of a span of time, from now or `at` on; a logged act."""
        body = ReferenceRequest(since=since, until=until, reason=reason, at=at)
        return self._transport.post(f"/monitoring/contexts/{context}/reference", ReferenceState, body=body)

    def incidents(
        self, *, state: IncidentState | None = None, site: str | None = None
    ) -> Iterator[IncidentSummary]:
        """Yield incidents, newest first."""
        for page in self._transport.pages("/incidents", Listing[IncidentSummary], state=state, site=site):
            yield from page.items

    def incident(self, incident: str) -> Incident:
        """Return an incident with its alarms, cause, probes and history, by id or number."""
        return self._transport.get(f"/incidents/{self._id_of(incident)}", Incident)

    def acknowledge(self, incident: str, *, note: str = "") -> Incident:
        """Say that somebody looks after it."""
        return self._act(incident, "acknowledge", IncidentAct(note=note))

    def assign(self, incident: str, assignee: str, *, note: str = "") -> Incident:
        """Make a person (e-mail) responsible."""
        return self._act(incident, "assign", IncidentAssignment(assignee=assignee, note=note))

    def close(self, incident: str, *, reason: str, confirmed_cause: str | None = None) -> Incident:
        """Close it; the evidence of its contexts begins anew."""
        return self._act(incident, "close", IncidentClosing(reason=reason, confirmed_cause=confirmed_cause))

    def reopen(self, incident: str, *, note: str = "") -> Incident:
        """Open a closed one again."""
        return self._act(incident, "reopen", IncidentAct(note=note))

    def probe(self, incident: str, kind: Literal["replay", "golden"]) -> ProbeResult:
        """Ask for a probe; its result stands in the incident once the worker has run it."""
        return self._transport.post(f"/incidents/{self._id_of(incident)}/probes/{kind}", ProbeResult)

    def image(self, image: str) -> ImageWatch:
        """Return all that was measured of an image, beside its reference."""
        return self._transport.get(f"/images/{image}/watch", ImageWatch)

    def golden_part(self, site: str, station: str) -> GoldenPart:
        """Return the known part of a station."""
        return self._transport.get(f"/sites/{site}/stations/{station}/golden-part", GoldenPart)

    def golden_parts(self, site: str) -> list[GoldenPart]:
        """Return the known parts of a site's stations, each with its newest picture."""
        return self._transport.get(f"/sites/{site}/golden-parts", Listing[GoldenPart]).items

    def set_golden_part(self, site: str, station: str, part_id: str, *, name: str = "") -> GoldenPart:
        """Register the known part of a station, or replace it."""
        path = f"/sites/{site}/stations/{station}/golden-part"
        body = GoldenPartNew(part_id=part_id, name=name).model_dump()
        return self._transport.read(self._transport.request("PUT", path, json=body), GoldenPart)

    def remove_golden_part(self, site: str, station: str) -> None:
        """Remove the known part of a station; its pictures so far stay out of what is watched."""
        self._transport.request("DELETE", f"/sites/{site}/stations/{station}/golden-part")

    def _act(
        self, incident: str, act: str, body: IncidentAct | IncidentAssignment | IncidentClosing
    ) -> Incident:
        return self._transport.post(f"/incidents/{self._id_of(incident)}/{act}", Incident, body=body)

    def _id_of(self, incident: str) -> str:
        """Return the id of an incident given by id or number."""
        number = incident.removeprefix("#")
        if not number.isdigit():
            return incident
        found = (one.id for one in self.incidents() if one.number == int(number))
        return next(found, incident)

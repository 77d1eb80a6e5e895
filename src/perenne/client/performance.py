"""Performance: how good the answers at a site really are, from truth, from few labels, or without any.

Owns the calls. Refuses nothing: what may be shown and what not, the hub has decided.
"""

from perenne.client.transport import Transport
from perenne.wire.base import Listing
from perenne.wire.performance import (
    Certificate,
    ClaimMetric,
    ClaimNew,
    Estimate,
    LabelStream,
    Reliability,
    SitePerformance,
    SiteStanding,
    SliceReport,
)


class Performance:
    """Calls about performance."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def sites(self) -> list[SiteStanding]:
        """Return whether each site is shown to be good enough, the worst first."""
        return self._transport.get("/performance/sites", Listing[SiteStanding]).items

    def site(
        self, site: str, *, stream: LabelStream | None = None, model: str | None = None
    ) -> SitePerformance:
        """Return what labels say of a site by week, version and stream, oldest first."""
        given = {"stream": stream, "model": model}
        query = {name: value for name, value in given.items() if value is not None}
        return self._transport.get(f"/sites/{site}/performance", SitePerformance, params=query)

    def claims(self, site: str) -> list[Certificate]:
        """Return a site's claims and where they stand, the worst first."""
        return self._transport.get(f"/sites/{site}/claims", Listing[Certificate]).items

    def claim(self, claim: str) -> Certificate:
        """Return one claim, with its path from the first label on."""
        return self._transport.get(f"/claims/{claim}", Certificate)

    def certify(self, site: str, asked: ClaimNew) -> Certificate:
        """Ask that a metric be certified at a site; return where that stands."""
        return self._transport.post(f"/sites/{site}/claims", Certificate, body=asked)

    def withdraw(self, claim: str) -> None:
        """The claim is asked no more."""
        self._transport.request("DELETE", f"/claims/{claim}")

    def estimates(
        self, site: str, *, model: str | None = None, metric: ClaimMetric | None = None
    ) -> list[Estimate]:
        """Return what was estimated without labels, the newest week first, beside its past errors."""
        given = {"model": model, "metric": metric}
        query = {name: value for name, value in given.items() if value is not None}
        return self._transport.get(f"/sites/{site}/estimates", Listing[Estimate], params=query).items

    def calibration(self, site: str, *, model: str | None = None) -> list[Reliability]:
        """Return for every class how far scores can be taken at their word at a site."""
        query = {} if model is None else {"model": model}
        return self._transport.get(f"/sites/{site}/calibration", Listing[Reliability], params=query).items

    def slices(self, model: str, *, site: str | None = None) -> SliceReport:
        """Return where a model version loses its performance, and the worst images."""
        query = {} if site is None else {"site": site}
        return self._transport.get(f"/models/{model}/slices", SliceReport, params=query)

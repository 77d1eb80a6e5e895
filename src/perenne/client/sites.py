"""Sites, lines, stations and products of the hub.

Owns the calls. Refuses to fail because something exists already when the caller asked that it be there.
"""

import builtins
from collections.abc import Iterator

from perenne.client.presence import found_or_made, named
from perenne.client.transport import Transport
from perenne.wire.base import Listing
from perenne.wire.deployments import StationLive
from perenne.wire.sites import (
    Line,
    LineNew,
    Product,
    ProductNew,
    Site,
    SiteMeasure,
    SiteNew,
    SiteOverview,
    Station,
    StationNew,
    StationReference,
)


class Sites:
    """Calls about sites and what stands in them. Names are slugs or ids."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[Site]:
        """Yield every visible site."""
        for page in self._transport.pages("/sites", Listing[Site]):
            yield from page.items

    def get(self, site: str) -> Site:
        """Return one site."""
        return self._transport.get(f"/sites/{site}", Site)

    def add(self, slug: str, *, name: str | None = None, time_zone: str = "UTC") -> Site:
        """Create a site."""
        return self._transport.post(
            "/sites", Site, body=SiteNew(slug=slug, name=name or slug, time_zone=time_zone)
        )

    def ensure(self, slug: str, *, name: str | None = None, time_zone: str = "UTC") -> Site:
        """Return the site called `slug`, created when it was missing."""
        return found_or_made(lambda: self.get(slug), lambda: self.add(slug, name=name, time_zone=time_zone))

    def overview(self) -> builtins.list[SiteOverview]:
        """Return how each site does, the worst first."""
        return self._transport.get("/sites/overview", Listing[SiteOverview]).items

    def history(self, site: str) -> builtins.list[SiteMeasure]:
        """Return what every evaluation found at a site, in time order."""
        return self._transport.get(f"/sites/{site}/history", Listing[SiteMeasure]).items

    def live(self, site: str, station: str) -> StationLive:
        """Return what happens at a station now."""
        return self._transport.get(f"/sites/{site}/stations/{station}/live", StationLive)

    def lines(self, site: str) -> Iterator[Line]:
        """Yield the lines of a site."""
        for page in self._transport.pages(f"/sites/{site}/lines", Listing[Line]):
            yield from page.items

    def add_line(self, site: str, slug: str, *, name: str | None = None) -> Line:
        """Create a line at a site."""
        return self._transport.post(f"/sites/{site}/lines", Line, body=LineNew(slug=slug, name=name or slug))

    def ensure_line(self, site: str, slug: str, *, name: str | None = None) -> Line:
        """Return the line called `slug`, created when it was missing."""
        return found_or_made(
            lambda: named(self.lines(site), slug), lambda: self.add_line(site, slug, name=name)
        )

    def stations(self, site: str) -> Iterator[Station]:
        """Yield the stations of a site."""
        for page in self._transport.pages(f"/sites/{site}/stations", Listing[Station]):
            yield from page.items

    def add_station(
        self, site: str, slug: str, *, name: str | None = None, line: str | None = None
    ) -> Station:
        """Create a station at a site."""
        body = StationNew(slug=slug, name=name or slug, line=line)
        return self._transport.post(f"/sites/{site}/stations", Station, body=body)

    def ensure_station(
        self, site: str, slug: str, *, name: str | None = None, line: str | None = None
    ) -> Station:
        """Return the station called `slug`, created when it was missing."""
        return found_or_made(
            lambda: named(self.stations(site), slug),
            lambda: self.add_station(site, slug, name=name, line=line),
        )

    def set_reference(self, site: str, station: str, *, image_id: str | None) -> Station:
        """Make an image the station's defect-free template; None takes it away."""
        body = StationReference(reference_image_id=image_id).model_dump(mode="json")
        response = self._transport.request("PUT", f"/sites/{site}/stations/{station}/reference", json=body)
        return self._transport.read(response, Station)

    def products(self) -> Iterator[Product]:
        """Yield every product."""
        for page in self._transport.pages("/products", Listing[Product]):
            yield from page.items

    def add_product(self, slug: str, *, name: str | None = None) -> Product:
        """Create a product."""
        return self._transport.post("/products", Product, body=ProductNew(slug=slug, name=name or slug))

    def ensure_product(self, slug: str, *, name: str | None = None) -> Product:
        """Return the product called `slug`, created when it was missing."""
        return found_or_made(lambda: named(self.products(), slug), lambda: self.add_product(slug, name=name))

"""Routes of sites, lines, stations and products."""

from typing import Annotated

from fastapi import Query

from perenne.hub.accounts.auth import Caller, GuardedRouter
from perenne.hub.sites import queries, service
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, decode_cursor, encode_cursor
from perenne.wire import sites as wire
from perenne.wire.base import Listing

router = GuardedRouter(tag="sites")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get("/sites", permission="sites:read")
def list_sites(caller: Caller, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> Listing[wire.Site]:
    """List the sites that the caller may see, by short name."""
    page = service.list_sites(caller.session, caller.actor, cursor=cursor, limit=limit)
    return Listing(items=[wire.Site.model_validate(row) for row in page.items], next_cursor=page.next_cursor)


@router.post("/sites", permission="sites:write", status_code=201)
def create_site(body: wire.SiteNew, caller: Caller) -> wire.Site:
    """Add a site."""
    row = service.create_site(
        caller.session, caller.actor, slug=body.slug, name=body.name, time_zone=body.time_zone
    )
    return wire.Site.model_validate(row)


@router.get("/sites/{site}", permission="sites:read")
def show_site(site: str, caller: Caller) -> wire.Site:
    """Show a site."""
    return wire.Site.model_validate(service.get_site(caller.session, caller.actor, site))


@router.get("/sites/{site}/lines", permission="sites:read")
def list_lines(site: str, caller: Caller) -> Listing[wire.Line]:
    """List the lines of a site."""
    row = service.get_site(caller.session, caller.actor, site)
    lines = queries.lines_of(caller.session, caller.actor, row.id)
    return Listing(items=[wire.Line.model_validate(line) for line in lines])


@router.post("/sites/{site}/lines", permission="sites:write", status_code=201)
def create_line(site: str, body: wire.LineNew, caller: Caller) -> wire.Line:
    """Add a line to a site."""
    row = service.get_site(caller.session, caller.actor, site)
    line = service.create_line(caller.session, caller.actor, site=row, slug=body.slug, name=body.name)
    return wire.Line.model_validate(line)


@router.get("/sites/{site}/stations", permission="sites:read")
def list_stations(site: str, caller: Caller) -> Listing[wire.Station]:
    """List the stations of a site."""
    row = service.get_site(caller.session, caller.actor, site)
    stations = queries.stations_of(caller.session, caller.actor, row.id)
    return Listing(items=[wire.Station.model_validate(station) for station in stations])


@router.post("/sites/{site}/stations", permission="sites:write", status_code=201)
def create_station(site: str, body: wire.StationNew, caller: Caller) -> wire.Station:
    """Add a station to a site."""
    row = service.get_site(caller.session, caller.actor, site)
    station = service.create_station(
        caller.session, caller.actor, site=row, slug=body.slug, name=body.name, line=body.line
    )
    return wire.Station.model_validate(station)


@router.get("/sites/{site}/stations/{station}", permission="sites:read")
def show_station(site: str, station: str, caller: Caller) -> wire.Station:
    """Show a station."""
    row = service.get_site(caller.session, caller.actor, site)
    found = service.get_station(caller.session, caller.actor, site=row, name=station)
    return wire.Station.model_validate(found)


@router.get("/products", permission="sites:read")
def list_products(
    caller: Caller, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> Listing[wire.Product]:
    """List the products, by short name."""
    after = decode_cursor(cursor, parts=1)[0] if cursor else ""
    rows = queries.products_after(caller.session, caller.actor, after_slug=after, limit=limit)
    next_cursor = encode_cursor(rows[-1].slug) if len(rows) == limit else None
    return Listing(items=[wire.Product.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.post("/products", permission="sites:write", status_code=201)
def create_product(body: wire.ProductNew, caller: Caller) -> wire.Product:
    """Add a product."""
    row = service.create_product(caller.session, caller.actor, slug=body.slug, name=body.name)
    return wire.Product.model_validate(row)

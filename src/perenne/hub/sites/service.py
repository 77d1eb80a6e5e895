"""Use cases of sites."""

import zoneinfo
from typing import TypeVar

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, NotAllowed, record_event
from perenne.hub.infra.database import Base
from perenne.hub.sites import queries
from perenne.hub.sites.errors import SlugTaken, UnknownTimeZone
from perenne.hub.sites.tables import LineRow, ProductRow, SiteRow, StationRow
from perenne.kit.errors import NotFound
from perenne.kit.ids import new_id
from perenne.kit.paging import Page, decode_cursor, encode_cursor

Row = TypeVar("Row", bound=Base)
RESERVED = frozenset({"overview"})
"""Words that stand in an address where a site's short name would."""


def get_site(session: Session, actor: Actor, name: str) -> SiteRow:
    """Return the site called `name` (slug or id). Raises: NotFound."""
    row = queries.find_site(session, actor, name)
    if row is None:
        raise NotFound.of("site", name)
    return row


def list_sites(session: Session, actor: Actor, *, cursor: str | None, limit: int) -> Page[SiteRow]:
    """Return sites by slug."""
    after = decode_cursor(cursor, parts=1)[0] if cursor else ""
    rows = queries.sites_after(session, actor, after_slug=after, limit=limit)
    return Page(rows, encode_cursor(rows[-1].slug) if len(rows) == limit else None)


def create_site(session: Session, actor: Actor, *, slug: str, name: str, time_zone: str = "UTC") -> SiteRow:
    """Add a site. Raises: SlugTaken, UnknownTimeZone, NotAllowed for an actor limited to other sites."""
    if actor.site_ids is not None:
        raise NotAllowed(
            f"{actor.name} is limited to some sites and cannot add one.",
            remedy="Ask an administrator of the whole organisation.",
        )
    if time_zone not in zoneinfo.available_timezones():
        raise UnknownTimeZone(
            f"Site '{slug}' cannot have the time zone '{time_zone}': it is not in the IANA list.",
            remedy="Use a name such as Europe/Paris or UTC.",
        )
    if slug in RESERVED or queries.find_site(session, actor, slug) is not None:
        raise _taken("site", slug)
    row = SiteRow(
        id=new_id("sit"), organisation_id=actor.organisation_id, slug=slug, name=name, time_zone=time_zone
    )
    return _added(session, actor, row, kind="site", slug=slug)


def get_line(session: Session, actor: Actor, *, site: SiteRow, name: str) -> LineRow:
    """Return a line of `site` (slug or id). Raises: NotFound."""
    row = queries.find_line(session, actor, site.id, name)
    if row is None:
        raise NotFound.of("line", name)
    return row


def create_line(session: Session, actor: Actor, *, site: SiteRow, slug: str, name: str) -> LineRow:
    """Add a line to a site. Raises: SlugTaken."""
    if queries.find_line(session, actor, site.id, slug) is not None:
        raise _taken("line", slug)
    row = LineRow(
        id=new_id("lin"), organisation_id=actor.organisation_id, site_id=site.id, slug=slug, name=name
    )
    return _added(session, actor, row, kind="line", slug=slug)


def get_station(session: Session, actor: Actor, *, site: SiteRow, name: str) -> StationRow:
    """Return a station of `site` (slug or id). Raises: NotFound."""
    row = queries.find_station(session, actor, site.id, name)
    if row is None:
        raise NotFound.of("station", name)
    return row


def get_station_by_id(session: Session, actor: Actor, station_id: str) -> StationRow:
    """Return a station by its id. Raises: NotFound."""
    row = queries.station_by_id(session, actor, station_id)
    if row is None:
        raise NotFound.of("station", station_id)
    return row


def create_station(
    session: Session, actor: Actor, *, site: SiteRow, slug: str, name: str, line: str | None = None
) -> StationRow:
    """Add a station to a site, on `line` (slug or id) when given. Raises: SlugTaken, NotFound."""
    line_id = None if line is None else get_line(session, actor, site=site, name=line).id
    if queries.find_station(session, actor, site.id, slug) is not None:
        raise _taken("station", slug)
    row = StationRow(
        id=new_id("stn"),
        organisation_id=actor.organisation_id,
        site_id=site.id,
        line_id=line_id,
        slug=slug,
        name=name,
    )
    return _added(session, actor, row, kind="station", slug=slug)


def set_station_reference(
    session: Session, actor: Actor, *, station: StationRow, image_id: str | None
) -> StationRow:
    """Make an image the station's defect-free template, or take it away (None)."""
    before, station.reference_image_id = station.reference_image_id, image_id
    detail = {"before": before, "after": image_id}
    record_event(session, actor, "station.reference", "station", station.id, detail)
    return station


def get_product(session: Session, actor: Actor, name: str) -> ProductRow:
    """Return the product called `name` (slug or id). Raises: NotFound."""
    row = queries.find_product(session, actor, name)
    if row is None:
        raise NotFound.of("product", name)
    return row


def create_product(session: Session, actor: Actor, *, slug: str, name: str) -> ProductRow:
    """Add a product. Raises: SlugTaken."""
    if queries.find_product(session, actor, slug) is not None:
        raise _taken("product", slug)
    row = ProductRow(id=new_id("pdt"), organisation_id=actor.organisation_id, slug=slug, name=name)
    return _added(session, actor, row, kind="product", slug=slug)


def _taken(kind: str, slug: str) -> SlugTaken:
    return SlugTaken(
        f"A {kind} is called '{slug}' already.", remedy="Choose another short name, or use it as it is."
    )


def _added(session: Session, actor: Actor, row: Row, *, kind: str, slug: str) -> Row:
    session.add(row)
    session.flush()
    identifier = str(getattr(row, "id"))  # noqa: B009
    record_event(session, actor, f"{kind}.created", kind, identifier, {"slug": slug})
    return row

"""All SQL of sites."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, visible_to
from perenne.hub.sites.tables import LineRow, ProductRow, SiteRow, StationRow


def find_site(session: Session, actor: Actor, name: str) -> SiteRow | None:
    wanted = select(SiteRow).where(*visible_to(actor, SiteRow), or_(SiteRow.id == name, SiteRow.slug == name))
    return session.scalar(wanted)


def sites_after(session: Session, actor: Actor, *, after_slug: str, limit: int) -> Sequence[SiteRow]:
    wanted = select(SiteRow).where(*visible_to(actor, SiteRow), SiteRow.slug > after_slug)
    return session.scalars(wanted.order_by(SiteRow.slug).limit(limit)).all()


def find_line(session: Session, actor: Actor, site_id: str, name: str) -> LineRow | None:
    wanted = select(LineRow).where(
        *visible_to(actor, LineRow), LineRow.site_id == site_id, or_(LineRow.id == name, LineRow.slug == name)
    )
    return session.scalar(wanted)


def lines_of(session: Session, actor: Actor, site_id: str) -> Sequence[LineRow]:
    wanted = select(LineRow).where(*visible_to(actor, LineRow), LineRow.site_id == site_id)
    return session.scalars(wanted.order_by(LineRow.slug)).all()


def find_station(session: Session, actor: Actor, site_id: str, name: str) -> StationRow | None:
    wanted = select(StationRow).where(
        *visible_to(actor, StationRow),
        StationRow.site_id == site_id,
        or_(StationRow.id == name, StationRow.slug == name),
    )
    return session.scalar(wanted)


def station_by_id(session: Session, actor: Actor, station_id: str) -> StationRow | None:
    return session.scalar(
        select(StationRow).where(*visible_to(actor, StationRow), StationRow.id == station_id)
    )


def stations_of(session: Session, actor: Actor, site_id: str) -> Sequence[StationRow]:
    wanted = select(StationRow).where(*visible_to(actor, StationRow), StationRow.site_id == site_id)
    return session.scalars(wanted.order_by(StationRow.slug)).all()


def find_product(session: Session, actor: Actor, name: str) -> ProductRow | None:
    wanted = select(ProductRow).where(
        *visible_to(actor, ProductRow), or_(ProductRow.id == name, ProductRow.slug == name)
    )
    return session.scalar(wanted)


def products_after(session: Session, actor: Actor, *, after_slug: str, limit: int) -> Sequence[ProductRow]:
    wanted = select(ProductRow).where(*visible_to(actor, ProductRow), ProductRow.slug > after_slug)
    return session.scalars(wanted.order_by(ProductRow.slug).limit(limit)).all()

"""Tables of sites, lines, stations and products."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class SiteRow(TenantRow, Base):
    """A plant."""

    __tablename__ = "sites"
    __site_column__ = "id"
    __table_args__ = (UniqueConstraint("organisation_id", "slug"),)
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64))


class LineRow(TenantRow, Base):
    """A production line of a site."""

    __tablename__ = "production_lines"
    __table_args__ = (UniqueConstraint("site_id", "slug"),)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))


class StationRow(TenantRow, Base):
    """A camera position at a site, on a line or beside them."""

    __tablename__ = "stations"
    __table_args__ = (UniqueConstraint("site_id", "slug"),)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    line_id: Mapped[str | None] = mapped_column(ForeignKey("production_lines.id"))
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    reference_image_id: Mapped[str | None] = mapped_column(String(40))


class ProductRow(TenantRow, Base):
    """A reference of the inspected piece."""

    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("organisation_id", "slug"),)
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))

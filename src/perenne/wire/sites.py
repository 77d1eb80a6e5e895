"""Messages about sites, lines, stations and products."""

from datetime import datetime

from pydantic import Field

from perenne.wire.base import Message

Slug = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80, description="Short name: a-z, 0-9, hyphens.")


class SiteNew(Message):
    """A production site to create."""

    slug: str = Slug
    name: str = Field(min_length=1, max_length=200)
    time_zone: str = "UTC"


class Site(SiteNew):
    """A production site."""

    id: str
    created_at: datetime


class LineNew(Message):
    """A production line to create at a site."""

    slug: str = Slug
    name: str = Field(min_length=1, max_length=200)


class Line(LineNew):
    """A production line."""

    id: str
    site_id: str
    created_at: datetime


class StationNew(Message):
    """A camera position to create at a site; `line` is the slug or id of its line."""

    slug: str = Slug
    name: str = Field(min_length=1, max_length=200)
    line: str | None = None


class Station(Message):
    """A camera position. `reference_image_id` names the defect-free template seen from there."""

    id: str
    site_id: str
    line_id: str | None
    slug: str
    name: str
    reference_image_id: str | None
    created_at: datetime


class StationReference(Message):
    """The image that becomes the station's defect-free template; None takes it away."""

    reference_image_id: str | None


class ProductNew(Message):
    """A product reference to create."""

    slug: str = Slug
    name: str = Field(min_length=1, max_length=200)


class Product(ProductNew):
    """A product reference."""

    id: str
    created_at: datetime

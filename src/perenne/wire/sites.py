"""Messages about sites, lines, stations and products, and how each site does."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from perenne.wire.base import Message
from perenne.wire.evaluation import EvaluationSplit, MetricEstimate, SliceVerdict
from perenne.wire.models import ModelReference

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


SiteVerdict = Literal[
    "not_satisfactory", "undecided", "too_few", "not_judged", "not_evaluated", "satisfactory"
]
"""How a site does, the worst first. `not_judged`: evaluated, but the dataset sets no acceptance rule."""


class SiteMeasure(Message):
    """What one evaluation found at one site: the metric that decides there, and what is acceptable.

    `acceptable` is the limit of the dataset's rule; a value keeps it from above, or from below when
    `lower_is_better`. Without `low` and `high` there were too few images for an interval.
    """

    evaluation_id: str
    model: ModelReference
    dataset: str
    dataset_number: int
    split: EvaluationSplit
    problem: str
    evaluated_at: datetime
    metric: str
    lower_is_better: bool
    value: float | None
    low: float | None
    high: float | None
    n_images: int
    n_groups: int
    verdict: SliceVerdict
    acceptable: float | None


class DecisionCounts(Message):
    """How many pieces passed, failed, or were left to a person."""

    passed: int = Field(default=0, alias="pass")
    fail: int = 0
    unsure: int = 0


class SiteDeployment(Message):
    """A model version that answers at a site: at the station named, or at all the others (None)."""

    station: str | None
    model: ModelReference


class SiteOverview(Message):
    """A site on the first page: is the model good enough there, and is anything happening.

    The figure is that of the version deployed to the site (of its latest evaluation there); when nothing is
    deployed, of the site's latest evaluation. `not_evaluated`: that version was never measured at the site.
    `last_image_at` and `images_last_24h` speak of the time of capture.
    """

    site: Site
    verdict: SiteVerdict
    metric: str | None
    lower_is_better: bool
    estimate: MetricEstimate | None
    acceptable: float | None
    problem: str | None
    model: ModelReference | None
    evaluation_id: str | None
    evaluated_at: datetime | None
    deployed_at: datetime | None
    deployments: list[SiteDeployment]
    stations: int
    images: int
    images_last_24h: int
    last_image_at: datetime | None
    decisions_24h: DecisionCounts
    history: list[SiteMeasure]

"""Messages about label schemas: what may be answered, and how it grew.

Owns the shapes of a schema and of its change. Refuses classes that take the place of others: a class keeps
its position, new ones come at the end.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from perenne.wire.base import Message
from perenne.wire.sites import Slug

MAX_CLASSES = 1000
ProblemName = Literal["classification", "regression", "detection"]
ClassName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$"),
]


class LabelSchemaNew(Message):
    """A label schema to create. `good_class` (classification) names the class of a good part.

    It becomes the first class; without it the first one is taken for good. All others make a piece fail.
    A regression has no class; `unit` says what its value is measured in.
    """

    slug: str = Slug
    name: str = Field(min_length=1, max_length=200)
    problem: ProblemName
    classes: list[ClassName] = Field(default_factory=list, max_length=MAX_CLASSES)
    good_class: ClassName | None = None
    unit: str | None = Field(default=None, max_length=50)


class LabelSchemaChange(Message):
    """What may be changed: classes to add at the end (a new version), the shown name."""

    add_classes: list[ClassName] = Field(default_factory=list, max_length=MAX_CLASSES)
    name: str | None = Field(default=None, min_length=1, max_length=200)


class LabelSchema(LabelSchemaNew):
    """A label schema at its present version."""

    id: str
    version: int
    created_at: datetime


class LabelSchemaVersion(Message):
    """The classes that a schema had at one version."""

    version: int
    classes: list[str]
    at: datetime

"""Messages about ground truth that comes from outside: end-of-line test, operator, import, later outcome.

Owns the shapes of bulk truth and of its per-item answer. Refuses an item that does not say exactly once
which image or part it is about.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field, model_validator

from perenne.wire.base import Message
from perenne.wire.images import Name, Sha256, Text
from perenne.wire.performance import LabelStream

MAX_TRUTH_ITEMS = 10_000
TruthSource = Literal["import", "api", "line_test", "operator"]
TruthState = Literal["accepted", "unchanged", "pending", "outdated", "refused"]
KEYS = ("image_id", "sha256", "external_id", "part_id")


class TruthItem(Message):
    """The truth of one image, named by exactly one key, or of one part (every image of the part).

    `stream` and `inclusion_probability` say how the image came to be labelled; those of the whole request
    hold where an item says nothing.

    `site` narrows a part or external id that several sites use. `target` has the shape of the problem:
    {"class": …}, {"value": …} or {"boxes": [{"box": [x1, y1, x2, y2], "class": …}]}; an empty list of boxes
    means "seen and empty".
    """

    image_id: Text | None = None
    sha256: Sha256 | None = None
    external_id: Text | None = None
    part_id: Text | None = None
    site: Name | None = None
    target: dict[str, Any]
    given_at: AwareDatetime | None = None
    stream: LabelStream | None = None
    inclusion_probability: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _has_one_key(self) -> "TruthItem":
        given = [key for key in KEYS if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(KEYS)}; got {', '.join(given) or 'none'}")
        return self


class TruthNew(Message):
    """Truths to accept, all of one label schema (slug or id), and by which stream the images were chosen.

    audit: drawn at random, each image with `inclusion_probability`; seeded: known parts that were run again;
    active: picked for training. Only the first two measure a model; "unknown" measures nothing.
    """

    label_schema: Name
    source: TruthSource = "api"
    stream: LabelStream = "unknown"
    inclusion_probability: float | None = Field(default=None, gt=0, le=1)
    items: list[TruthItem] = Field(min_length=1, max_length=MAX_TRUTH_ITEMS)

    @model_validator(mode="after")
    def _draws_at_random(self) -> "TruthNew":
        told = [(self.stream, self.inclusion_probability)]
        told += [(item.stream or self.stream, item.inclusion_probability) for item in self.items]
        for stream, chance in told:
            if chance is not None and stream != "audit":
                raise ValueError(f"an inclusion probability belongs to an audit; the stream is {stream}")
        return self


class TruthRefusal(Message):
    """Why a truth was not taken: a stable code, what is wrong, and what to do."""

    code: str
    detail: str
    remedy: str


class TruthAnswer(Message):
    """What became of one item.

    accepted: it is the truth now. unchanged: it was already. pending: no image of that part yet; it waits.
    outdated: kept in the history, but a truth given later stands. refused: see `refusal`.
    """

    index: int
    state: TruthState
    image_ids: list[str] = Field(default_factory=list)
    refusal: TruthRefusal | None = None


class TruthAnswers(Message):
    """What became of each item; one refused item never stops the others."""

    accepted: int
    unchanged: int
    pending: int
    outdated: int
    refused: int
    items: list[TruthAnswer]


class Truth(Message):
    """One row of the history of an image's or part's truth; the one without `superseded_by` stands."""

    id: str
    image_id: str | None
    part_id: str | None
    schema_id: str
    label_schema: str
    problem: str
    target: dict[str, Any]
    source: TruthSource
    stream: LabelStream = "unknown"
    inclusion_probability: float | None = None
    given_by: str
    given_at: datetime
    created_at: datetime
    superseded_by: str | None

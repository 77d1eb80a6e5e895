"""Messages about images: the capture context that travels with one, and what the hub answers.

Owns the shapes of single, batch and resumable push, of the list and of the refusals.
Refuses times without a zone and texts with control characters.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from perenne.wire.base import Message
from perenne.wire.predictions import Decision

MAX_BATCH_IMAGES = 100
MAX_KNOWN_HASHES = 10_000

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[a-z0-9_-]+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ImageKind = Literal["capture", "reference"]
IngestStatus = Literal["created", "known", "refused"]
ExtraKey = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
ExtraText = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
ExtraNumber = Annotated[float, Field(allow_inf_nan=False)]


class CaptureContext(Message):
    """Where an image comes from. Names of site, line, station and product are slugs or ids.

    `kind` is "reference" for a defect-free template. `reference` names the template of this image by the
    id or the SHA-256 of an image pushed before. `group_key` names what must stay on one side of a split
    (a board, a casting); without it the part, then the batch, groups.
    """

    site: Name
    line: Name | None = None
    station: Name | None = None
    product: Name | None = None
    kind: ImageKind = "capture"
    captured_at: AwareDatetime | None = None
    camera: Text | None = None
    part_id: Text | None = None
    batch_id: Text | None = None
    group_key: Text | None = None
    external_id: Text | None = None
    file_name: Text | None = None
    reference: Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9a-z_]+$")] | None = None
    extra: dict[ExtraKey, bool | int | ExtraNumber | ExtraText | None] = Field(
        default_factory=dict, max_length=50
    )


class Image(Message):
    """A stored image. `width` and `height` are those of the upright image, in pixels.

    `orientation` is the EXIF value of the stored bytes (1 = stored upright). `site` to `product` are slugs.
    `last_decision`, `last_score` and `last_model_id` tell the latest prediction, None when there is none.
    """

    id: str
    sha256: str
    kind: ImageKind
    format: str
    width: int
    height: int
    orientation: int
    bytes: int
    site_id: str
    site: str
    line: str | None
    station: str | None
    product: str | None
    captured_at: datetime | None
    received_at: datetime
    camera: str | None
    part_id: str | None
    batch_id: str | None
    group_key: str | None
    external_id: str | None
    file_name: str | None
    reference_image_id: str | None
    has_truth: bool
    last_decision: Decision | None = None
    last_score: float | None = None
    last_model_id: str | None = None
    extra: dict[str, bool | int | float | str | None]


class ImageTile(Message):
    """What a gallery draws of an image: its shape, where it is from, and the latest decision and score."""

    id: str
    width: int
    height: int
    site: str
    captured_at: datetime | None
    has_truth: bool
    decision: Decision | None
    score: float | None


class ImageLandmarks(Message):
    """How many images a filter finds, and the cursor of every page of `every` images.

    `cursors[k]` begins at image k * every, newest first; None is the beginning. They serve both /images and
    /images/tiles under the same filter. Images that arrive later come before the first page.
    """

    total: int
    every: int
    cursors: list[str | None]


class Refusal(Message):
    """Why an image was not taken: a stable code, what is wrong, and what to do."""

    code: str
    detail: str
    remedy: str


class Ingested(Message):
    """What became of one pushed image.

    `known`: these bytes were stored before; the first context stays, and `differences` names the fields in
    which the new one differs ("part_id: P-1 kept, P-2 given").
    """

    index: int = 0
    file_name: str | None = None
    status: IngestStatus
    sha256: str
    image: Image | None = None
    differences: list[str] = Field(default_factory=list)
    refusal: Refusal | None = None


class BatchItems(Message):
    """The JSON part of a batch push: one context for each file, in the order of the files."""

    items: list[CaptureContext] = Field(min_length=1, max_length=MAX_BATCH_IMAGES)


class BatchIngested(Message):
    """What became of each image of a batch; one refused image never stops the others."""

    created: int
    known: int
    refused: int
    items: list[Ingested]


class KnownQuestion(Message):
    """Hashes of which the caller asks: are these images here already?"""

    sha256: list[Sha256] = Field(min_length=1, max_length=MAX_KNOWN_HASHES)


class KnownAnswer(Message):
    """The known hashes (within the caller's organisation and sites) and their image ids."""

    known: dict[str, str]


class MeasureAsked(Message):
    """The job that measures `n_images` that have no signals; its result counts `measured` and `failed`."""

    job_id: str
    n_images: int


class RefusedCount(Message):
    """How many images were refused at a site for one reason, and when last."""

    site_id: str | None
    site: str | None
    code: str
    count: int
    last_at: datetime
    last_file_name: str | None
    last_detail: str


class RefusedSummary(Message):
    """Refusals counted by site and reason, the most frequent first."""

    total: int
    items: list[RefusedCount]

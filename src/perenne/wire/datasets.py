"""Messages about datasets: a named line, its frozen versions, their card, manifest lines and differences.

Owns the shapes and what a split rule may ask for. Refuses to describe a version that can still change:
a dataset version exists only once it is frozen.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field, model_validator

from perenne.wire.base import Listing, Message

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")


class AcceptanceRule(Message):
    """What "satisfactory" means for models of this dataset: a metric and its limit, at every site."""

    metric: str = Field(min_length=1, max_length=80)
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> "AcceptanceRule":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give exactly one of at_least and at_most")
        return self


class DatasetCreate(Message):
    """Start a dataset, a line of frozen versions. `label_schema` is a label schema's slug or id."""

    name: str = Field(min_length=1, max_length=120)
    slug: str | None = Field(default=None, min_length=1, max_length=80)
    label_schema: str = Field(min_length=1, max_length=200)
    acceptance: AcceptanceRule | None = None


class DatasetChange(Message):
    """Change what may change of a dataset: its name and its acceptance rule, never its schema."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    acceptance: AcceptanceRule | None = None


class Dataset(Message):
    """A dataset and its latest frozen version, if any."""

    id: str
    slug: str
    name: str
    schema_id: str
    problem: str
    classes: list[str]
    acceptance: AcceptanceRule | None = None
    n_versions: int = 0
    latest_version_id: str | None = None
    latest_number: int | None = None
    created_at: datetime


class DatasetPage(Listing[Dataset]):
    """Datasets, newest first."""


class Selection(Message):
    """Which images may enter: all with accepted ground truth of the schema, narrowed by these.

    Sites, stations and products by slug or id. `since` is inclusive, `until` exclusive, on the capture
    time (the arrival time where the capture time is unknown). With `require_truth` the freezing is refused
    when an image inside the filter has no accepted ground truth; otherwise such images are left out.
    Images that their station's gate found unlike its production when they came (a snapshot, a blurred or a
    recompressed one) are left out too, with the reason on the card; `include_unlike` takes them all the same.
    """

    sites: list[str] = Field(default_factory=list, max_length=1000)
    stations: list[str] = Field(default_factory=list, max_length=1000)
    products: list[str] = Field(default_factory=list, max_length=1000)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    require_truth: bool = False
    include_unlike: bool = False


class Assignment(Message):
    """Groups put into a split by name (group_key, batch_id or part_id)."""

    train_groups: list[str] = Field(default_factory=list, max_length=100_000)
    val_groups: list[str] = Field(default_factory=list, max_length=100_000)
    test_groups: list[str] = Field(default_factory=list, max_length=100_000)


class SplitRule(Message):
    """How images are divided into train, val and test, always by whole groups.

    `group`: by chance within each site, fractions `val` and `test`. `site`: `test_sites` (or, when only
    `train_sites` are given, every other site) are test, the rest is divided by group; fractions hold
    within the rest. `time`: captured at or after `test_after` is test, at or after `val_after` is val
    (without `val_after` the rest is divided by group). `assign` comes before all of these.

    A group, part, batch or near-duplicate that a forced rule would put on both sides is refused with the
    pairs named; `conflicts="join"` moves the whole group to the stricter side (test, then val) instead.
    `near_duplicates`: images whose difference hashes differ in at most `near_duplicate_bits` bits and
    whose thumbnails agree are kept on one side (`together`) or ignored (`ignore`).
    `keep_previous`: groups keep the split they had in the latest version frozen with the same rule.
    """

    by: Literal["group", "site", "time"] = "group"
    val: float = Field(default=0.15, ge=0.0, lt=1.0)
    test: float = Field(default=0.15, ge=0.0, lt=1.0)
    seed: int = Field(default=7, ge=0, le=2**63 - 1)
    train_sites: list[str] = Field(default_factory=list, max_length=1000)
    val_sites: list[str] = Field(default_factory=list, max_length=1000)
    test_sites: list[str] = Field(default_factory=list, max_length=1000)
    test_after: AwareDatetime | None = None
    val_after: AwareDatetime | None = None
    assign: Assignment = Field(default_factory=Assignment)
    conflicts: Literal["refuse", "join"] = "refuse"
    near_duplicates: Literal["together", "ignore"] = "together"
    near_duplicate_bits: int = Field(default=2, ge=0, le=3)
    keep_previous: bool = True

    @model_validator(mode="after")
    def _fits_together(self) -> "SplitRule":
        if self.val + self.test >= 1.0:
            raise ValueError("val + test must be below 1: nothing would be left to train on")
        if self.by == "site" and not (self.train_sites or self.test_sites or self.val_sites):
            raise ValueError("a split by site needs train_sites, val_sites or test_sites")
        if self.by == "time" and self.test_after is None:
            raise ValueError("a split by time needs test_after")
        if self.val_after and self.test_after and self.val_after >= self.test_after:
            raise ValueError("val_after must be before test_after")
        return self


class FreezeRequest(Message):
    """Freeze the present state into a dataset version. `sealed` hides the test set until it is opened.

    `background` forces (true) or forbids (false) a job; by default only large datasets become one.
    """

    selection: Selection = Field(default_factory=Selection)
    split: SplitRule = Field(default_factory=SplitRule)
    sealed: bool = False
    note: str = Field(default="", max_length=2000)
    background: bool | None = None


class DatasetCard(Message):
    """What is inside a version, counted; `summary` says it in plain words."""

    n_images: int
    n_groups: int
    n_near_duplicate_pairs: int = 0
    splits: dict[str, int]
    groups_per_split: dict[str, int]
    sites: dict[str, int]
    products: dict[str, int]
    classes: dict[str, int]
    objects: dict[str, int] = Field(default_factory=dict)
    sites_per_split: dict[str, dict[str, int]]
    classes_per_split: dict[str, dict[str, int]]
    classes_per_site: dict[str, dict[str, int]]
    values: dict[str, float] | None = None
    captured_from: datetime | None = None
    captured_to: datetime | None = None
    truth_sources: dict[str, int]
    n_left_out_without_truth: int = 0
    n_left_out_unlike: int = 0
    left_out_unlike: dict[str, int] = Field(default_factory=dict)
    """Images with truth that are unlike their station's production, by the reason in words."""
    warnings: list[str] = Field(default_factory=list)
    summary: str


class DatasetVersion(Message):
    """A frozen version; `manifest_sha256` is its content address. A sealed one only counts its test set."""

    id: str
    dataset_id: str
    dataset: str
    number: int
    problem: str
    classes: list[str]
    schema_id: str
    manifest_sha256: str
    training_manifest_sha256: str
    n_images: int
    splits: dict[str, int]
    sealed: bool = False
    opened: bool = False
    selection: Selection
    split: SplitRule
    note: str = ""
    frozen_at: datetime
    frozen_by: str


class DatasetVersionPage(Listing[DatasetVersion]):
    """Versions of a dataset, newest first."""


class FreezeAnswer(Message):
    """The frozen version (`existed`: the same content had been frozen before), or the job that freezes it.

    The job's result is `{"dataset_version_id": ..., "existed": ...}`.
    """

    version: DatasetVersion | None = None
    existed: bool = False
    job_id: str | None = None


ExportFormat = Literal["coco", "csv"]


class ManifestHeader(Message):
    """First line of a manifest: what the targets mean. `splits` names the splits that the file may hold."""

    perenne_manifest: int = 1
    problem: str
    classes: list[str]
    schema_id: str
    splits: list[Split]


class ManifestLine(Message):
    """One image of a manifest; the lines are sorted by `image` (SHA-256 of the stored bytes).

    `target` is the accepted ground truth in the problem's own JSON shape; `reference` the SHA-256 of the
    defect-free image of the same product and station, where there is one.
    """

    image: str
    image_id: str
    bytes: int
    format: str
    width: int
    height: int
    split: Split
    group: str
    site: str
    line: str | None = None
    station: str | None = None
    product: str | None = None
    captured_at: datetime | None = None
    reference: str | None = None
    reference_id: str | None = None
    target: dict[str, Any]


class DatasetItem(Message):
    """One image of a version, as the listing gives it."""

    image_id: str
    sha256: str
    split: Split
    group: str
    site: str
    product: str | None = None
    target: dict[str, Any]
    ground_truth_id: str


class DatasetItemPage(Listing[DatasetItem]):
    """Items of a version in the order of their hash."""


class OpenTestRequest(Message):
    """Open a sealed test set: the reason is kept with who and when."""

    reason: str = Field(min_length=3, max_length=2000)


class SealedOpening(Message):
    """One opening of a sealed test set, by a person or by an evaluation."""

    id: str
    version_id: str
    actor: str
    purpose: Literal["person", "evaluation"]
    reason: str
    at: datetime


class SealedOpeningPage(Listing[SealedOpening]):
    """Openings of a version, newest first."""


class ChangedItems(Message):
    """How many images changed in one way, and the first of them."""

    count: int
    first_image_ids: list[str] = Field(default_factory=list)


class DatasetDiff(Message):
    """From `base` to `other`: images added, removed, relabelled and moved to another split."""

    base_version_id: str
    other_version_id: str
    base: str
    other: str
    added: ChangedItems
    removed: ChangedItems
    relabelled: ChangedItems
    moved: ChangedItems
    moves: dict[str, int] = Field(default_factory=dict)
    unchanged: int
    summary: str

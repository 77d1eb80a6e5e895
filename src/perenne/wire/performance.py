"""Messages about how good a model version really is at a site: from truth, from few labels, or without any.

Owns the shapes of periods, certificates, estimates, calibration, slices and suspected label errors. Refuses a
number without its interval and sample size, and an estimate without its past errors.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from perenne.wire.base import Message, Said
from perenne.wire.models import ModelReference

LabelStream = Literal["audit", "seeded", "active", "unknown"]
"""audit: drawn at random with a known probability; seeded: known parts run again; active: picked to train on.
Only the first two measure anything; they are never mixed."""
CertificateState = Literal["certified", "violated", "open"]
ClaimMetric = Literal["recall", "precision", "f1"]


class MetricFigure(Message):
    """A metric with its 95 % interval; `value` without bounds, or none, with too few labels (`missing`)."""

    metric: str
    value: float | None
    low: float | None
    high: float | None
    n_images: int
    n_units: int
    missing: str | None = None
    missing_said: Said | None = None


class PerformancePeriod(Message):
    """One site, one week (starting Monday, in the site's time), one model version, one stream of labels."""

    site: str
    week: date
    model: ModelReference
    stream: LabelStream
    n_inspected: int
    n_labelled: int
    figures: list[MetricFigure]


class SitePerformance(Message):
    """The measured performance of a site over time, oldest week first. `primary` names the metric that
    decides, at the operating point. `problem` is that of the version that answers now."""

    site: str
    problem: str
    primary: str
    periods: list[PerformancePeriod]
    models: list[ModelReference]


class ClaimNew(Message):
    """Ask that "metric >= at_least" be certified at a site, from one stream of labels."""

    metric: ClaimMetric
    at_least: float = Field(gt=0, lt=1)
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    stream: Literal["audit", "seeded"] = "audit"
    label_schema: str = Field(min_length=1, max_length=100)
    reason: str = Field(default="", max_length=2000)


class Certificate(Message):
    """Where a claim stands for the version that answers now (None: nothing answered yet); valid whenever one
    looks.

    `labels_left` is about how many more labels it takes at the observed rates, None when decided or unknown.
    `promise` is alpha: at most so often is a claim certified that does not hold.
    """

    id: str
    site_id: str
    site: str
    model: ModelReference | None
    metric: ClaimMetric
    at_least: float
    alpha: float
    stream: Literal["audit", "seeded"]
    label_schema: str
    state: CertificateState
    value: float | None
    low: float | None
    high: float | None
    n_labels: int
    n_objects: int
    labels_left: int | None
    log_wealth: float
    log_threshold: float
    decided_at: datetime | None
    degraded_since: datetime | None
    created_at: datetime
    reason: str
    why_open: str | None = None
    """What stands in the way of a decision, such as labels that were not drawn alike."""
    why_open_said: Said | None = None
    path: list[tuple[int, float, float]] = Field(default_factory=list)
    """(labels, log wealth for the claim, against it) for a small chart, decided where one reaches
    `log_threshold`; empty in lists."""


class PastError(Message):
    """What was estimated for a past week and what truth said afterwards."""

    week: date
    estimated: float
    measured: float
    low: float
    high: float
    n_labels: int


class Estimate(Message):
    """Performance without labels, beside its past errors. `value` is None, and `why_not` says why, whenever
    the guard does not let a number be shown, or no past week of that version was checked by labels yet."""

    site: str
    model: ModelReference
    week: date
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n_images: int
    support_share: float | None
    why_not: str | None
    why_not_said: Said | None = None
    labels_needed: int | None
    past_errors: list[PastError]
    mean_past_error: float | None


class ReliabilityBin(Message):
    """Scores of one bin: what was said, and how often it was true, with its interval."""

    score: float
    share: float
    low: float
    high: float
    n: int


class Reliability(Message):
    """How far scores can be taken at their word, for one class at one site."""

    site: str
    model: ModelReference
    label_class: str
    bins: list[ReliabilityBin]
    error: float | None
    error_low: float | None
    error_high: float | None
    n: int
    recalibrated: bool


class SiteStanding(Message):
    """Whether a site's performance is shown to be good enough: the worst of its certificates."""

    site_id: str
    site: str
    state: CertificateState | Literal["no_claim"]
    certificates: list[Certificate]
    labels_owed: int
    last_label_at: datetime | None
    estimate: Estimate | None


class ErrorSlice(Message):
    """A part of the images where performance is lost. `lost` is the share of all errors beyond its share of
    images, with its interval: the slice to mend first."""

    kind: str
    key: str
    name: str
    n_images: int
    n_errors: int
    metric: str
    value: float | None
    low: float | None
    high: float | None
    elsewhere: float | None
    lost: float
    lost_low: float
    lost_high: float


class WorstCase(Message):
    """One image with the size of its error and what kind it is."""

    image_id: str
    loss: float
    kind: str


class SliceReport(Message):
    """Error slices, worst first, and the worst images, of one model version's newest evaluation.

    The intervals of `lost` hold for all `n_tested` slices at once. `why_not` says why there are no slices.
    """

    model: ModelReference
    evaluation_id: str
    n_images: int
    n_errors: int
    slices: list[ErrorSlice]
    worst: list[WorstCase]
    n_tested: int
    why_not: str | None = None
    why_not_said: Said | None = None


class Sensitivity(Message):
    """Which part of an image decided: how much the answer falls when a patch is covered.

    `grid` is row by row, `score` the answer on the whole image. Patches are `patch_px` wide in the image.
    When `flat`, no patch alone changes the answer and the grid tells nothing.
    """

    image_id: str
    model: ModelReference
    answer: str
    score: float
    grid: list[list[float]]
    flat: bool
    patch_px: float
    ms: float


class Neighbour(Message):
    """A reference image that the model sees as similar."""

    image_id: str
    distance: float
    truth: str | None = None


class LabelSuspect(Message):
    """One object or image whose label is probably wrong, with the reason and the chance that it is."""

    image_id: str
    reason: Literal["missing", "class", "position", "spurious", "value"]
    given: str | None
    expected: str | None
    box: list[float] | None = None
    probability: float


class LabelSuspicions(Message):
    """The labels of a dataset version that are probably wrong, the surest first; `why_not` when none could be
    judged. Only images that the judging model has not learnt count."""

    items: list[LabelSuspect]
    n_images: int
    why_not: str | None = None
    why_not_said: Said | None = None

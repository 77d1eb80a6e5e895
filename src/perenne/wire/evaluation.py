"""Messages about evaluations: how good a model version is on a dataset version, site by site.

Owns the shapes of the request, the slices with their intervals and verdicts, the items and the
comparison of two evaluations. Refuses a bare number: every value comes with interval and sample size.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from perenne.wire.base import Message

EvaluationSplit = Literal["test", "val", "train", "all"]
EvaluationState = Literal["queued", "running", "succeeded", "failed"]
SliceVerdict = Literal["satisfactory", "not_satisfactory", "undecided", "too_few", "not_judged"]
DifferenceVerdict = Literal["better", "worse", "no_difference_seen", "too_few"]


class EvaluationRequest(Message):
    """Ask for the evaluation of a model version on one split of a frozen dataset version.

    `model_version`: id, `name:number` or name (latest); `dataset_version`: id, `slug:number` or slug
    (latest). `reason` is kept in the log of openings when the split is the sealed test set.
    """

    model_version: str = Field(min_length=1, max_length=200)
    dataset_version: str = Field(min_length=1, max_length=200)
    split: EvaluationSplit = "test"
    reason: str = Field(default="", max_length=2000)


class MetricEstimate(Message):
    """A value with its interval and sample size; or `too_few` with what is missing (`shortage`)."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int
    n_groups: int
    confidence: float = 0.95
    too_few: bool = False
    needed: int | None = None
    shortage: str | None = None


class EvaluationSlice(Message):
    """One part of the evaluated images: overall, a site, a line, a product, a class, an object size.

    `verdict` compares `metric` with `limit` (the dataset's acceptance rule): satisfactory only when the
    whole interval is at or above the limit, not_satisfactory only when all of it is below. `more_images`
    is a rough number of further images that would decide an undecided one.
    """

    kind: str
    key: str
    name: str
    n_images: int
    n_groups: int
    metrics: dict[str, MetricEstimate] = Field(default_factory=dict)
    verdict: SliceVerdict = "not_judged"
    verdict_reason: str = ""
    metric: str | None = None
    limit: float | None = None
    more_images: int | None = None


class SeenInTraining(Message):
    """How much of what was evaluated the model had learnt from, its starting weights included.

    `images`: the very same; `groups`: other images of the same part, batch or board. Figures on them flatter.
    """

    images: int
    groups: int


class Evaluation(Message):
    """An evaluation with its overall result and its sites, worst first.

    `satisfactory_everywhere` is True only when every site is satisfactory. `summary` holds the problem's
    curves: confusion, calibration, ROC or precision-recall points, box errors.
    """

    id: str
    model_version_id: str
    model_name: str
    model_number: int
    dataset_version_id: str
    dataset: str
    dataset_number: int
    split: EvaluationSplit
    problem: str
    state: EvaluationState
    job_id: str | None = None
    created_at: datetime
    finished_at: datetime | None = None
    acceptance: dict[str, Any] = Field(default_factory=dict)
    overall: EvaluationSlice | None = None
    sites: list[EvaluationSlice] = Field(default_factory=list)
    satisfactory_everywhere: bool | None = None
    seen_in_training: SeenInTraining | None = None
    summary: dict[str, Any] = Field(default_factory=dict)


class EvaluationItem(Message):
    """One evaluated image: truth beside prediction. `loss` is 0 when right and grows with the error."""

    image_id: str
    site: str
    group_key: str
    truth: dict[str, Any]
    prediction: dict[str, Any]
    decision: str
    loss: float
    outcome: str


class SliceDifference(Message):
    """Challenger minus champion on the same images of one slice, with the paired bootstrap interval."""

    kind: str
    key: str
    name: str
    metric: str
    champion: float | None = None
    challenger: float | None = None
    difference: MetricEstimate
    verdict: DifferenceVerdict
    n_images: int


class EvaluationComparison(Message):
    """Two evaluations on the same images; `worse_at` names the sites where the challenger is worse.

    `overall` is None for somebody who may see some sites only.
    """

    champion_id: str
    challenger_id: str
    metric: str
    n_images: int
    overall: SliceDifference | None
    sites: list[SliceDifference]
    worse_at: list[str]

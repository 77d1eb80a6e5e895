"""Messages about evaluations: how good a model version is on a dataset version, site by site.

Owns the shapes of the request, the slices with their intervals and verdicts, the items and the
comparison of two evaluations. Refuses a bare number: every value comes with interval and sample size.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from perenne.wire.base import Message
from perenne.wire.models import ModelReference
from perenne.wire.truth import Truth

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


class CurvePoint(Message):
    """Recall and precision when everything from `score` on counts."""

    recall: float
    precision: float
    score: float


class PrecisionRecallCurve(Message):
    """The curve of one class, from the highest score down; `operating` is where the model works now.

    `ap`: the area by the problem's own rule; None where there is too little to say.
    """

    class_name: str = Field(alias="class")
    points: list[CurvePoint]
    ap: float | None
    operating: CurvePoint | None


class RocPoint(Message):
    """Rates of false and true alarms when everything from `score` on counts."""

    false_positive_rate: float
    true_positive_rate: float
    score: float


class RocCurve(Message):
    """The curve of one class against all others, and the area under it."""

    class_name: str = Field(alias="class")
    points: list[RocPoint]
    auc: float | None


class CalibrationBin(Message):
    """What was right among answers whose confidence lies in low..high, with the Wilson interval (95 %)."""

    low: float
    high: float
    n: int
    confidence: float
    observed: float
    observed_low: float
    observed_high: float


class ConfusionTable(Message):
    """Counts by true class (row) and answer (column) at the operating point.

    With `nothing` there is one more row and column at the end: answers where nothing was, and misses.
    """

    classes: list[str]
    counts: list[list[int]]
    nothing: bool


class OperatingPoint(Message):
    """The score from which an answer counts, and what follows from it over all classes."""

    score: float
    precision: float | None
    recall: float | None


class EvaluationCurves(Message):
    """The curves of an evaluation, of all visible sites or of one. A list is empty where it means nothing.

    `truth_and_answer` (regression) pairs true and predicted values, up to 500.
    """

    evaluation_id: str
    site: str | None
    problem: str
    n_images: int
    precision_recall: list[PrecisionRecallCurve] = Field(default_factory=list)
    roc: list[RocCurve] = Field(default_factory=list)
    calibration: list[CalibrationBin] = Field(default_factory=list)
    confusion: ConfusionTable | None = None
    operating_point: OperatingPoint | None = None
    truth_and_answer: list[list[float]] = Field(default_factory=list)


class LineageDataset(Message):
    """A frozen version that holds the image, and on which side of its split."""

    version_id: str
    dataset: str
    slug: str
    number: int
    split: str


class LineageModel(ModelReference):
    """A model version that met the image, and how."""

    how: Literal["trained", "validated", "evaluated", "predicted"]


class LineageTruth(Truth):
    """A truth of the image; `superseded` when another one stands now."""

    superseded: bool


class ImageLineage(Message):
    """Where an image has been: in which dataset versions, before which models, with which truths.

    Of a sealed test set nothing is told before somebody opened it. What the caller may not read is left out.
    """

    image_id: str
    datasets: list[LineageDataset]
    models: list[LineageModel]
    truths: list[LineageTruth]

"""What the evaluations found at each site over time: the line behind every figure that a site shows.

Owns which metric stands for a slice (the one of the acceptance rule, else the problem's own). Refuses
evaluations on training images: they flatter.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.evaluation import queries
from perenne.hub.evaluation.rules import read_acceptance
from perenne.hub.evaluation.tables import EvaluationRow, EvaluationSliceRow
from perenne.hub.models import ModelVersionRow
from perenne.problems import PROBLEMS
from perenne.wire.evaluation import MetricEstimate
from perenne.wire.models import ModelReference
from perenne.wire.sites import SiteMeasure


@dataclass(frozen=True)
class MeasuredAtSite:
    """One evaluation at one site: as it is told, and the whole estimate of its metric."""

    site_id: str
    measure: SiteMeasure
    estimate: MetricEstimate | None


def measures_by_site(
    session: Session,
    actor: Actor,
    *,
    site_id: str | None = None,
    latest: int | None = None,
    model_ids: Iterable[str] = (),
) -> dict[str, list[MeasuredAtSite]]:
    """Return what evaluations found at each visible site, in time order, by one query.

    With `latest` only so many of each site, and all of the model versions in `model_ids`.
    """
    rows = queries.site_slices(session, actor, site_id=site_id, latest=latest, model_ids=model_ids)
    found: dict[str, list[MeasuredAtSite]] = {}
    for part, evaluation, model, dataset, number in rows:
        told = _tell(part, evaluation, model, dataset=dataset, dataset_number=number)
        found.setdefault(part.site_id, []).append(told)
    return found


def _tell(
    part: EvaluationSliceRow,
    evaluation: EvaluationRow,
    model: ModelVersionRow,
    *,
    dataset: str,
    dataset_number: int,
) -> MeasuredAtSite:
    rule, kind = read_acceptance(evaluation.acceptance), PROBLEMS.get(evaluation.problem)
    metric = rule.metric if rule else kind.primary_metric
    stored = part.metrics.get(metric)
    estimate = MetricEstimate(**stored) if stored else None
    assert part.site_id is not None
    assert evaluation.finished_at is not None
    measure = SiteMeasure(
        evaluation_id=evaluation.id,
        model=ModelReference(id=model.id, name=model.name, number=model.number),
        dataset=dataset,
        dataset_number=dataset_number,
        split=evaluation.split,  # type: ignore[arg-type]
        problem=evaluation.problem,
        evaluated_at=evaluation.finished_at,
        metric=metric,
        lower_is_better=rule.at_most if rule else metric in kind.lower_is_better,
        value=estimate.value if estimate else None,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        n_images=part.n_images,
        n_groups=part.n_groups,
        verdict=part.verdict,  # type: ignore[arg-type]
        acceptable=rule.limit if rule else None,
    )
    return MeasuredAtSite(part.site_id, measure, estimate)

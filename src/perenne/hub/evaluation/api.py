"""Routes of evaluations."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from perenne.hub.accounts.auth import Call, Caller, GuardedRouter
from perenne.hub.datasets import get_dataset, get_dataset_version
from perenne.hub.evaluation import queries, service
from perenne.hub.evaluation.history import measures_by_site
from perenne.hub.evaluation.lineage import lineage_of_image
from perenne.hub.evaluation.measuring import SliceKey
from perenne.hub.evaluation.rules import (
    DifferenceVerdict,
    Measure,
    judge_difference,
    read_acceptance,
    satisfactory_everywhere,
    severity_of,
)
from perenne.hub.evaluation.tables import EvaluationRow, EvaluationSliceRow
from perenne.hub.images import get_image
from perenne.hub.models import get_model_version
from perenne.hub.sites import get_site
from perenne.kit.paging import DEFAULT_LIMIT, MAX_LIMIT
from perenne.problems import PROBLEMS
from perenne.wire import evaluation as wire
from perenne.wire.base import Listing
from perenne.wire.performance import LabelSuspicions, SliceReport
from perenne.wire.sites import SiteMeasure

router = GuardedRouter(tag="evaluation")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
SliceKind = Literal["overall", "site", "line", "product", "class", "size"]
OutcomeName = Literal["right", "wrong", "escape", "overkill", "unsure"]


@router.post("/evaluations", permission="evaluations:write", status_code=202)
def start_evaluation(body: wire.EvaluationRequest, caller: Caller, response: Response) -> wire.Evaluation:
    """Ask for an evaluation: 202 with its job while it runs, 200 when it was made before."""
    row = service.start_evaluation(
        caller.session,
        caller.hub,
        caller.actor,
        model_version=body.model_version,
        dataset_version=body.dataset_version,
        split=body.split,
        reason=body.reason,
    )
    message = _messages(caller, [row])[0]
    response.status_code = 200 if message.state == "succeeded" else 202
    return message


@router.get("/evaluations", permission="evaluations:read")
def list_evaluations(
    caller: Caller,
    model: str | None = None,
    dataset_version: str | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[wire.Evaluation]:
    """List evaluations, newest first, each with its sites, worst first."""
    page = service.list_evaluations(
        caller.session,
        caller.actor,
        model_version=model,
        dataset_version=dataset_version,
        cursor=cursor,
        limit=limit,
    )
    items = [message.model_copy(update={"summary": {}}) for message in _messages(caller, page.items)]
    return Listing(items=items, next_cursor=page.next_cursor)


@router.get("/evaluations/{evaluation_id}", permission="evaluations:read")
def show_evaluation(evaluation_id: str, caller: Caller) -> wire.Evaluation:
    """Show an evaluation: overall, its sites worst first, and the curves of its problem."""
    return _messages(caller, [service.get_evaluation(caller.session, caller.actor, evaluation_id)])[0]


@router.get("/evaluations/{evaluation_id}/slices", permission="evaluations:read")
def list_slices(
    evaluation_id: str, caller: Caller, kind: SliceKind | None = None
) -> Listing[wire.EvaluationSlice]:
    """List every slice: overall, sites, lines, products, classes, object sizes."""
    row = service.get_evaluation(caller.session, caller.actor, evaluation_id)
    rows = queries.slices_of_evaluations(
        caller.session, caller.actor, [row.id], kinds=None if kind is None else [kind]
    )
    return Listing(items=_worst_first(row, rows))


@router.get("/evaluations/{evaluation_id}/items", permission="evaluations:read")
def list_evaluation_items(
    evaluation_id: str,
    caller: Caller,
    site: str | None = None,
    outcome: OutcomeName | None = None,
    order: Literal["worst", "best"] = "worst",
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[wire.EvaluationItem]:
    """List the evaluated images, the greatest loss (or the least) first: truth beside prediction."""
    row = service.get_evaluation(caller.session, caller.actor, evaluation_id)
    site_id = get_site(caller.session, caller.actor, site).id if site else None
    page = service.worst_outcomes(
        caller.hub,
        caller.actor,
        row,
        site_id=site_id,
        outcome=outcome,
        cursor=cursor,
        limit=limit,
        worst_first=order == "worst",
    )
    names = queries.names_of_places(caller.session, caller.actor)
    items = [
        wire.EvaluationItem(
            image_id=o.image_id,
            site=names.get(o.site_id, o.site_id),
            group_key=o.group_key,
            truth=o.truth,
            prediction=o.prediction,
            decision=o.decision,
            loss=o.loss,
            outcome=o.outcome,
        )
        for o in page.items
    ]
    return Listing(items=items, next_cursor=page.next_cursor)


@router.get("/evaluations/{champion_id}/compare/{challenger_id}", permission="evaluations:read")
def compare_evaluations(
    champion_id: str, challenger_id: str, caller: Caller, metric: str | None = None
) -> wire.EvaluationComparison:
    """Compare a challenger with a champion on the same images, per site, by a paired bootstrap."""
    champion = service.get_evaluation(caller.session, caller.actor, champion_id)
    challenger = service.get_evaluation(caller.session, caller.actor, challenger_id)
    found = service.compare_evaluations(
        caller.session, caller.hub, caller.actor, champion=champion, challenger=challenger, metric=metric
    )
    names = queries.names_of_places(caller.session, caller.actor)
    values = [_values(caller, row, found.metric) for row in (champion, challenger)]
    parts = [_difference(found, key, names, values) for key in found.differences]
    sites = sorted((part for part in parts if part.kind == "site"), key=lambda p: _ORDER.index(p.verdict))
    return wire.EvaluationComparison(
        champion_id=champion.id,
        challenger_id=challenger.id,
        metric=found.metric,
        n_images=found.n_images,
        overall=next((part for part in parts if part.kind == "overall"), None),
        sites=sites,
        worse_at=[part.name for part in sites if part.verdict == "worse"],
    )


@router.get("/evaluations/{evaluation_id}/curves", permission="evaluations:read")
def show_curves(evaluation_id: str, caller: Caller, site: str | None = None) -> wire.EvaluationCurves:
    """Show precision against recall, ROC, calibration and confusion, of all visible sites or of one."""
    row = service.get_evaluation(caller.session, caller.actor, evaluation_id)
    site_row = get_site(caller.session, caller.actor, site) if site else None
    return service.evaluation_curves(caller.session, caller.hub, caller.actor, row=row, site=site_row)


@router.get("/images/{image}/lineage", permission="datasets:read")
def show_image_lineage(image: str, caller: Caller) -> wire.ImageLineage:
    """Show where an image has been: dataset versions, models that met it, truths."""
    row = get_image(caller.session, caller.actor, image)
    return lineage_of_image(caller.session, caller.actor, row)


@router.get("/sites/{site}/history", permission="evaluations:read")
def show_site_history(site: str, caller: Caller) -> Listing[SiteMeasure]:
    """List what every evaluation found at a site, in time order; those on training images are left out."""
    row = get_site(caller.session, caller.actor, site)
    found = measures_by_site(caller.session, caller.actor, site_id=row.id)
    return Listing(items=[one.measure for one in found.get(row.id, [])])


@router.get("/models/{model}/slices", permission="performance:read")
def show_error_slices(model: str, caller: Caller, site: str | None = None) -> SliceReport:
    """Show where a model version loses most: parts of its newest evaluation, with intervals."""
    row = get_model_version(caller.session, caller.actor, model)
    site_row = get_site(caller.session, caller.actor, site) if site else None
    from perenne.hub.evaluation import debugging  # brings numpy

    return debugging.report_slices(caller.session, caller.hub, caller.actor, model=row, site=site_row)


@router.get("/label-suspects", permission="performance:read")
def list_label_suspects(dataset_version: str, caller: Caller) -> LabelSuspicions:
    """List the labels of a dataset version that are probably wrong, each with the reason and the chance."""
    version = get_dataset_version(caller.session, caller.actor, dataset_version)
    from perenne.hub.evaluation import debugging  # brings numpy

    return debugging.suspect_labels(caller.session, caller.hub, caller.actor, version=version)


_ORDER = ("worse", "too_few", "no_difference_seen", "better")


def _difference(
    found: service.Comparison,
    key: SliceKey,
    names: dict[str, str],
    values: Sequence[dict[tuple[str, str], float | None]],
) -> wire.SliceDifference:
    stored = found.differences[key].get(found.metric)
    estimate = wire.MetricEstimate(
        **(stored or {"n": found.sizes[key], "n_groups": 0, "too_few": True, "shortage": "not defined here"})
    )
    verdict = DifferenceVerdict.TOO_FEW
    if stored is not None:
        verdict = judge_difference(Measure.from_json(stored), lower_is_better=found.lower_is_better)
    return wire.SliceDifference(
        kind=key.kind,
        key=key.key,
        name=names.get(key.key, key.key),
        metric=found.metric,
        champion=values[0].get((key.kind, key.key)),
        challenger=values[1].get((key.kind, key.key)),
        difference=estimate,
        verdict=verdict.value,
        n_images=found.sizes[key],
    )


def _values(call: Call, row: EvaluationRow, metric: str) -> dict[tuple[str, str], float | None]:
    rows = queries.slices_of_evaluations(call.session, call.actor, [row.id], kinds=["overall", "site"])
    return {(part.kind, part.key): (part.metrics.get(metric) or {}).get("value") for part in rows}


def _messages(call: Call, rows: Sequence[EvaluationRow]) -> list[wire.Evaluation]:
    ids = [row.id for row in rows]
    parts = queries.slices_of_evaluations(call.session, call.actor, ids, kinds=["overall", "site"])
    by_evaluation: dict[str, list[EvaluationSliceRow]] = {row.id: [] for row in rows}
    for part in parts:
        by_evaluation[part.evaluation_id].append(part)
    return [_message(call, row, by_evaluation[row.id]) for row in rows]


def _message(call: Call, row: EvaluationRow, parts: Sequence[EvaluationSliceRow]) -> wire.Evaluation:
    model = get_model_version(call.session, call.actor, row.model_version_id)
    version = get_dataset_version(call.session, call.actor, row.dataset_version_id)
    sites = _worst_first(row, [part for part in parts if part.kind == "site"])
    overall = _worst_first(row, [part for part in parts if part.kind == "overall"])
    limited = call.actor.site_ids is not None
    return wire.Evaluation(
        id=row.id,
        model_version_id=row.model_version_id,
        model_name=model.name,
        model_number=model.number,
        dataset_version_id=row.dataset_version_id,
        dataset=get_dataset(call.session, call.actor, version.dataset_id).slug,
        dataset_number=version.number,
        split=row.split,  # type: ignore[arg-type]
        problem=row.problem,
        state=service.present_state(call.session, call.actor, row).value,
        job_id=row.job_id,
        created_at=row.created_at,
        finished_at=row.finished_at,
        acceptance=row.acceptance,
        overall=overall[0] if overall else None,
        sites=sites,
        satisfactory_everywhere=satisfactory_everywhere([site.verdict for site in sites]),
        seen_in_training=row.summary.get("seen_in_training"),
        summary={} if limited else row.summary,
    )


def _worst_first(row: EvaluationRow, parts: Sequence[EvaluationSliceRow]) -> list[wire.EvaluationSlice]:
    rule = read_acceptance(row.acceptance)
    kind = PROBLEMS.get(row.problem)
    metric = rule.metric if rule else kind.primary_metric
    lower = metric in kind.lower_is_better
    items = [
        _slice(part, metric=rule.metric if rule else None, limit=rule.limit if rule else None)
        for part in parts
    ]
    return sorted(
        items,
        key=lambda s: (
            _KINDS.index(s.kind),
            severity_of(s.verdict, value=_value(s, metric), name=s.name, lower_is_better=lower),
        ),
    )


_KINDS = ("overall", "site", "line", "product", "class", "size")


def _value(part: wire.EvaluationSlice, metric: str) -> float | None:
    return part.metrics[metric].value if metric in part.metrics else None


def _slice(part: EvaluationSliceRow, *, metric: str | None, limit: float | None) -> wire.EvaluationSlice:
    metrics: dict[str, Any] = part.metrics
    return wire.EvaluationSlice(
        kind=part.kind,
        key=part.key,
        name=part.name,
        n_images=part.n_images,
        n_groups=part.n_groups,
        metrics={name: wire.MetricEstimate(**value) for name, value in metrics.items()},
        verdict=part.verdict,  # type: ignore[arg-type]
        verdict_reason=part.verdict_reason,
        metric=metric,
        limit=limit,
        more_images=part.more_images,
    )

"""Where a model loses its performance, and which labels are probably wrong: both from kept outcomes.

Owns the attributes by which evaluated images are cut into slices. Refuses evaluations on training images, and
suspicions from a model that has learnt the very labels it should doubt.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.datasets import DatasetVersionRow
from perenne.hub.evaluation import queries, service
from perenne.hub.evaluation.kept import kept_answers
from perenne.hub.evaluation.outcomes import found_truths
from perenne.hub.evaluation.rules import EvaluationState
from perenne.hub.evaluation.service import Outcome
from perenne.hub.evaluation.tables import EvaluationRow
from perenne.hub.infra.services import Hub
from perenne.hub.models import ModelVersionRow, get_model_version
from perenne.hub.sites import SiteRow
from perenne.kit.errors import NotFound
from perenne.kit.hashing import sha256_hex
from perenne.kit.saying import Said, to_code
from perenne.problems import PROBLEMS
from perenne.problems.suspicion import Suspect
from perenne.stats.estimation import SliceFinding, SliceScan, TooFew, cut_quantiles, find_error_slices
from perenne.wire.base import Said as Coded
from perenne.wire.models import ModelReference
from perenne.wire.performance import ErrorSlice, LabelSuspect, LabelSuspicions, SliceReport, WorstCase

MOST_SLICES_TOLD = 40
MOST_WORST = 24
MOST_SUSPECTS = 500
SIZE_NAMES = 3
NONE_UNLEARNT = Said("no evaluation on images that the model has not learnt", code="suspects.all_learnt")
CONFIDENCE = 0.95
RATE_OF = {
    "classification": "error_rate",
    "regression": "mean_error",
    "detection": "errors_per_image",
}
MISS_RATE = "miss_rate"
_THIRDS = ("top", "middle", "bottom"), ("left", "centre", "right")


@dataclass(frozen=True)
class Cases:
    """What is cut into slices: one loss a row (an image or an object), its group, image and attributes."""

    metric: str
    losses: list[float]
    groups: list[str]
    image_ids: list[str]
    attributes: dict[str, list[str | None]]


def report_slices(
    session: Session, hub: Hub, actor: Actor, *, model: ModelVersionRow, site: SiteRow | None
) -> SliceReport:
    """Return where the newest finished evaluation of a model lost most. Raises: NotFound without one."""
    row = queries.newest_evaluation(session, actor, model_version_id=model.id)
    if row is None:
        raise NotFound(
            f"Model {model.name}:{model.number} has no finished evaluation on images it was not trained on.",
            remedy="Evaluate it on a dataset version; its slices come from the outcome of every image.",
        )
    site_id = site.id if site else None
    key = ("slices", row.id, site_id, actor.site_ids)
    return kept_answers(hub).answer(key, lambda: _report(session, hub, actor, row, model, site_id))


def _report(
    session: Session,
    hub: Hub,
    actor: Actor,
    row: EvaluationRow,
    model: ModelVersionRow,
    site_id: str | None,
) -> SliceReport:
    outcomes = [
        o
        for o in service.read_outcomes(hub, row)
        if actor.may_touch_site(o.site_id) and site_id in (None, o.site_id)
    ]
    by_image = _image_cases(session, actor, row.problem, outcomes)
    tables = [by_image]
    if row.problem == "detection":
        tables.append(_object_cases(session, actor, model, outcomes))
    confidence = 1 - (1 - CONFIDENCE) / len(tables)
    slices: list[ErrorSlice] = []
    n_tested = 0
    why_not: Said | None = None
    for cases in tables:
        rng = np.random.default_rng(int(sha256_hex(f"{row.id}/{cases.metric}".encode())[:12], 16))
        scan = find_error_slices(
            cases.losses, groups=cases.groups, attributes=cases.attributes, rng=rng, confidence=confidence
        )
        if isinstance(scan, SliceScan):
            n_tested += scan.n_tested
            slices += [_tell_slice(found, cases) for found in scan.slices]
        elif cases is by_image:
            why_not = scan.said
    slices.sort(key=lambda one: (-one.lost_low, -one.lost, one.kind, one.key))
    worst = sorted((o for o in outcomes if o.outcome != "right"), key=lambda o: (-o.loss, o.image_id))[
        :MOST_WORST
    ]
    return SliceReport(
        model=ModelReference(id=model.id, name=model.name, number=model.number),
        evaluation_id=row.id,
        n_images=len(outcomes),
        n_errors=sum(o.outcome != "right" for o in outcomes),
        slices=slices[:MOST_SLICES_TOLD],
        worst=[WorstCase(image_id=o.image_id, loss=o.loss, kind=o.outcome) for o in worst],
        n_tested=n_tested,
        why_not=why_not,
        why_not_said=Coded.of(to_code(why_not)),
    )


def _image_cases(session: Session, actor: Actor, problem: str, outcomes: Sequence[Outcome]) -> Cases:
    """Return one row an image: its place, lot and signals; for a classification its true class too."""
    ids = [o.image_id for o in outcomes]
    places = queries.places_of_images(session, actor, ids)
    signals = queries.signals_of_images(session, actor, ids)
    names = queries.names_of_places(session, actor)
    attributes: dict[str, list[str | None]] = {
        "site": [names.get(o.site_id) for o in outcomes],
        "line": [names.get(o.line_id or "") for o in outcomes],
        "product": [names.get(o.product_id or "") for o in outcomes],
        "station": [places.get(i, (None, None))[0] for i in ids],
        "lot": [places.get(i, (None, None))[1] for i in ids],
    }
    if problem == "classification":
        attributes["class"] = [str(o.truth["class"]) for o in outcomes]
    if problem == "detection":
        attributes["boxes"] = cut_quantiles([float(len(o.truth["boxes"])) for o in outcomes])
    measured = [_numbers(signals.get(i)) for i in ids]
    for name in sorted({name for numbers in measured for name in numbers}):
        attributes[f"signal:{name}"] = cut_quantiles([numbers.get(name) for numbers in measured])
    wrong = problem == "classification"
    losses = [float(o.truth["class"] != o.prediction["class"]) if wrong else o.loss for o in outcomes]
    return Cases(RATE_OF[problem], losses, [f"{o.site_id}/{o.group_key}" for o in outcomes], ids, attributes)


def _object_cases(
    session: Session, actor: Actor, model: ModelVersionRow, outcomes: Sequence[Outcome]
) -> Cases:
    """Return one row a labelled object, lost when it was missed: its class, size and place in the image."""
    kind, thresholds = PROBLEMS.get("detection"), model.manifest.get("thresholds", {})
    extents = queries.extents_of_images(session, actor, [o.image_id for o in outcomes])
    cases = Cases(MISS_RATE, [], [], [], {"object_class": [], "object_position": []})
    sizes: list[float | None] = []
    for o in outcomes:
        truth: Any = kind.parse_truth(o.truth, model.classes)
        said: Any = kind.parse_prediction(o.prediction, model.classes)
        found = found_truths(truth, said, thresholds)
        for number, box in enumerate(truth.boxes):
            cases.losses.append(float(number not in found))
            cases.groups.append(f"{o.site_id}/{o.group_key}")
            cases.image_ids.append(o.image_id)
            cases.attributes["object_class"].append(box.name)
            cases.attributes["object_position"].append(_third(box, extents.get(o.image_id)))
            sizes.append(float(((box.x2 - box.x1) * (box.y2 - box.y1)) ** 0.5))
    cases.attributes["object_size"] = cut_quantiles(sizes, n_bins=SIZE_NAMES)
    return cases


def _third(box: Any, extent: tuple[int, int] | None) -> str | None:
    """Return in which ninth of the image the middle of a box lies."""
    if extent is None:
        return None
    column = min(2, int(3 * (box.x1 + box.x2) / 2 / extent[0]))
    row = min(2, int(3 * (box.y1 + box.y2) / 2 / extent[1]))
    return f"{_THIRDS[0][row]} {_THIRDS[1][column]}"


def _numbers(signals: str | None) -> dict[str, float]:
    """Return the numbers among the signals of an image, by name."""
    told: Mapping[str, Any] = json.loads(signals) if signals else {}
    return {
        name: float(value)
        for name, value in told.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _tell_slice(found: SliceFinding, cases: Cases) -> ErrorSlice:
    name, value = found.where[0]
    inside = [cell == value for cell in cases.attributes[name]]
    images = {i for i, member in zip(cases.image_ids, inside, strict=True) if member}
    errors = sum(member and loss > 0 for loss, member in zip(cases.losses, inside, strict=True))
    return ErrorSlice(
        kind=name.partition(":")[0],
        key=f"{name}={value}",
        name=f"{name.partition(':')[2]} {value}".strip(),
        n_images=len(images),
        n_errors=errors,
        metric=cases.metric,
        value=found.rate,
        low=found.rate_low,
        high=found.rate_high,
        elsewhere=found.elsewhere,
        lost=found.lost,
        lost_low=found.lost_low,
        lost_high=found.lost_high,
    )


def suspect_labels(
    session: Session, hub: Hub, actor: Actor, *, version: DatasetVersionRow
) -> LabelSuspicions:
    """Return the labels of a dataset version that evaluations of it make doubtful, the surest first.

    Each image is judged by the newest evaluation whose model has learnt neither it nor its group.
    """
    finished = [
        row
        for row in queries.evaluations_before(
            session, actor, before_id=None, limit=100, dataset_version_id=version.id
        )
        if row.state == EvaluationState.SUCCEEDED
    ]
    key = ("suspects", tuple(row.id for row in finished), actor.site_ids)
    return kept_answers(hub).answer(key, lambda: _suspect(session, hub, actor, finished))


def _suspect(
    session: Session, hub: Hub, actor: Actor, evaluations: Sequence[EvaluationRow]
) -> LabelSuspicions:
    told: list[LabelSuspect] = []
    judged: set[str] = set()
    short: TooFew | None = None
    for row in evaluations:
        model = get_model_version(session, actor, row.model_version_id)
        images, groups = service.learnt_by(session, actor, model)
        outcomes = [
            o
            for o in service.read_outcomes(hub, row)
            if actor.may_touch_site(o.site_id)
            and o.image_id not in judged
            and o.sha256 not in images
            and (o.site_id, o.group_key) not in groups
        ]
        if not outcomes:
            continue
        kind = PROBLEMS.get(row.problem)
        found = kind.suspect_labels(
            [kind.parse_truth(o.truth, model.classes) for o in outcomes],
            [kind.parse_prediction(o.prediction, model.classes) for o in outcomes],
            classes=model.classes,
            groups=[f"{o.site_id}/{o.group_key}" for o in outcomes],
        )
        if isinstance(found, TooFew):
            short = found
            continue
        judged |= {o.image_id for o in outcomes}
        told += [_tell_suspect(one, outcomes[one.image].image_id) for one in found]
    told.sort(key=lambda one: (-one.probability, one.image_id))
    why_not = None
    if not judged:
        why_not = short.said if short else NONE_UNLEARNT
    return LabelSuspicions(
        items=told[:MOST_SUSPECTS],
        n_images=len(judged),
        why_not=why_not,
        why_not_said=Coded.of(to_code(why_not)),
    )


def _tell_suspect(one: Suspect, image_id: str) -> LabelSuspect:
    return LabelSuspect(
        image_id=image_id,
        reason=one.reason,
        given=one.given,
        expected=one.expected,
        box=list(one.box) if one.box else None,
        probability=min(1.0, one.probability),
    )

"""What a week's performance is expected to be before anybody labels it, and how far such numbers were off.

Owns the estimate of one site, version and week: its labels are those of earlier weeks only, so that no label
of the week itself can have touched it. Refuses a number that the guard does not let through; what would have
been said is kept all the same, and held against the labels when they come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.infra.services import Hub
from perenne.hub.models import ModelVersionRow
from perenne.hub.performance import queries
from perenne.hub.performance.judging import COUNTED_PROBLEMS, FAIL
from perenne.hub.performance.rules import (
    PastWeek,
    bounds_of_week,
    contradicted,
    group_of,
    is_enough,
    past_weeks,
)
from perenne.hub.performance.tables import JudgedImageRow, PerformanceEstimateRow
from perenne.hub.sites import SiteRow
from perenne.kit.hashing import sha256_hex
from perenne.kit.ids import new_id
from perenne.kit.saying import Said, to_code
from perenne.runtime.projection import unpack_embedding
from perenne.stats.certificate import plan_labels
from perenne.stats.estimation import (
    Estimate,
    LabelledObjects,
    ScoredObjects,
    Support,
    TooFew,
    expected_performance,
    fit_reach,
    guard_estimate,
    measure_support,
)
from perenne.stats.estimation.support import MIN_REFERENCE

METRICS = ("recall", "precision", "f1")
MOST_IMAGES = 4_000
LOOKED_BACK, ANEW = timedelta(weeks=8), timedelta(hours=6)
FALL = 0.1
"""A number of labels is told that would notice a fall by so much."""


@dataclass(frozen=True)
class Answers:
    """What a version said of N images: its objects by score, and where known the embedding of each image."""

    objects: ScoredObjects
    embeddings: Sequence[bytes | None]


def estimate_week(
    session: Session,
    actor: Actor,
    *,
    site: SiteRow,
    model: ModelVersionRow,
    week: date,
    now: datetime,
    alarms: Sequence[str],
    past: Sequence[PastWeek],
) -> list[PerformanceEstimateRow]:
    """Return an estimate of each metric for a week at a site, not yet kept.

    `alarms`: channels of open alarms on the images there; `past`: what became of earlier estimates.
    """
    if model.problem not in COUNTED_PROBLEMS:
        return []
    since, until = bounds_of_week(week, time_zone=site.time_zone)
    answers = read_answers(
        queries.answers_of_week(
            session, actor, site_id=site.id, model_id=model.id, since=since, until=until, most=MOST_IMAGES
        ),
        classes=model.classes,
    )
    if not len(answers.objects.groups):
        return []
    rows = reference_labels(session, actor, model_id=model.id, site_id=site.id, before=since)
    labelled = as_labelled(rows, classes=model.classes)
    found = expected_performance(answers.objects, labelled, rng=_generator(site.id, model.id, week))
    support = _support(session, actor, answers, rows)
    return [
        _row(
            name,
            found[name],
            guard=guard_estimate(
                support, alarms=alarms, contradicted=_contradiction(name, past), estimate=found[name]
            ),
            support=support,
            labelled=labelled,
            key=(actor.organisation_id, site.id, model.id, week),
            now=now,
        )
        for name in METRICS
    ]


def keep_estimates(hub: Hub, actor: Actor) -> int:
    """Return how many estimates were kept: of every week that has ended once and for ever, of the running one
    anew every six hours. The last eight weeks are looked at."""
    now, kept = hub.clock.now(), 0
    with hub.database.reading() as reading:
        due = _weeks_due(reading, actor, now=now)
        sites = {site.id: site for site in queries.all_sites(reading, actor)}
        models = queries.models_by_id(reading, actor, {key[1] for key in due})
    for site_id, model_id, week in due:
        if models[model_id].problem not in COUNTED_PROBLEMS:
            continue
        site = sites[site_id]
        with hub.database.reading() as reading:
            estimates = [r for r in queries.estimates_of(reading, actor, site_id=site_id) if r.week < week]
            measured = queries.weeks_of_sites(reading, actor, site_id=site_id)
            past = past_weeks(estimates, measured, time_zone=site.time_zone)
            rows = estimate_week(
                reading,
                actor,
                site=site,
                model=models[model_id],
                week=week,
                now=now,
                alarms=queries.image_alarms(reading, actor, site_id=site_id),
                past=[one for one in past if one.model_id == model_id],
            )
        with hub.database.transaction() as session:
            queries.remove_estimates(session, actor, site_id=site_id, model_id=model_id, week=week)
            session.add_all(rows)
        kept += len(rows)
    return kept


def _weeks_due(session: Session, actor: Actor, *, now: datetime) -> list[tuple[str, str, date]]:
    """Return (site, model, week) whose estimate is missing, or was made before the week had ended."""
    zones = {site.id: site.time_zone for site in queries.all_sites(session, actor)}
    made: dict[tuple[str, str, date], datetime] = {}
    for row in queries.estimates_of(session, actor):
        made[(row.site_id, row.model_version_id, row.week)] = row.recorded_at
    due = []
    for seen in queries.inspected_weeks(session, actor):
        until = bounds_of_week(seen.week, time_zone=zones[seen.site_id])[1]
        key = (seen.site_id, seen.model_version_id, seen.week)
        last = made.get(key)
        final = last is not None and last >= until
        fresh = last is not None and now < until and now - last < ANEW
        if until > now - LOOKED_BACK and not final and not fresh:
            due.append(key)
    return sorted(due, key=lambda one: one[2])


def reference_labels(
    session: Session, actor: Actor, *, model_id: str, site_id: str, before: datetime | None = None
) -> list[JudgedImageRow]:
    """Return the audited labels that calibrate a version at a site: its own when there are enough, else those
    of all sites."""
    everywhere = queries.judged_rows(session, actor, model_id=model_id, stream="audit", before=before)
    own = [row for row in everywhere if row.site_id == site_id]
    return own if is_enough(own) else everywhere


def as_labelled(rows: Sequence[JudgedImageRow], *, classes: Sequence[str]) -> LabelledObjects:
    """Return judged images as labelled objects; the highest scores count, as many as counted then."""
    index = _index(classes)
    scores, names, images, counted, hits = [], [], [], [], []
    for at, row in enumerate(rows):
        ordered = sorted(row.objects, key=lambda one: -one[1])
        for rank, (name, score, hit) in enumerate(ordered):
            scores.append(score)
            names.append(index.setdefault(name, len(index)))
            images.append(at)
            counted.append(rank < row.tp + row.fp)
            hits.append(hit)
    return LabelledObjects(
        scores=np.asarray(scores, dtype=np.float64),
        classes=np.asarray(names, dtype=np.intp),
        images=np.asarray(images, dtype=np.intp),
        counted=np.asarray(counted, dtype=bool),
        groups=[row.group_key for row in rows],
        hits=np.asarray(hits, dtype=bool),
        missed_N=np.asarray([row.missed for row in rows], dtype=np.float64),
    )


def read_answers(rows: Sequence[Any], *, classes: Sequence[str]) -> Answers:
    """Return what was said of each image last."""
    latest = list({row.image_id: row for row in rows}.values())
    index = _index(classes)
    scores, names, images, counted = [], [], [], []
    for at, row in enumerate(latest):
        for name, score, counts in _objects_of(row.target, row.thresholds, classes):
            scores.append(score)
            names.append(index.setdefault(name, len(index)))
            images.append(at)
            counted.append(counts)
    objects = ScoredObjects(
        scores=np.asarray(scores, dtype=np.float64),
        classes=np.asarray(names, dtype=np.intp),
        images=np.asarray(images, dtype=np.intp),
        counted=np.asarray(counted, dtype=bool),
        groups=[
            group_of(
                batch_id=row.batch_id, group_key=row.group_key, part_id=row.part_id, image_id=row.image_id
            )
            for row in latest
        ],
    )
    return Answers(objects, [row.embedding for row in latest])


def labels_to_notice(labelled: LabelledObjects, *, value: float | None) -> int | None:
    """Return about how many audited labels would notice that a metric has fallen by 0.1."""
    expected = min(0.98, max(0.2, value if value is not None else 0.9))
    n_images = max(1, len(labelled.groups))
    prevalence = float(labelled.hits.sum() + labelled.missed_N.sum()) / n_images if n_images > 1 else 0.1
    return plan_labels(
        at_least=expected - FALL, expected=expected, prevalence=min(1.0, max(prevalence, 0.005))
    ).expected


def _objects_of(
    target: Mapping[str, Any], thresholds: Mapping[str, Any], classes: Sequence[str]
) -> list[tuple[str, float, bool]]:
    """Return (class, score, counts) of every object that an answer names: a part, or its boxes."""
    from perenne.problems import ClassTarget
    from perenne.problems.classification.decide import DEFAULT_FAIL_AT, fail_classes_of, fail_score
    from perenne.problems.detection.decide import DEFAULT_SCORE

    if "boxes" in target:
        least = float(thresholds.get("score", DEFAULT_SCORE))
        return [(box["class"], float(box["score"]), float(box["score"]) >= least) for box in target["boxes"]]
    said = ClassTarget(str(target["class"]), target.get("scores"))
    known = list(said.scores or classes)
    bad = fail_classes_of(thresholds, known)
    score = fail_score(said, thresholds, known)
    fails = score >= float(thresholds.get("fail_at", DEFAULT_FAIL_AT))
    return [(bad[0] if len(bad) == 1 else FAIL, score, fails)]


def _index(classes: Sequence[str]) -> dict[str, int]:
    """Return the same number for the same class on both sides; the pooled one is the next."""
    return {name: at for at, name in enumerate([*classes, FAIL])}


def _support(
    session: Session, actor: Actor, answers: Answers, rows: Sequence[JudgedImageRow]
) -> Support | None:
    kept = queries.embeddings_of(session, actor, [row.prediction_id for row in rows])
    reference = [unpack_embedding(packed) for packed in kept.values() if packed is not None]
    window = [unpack_embedding(packed) for packed in answers.embeddings if packed is not None]
    if len(reference) < MIN_REFERENCE or not window:
        return None
    return measure_support(fit_reach(np.stack(reference)), np.stack(window))


def _row(
    metric: str,
    found: Estimate | TooFew,
    *,
    guard: Any,
    support: Support | None,
    labelled: LabelledObjects,
    key: tuple[str, str, str, date],
    now: datetime,
) -> PerformanceEstimateRow:
    shown = guard.shown and isinstance(found, Estimate)
    why_not = _few(found) if isinstance(found, TooFew) else guard.why_not
    needed = None
    if isinstance(found, TooFew):
        needed = max(0, found.needed - found.got)
    elif not shown:
        needed = labels_to_notice(labelled, value=found.value)
    return PerformanceEstimateRow(
        id=new_id("est"),
        organisation_id=key[0],
        site_id=key[1],
        model_version_id=key[2],
        week=key[3],
        metric=metric,
        value=found.value if shown else None,
        low=found.low if shown else None,  # type: ignore[union-attr]
        high=found.high if shown else None,  # type: ignore[union-attr]
        raw=found.value if isinstance(found, Estimate) else None,
        n_images=found.n,
        support_share=support.share if support else None,
        why_not=None if why_not is None else str(why_not),
        why_not_said=to_code(why_not),
        labels_needed=needed,
        recorded_at=now,
    )


def _contradiction(metric: str, past: Sequence[PastWeek]) -> Said | None:
    """Return what labels said against the metric, else against another: all rest on the same scores."""
    return next((said for one in (metric, *METRICS) if (said := contradicted(one, past))), None)


def _few(found: TooFew) -> Said:
    text = f"{found.got} of {found.needed} {found.unit}."
    return Said(text, code="few", got=found.got, needed=found.needed, unit=found.unit)


def _generator(site_id: str, model_id: str, week: date) -> np.random.Generator:
    seed = sha256_hex(f"{site_id}/{model_id}/{week.isoformat()}".encode())
    return np.random.default_rng(int(seed[:16], 16))

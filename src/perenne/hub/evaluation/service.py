"""Use cases of evaluations: ask for one, look at it, compare two."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event
from perenne.hub.datasets import (
    DatasetRow,
    DatasetVersionRow,
    get_dataset,
    get_dataset_version,
    record_opening,
    require_version_in_sites,
    version_items,
)
from perenne.hub.evaluation import queries
from perenne.hub.evaluation.curves import draw_curves
from perenne.hub.evaluation.errors import ModelDoesNotFit, NotComparable, NotFinished, NothingToEvaluate
from perenne.hub.evaluation.kept import kept_answers
from perenne.hub.evaluation.measuring import (
    EvaluatedImage,
    MeasuringTask,
    SliceKey,
    SliceResult,
    compare_slices,
    judge_metrics,
)
from perenne.hub.evaluation.rules import EvaluationState, read_acceptance, state_now
from perenne.hub.evaluation.tables import EvaluationRow, EvaluationSliceRow
from perenne.hub.infra.jobs import enqueue_job, job_by_id
from perenne.hub.infra.services import Hub
from perenne.hub.models import ModelVersionRow, get_model_version, lineage_of
from perenne.hub.sites import SiteRow
from perenne.kit.errors import NotFound
from perenne.kit.ids import new_id
from perenne.kit.paging import Page, decode_cursor, encode_cursor
from perenne.problems import PROBLEMS
from perenne.wire.datasets import SPLITS, ManifestLine, Split
from perenne.wire.evaluation import EvaluationCurves

EVALUATION_JOB = "evaluation.run"


@dataclass(frozen=True)
class Outcome:
    """What became of one image: its place in the dataset, truth, prediction, decision and loss."""

    image_id: str
    sha256: str
    site_id: str
    group_key: str
    line_id: str | None
    product_id: str | None
    truth: dict[str, Any]
    prediction: dict[str, Any]
    decision: str
    loss: float
    outcome: str


@dataclass(frozen=True)
class ItemToEvaluate:
    """One image of the split, where its bytes and its template lie, and its truth."""

    image_id: str
    sha256: str
    reference_sha256: str | None
    site_id: str
    group_key: str
    line_id: str | None
    product_id: str | None
    truth: dict[str, Any]


def start_evaluation(
    session: Session,
    hub: Hub,
    actor: Actor,
    *,
    model_version: str,
    dataset_version: str,
    split: str,
    reason: str = "",
) -> EvaluationRow:
    """Return the evaluation, queued if it was never made; the opening of a sealed test set is logged.

    Asked for again, it is the same one: judged anew when the dataset's acceptance rule has changed, run
    anew when it had failed. Raises: NotFound, OutsideYourSites, ModelDoesNotFit, NothingToEvaluate.
    """
    model = get_model_version(session, actor, model_version)
    version = get_dataset_version(session, actor, dataset_version)
    dataset = get_dataset(session, actor, version.dataset_id)
    require_version_in_sites(actor, version)
    _check_fit(model, dataset, version)
    _check_split(version, dataset, split=split)
    row, is_new = _find_or_add(session, actor, model, version, dataset, split=split)
    if is_new:
        _log_opening(session, hub, actor, version, row, reason=reason)
        detail = {
            "model": f"{model.name}:{model.number}",
            "dataset": f"{dataset.slug}:{version.number}",
            "split": split,
        }
        record_event(session, actor, "evaluation.started", "evaluation", row.id, detail)
    elif row.state == EvaluationState.SUCCEEDED:
        if row.acceptance != (dataset.acceptance or {}):
            judge_again(session, actor, row, acceptance=dataset.acceptance or {})
        return row
    elif present_state(session, actor, row) != EvaluationState.FAILED:
        return row
    else:
        row.attempts += 1
        row.state = EvaluationState.QUEUED
    job = enqueue_job(
        session,
        hub,
        actor,
        kind=EVALUATION_JOB,
        payload={"evaluation_id": row.id},
        key=f"{row.id}:{row.attempts}",
    )
    row.job_id = job.id
    session.flush()
    return row


def judge_again(session: Session, actor: Actor, row: EvaluationRow, *, acceptance: dict[str, Any]) -> None:
    """Every slice is judged by `acceptance`; its metrics stay. Raises: BadAcceptanceRule."""
    rule = read_acceptance(acceptance)
    for part in queries.slices_of_evaluations(session, actor, [row.id]):
        judgement = judge_metrics(part.kind, part.metrics, rule=rule)
        part.verdict, part.verdict_reason = judgement.verdict, judgement.reason
        part.more_images = judgement.more_images
    row.acceptance = acceptance
    session.flush()


def get_evaluation(session: Session, actor: Actor, evaluation_id: str) -> EvaluationRow:
    """Return one evaluation. Raises: NotFound."""
    row = queries.evaluation_by_id(session, actor, evaluation_id)
    if row is None:
        raise NotFound.of("evaluation", evaluation_id)
    return row


def list_evaluations(
    session: Session,
    actor: Actor,
    *,
    model_version: str | None = None,
    dataset_version: str | None = None,
    cursor: str | None,
    limit: int,
) -> Page[EvaluationRow]:
    """Return evaluations, newest first. Raises: NotFound for a model or dataset version."""
    model_id = get_model_version(session, actor, model_version).id if model_version else None
    version_id = get_dataset_version(session, actor, dataset_version).id if dataset_version else None
    rows = queries.evaluations_before(
        session,
        actor,
        before_id=decode_cursor(cursor, parts=1)[0] if cursor else None,
        limit=limit,
        model_version_id=model_id,
        dataset_version_id=version_id,
    )
    return Page(rows, encode_cursor(rows[-1].id) if len(rows) == limit else None)


def present_state(session: Session, actor: Actor, row: EvaluationRow) -> EvaluationState:
    """Return where an evaluation stands, its job considered."""
    if row.state == EvaluationState.SUCCEEDED or row.job_id is None:
        return EvaluationState(row.state)
    return state_now(row.state, job_state=job_by_id(session, actor, row.job_id).state)


def read_items(session: Session, hub: Hub, actor: Actor, row: EvaluationRow) -> list[ItemToEvaluate]:
    """Return the images of the evaluation's split, by hash, as they were frozen."""
    version = get_dataset_version(session, actor, row.dataset_version_id)
    splits: Sequence[Split] = SPLITS if row.split == "all" else [row.split]  # type: ignore[list-item]
    # The hub's own reading: the opening of a sealed test set has been logged.
    manifest = hub.blobs.get(version.manifest_sha256, organisation_id=actor.organisation_id, verify=True)
    frozen = {line.image: line for line in _manifest_lines(manifest)}
    lines = queries.line_ids(session, actor)
    return [
        ItemToEvaluate(
            image_id=item.image_id,
            sha256=item.sha256,
            reference_sha256=frozen[item.sha256].reference,
            site_id=item.site_id,
            group_key=item.group_key,
            line_id=lines.get((item.site_id, frozen[item.sha256].line or "")),
            product_id=item.product_id,
            truth=item.target,
        )
        for item in version_items(session, actor, version, splits=splits)
    ]


def keep_results(
    session: Session,
    actor: Actor,
    row: EvaluationRow,
    *,
    results: Sequence[SliceResult],
    summary: dict[str, Any],
    acceptance: dict[str, Any],
    now: datetime,
) -> None:
    """The evaluation has succeeded with these slices; kept twice, it is the same."""
    names = queries.names_of_places(session, actor)
    queries.remove_slices(session, actor, row.id)
    for result in results:
        session.add(
            EvaluationSliceRow(
                id=new_id("evs"),
                organisation_id=actor.organisation_id,
                evaluation_id=row.id,
                site_id=result.slice.site_id,
                kind=result.slice.kind,
                key=result.slice.key,
                name=names.get(result.slice.key, result.slice.key),
                n_images=result.n_images,
                n_groups=result.n_groups,
                metrics=result.metrics,
                verdict=result.judgement.verdict,
                verdict_reason=result.judgement.reason,
                more_images=result.judgement.more_images,
            )
        )
    row.summary, row.acceptance = summary, acceptance
    row.state, row.finished_at = EvaluationState.SUCCEEDED, now
    session.flush()


def read_outcomes(hub: Hub, row: EvaluationRow) -> Iterator[Outcome]:
    """Yield the outcome of every image evaluated so far, in the order of the image hashes."""
    for sha256 in row.chunks:
        data = hub.blobs.get(sha256, organisation_id=row.organisation_id, verify=True)
        for line in data.splitlines():
            yield Outcome(**json.loads(line))


def write_outcomes(outcomes: Sequence[Outcome]) -> bytes:
    """Return the outcomes as one chunk, one JSON object a line."""
    return b"".join(json.dumps(asdict(o), sort_keys=True).encode() + b"\n" for o in outcomes)


def worst_outcomes(
    hub: Hub,
    actor: Actor,
    row: EvaluationRow,
    *,
    site_id: str | None,
    outcome: str | None,
    cursor: str | None,
    limit: int,
    worst_first: bool = True,
) -> Page[Outcome]:
    """Return the images that the actor may see, worst or best first. Raises: NotFinished."""
    _require_finished(row)
    seen = [
        o
        for o in read_outcomes(hub, row)
        if actor.may_touch_site(o.site_id) and site_id in (None, o.site_id) and outcome in (None, o.outcome)
    ]
    seen.sort(key=lambda o: (-o.loss if worst_first else o.loss, o.image_id))
    text = decode_cursor(cursor, parts=1)[0] if cursor else "0"
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else len(seen)
    page = seen[start : start + limit]
    return Page(page, encode_cursor(str(start + limit)) if start + limit < len(seen) else None)


@dataclass(frozen=True)
class Comparison:
    """Challenger minus champion by slice, and the metric that decides."""

    metric: str
    lower_is_better: bool
    n_images: int
    differences: dict[SliceKey, dict[str, Any]]
    sizes: dict[SliceKey, int]


def compare_evaluations(
    session: Session,
    hub: Hub,
    actor: Actor,
    *,
    champion: EvaluationRow,
    challenger: EvaluationRow,
    metric: str | None,
) -> Comparison:
    """Return the paired differences overall and at each site that the actor may see.

    Raises: NotFinished, NotComparable.
    """
    for row in (champion, challenger):
        _require_finished(row)
    same = (champion.dataset_version_id, champion.split) == (challenger.dataset_version_id, challenger.split)
    if not same or champion.problem != challenger.problem:
        raise NotComparable(
            f"Evaluations {champion.id} and {challenger.id} were not made on the same images.",
            remedy="Evaluate both model versions on the same split of the same dataset version.",
        )
    differences, sizes = kept_answers(hub).answer(
        ("compare", champion.id, challenger.id, actor.site_ids),
        lambda: _differences(session, hub, actor, champion, challenger),
    )
    kind = PROBLEMS.get(champion.problem)
    rule = read_acceptance(challenger.acceptance)
    decisive = metric or (rule.metric if rule else kind.primary_metric)
    return Comparison(
        metric=decisive,
        lower_is_better=decisive in kind.lower_is_better,
        n_images=sum(size for key, size in sizes.items() if key.kind == "site"),
        differences=differences,
        sizes=sizes,
    )


def _differences(
    session: Session, hub: Hub, actor: Actor, champion: EvaluationRow, challenger: EvaluationRow
) -> tuple[dict[SliceKey, dict[str, Any]], dict[SliceKey, int]]:
    """Return the paired differences of every metric, and the images, of what the actor may see."""
    tasks = [measuring_task(session, hub, actor, row) for row in (champion, challenger)]
    if [image.image_id for image in tasks[0].images] != [image.image_id for image in tasks[1].images]:
        raise NotComparable(
            f"Of the evaluations {champion.id} and {challenger.id} not the same images are kept, one by one.",
            remedy="Evaluate both models again on the same version and split, then compare these.",
        )
    keys = [SliceKey("site", site, site) for site in sorted({image.site_id for image in tasks[1].images})]
    if actor.site_ids is None:
        keys.insert(0, SliceKey("overall", "all"))
    sizes = {key: sum(key.kind == "overall" or i.site_id == key.key for i in tasks[1].images) for key in keys}
    return compare_slices(tasks[0], tasks[1], keys=keys), sizes


def evaluation_curves(
    session: Session, hub: Hub, actor: Actor, *, row: EvaluationRow, site: SiteRow | None
) -> EvaluationCurves:
    """Return the curves of all visible sites or of one; made once, then kept. Raises: NotFinished."""
    _require_finished(row)

    def draw() -> EvaluationCurves:
        task = measuring_task(session, hub, actor, row, site_id=site.id if site else None)
        return draw_curves(task, evaluation_id=row.id, site=site.slug if site else None)

    return kept_answers(hub).answer(("curves", row.id, site.id if site else None, actor.site_ids), draw)


def measuring_task(
    session: Session, hub: Hub, actor: Actor, row: EvaluationRow, *, site_id: str | None = None
) -> MeasuringTask:
    """Return what is measured of an evaluation whose images have all been predicted, or of one site of it."""
    model = get_model_version(session, actor, row.model_version_id)
    images = [
        EvaluatedImage(
            image_id=o.image_id,
            sha256=o.sha256,
            site_id=o.site_id,
            group_key=o.group_key,
            truth=o.truth,
            prediction=o.prediction,
            line_id=o.line_id,
            product_id=o.product_id,
        )
        for o in read_outcomes(hub, row)
        if actor.may_touch_site(o.site_id) and site_id in (None, o.site_id)
    ]
    return MeasuringTask(
        images=images,
        problem=row.problem,
        classes=list(model.classes),
        thresholds=model.manifest.get("thresholds", {}),
        seed=f"{row.artefact_sha256}/{row.dataset_version_id}/{row.split}",
    )


def _find_or_add(
    session: Session,
    actor: Actor,
    model: ModelVersionRow,
    version: DatasetVersionRow,
    dataset: DatasetRow,
    *,
    split: str,
) -> tuple[EvaluationRow, bool]:
    same = {"model_version_id": model.id, "dataset_version_id": version.id, "split": split}
    found = queries.evaluation_of(session, actor, **same)
    if found is not None:
        return found, False
    row = EvaluationRow(
        id=new_id("evl"),
        organisation_id=actor.organisation_id,
        **same,
        problem=dataset.problem,
        state=EvaluationState.QUEUED,
        artefact_sha256=model.artefact_sha256,
        attempts=1,
        acceptance=dataset.acceptance or {},
        summary={},
        chunks=[],
        created_by=actor.name,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        found = queries.evaluation_of(session, actor, **same)
        if found is None:
            raise
        return found, False
    return row, True


def _log_opening(
    session: Session, hub: Hub, actor: Actor, version: DatasetVersionRow, row: EvaluationRow, *, reason: str
) -> None:
    if version.sealed and row.split in ("test", "all"):
        why = reason or f"Evaluation {row.id}"
        record_opening(session, hub, actor, version=version, reason=why, purpose="evaluation")


def _check_fit(model: ModelVersionRow, dataset: DatasetRow, version: DatasetVersionRow) -> None:
    name = f"Model {model.name}:{model.number}"
    if model.problem != dataset.problem:
        raise ModelDoesNotFit(
            f"{name} solves {model.problem}, dataset '{dataset.slug}' is {dataset.problem}.",
            remedy="Choose a model trained for the dataset's problem.",
        )
    unknown = [name for name in version.classes if name not in model.classes]
    if unknown:
        raise ModelDoesNotFit(
            f"{name} does not know the class '{unknown[0]}' of dataset {dataset.slug}:{version.number}.",
            remedy=f"Its classes: {', '.join(model.classes)}. Train a model on this version's classes.",
        )


def _check_split(version: DatasetVersionRow, dataset: DatasetRow, *, split: str) -> None:
    counts: dict[str, int] = version.card.get("splits", {})
    n = sum(counts.values()) if split == "all" else counts.get(split, 0)
    if not n:
        present = ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "nothing"
        raise NothingToEvaluate(
            f"Dataset version {dataset.slug}:{version.number} has no image in '{split}' (it has {present}).",
            remedy="Choose another split, or freeze a version with one.",
        )


def _require_finished(row: EvaluationRow) -> None:
    if row.state != EvaluationState.SUCCEEDED:
        raise NotFinished(
            f"Evaluation {row.id} has no outcome yet.",
            remedy=f"Wait for its job {row.job_id}, or look at why it failed.",
        )


def seen_in_training(
    session: Session, actor: Actor, row: EvaluationRow, items: Sequence[ItemToEvaluate]
) -> dict[str, int]:
    """Return how many of the items, and of their groups, the model or its base models were trained on."""
    model = get_model_version(session, actor, row.model_version_id)
    images, groups = learnt_by(session, actor, model)
    return {
        "images": sum(item.sha256 in images for item in items),
        "groups": len({(item.site_id, item.group_key) for item in items} & groups),
    }


def learnt_by(
    session: Session, actor: Actor, model: ModelVersionRow
) -> tuple[set[str], set[tuple[str, str]]]:
    """Return image hashes, and groups by site, that the model or its base models were trained on."""
    images: set[str] = set()
    groups: set[tuple[str, str]] = set()
    for step in lineage_of(session, actor, model):
        if step.kind != "dataset_version":
            continue
        version = get_dataset_version(session, actor, step.id)
        for item in version_items(session, actor, version, splits=("train", "val")):
            images.add(item.sha256)
            groups.add((item.site_id, item.group_key))
    return images, groups


def _manifest_lines(manifest: bytes) -> Iterator[ManifestLine]:
    for line in manifest.splitlines()[1:]:
        yield ManifestLine.model_validate_json(line)

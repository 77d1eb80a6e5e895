"""Durable steps of an evaluation: predict chunk by chunk, then measure.

Owns the job `evaluation.run`. May run again after a crash: chunks that are kept are not predicted twice,
and what remains gives the same numbers.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from perenne.hub.accounts import Actor, system_actor
from perenne.hub.datasets import get_dataset, get_dataset_version
from perenne.hub.evaluation import service
from perenne.hub.evaluation.measuring import measure_slices
from perenne.hub.evaluation.outcomes import judge_image
from perenne.hub.evaluation.rules import EvaluationState, read_acceptance
from perenne.hub.evaluation.service import EVALUATION_JOB, ItemToEvaluate, Outcome
from perenne.hub.infra.jobs import JobContext, JobHandler
from perenne.hub.infra.services import Hub
from perenne.hub.models import artefact_file, get_model_version
from perenne.problems import PROBLEMS
from perenne.quality.decoding import decode_upright

if TYPE_CHECKING:
    from perenne.runtime import Model

CHUNK = 64
PREDICTING = 0.85


def run_evaluation(context: JobContext, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the id of the evaluation after every image was predicted and every slice judged."""
    from perenne.runtime import load_model

    hub, actor = context.hub, system_actor(context.organisation_id)
    evaluation_id = str(payload["evaluation_id"])
    with hub.database.transaction() as session:
        row = service.get_evaluation(session, actor, evaluation_id)
        if row.state == EvaluationState.SUCCEEDED:
            return {"evaluation_id": evaluation_id}
        row.state = EvaluationState.RUNNING
        items = service.read_items(session, hub, actor, row)
        artefact = artefact_file(hub, get_model_version(session, actor, row.model_version_id))
    if len(items) > len(row.chunks) * CHUNK:
        model = load_model(artefact, public_key=hub.signing_key.public_key(), threads=1)
        for start in range(len(row.chunks) * CHUNK, len(items), CHUNK):
            context.progress(PREDICTING * start / len(items), f"Predicting image {start + 1} of {len(items)}")
            outcomes = _predict_all(hub, actor, model, items[start : start + CHUNK])
            _keep_chunk(hub, actor, evaluation_id, outcomes, number=start // CHUNK)
    _measure(context, actor, evaluation_id, items)
    return {"evaluation_id": evaluation_id}


def _predict_all(hub: Hub, actor: Actor, model: "Model", items: list[ItemToEvaluate]) -> list[Outcome]:
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:  # one thread an inference: most images per second
        return list(pool.map(lambda item: _predict(hub, actor, model, item), items))


def _keep_chunk(hub: Hub, actor: Actor, evaluation_id: str, outcomes: list[Outcome], *, number: int) -> None:
    """The outcomes are the evaluation's chunk `number`, unless another run has kept it already."""
    sha256 = hub.blobs.put(service.write_outcomes(outcomes), organisation_id=actor.organisation_id)
    with hub.database.transaction() as session:
        row = service.get_evaluation(session, actor, evaluation_id)
        if len(row.chunks) == number:
            row.chunks = [*row.chunks, sha256]


def _predict(hub: Hub, actor: Actor, model: "Model", item: ItemToEvaluate) -> Outcome:
    manifest = model.manifest
    image_HWC = _decode(hub, actor, item.sha256)
    wants_reference = manifest["input"].get("reference") and item.reference_sha256 is not None
    reference_HWC = _decode(hub, actor, str(item.reference_sha256)) if wants_reference else None
    target = model.predict(image_HWC, reference_HWC=reference_HWC).target
    classes = list(manifest["classes"])
    decision, loss, outcome = judge_image(
        manifest["problem"],
        truth=PROBLEMS.get(manifest["problem"]).parse_truth(item.truth, classes),
        prediction=target,
        thresholds=manifest.get("thresholds", {}),
        classes=classes,
    )
    return Outcome(
        image_id=item.image_id,
        sha256=item.sha256,
        site_id=item.site_id,
        group_key=item.group_key,
        line_id=item.line_id,
        product_id=item.product_id,
        truth=item.truth,
        prediction=target.to_json(),
        decision=decision,
        loss=loss,
        outcome=outcome,
    )


def _decode(hub: Hub, actor: Actor, sha256: str) -> Any:
    data = hub.blobs.get(sha256, organisation_id=actor.organisation_id, verify=True)
    return decode_upright(data, max_pixels=hub.settings.max_megapixels * 1_000_000)


def _measure(context: JobContext, actor: Actor, evaluation_id: str, items: list[ItemToEvaluate]) -> None:
    hub = context.hub
    with hub.database.reading() as session:
        row = service.get_evaluation(session, actor, evaluation_id)
        task = service.measuring_task(session, hub, actor, row)
        seen = service.seen_in_training(session, actor, row, items)
        version = get_dataset_version(session, actor, row.dataset_version_id)
        acceptance = get_dataset(session, actor, version.dataset_id).acceptance or {}
    context.progress(PREDICTING, "Measuring every site and slice")
    results, details = measure_slices(
        task,
        rule=read_acceptance(acceptance),
        progress=lambda part: context.progress(
            PREDICTING + (1 - PREDICTING) * part, "Measuring every site and slice"
        ),
    )
    counts: dict[str, int] = {}
    for outcome in service.read_outcomes(hub, row):
        counts[outcome.outcome] = counts.get(outcome.outcome, 0) + 1
    summary = {
        **details,
        "outcomes": counts,
        "thresholds": dict(task.thresholds),
        "seen_in_training": seen,
    }
    with hub.database.transaction() as session:
        row = service.get_evaluation(session, actor, evaluation_id)
        service.keep_results(
            session,
            actor,
            row,
            results=results,
            summary=summary,
            acceptance=acceptance,
            now=hub.clock.now(),
        )


JOBS: dict[str, JobHandler] = {EVALUATION_JOB: run_evaluation}

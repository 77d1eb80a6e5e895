"""The versions of a hub with plenty: models, runs, where they were deployed, and how good they are where."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy.orm import Session

from perenne.hub.datasets.service import get_dataset, prepare_version, store_version, version_items
from perenne.hub.datasets.tables import DatasetItemRow, DatasetVersionRow
from perenne.hub.deployments.tables import DeploymentRow
from perenne.hub.evaluation.measuring import EvaluatedImage, MeasuringTask, judge_metrics, measure_slices
from perenne.hub.evaluation.outcomes import judge_image
from perenne.hub.evaluation.rules import read_acceptance
from perenne.hub.evaluation.service import Outcome, write_outcomes
from perenne.hub.evaluation.tables import EvaluationRow, EvaluationSliceRow
from perenne.hub.models import Inspected, Origin, register_model_version, sign_upload
from perenne.hub.models.tables import ModelVersionRow
from perenne.kit.hashing import sha256_file
from perenne.kit.ids import new_id
from perenne.problems import PROBLEMS
from perenne.runtime import read_artefact
from perenne.testing.boards import DEFECTS
from perenne.testing.plenty_images import DAYS, THRESHOLDS, goodness_at, id_at, say_boxes
from perenne.testing.plenty_runs import RECIPE, add_finished_run, add_other_runs
from perenne.testing.tiny_models import tiny_detector
from perenne.wire.datasets import FreezeRequest, SplitRule

if TYPE_CHECKING:
    from perenne.testing.plenty import Ground, Place

PARITY = {"boxes": 0.0021, "scores": 3.1e-06}
SYNTHETIC = {
    "map50": 0.0, "map": -0.22, "map33": 0.015, "precision": 0.02, "recall": -0.01, "f1": 0.005,
    "escape_rate": None, "overkill_rate": None, "unsure_rate": None,
}  # fmt: skip

LEFT_BEHIND = (5, 12, 17)
"""Sites, by number, where the first version still answers."""


def add_models(ground: "Ground") -> None:
    """The model versions are registered, each with its run, and were deployed one after another."""
    with tempfile.TemporaryDirectory() as folder:
        path = tiny_detector(
            Path(folder) / "boards.prn",
            classes=DEFECTS,
            thresholds=THRESHOLDS,
            parity=PARITY,
            recipe=RECIPE,
            metrics={"map50": 0.9},
        )
        artefact, signed = read_artefact(path), sign_upload(ground.hub, ground.actor, path)
        inspected, upload = Inspected(artefact.manifest, artefact.card), sha256_file(path)
    with ground.hub.database.transaction() as session:
        for version in range(ground.amount.versions):
            origin = Origin(name="boards", schema_id=ground.schema_id, run_text=f"Run {version + 1}")
            row = register_model_version(
                session,
                ground.hub,
                ground.actor,
                signed=signed,
                upload_sha256=upload,
                inspected=inspected,
                origin=origin,
            )
            row.created_at = made_at(ground, version)
            row.metrics = {"map50": round(_mean_goodness(ground, version), 4)}
            ground.models.append(row.id)
        for number, place in enumerate(ground.places):
            _deploy(session, ground, place, number=number)


def made_at(ground: "Ground", version: int) -> datetime:
    """Return when a version was made: they follow each other evenly, the first before every image."""
    step = timedelta(days=DAYS + 2) / (ground.amount.versions + 1)
    return ground.now - timedelta(days=DAYS + 3) + version * step


def _deploy(session: Session, ground: "Ground", place: "Place", *, number: int) -> None:
    """Let a few of the versions answer at a site one after another; some sites stay behind."""
    from perenne.testing.plenty import Deployed

    newest = ground.amount.versions - 1
    last = max(0, newest - (number % 4))
    versions = [0] if number in LEFT_BEHIND else sorted({0, last // 2, last})
    before: DeploymentRow | None = None
    for version in versions:
        at = made_at(ground, version) + timedelta(hours=5)
        if before is not None:
            before.state, before.ended_at, before.end_reason = (
                "superseded",
                at,
                f"Version {version + 1} is better",
            )
        row = DeploymentRow(
            id=new_id("dep"),
            organisation_id=ground.actor.organisation_id,
            created_at=at,
            site_id=place.id,
            station_id=None,
            scope_id=place.id,
            model_version_id=ground.models[version],
            previous_id=before.id if before else None,
            thresholds={},
            state="active",
            reason="First version" if before is None else f"Version {version + 1} is better at every site",
            by="Claire Martin",
            at=at,
        )
        session.add(row)
        session.flush()
        place.deployed.append(Deployed(row.id, version, at))
        before = row
    if number == 0 and newest > 0:
        _deploy_to_station(session, ground, place, version=newest)


def _deploy_to_station(session: Session, ground: "Ground", place: "Place", *, version: int) -> None:
    """Let the newest version answer at one station of its own, without a word of it in older images."""
    station_id, _ = place.stations[1]
    row = DeploymentRow(
        id=new_id("dep"),
        organisation_id=ground.actor.organisation_id,
        created_at=ground.now,
        site_id=place.id,
        station_id=station_id,
        scope_id=station_id,
        model_version_id=ground.models[version],
        previous_id=None,
        thresholds={"score": 0.6},
        state="active",
        reason="Tried on one station first",
        by="Jonas Weber",
        at=ground.now,
    )
    session.add(row)


def add_evaluations(ground: "Ground") -> None:
    """A dataset version is frozen, every model version came from a run on it and was evaluated on it."""
    hub, actor = ground.hub, ground.actor
    rule = SplitRule(by="group", val=0.15, test=0.35, near_duplicates="ignore")
    with hub.database.reading() as snapshot:
        dataset = get_dataset(snapshot, actor, "boards")
        prepared = prepare_version(
            snapshot, hub, actor, dataset=dataset, request=FreezeRequest(split=rule, note="First freeze")
        )
    with hub.database.transaction() as session:
        version, _ = store_version(session, hub, actor, dataset_id=dataset.id, prepared=prepared)
        items = list(version_items(session, actor, version, splits=("test",)))
        acceptance = dataset.acceptance or {}
    with hub.database.transaction() as session:
        for number in range(ground.amount.versions):
            ended, final = made_at(ground, number), _mean_goodness(ground, number)
            add_finished_run(session, ground, version, number=number, ended=ended, final=final)
        add_other_runs(session, ground, version)
    for number in range(ground.amount.versions):
        measured = number >= ground.amount.versions - ground.amount.measured
        _evaluate(ground, version, items, number=number, acceptance=acceptance, measured=measured)


def _evaluate(
    ground: "Ground",
    version: DatasetVersionRow,
    items: list[DatasetItemRow],
    *,
    number: int,
    acceptance: dict[str, Any],
    measured: bool,
) -> None:
    at = max(made_at(ground, number) + timedelta(hours=2), version.frozen_at - timedelta(days=DAYS + 3))
    row = EvaluationRow(
        id=id_at("evl", at, number),
        organisation_id=ground.actor.organisation_id,
        created_at=at,
        model_version_id=ground.models[number],
        dataset_version_id=version.id,
        split="test",
        problem="detection",
        state="succeeded",
        job_id=None,
        acceptance=acceptance,
        summary={"seen_in_training": {"images": 0, "groups": 0}, "thresholds": THRESHOLDS},
        chunks=[],
        artefact_sha256="",
        created_by="Jonas Weber",
        finished_at=at + timedelta(minutes=4),
    )
    with ground.hub.database.transaction() as session:
        model = session.get_one(ModelVersionRow, ground.models[number])
        row.artefact_sha256 = model.artefact_sha256
        session.add(row)
        session.flush()
        parts = _measure(ground, row, items, number=number) if measured else None
        session.add_all(parts if parts is not None else _draw(ground, row, items, number=number))


def _measure(
    ground: "Ground", row: EvaluationRow, items: list[DatasetItemRow], *, number: int
) -> list[EvaluationSliceRow]:
    """Predict every image, keep the outcomes and measure them as the hub does."""
    rng = np.random.default_rng(ground.amount.seed + number)
    goodness = {
        place.id: goodness_at(place, number, versions=ground.amount.versions) for place in ground.places
    }
    outcomes = [_outcome(item, goodness[item.site_id], rng) for item in items]
    data = write_outcomes(outcomes)
    row.chunks = [ground.hub.blobs.put(data, organisation_id=row.organisation_id)]
    task = MeasuringTask(
        images=[
            EvaluatedImage(
                image_id=o.image_id,
                sha256=o.sha256,
                site_id=o.site_id,
                group_key=o.group_key,
                truth=o.truth,
                prediction=o.prediction,
                product_id=o.product_id,
            )
            for o in outcomes
        ],
        problem="detection",
        classes=list(DEFECTS),
        thresholds=THRESHOLDS,
        seed=row.id,
    )
    results, details = measure_slices(task, rule=read_acceptance(row.acceptance))
    counts = {name: sum(o.outcome == name for o in outcomes) for name in {o.outcome for o in outcomes}}
    row.summary = {**row.summary, **details, "outcomes": counts}
    slugs = {place.id: place.slug for place in ground.places}
    return [
        EvaluationSliceRow(
            id=new_id("evs"),
            organisation_id=row.organisation_id,
            evaluation_id=row.id,
            site_id=result.slice.site_id,
            kind=result.slice.kind,
            key=result.slice.key,
            name=slugs.get(result.slice.key, result.slice.key),
            n_images=result.n_images,
            n_groups=result.n_groups,
            metrics=result.metrics,
            verdict=result.judgement.verdict,
            verdict_reason=result.judgement.reason,
            more_images=result.judgement.more_images,
        )
        for result in results
    ]


def _outcome(item: DatasetItemRow, goodness: float, rng: np.random.Generator) -> Outcome:
    problem, said = PROBLEMS.get("detection"), say_boxes(item.target, goodness=goodness, rng=rng)
    decision, loss, outcome = judge_image(
        "detection",
        truth=problem.parse_truth(item.target, DEFECTS),
        prediction=problem.parse_prediction(said, DEFECTS),
        thresholds=THRESHOLDS,
        classes=list(DEFECTS),
    )
    return Outcome(
        image_id=item.image_id,
        sha256=item.sha256,
        site_id=item.site_id,
        group_key=item.group_key,
        line_id=None,
        product_id=item.product_id,
        truth=item.target,
        prediction=said,
        decision=decision,
        loss=loss,
        outcome=outcome,
    )


def _draw(
    ground: "Ground", row: EvaluationRow, items: list[DatasetItemRow], *, number: int
) -> list[EvaluationSliceRow]:
    """Return slices with figures as that version would have them, without looking at an image."""
    parts = [
        _drawn_slice(ground, row, "overall", "all", None, "all", _mean_goodness(ground, number), len(items))
    ]
    for place in ground.places:
        n = sum(item.site_id == place.id for item in items)
        if n:
            goodness = goodness_at(place, number, versions=ground.amount.versions)
            parts.append(_drawn_slice(ground, row, "site", place.id, place.id, place.slug, goodness, n))
    return parts


def _drawn_slice(
    ground: "Ground",
    row: EvaluationRow,
    kind: str,
    key: str,
    site_id: str | None,
    name: str,
    goodness: float,
    n: int,
) -> EvaluationSliceRow:
    metrics = {
        metric: _estimate(1 - goodness if shift is None else goodness + shift, n)
        for metric, shift in SYNTHETIC.items()
    }
    judgement = judge_metrics(kind, metrics, rule=read_acceptance(row.acceptance))
    return EvaluationSliceRow(
        id=new_id("evs"),
        organisation_id=row.organisation_id,
        evaluation_id=row.id,
        site_id=site_id,
        kind=kind,
        key=key,
        name=name,
        n_images=n,
        n_groups=n,
        metrics=metrics,
        verdict=judgement.verdict,
        verdict_reason=judgement.reason,
        more_images=judgement.more_images,
    )


def _estimate(value: float, n: int) -> dict[str, Any]:
    value = float(np.clip(value, 0.0, 1.0))
    half = 1.6 * float(np.sqrt(max(value * (1 - value), 0.004) / max(n, 1)))
    few = n < 30
    return {
        "value": None if few else round(value, 4),
        "low": None if few else round(max(0.0, value - half), 4),
        "high": None if few else round(min(1.0, value + half), 4),
        "n": n,
        "n_groups": n,
        "confidence": 0.95,
        "too_few": few,
        "needed": 30 if few else None,
        "shortage": f"too few images: {n}, at least 30 needed" if few else None,
    }


def _mean_goodness(ground: "Ground", version: int) -> float:
    values = [goodness_at(place, version, versions=ground.amount.versions) for place in ground.places]
    return float(np.mean(values))

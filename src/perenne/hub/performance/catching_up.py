"""Everything that labels and answers say is judged and counted: what came since the last look, and no more.

Owns the step that keeps judged images, weekly figures and certificates in step with truths and predictions.
It may run at any time and any number of times: what was judged stays, what changed is made anew. Refuses to
run a model again: what production said is what is judged.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event, system_actor
from perenne.hub.annotation import LabelSchemaRow
from perenne.hub.infra.services import Hub
from perenne.hub.models import ModelVersionRow
from perenne.hub.monitoring import note_performance
from perenne.hub.performance import queries
from perenne.hub.performance.judging import COUNTED_PROBLEMS, Answered, Judged, judge_answers
from perenne.hub.performance.queries import Cell
from perenne.hub.performance.rules import (
    bounds_of_week,
    compare_losses,
    fits_schema,
    group_of,
    measure_labels,
    settle_claim,
    week_of,
)
from perenne.hub.performance.tables import (
    CertificateRow,
    ClaimRow,
    InspectedWeekRow,
    JudgedImageRow,
    PerformanceLedgerRow,
    PerformanceWeekRow,
)
from perenne.kit.errors import PerenneError
from perenne.kit.ids import is_id, least_id_before, new_id

PORTION, LATE = 2_000, 500
OVERLAP_S = 30.0
"""An id is made before its transaction ends: one looks again among the last ids of so long before."""


@dataclass
class Touched:
    """What one look has changed: cells whose figures are old, and sites whose answers must be counted."""

    cells: set[Cell] = field(default_factory=set)
    moments: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))


def catch_up(hub: Hub, actor: Actor) -> int:
    """Judge what came since; return how many images were judged anew. Cheap when nothing came."""
    system, judged = system_actor(actor.organisation_id), 0
    while True:
        with hub.database.reading() as reading:
            ledger = queries.ledger_of(reading, system)
            seen = (ledger.truth_cursor, ledger.prediction_cursor) if ledger else ("", "")
            newest = queries.newest_ids(reading, system)
        if newest == seen:
            return judged
        with hub.database.transaction() as session:
            n_judged, done = _advance(session, hub, system)
        judged += n_judged
        if done:
            return judged


def _advance(session: Session, hub: Hub, actor: Actor) -> tuple[int, bool]:
    """Judge one portion; return how many images were judged, and whether it was the last portion."""
    ledger = queries.ledger_of(session, actor, lock=True)
    if ledger is None:
        ledger = PerformanceLedgerRow(
            id=new_id("pld"),
            organisation_id=actor.organisation_id,
            truth_cursor="",
            prediction_cursor="",
            looked_at=hub.clock.now(),
        )
        session.add(ledger)
    truths = queries.images_of_truths(
        session, actor, after_id=_valid(ledger.truth_cursor, "gts"), limit=PORTION
    )
    answers = queries.answers_since(
        session, actor, after_id=_valid(ledger.prediction_cursor, "ins"), limit=PORTION
    )
    late = _late_images(session, actor, ledger)
    images = {image for _, image in truths if image} | {row.image_id for row in answers if row.has_truth}
    images |= late
    touched = Touched()
    for row in answers:
        touched.moments[row.site_id].append(row.at)
    n_judged = _judge_images(session, actor, images, touched)
    session.flush()
    _count_inspected(session, actor, touched)
    _measure_cells(session, actor, touched)
    certify_cells(session, hub, actor, touched.cells)
    for site_id in sorted({cell[0] for cell in touched.cells if cell[3] == "audit"}):
        onset = queries.first_open_onset(session, actor, site_id=site_id)
        if onset is not None:
            tell_losses(session, hub, actor, site_id=site_id, since=onset)
    ledger.truth_cursor = max([_valid(ledger.truth_cursor, "gts"), *(row[0] for row in truths)])
    ledger.prediction_cursor = max([_valid(ledger.prediction_cursor, "ins"), *(row.id for row in answers)])
    ledger.looked_at = hub.clock.now()
    return n_judged, PORTION not in (len(truths), len(answers))


def _late_images(session: Session, actor: Actor, ledger: PerformanceLedgerRow) -> set[str]:
    """Return images of truths and answers with ids before the cursor that may have come after it."""
    found: set[str] = set()
    if is_id(ledger.truth_cursor, "gts"):
        since = least_id_before(ledger.truth_cursor, seconds=OVERLAP_S)
        found |= queries.late_truths(session, actor, after_id=since, until_id=ledger.truth_cursor, limit=LATE)
    if is_id(ledger.prediction_cursor, "ins"):
        since = least_id_before(ledger.prediction_cursor, seconds=OVERLAP_S)
        until = ledger.prediction_cursor
        found |= queries.late_answers(session, actor, after_id=since, until_id=until, limit=LATE)
    return found


def _valid(cursor: str, kind: str) -> str:
    return cursor if is_id(cursor, kind) else ""


def _judge_images(session: Session, actor: Actor, images: Iterable[str], touched: Touched) -> int:
    """Judge the latest answer of each version about these images against each truth that fits it."""
    wanted = sorted(images)
    pairs = queries.pairs_of_images(session, actor, wanted)
    if not pairs:
        return 0
    kept = {
        (row.image_id, row.schema_id, row.model_version_id): row
        for row in queries.judged_of_images(session, actor, wanted)
    }
    schemas = queries.all_schemas(session, actor)
    models = queries.models_by_id(session, actor, {said.model_version_id for _, said, _ in pairs})
    zones = {site.id: site.time_zone for site in queries.all_sites(session, actor)}
    latest = {(truth.image_id, truth.schema_id, said.model_version_id): (truth, said, image)
              for truth, said, image in pairs}  # fmt: skip
    by_kind: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for key, (truth, said, image) in latest.items():
        old = kept.get(key)
        current = old is not None and (old.truth_id, old.prediction_id) == (truth.id, said.id)
        if not current and fits_schema(models[said.model_version_id], schemas[truth.schema_id]):
            by_kind[(truth.schema_id, said.model_version_id)].append((truth, said, image, old))
    judged = 0
    for (schema_id, model_id), some in by_kind.items():
        for (truth, said, image, old), found in _judge(schemas[schema_id], models[model_id], some):
            row = old or JudgedImageRow(id=new_id("jdg"), organisation_id=actor.organisation_id)
            if old is not None:
                touched.cells.add((row.site_id, model_id, schema_id, row.stream, row.week))
            _write(row, truth, said, image, found)
            row.week = week_of(said.at, time_zone=zones[said.site_id])
            touched.cells.add((row.site_id, model_id, schema_id, row.stream, row.week))
            session.add(row)
            judged += 1
    return judged


def _judge(
    schema: LabelSchemaRow, model: ModelVersionRow, some: Sequence[Any]
) -> list[tuple[tuple[Any, Any, Any, Any], Judged]]:
    classes = list(dict.fromkeys([*model.classes, *schema.classes]))
    answers = [Answered(t.target, said.target, said.thresholds, said.decision) for t, said, _, _ in some]
    try:
        return list(zip(some, judge_answers(schema.problem, answers, classes=classes), strict=True))
    except PerenneError:  # one that cannot be read must not hold the others back
        found = []
        for one, answer in zip(some, answers, strict=True):
            try:
                found.append((one, judge_answers(schema.problem, [answer], classes=classes)[0]))
            except PerenneError:
                continue
        return found


def _write(row: JudgedImageRow, truth: Any, said: Any, image: Any, found: Judged) -> None:
    row.site_id, row.station_id, row.image_id = said.site_id, said.station_id, image.id
    row.prediction_id, row.truth_id = said.id, truth.id
    row.schema_id, row.model_version_id = truth.schema_id, said.model_version_id
    row.stream, row.inclusion_probability = truth.stream, truth.inclusion_probability
    row.group_key = group_of(
        batch_id=image.batch_id, group_key=image.group_key, part_id=image.part_id, image_id=image.id
    )
    row.at, row.given_at = said.at, truth.given_at
    row.tp, row.fp, row.fn, row.missed = found.tp, found.fp, found.fn, found.missed
    row.wanted, row.decision, row.error = found.wanted, said.decision, found.error
    row.objects = [list(one) for one in found.objects]


def _count_inspected(session: Session, actor: Actor, touched: Touched) -> None:
    """Count the answers of every week in which new ones came."""
    if not touched.moments:
        return
    zones = {site.id: site.time_zone for site in queries.all_sites(session, actor)}
    for site_id, moments in touched.moments.items():
        rows = queries.inspected_weeks(session, actor, site_id=site_id)
        kept = {(row.week, row.model_version_id): row for row in rows}
        for week in sorted({week_of(at, time_zone=zones[site_id]) for at in moments}):
            since, until = bounds_of_week(week, time_zone=zones[site_id])
            counts = queries.count_inspected(session, actor, site_id=site_id, since=since, until=until)
            for model_id, count, last in counts:
                row = kept.get((week, model_id))
                if row is None:
                    row = InspectedWeekRow(
                        id=new_id("iwk"),
                        organisation_id=actor.organisation_id,
                        site_id=site_id,
                        week=week,
                        model_version_id=model_id,
                    )
                    session.add(row)
                row.n_inspected, row.last_at = count, last


def _measure_cells(session: Session, actor: Actor, touched: Touched) -> None:
    """Make the figures of every touched cell anew; a cell that lost all its labels is gone."""
    cells = sorted(touched.cells)
    kept = queries.week_cells(session, actor, site_ids={cell[0] for cell in cells})
    schemas = queries.all_schemas(session, actor) if cells else {}
    for cell in cells:
        site_id, model_id, schema_id, stream, week = cell
        labels = queries.labels_for_claims(
            session, actor, site_id=site_id, model_id=model_id, schema_id=schema_id, stream=stream, week=week
        )
        row = kept.get(cell)
        if not labels:
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = PerformanceWeekRow(
                id=new_id("pwk"),
                organisation_id=actor.organisation_id,
                site_id=site_id,
                week=week,
                model_version_id=model_id,
                schema_id=schema_id,
                stream=stream,
            )
            session.add(row)
        seed = "/".join((site_id, model_id, schema_id, stream, week.isoformat()))
        row.figures = measure_labels(labels, problem=schemas[schema_id].problem, seed=seed)
        row.n_labelled = len(labels)
        row.last_label_at = max(label.given_at for label in labels)


def certify_cells(session: Session, hub: Hub, actor: Actor, cells: Iterable[Cell]) -> None:
    """Settle the certificates of the claims that these cells are about."""
    groups = {(site, model, schema, stream) for site, model, schema, stream, _ in cells}
    for site_id in sorted({group[0] for group in groups}):
        for claim in queries.claims_standing(session, actor, site_id=site_id):
            for _, model_id, schema_id, stream in sorted(g for g in groups if g[0] == site_id):
                if (schema_id, stream) == (claim.schema_id, claim.stream):
                    certify_claim(session, hub, actor, claim, model_id=model_id)


def certify_claim(
    session: Session, hub: Hub, actor: Actor, claim: ClaimRow, *, model_id: str
) -> CertificateRow:
    """Return the certificate of a claim for a model version, settled on all labels so far.

    A change of its state is recorded; a loss that rose or did not is told to whoever looks for causes.
    """
    labels = queries.labels_for_claims(
        session,
        actor,
        site_id=claim.site_id,
        model_id=model_id,
        schema_id=claim.schema_id,
        stream=claim.stream,
    )
    found = settle_claim(
        labels,
        metric=claim.metric,
        at_least=claim.at_least,
        alpha=claim.alpha,
        max_objects=claim.max_objects,
        stream=claim.stream,
    )
    row = queries.certificates_of(session, actor, [claim.id]).get((claim.id, model_id))
    before = row.state if row else "open"
    fell = row.degraded_since if row else None
    if row is None:
        row = CertificateRow(
            id=new_id("crt"),
            organisation_id=actor.organisation_id,
            claim_id=claim.id,
            site_id=claim.site_id,
            model_version_id=model_id,
        )
        session.add(row)
    for name, value in asdict(found).items():
        setattr(row, name, [list(point) for point in value] if name == "path" else value)
    row.why_open_said = found.why_open_said
    told = {"metric": claim.metric, "at_least": claim.at_least, "model": model_id, "labels": found.n_labels}
    if found.state != before:
        record_event(session, actor, f"claim.{found.state}", "claim", claim.id, told)
    if found.degraded_since is not None and fell is None:
        since = {"since": found.degraded_since.isoformat()}
        record_event(session, actor, "claim.degraded", "claim", claim.id, told | since)
        tell_losses(session, hub, actor, site_id=claim.site_id, since=found.degraded_since)
    session.flush()
    return row


def tell_losses(session: Session, hub: Hub, actor: Actor, *, site_id: str, since: datetime) -> None:
    """Whoever looks for causes knows how audited losses moved at a site, after a moment against before."""
    losses = queries.audited_losses(session, actor, site_id=site_id)
    facts = compare_losses(losses, since=since)
    if facts is not None:
        note_performance(session, hub, actor, site_id=site_id, facts=facts, now=hub.clock.now())


def is_counted(schema: LabelSchemaRow) -> bool:
    """Say whether answers under a schema are hits and misses, so that a claim can be made."""
    return schema.problem in COUNTED_PROBLEMS

"""Use cases of performance: measured periods, claims and their certificates, and how each site stands."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event
from perenne.hub.annotation import LabelSchemaRow, get_schema
from perenne.hub.infra.services import Hub
from perenne.hub.models import ModelVersionRow
from perenne.hub.performance import queries
from perenne.hub.performance.catching_up import certify_claim, is_counted
from perenne.hub.performance.errors import ClaimExists, ClaimNotDecidable
from perenne.hub.performance.rules import (
    GRAVITY,
    PRIMARY,
    ClaimState,
    PastWeek,
    choose_max_objects,
    fits_schema,
    is_enough,
    labels_owed,
    past_weeks,
    plan_first_labels,
    settle_claim,
    standing_of,
)
from perenne.hub.performance.tables import (
    CertificateRow,
    ClaimRow,
    InspectedWeekRow,
    PerformanceEstimateRow,
    PerformanceWeekRow,
)
from perenne.hub.sites import SiteRow, get_site
from perenne.kit.errors import NotFound
from perenne.kit.hashing import sha256_hex
from perenne.kit.ids import new_id
from perenne.kit.saying import Said, to_code
from perenne.wire import performance as wire
from perenne.wire.base import Said as Coded
from perenne.wire.models import ModelReference

RECENT_ANSWERS = 500
PAST_WEEKS = 12
UNTRIED = Said(
    "No past week of this version was checked by labels, so nobody knows how far the number is off.",
    code="estimate.untried",
)
NOTHING_INSPECTED = Said("Nothing was inspected here yet.", code="claim.nothing_inspected")
NO_LABEL_OF_IT = Said("No label of this version yet.", code="claim.no_label_of_version")


@dataclass(frozen=True)
class Answering:
    """Which model version answered last at each site for each label schema, and all that ever did."""

    by_site: Mapping[str, Sequence[InspectedWeekRow]]
    models: Mapping[str, ModelVersionRow]

    def model_at(self, site_id: str, schema: LabelSchemaRow) -> ModelVersionRow | None:
        """Return the version that answered last at a site, of those that fit the schema."""
        rows = sorted(self.by_site.get(site_id, ()), key=lambda row: (row.last_at, row.id), reverse=True)
        return next(
            (
                self.models[row.model_version_id]
                for row in rows
                if fits_schema(self.models[row.model_version_id], schema)
            ),
            None,
        )

    def latest_at(self, site_id: str) -> ModelVersionRow | None:
        """Return the version that answered last at a site, whatever it says."""
        last = max(self.by_site.get(site_id, ()), key=lambda row: (row.last_at, row.id), default=None)
        return None if last is None else self.models[last.model_version_id]


def answering_at(session: Session, actor: Actor, *, site_id: str | None = None) -> Answering:
    """Return who answers at one site or at all visible ones."""
    by_site: dict[str, list[InspectedWeekRow]] = defaultdict(list)
    rows = queries.inspected_weeks(session, actor, site_id=site_id)
    for row in rows:
        by_site[row.site_id].append(row)
    return Answering(by_site, queries.models_by_id(session, actor, {row.model_version_id for row in rows}))


def site_performance(
    session: Session, actor: Actor, *, site: SiteRow, stream: str | None = None, model_id: str | None = None
) -> wire.SitePerformance:
    """Return what labels say of a site, week by week and version by version, each stream by itself."""
    answering = answering_at(session, actor, site_id=site.id)
    inspected = {(row.week, row.model_version_id): row.n_inspected for row in answering.by_site[site.id]}
    rows = [
        row
        for row in queries.weeks_of_sites(session, actor, site_id=site.id)
        if stream in (None, row.stream) and model_id in (None, row.model_version_id)
    ]
    models = {**answering.models, **_models_of(session, actor, rows, known=answering.models)}
    latest = answering.latest_at(site.id)
    problem = latest.problem if latest else "classification"
    shown = sorted({row.model_version_id for row in rows} | {key[1] for key in inspected})
    return wire.SitePerformance(
        site=site.slug,
        problem=problem,
        primary=PRIMARY[problem],
        periods=[
            _period(row, site=site, model=models[row.model_version_id], inspected=inspected) for row in rows
        ],
        models=[reference_to(models[key]) for key in shown],
    )


def state_claim(session: Session, hub: Hub, actor: Actor, *, site: str, asked: wire.ClaimNew) -> ClaimRow:
    """Add a claim at a site; it stands on all labels of the version that answers there now.

    Raises: NotFound (site, schema), ClaimNotDecidable (a problem without hits and misses), ClaimExists.
    """
    site_row = get_site(session, actor, site)
    schema = get_schema(session, actor, asked.label_schema)
    if not is_counted(schema):
        raise ClaimNotDecidable(
            f"'{schema.slug}' is a {schema.problem}: its answers are neither hits nor misses, so that there "
            f"is no {asked.metric} to certify.",
            remedy="Look at its weekly error; claims are for classifications and detections.",
        )
    for other in queries.claims_standing(session, actor, site_id=site_row.id):
        same = (other.schema_id, other.metric, other.stream, other.at_least, other.alpha)
        if same == (schema.id, asked.metric, asked.stream, asked.at_least, asked.alpha):
            raise ClaimExists(
                f"Site '{site_row.slug}' has the claim {asked.metric} >= {asked.at_least:g} from "
                f"{asked.stream} labels already ({other.id}).",
                remedy="Look at that one, or withdraw it first.",
            )
    row = ClaimRow(
        id=new_id("clm"),
        organisation_id=actor.organisation_id,
        created_at=hub.clock.now(),
        site_id=site_row.id,
        schema_id=schema.id,
        metric=asked.metric,
        at_least=asked.at_least,
        alpha=asked.alpha,
        stream=asked.stream,
        max_objects=_max_objects(session, actor, site_id=site_row.id, problem=schema.problem),
        reason=asked.reason,
        created_by=actor.name,
    )
    session.add(row)
    detail = asked.model_dump() | {"site": site_row.slug, "max_objects": row.max_objects}
    record_event(session, actor, "claim.stated", "claim", row.id, detail)
    session.flush()
    model = answering_at(session, actor, site_id=site_row.id).model_at(site_row.id, schema)
    if model is not None:
        certify_claim(session, hub, actor, row, model_id=model.id)
    return row


def withdraw_claim(session: Session, actor: Actor, claim_id: str, *, now: datetime) -> ClaimRow:
    """The claim is asked no more; its history stays. Raises: NotFound."""
    row = get_claim(session, actor, claim_id)
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = now, actor.name
        record_event(session, actor, "claim.withdrawn", "claim", row.id, {})
    return row


def get_claim(session: Session, actor: Actor, claim_id: str) -> ClaimRow:
    """Return one claim. Raises: NotFound."""
    row = queries.claim_by_id(session, actor, claim_id)
    if row is None:
        raise NotFound.of("claim", claim_id)
    return row


def tell_claims(
    session: Session, actor: Actor, claims: Sequence[ClaimRow], *, with_path: bool = False
) -> list[wire.Certificate]:
    """Return the claims with where they stand for the version that answers now."""
    if not claims:
        return []
    one = claims[0].site_id if len({claim.site_id for claim in claims}) == 1 else None
    answering = answering_at(session, actor, site_id=one)
    schemas = queries.all_schemas(session, actor)
    sites = {site.id: site for site in queries.all_sites(session, actor)}
    kept = queries.certificates_of(session, actor, [claim.id for claim in claims])
    told = []
    for claim in claims:
        model = answering.model_at(claim.site_id, schemas[claim.schema_id])
        row = kept.get((claim.id, model.id)) if model else None
        told.append(
            _certificate(
                claim,
                row,
                site=sites[claim.site_id],
                schema=schemas[claim.schema_id],
                model=model,
                with_path=with_path,
            )
        )
    return told


def certificates_at(
    session: Session, actor: Actor, *, site: SiteRow, until: datetime, answered: Sequence[ModelVersionRow]
) -> list[wire.Certificate]:
    """Return where the claims that stood at a site at a moment stood then, on the labels given until then.

    `answered`: the versions that answered before it, the latest first; a claim is about the first that fits.
    """
    schemas, told = queries.all_schemas(session, actor), []
    for claim in queries.claims_stated(session, actor, site_id=site.id, before=until):
        schema = schemas[claim.schema_id]
        model = next((one for one in answered if fits_schema(one, schema)), None)
        labels = (
            ()
            if model is None
            else queries.labels_for_claims(
                session, actor, site_id=site.id, model_id=model.id, schema_id=schema.id, stream=claim.stream
            )
        )
        found = settle_claim(
            [label for label in labels if label.given_at < until],
            metric=claim.metric,
            at_least=claim.at_least,
            alpha=claim.alpha,
            max_objects=claim.max_objects,
            stream=claim.stream,
        )
        row = found if found.n_labels else None
        told.append(_certificate(claim, row, site=site, schema=schema, model=model, with_path=False))
    return _worst_first(told)


def claims_of_site(session: Session, actor: Actor, *, site: SiteRow) -> list[wire.Certificate]:
    """Return the claims of a site, the worst first."""
    claims = queries.claims_standing(session, actor, site_id=site.id)
    return _worst_first(tell_claims(session, actor, claims))


def standings(session: Session, actor: Actor) -> list[wire.SiteStanding]:
    """Return every visible site with its certificates and what it owes, the worst first."""
    by_site: dict[str, list[wire.Certificate]] = defaultdict(list)
    for certificate in tell_claims(session, actor, queries.claims_standing(session, actor)):
        by_site[certificate.site_id].append(certificate)
    last, estimates = queries.last_labels(session, actor), latest_estimates(session, actor)
    items = []
    for site in queries.all_sites(session, actor):
        mine = _worst_first(by_site[site.id])
        still_open = [(c.stream, c.labels_left) for c in mine if c.state == "open"]
        items.append(
            wire.SiteStanding(
                site_id=site.id,
                site=site.slug,
                state=standing_of([(c.state, c.degraded_since) for c in mine]),
                certificates=mine,
                labels_owed=labels_owed(still_open),
                last_label_at=last.get(site.id),
                estimate=estimates.get(site.id),
            )
        )
    return sorted(items, key=lambda item: (GRAVITY[item.state], -item.labels_owed, item.site))


def site_estimates(
    session: Session, actor: Actor, *, site: SiteRow, model_id: str | None = None, metric: str | None = None
) -> list[wire.Estimate]:
    """Return what was estimated of a site without labels, the newest week first, beside its past errors.

    A number without a past error beside it is held back, as one is that the guard does not let through.
    """
    rows = queries.estimates_of(session, actor, site_id=site.id)
    measured = queries.weeks_of_sites(session, actor, site_id=site.id)
    past = past_weeks(rows, measured, time_zone=site.time_zone)
    models = queries.models_by_id(session, actor, {row.model_version_id for row in rows})
    return [
        _estimate(row, site=site, model=models[row.model_version_id], past=past)
        for row in reversed(rows)
        if model_id in (None, row.model_version_id) and metric in (None, row.metric)
    ]


def latest_estimates(session: Session, actor: Actor) -> dict[str, wire.Estimate]:
    """Return each site's newest estimate of the metric that decides, for the version that answers now."""
    rows = [row for row in queries.estimates_of(session, actor) if row.metric == PRIMARY["detection"]]
    if not rows:
        return {}
    answering = answering_at(session, actor)
    measured: dict[str, list[PerformanceWeekRow]] = defaultdict(list)
    for week in queries.weeks_of_sites(session, actor):
        measured[week.site_id].append(week)
    found = {}
    for site in queries.all_sites(session, actor):
        model = answering.latest_at(site.id)
        mine = [row for row in rows if model and (row.site_id, row.model_version_id) == (site.id, model.id)]
        if model is not None and mine:
            past = past_weeks(mine, measured[site.id], time_zone=site.time_zone)
            found[site.id] = _estimate(mine[-1], site=site, model=model, past=past)
    return found


def site_calibration(
    session: Session, actor: Actor, *, site: SiteRow, model_id: str | None = None
) -> list[wire.Reliability]:
    """Return for every class how far scores can be taken at their word, from the audited labels of a site.

    Of the version that answers now, when none is named. Without labels there is nothing to tell.
    """
    latest = answering_at(session, actor, site_id=site.id).latest_at(site.id)
    wanted = model_id or (latest.id if latest else None)
    if wanted is None:
        return []
    model = queries.models_by_id(session, actor, [wanted])[wanted]
    rows = queries.judged_rows(session, actor, model_id=wanted, stream="audit", site_id=site.id)
    by_class: dict[str, list[tuple[float, bool, str]]] = defaultdict(list)
    for row in rows:
        for name, score, hit in row.objects:
            by_class[name].append((score, hit, row.group_key))
    return [
        _reliability(name, pairs, site=site, model=model, recalibrated=is_enough(rows))
        for name, pairs in sorted(by_class.items())
    ]


def certificate_numbers(session: Session, actor: Actor) -> list[tuple[str, str, int]]:
    """Return (site, claim, state) of every visible claim: 1 is certified, 0 open, -1 violated."""
    worth = {"certified": 1, "open": 0, "violated": -1}
    return [
        (told.site, f"{told.metric}>={told.at_least:g} {told.stream}", worth[told.state])
        for told in tell_claims(session, actor, queries.claims_standing(session, actor))
    ]


def reference_to(model: ModelVersionRow) -> ModelReference:
    """Return a model version as a person names it."""
    return ModelReference(id=model.id, name=model.name, number=model.number)


def _models_of(
    session: Session, actor: Actor, rows: Sequence[PerformanceWeekRow], *, known: Mapping[str, Any]
) -> dict[str, ModelVersionRow]:
    return queries.models_by_id(session, actor, {row.model_version_id for row in rows} - set(known))


def _max_objects(session: Session, actor: Actor, *, site_id: str, problem: str) -> int:
    from perenne.problems.detection.decide import DEFAULT_SCORE

    counts = [
        sum(box["score"] >= float(thresholds.get("score", DEFAULT_SCORE)) for box in target["boxes"])
        for target, thresholds in queries.recent_targets(
            session, actor, site_id=site_id, limit=RECENT_ANSWERS
        )
        if "boxes" in target
    ]
    return choose_max_objects(counts, problem=problem)


def _worst_first(certificates: Sequence[wire.Certificate]) -> list[wire.Certificate]:
    return sorted(
        certificates, key=lambda c: (GRAVITY[standing_of([(c.state, c.degraded_since)])], c.metric, c.id)
    )


def _period(
    row: PerformanceWeekRow, *, site: SiteRow, model: ModelVersionRow, inspected: Mapping[Any, int]
) -> wire.PerformancePeriod:
    return wire.PerformancePeriod(
        site=site.slug,
        week=row.week,
        model=reference_to(model),
        stream=row.stream,  # type: ignore[arg-type]
        n_inspected=inspected.get((row.week, row.model_version_id), 0),
        n_labelled=row.n_labelled,
        figures=[wire.MetricFigure(**figure) for figure in row.figures],
    )


def _certificate(
    claim: ClaimRow,
    row: CertificateRow | ClaimState | None,
    *,
    site: SiteRow,
    schema: LabelSchemaRow,
    model: ModelVersionRow | None,
    with_path: bool,
) -> wire.Certificate:
    import math

    stands: dict[str, Any]
    if row is None:
        why = NOTHING_INSPECTED if model is None else NO_LABEL_OF_IT
        stands = dict.fromkeys(("value", "low", "high", "decided_at", "degraded_since"))
        stands |= {"state": "open", "n_labels": 0, "n_objects": 0, "log_wealth": 0.0, "why_open": why}
        stands["why_open_said"] = to_code(why)
        stands["log_threshold"] = -math.log(claim.alpha)
        stands["labels_left"] = plan_first_labels(
            at_least=claim.at_least, alpha=claim.alpha, stream=claim.stream
        )
    else:
        names = set(wire.Certificate.model_fields) & set(CertificateRow.__table__.columns.keys())
        stands = {name: getattr(row, name) for name in names - {"id", "site_id", "created_at", "path"}}
    return wire.Certificate(
        id=claim.id,
        site_id=site.id,
        site=site.slug,
        model=None if model is None else reference_to(model),
        metric=claim.metric,  # type: ignore[arg-type]
        at_least=claim.at_least,
        alpha=claim.alpha,
        stream=claim.stream,  # type: ignore[arg-type]
        label_schema=schema.slug,
        created_at=claim.created_at,
        reason=claim.reason,
        path=[tuple(point) for point in row.path] if row is not None and with_path else [],
        **stands,
    )


def _estimate(
    row: PerformanceEstimateRow, *, site: SiteRow, model: ModelVersionRow, past: Sequence[PastWeek]
) -> wire.Estimate:
    earlier = [
        one
        for one in past
        if (one.model_id, one.metric) == (row.model_version_id, row.metric) and one.week < row.week
    ][-PAST_WEEKS:]
    names = ("week", "estimated", "measured", "low", "high", "n_labels")
    errors = [abs(one.estimated - one.measured) for one in earlier]
    why_not, coded = row.why_not, row.why_not_said
    tried = bool(earlier)
    if row.value is not None and not tried:
        why_not, coded = str(UNTRIED), to_code(UNTRIED)
    return wire.Estimate(
        site=site.slug,
        model=reference_to(model),
        week=row.week,
        metric=row.metric,
        value=row.value if tried else None,
        low=row.low if tried else None,
        high=row.high if tried else None,
        n_images=row.n_images,
        support_share=row.support_share,
        why_not=why_not,
        why_not_said=Coded.of(coded),
        labels_needed=row.labels_needed,
        past_errors=[wire.PastError(**{name: getattr(one, name) for name in names}) for one in earlier],
        mean_past_error=sum(errors) / len(errors) if errors else None,
    )


def _reliability(
    name: str,
    pairs: Sequence[tuple[float, bool, str]],
    *,
    site: SiteRow,
    model: ModelVersionRow,
    recalibrated: bool,
) -> wire.Reliability:
    import numpy as np

    from perenne.stats.estimation import Estimate, calibration_error, reliability

    scores, hits, groups = ([pair[at] for pair in pairs] for at in range(3))
    rng = np.random.default_rng(int(sha256_hex(f"{site.id}/{model.id}/{name}".encode())[:16], 16))
    error = calibration_error(scores, hits, groups=[str(g) for g in groups], rng=rng, n_boot=200)
    known = error if isinstance(error, Estimate) else None
    return wire.Reliability(
        site=site.slug,
        model=reference_to(model),
        label_class=name,
        bins=[wire.ReliabilityBin.model_validate(one) for one in reliability(scores, hits)],
        error=known.value if known else None,
        error_low=known.low if known else None,
        error_high=known.high if known else None,
        n=len(pairs),
        recalibrated=recalibrated,
    )

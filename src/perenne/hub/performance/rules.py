"""Pure decisions on performance: weeks, figures, certificates, what a site owes, and which site comes first.

Owns what counts as a label that may certify. Refuses labels drawn with different chances within a week for a
certificate, and figures of a metric with fewer than ten objects an interval.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from perenne.kit.hashing import sha256_hex
from perenne.kit.saying import Said, to_code

if TYPE_CHECKING:
    from perenne.stats.certificate import Claim
    from perenne.stats.estimation import Estimate, TooFew

PRIMARY = {"classification": "f1", "detection": "f1", "regression": "mae"}
"""The metric that decides at a site, by problem, at the operating point."""
MIN_OBJECTS = 10
MIN_IMAGES = 30
"""Of a regression: its metric counts images."""
RUN_LENGTH_LABELS = 10_000.0
"""A watch on a certified site alarms falsely at most once in so many labels on average."""
PATH_POINTS = 200
SAME_CHANCE = 0.01
SITE_OBJECTS, SITE_IMAGES = 200, 100
"""From so many audited objects and images on, a site's scores are calibrated by its own labels."""
ALLOWED_ERROR = 0.03
MEMORY_WEEKS = 4
LATEST = timedelta(days=14)
NO_LABEL = Said("No label yet.", code="claim.no_label")
Standing = Literal["certified", "violated", "open", "no_claim"]


class Labelled(Protocol):
    """What is known of a judged image."""

    tp: int
    fp: int
    fn: int
    error: float | None
    group_key: str
    wanted: str
    decision: str
    inclusion_probability: float | None
    week: date
    at: datetime
    given_at: datetime


@dataclass(frozen=True)
class ClaimState:
    """Where a claim stands after all labels so far, as it is kept."""

    state: Literal["certified", "violated", "open"]
    value: float | None
    low: float | None
    high: float | None
    n_labels: int
    n_objects: int
    labels_left: int | None
    log_wealth: float
    log_threshold: float
    decided_at: datetime | None
    degraded_since: datetime | None
    why_open: Said | None
    path: list[tuple[int, float, float]]

    @property
    def why_open_said(self) -> dict[str, Any] | None:
        """The code and the values of `why_open`."""
        return to_code(self.why_open)


@dataclass(frozen=True)
class PastWeek:
    """What was estimated of a week, whether shown or not, and what labels said of it later."""

    week: date
    model_id: str
    metric: str
    estimated: float
    measured: float
    low: float
    high: float
    n_labels: int


def week_of(at: datetime, *, time_zone: str) -> date:
    """Return the Monday of the week in which `at` lies at the site.

    >>> week_of(datetime.fromisoformat("2026-01-04T23:30:00+00:00"), time_zone="Europe/Paris").isoformat()
    '2026-01-05'
    """
    local = at.astimezone(zone_of(time_zone)).date()
    return local - timedelta(days=local.weekday())


@lru_cache(maxsize=256)
def zone_of(time_zone: str) -> tzinfo:
    """Return a site's time zone; UTC for one that this machine has no data of, rather than no week at all."""
    try:
        return ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def bounds_of_week(week: date, *, time_zone: str) -> tuple[datetime, datetime]:
    """Return the first moment of a week at the site and that of the next one."""
    zone = zone_of(time_zone)
    start = datetime.combine(week, time(), tzinfo=zone)
    return start, datetime.combine(week + timedelta(days=7), time(), tzinfo=zone)


def fits_schema(model: Any, schema: Any) -> bool:
    """Say whether answers of a model version can be held against truths of a label schema."""
    if model.problem != schema.problem:
        return False
    if model.schema_id is not None:
        return bool(model.schema_id == schema.id)
    return set(model.classes) <= set(schema.classes)


def group_of(*, batch_id: str | None, group_key: str | None, part_id: str | None, image_id: str) -> str:
    """Return the independent unit of an image: its lot, else its group, else its part, else itself."""
    return batch_id or group_key or part_id or image_id


def measure_labels(labels: Sequence[Labelled], *, problem: str, seed: str) -> list[dict[str, Any]]:
    """Return the figures of these labels, as the wire has them, with intervals by group.

    Audited images weigh 1 / inclusion probability (Hájek): a share of weighted sums, nearly unbiased for
    any inclusion probabilities; without probabilities all weigh the same.
    """
    import numpy as np

    from perenne.stats.estimation import bootstrap_by_group

    weights_N = inclusion_weights(labels)
    groups = [label.group_key for label in labels]
    rng = np.random.default_rng(int(sha256_hex(seed.encode())[:16], 16))
    counts = {name: np.asarray([getattr(x, name) for x in labels], float) for name in ("tp", "fp", "fn")}
    errors_N = np.asarray([x.error or 0.0 for x in labels])
    counted = problem != "regression"

    def statistic(drawn_BN: Any) -> dict[str, Any]:
        weights_BN = drawn_BN * weights_N
        if not counted:
            return {"mae": weights_BN @ errors_N / weights_BN.sum(1)}
        tp, fp, fn = (weights_BN @ counts[name] for name in ("tp", "fp", "fn"))
        with np.errstate(invalid="ignore", divide="ignore"):
            return {"recall": tp / (tp + fn), "precision": tp / (tp + fp), "f1": 2 * tp / (2 * tp + fp + fn)}

    if not labels:
        return []
    measured = bootstrap_by_group(statistic, groups=groups, rng=rng, proportions=counted)
    seen = statistic(np.ones((1, len(labels))))
    return [
        _figure(name, one, seen=float(seen[name][0]), of=_objects(name, counts, n=len(labels)))
        for name, one in measured.items()
    ]


def inclusion_weights(labels: Sequence[Labelled]) -> Any:
    """Return (N,) weights 1 / probability, scaled to a mean of 1; all 1 when one of them is not known."""
    import numpy as np

    chances = [label.inclusion_probability for label in labels]
    if not chances or any(chance is None for chance in chances):
        return np.ones(len(labels))
    weights_N = 1.0 / np.asarray(chances, dtype=np.float64)
    return weights_N / weights_N.mean()


def draws_differ(labels: Sequence[Labelled]) -> Said | None:
    """Return in words where images were drawn with different chances within a week; None where nowhere."""
    by_week: dict[date, set[float]] = {}
    for label in labels:
        by_week.setdefault(label.week, set()).add(label.inclusion_probability or 0.0)
    for week, chances in sorted(by_week.items()):
        if max(chances) - min(chances) > SAME_CHANCE * max(chances):
            told = " and ".join("not told" if not c else f"{c:.3g}" for c in (min(chances), max(chances)))
            return Said(
                f"In the week of {week.isoformat()} images were drawn with different chances ({told}). "
                "A certificate needs labels drawn alike; the weighted figures of the week still hold.",
                code="claim.draws_differ" if min(chances) else "claim.draws_untold",
                week=week.isoformat(),
                least=min(chances),
                most=max(chances),
            )
    return None


def settle_claim(
    labels: Sequence[Labelled], *, metric: str, at_least: float, alpha: float, max_objects: int, stream: str
) -> ClaimState:
    """Return where a claim stands after these labels: in the order of labelling, those of one version."""
    import numpy as np

    from perenne.stats.certificate import Claim, certify, evidence_paths
    from perenne.stats.estimation import Estimate

    claim = Claim(metric, at_least, max_objects)  # type: ignore[arg-type]
    refused = draws_differ(labels) if stream == "audit" else None
    if refused is not None or not labels:
        planned = None if refused else plan_first_labels(at_least=at_least, alpha=alpha, stream=stream)
        return _open(len(labels), alpha=alpha, why=refused or NO_LABEL, left=planned)
    ordered = sorted(labels, key=lambda label: label.given_at)
    counts = {name: np.asarray([getattr(x, name) for x in ordered], float) for name in ("tp", "fp", "fn")}
    found = certify(claim, **counts, alpha=alpha)
    up, down = evidence_paths(claim, **counts)
    measured = found.measured if isinstance(found.measured, Estimate) else None
    return ClaimState(
        state=found.state.value,
        value=measured.value if measured else None,
        low=measured.low if measured else None,
        high=measured.high if measured else None,
        n_labels=found.n_labels,
        n_objects=found.n_informative,
        labels_left=found.more_labels,
        log_wealth=found.log_wealth,
        log_threshold=-math.log(alpha),
        decided_at=None if found.decided_at is None else ordered[found.decided_at - 1].given_at,
        degraded_since=fallen_since(labels, claim=claim),
        why_open=None,
        path=_thinned(up, down),
    )


def fallen_since(labels: Sequence[Labelled], *, claim: "Claim") -> datetime | None:
    """Return since when the labels, in the order of inspection, say that the metric is below its claim."""
    from perenne.stats.certificate import watch_degradation

    ordered = sorted(labels, key=lambda label: label.at)
    counts = {name: [getattr(x, name) for x in ordered] for name in ("tp", "fp", "fn")}
    found = watch_degradation(claim, **counts, run_length=RUN_LENGTH_LABELS)
    return None if found.since is None else ordered[found.since - 1].at


def plan_first_labels(*, at_least: float, alpha: float, stream: str, prevalence: float = 1.0) -> int:
    """Return about how many labels a certificate takes when nothing is known yet: half-way to perfect."""
    from perenne.stats.certificate import plan_labels

    plan = plan_labels(
        at_least=at_least, expected=(1 + at_least) / 2, prevalence=max(prevalence, 1e-3), alpha=alpha
    )
    return plan.seeded if stream == "seeded" else plan.expected


def choose_max_objects(counts: Sequence[int], *, problem: str) -> int:
    """Return how many objects of an image count in full: 1 for a part, else the 99th percentile of boxes.

    `counts`: boxes that a version predicted an image, never labels.
    """
    import numpy as np

    if problem == "classification":
        return 1
    if not counts:
        return 20
    return max(1, math.ceil(float(np.quantile(np.asarray(counts, dtype=np.float64), 0.99))) + 1)


def standing_of(states: Sequence[tuple[str, datetime | None]]) -> Standing:
    """Return the worst of the certificates' states; one that has fallen since counts as open.

    >>> standing_of([("certified", None), ("open", None)])
    'open'
    """
    if not states:
        return "no_claim"
    worst = [state if fallen is None or state == "violated" else "open" for state, fallen in states]
    for state in ("violated", "open", "certified"):
        if state in worst:
            return state
    return "open"


GRAVITY: Mapping[str, int] = {"violated": 0, "open": 1, "no_claim": 2, "certified": 3}


def labels_owed(open_claims: Sequence[tuple[str, int | None]]) -> int:
    """Return how many labels a site owes: the most of each stream, whose labels serve all its claims.

    >>> labels_owed([("audit", 300), ("audit", 120), ("seeded", 40)])
    340
    """
    most: dict[str, int] = {}
    for stream, left in open_claims:
        most[stream] = max(most.get(stream, 0), left or 0)
    return sum(most.values())


def compare_losses(
    losses: Sequence[tuple[str, datetime, bool, bool | None]], *, since: datetime
) -> dict[str, Any] | None:
    """Return how the share of wrongly judged audited images moved, and which were wrong since then.

    `losses`: (image, when inspected, whether anything was wrong, whether its label shows a defect; None of
    a value). `labelled` is how the share of labels with a defect moved, `audit_by_class` how the losses did
    with good and bad pieces in the shares of before. None with fewer than 10 on a side.
    """
    from perenne.monitoring.evidence import compare_by_class

    before = [(wrong, defect) for _, at, wrong, defect in losses if at < since]
    after = {image: (wrong, defect) for image, at, wrong, defect in losses if at >= since}
    audit = _compare_shares([wrong for wrong, _ in before], [wrong for wrong, _ in after.values()])
    if audit is None:
        return None
    told = [[defect for _, defect in side if defect is not None] for side in (before, after.values())]
    labelled = _compare_shares(*told)
    facts: dict[str, Any] = {
        "audit": audit,
        "losses": {image: float(wrong) for image, (wrong, _) in after.items()},
    }
    if labelled is None:
        return facts
    by_class = compare_by_class(*(_by_class(side) for side in (list(after.values()), before)))
    return facts | {"labelled": labelled} | ({} if by_class is None else {"audit_by_class": asdict(by_class)})


def _by_class(side: Sequence[tuple[bool, bool | None]]) -> tuple[list[float], list[bool]]:
    known = [(float(wrong), defect) for wrong, defect in side if defect is not None]
    return [wrong for wrong, _ in known], [defect for _, defect in known]


def _compare_shares(before: Sequence[bool], after: Sequence[bool]) -> dict[str, float] | None:
    """Return how a share changed, with its 95 % interval; None with fewer than 10 on a side.

    Interval: Newcombe's, from two Wilson intervals ("Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17, 1998).
    """
    from perenne.stats.estimation import wilson_interval

    if min(len(before), len(after)) < MIN_OBJECTS:
        return None
    old, new = sum(before) / len(before), sum(after) / len(after)
    old_low, old_high = wilson_interval(sum(before), len(before))
    new_low, new_high = wilson_interval(sum(after), len(after))
    return {
        "change": new - old,
        "low": new - old - math.hypot(new - new_low, old_high - old),
        "high": new - old + math.hypot(new_high - new, old - old_low),
        "n": len(after),
    }


def past_weeks(estimates: Sequence[Any], measured: Sequence[Any], *, time_zone: str) -> list[PastWeek]:
    """Return what became of the estimates that were kept when their week had ended, oldest first.

    Both are of one site; an estimate that was made later than two weeks after is no forecast and is left out.
    """
    figures = {
        (row.week, row.model_version_id, figure["metric"]): (figure, row.n_labelled)
        for row in measured
        if row.stream == "audit"
        for figure in row.figures
    }
    found = []
    for row in estimates:
        until = bounds_of_week(row.week, time_zone=time_zone)[1]
        figure, n_labels = figures.get((row.week, row.model_version_id, row.metric), (None, 0))
        in_time = until <= row.recorded_at <= until + LATEST
        if figure is not None and figure["low"] is not None and row.raw is not None and in_time:
            values = (row.raw, figure["value"], figure["low"], figure["high"])
            found.append(PastWeek(row.week, row.model_version_id, row.metric, *values, n_labels=n_labels))
    return sorted(found, key=lambda one: one.week)


def contradicted(metric: str, past: Sequence[PastWeek]) -> Said | None:
    """Return in words which of the last four weeks' labels said otherwise; None when none did."""
    for one in reversed([one for one in past if one.metric == metric][-MEMORY_WEEKS:]):
        off = abs(one.estimated - one.measured) > ALLOWED_ERROR
        if off and not one.low <= one.estimated <= one.high:
            return Said(
                f"In the week of {one.week.isoformat()} {metric} was expected to be {one.estimated:.2f} and "
                f"labels said {one.measured:.2f}: scores do not mean here what they meant.",
                code="estimate.contradicted",
                week=one.week.isoformat(),
                metric=metric,
                expected=one.estimated,
                measured=one.measured,
            )
    return None


def is_enough(rows: Sequence[Any]) -> bool:
    """Say whether a site's own labels are enough to calibrate its scores by."""
    return len(rows) >= SITE_IMAGES and sum(len(row.objects) for row in rows) >= SITE_OBJECTS


def _open(n_labels: int, *, alpha: float, why: Said, left: int | None) -> ClaimState:
    return ClaimState(
        state="open",
        value=None,
        low=None,
        high=None,
        n_labels=n_labels,
        n_objects=0,
        labels_left=left,
        log_wealth=0.0,
        log_threshold=-math.log(alpha),
        decided_at=None,
        degraded_since=None,
        why_open=why,
        path=[],
    )


def _thinned(up_T: Any, down_T: Any) -> list[tuple[int, float, float]]:
    """Return at most 200 points (labels, for, against), the first and the last label among them."""
    if not len(up_T):
        return []
    import numpy as np

    kept = np.unique(np.linspace(0, len(up_T) - 1, min(PATH_POINTS, len(up_T))).round().astype(int))
    return [(int(at) + 1, round(float(up_T[at]), 4), round(float(down_T[at]), 4)) for at in kept]


def _objects(metric: str, counts: Mapping[str, Any], *, n: int) -> int:
    tp, fp, fn = (int(counts[name].sum()) for name in ("tp", "fp", "fn"))
    return {"recall": tp + fn, "precision": tp + fp, "f1": tp + fp + fn}.get(metric, n)


def _figure(metric: str, measured: "Estimate | TooFew", *, seen: float, of: int) -> dict[str, Any]:
    from perenne.stats.estimation import Estimate, TooFew

    value = seen if math.isfinite(seen) else None
    least = MIN_IMAGES if metric == "mae" else MIN_OBJECTS
    what = "images" if metric == "mae" else "objects"
    missing = None
    if of < least:
        told = f"{of} {what}, at least {least} are needed for an interval"
        missing = Said(told, code="few", unit=what, got=of, needed=least)
    elif isinstance(measured, TooFew):
        missing = measured.said
    known = isinstance(measured, Estimate) and missing is None
    return {
        "metric": metric,
        "value": value,
        "low": measured.low if known else None,  # type: ignore[union-attr]
        "high": measured.high if known else None,  # type: ignore[union-attr]
        "n_images": measured.n,
        "n_units": measured.n_groups,
        "missing": missing,
        "missing_said": to_code(missing),
    }

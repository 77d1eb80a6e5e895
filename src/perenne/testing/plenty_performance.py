"""What labels say in a hub with plenty: how images came to be labelled, claims, and half a year behind them.

Owns the streams of labels, the claims and the drawn weeks before the first image. Refuses to decide a claim,
or to judge an answer: the performance room of the hub does both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy.orm import Session

from perenne.hub.performance.catching_up import catch_up
from perenne.hub.performance.estimating import METRICS, keep_estimates
from perenne.hub.performance.rules import bounds_of_week, week_of
from perenne.hub.performance.service import state_claim
from perenne.hub.performance.tables import InspectedWeekRow, PerformanceEstimateRow, PerformanceWeekRow
from perenne.hub.sites.tables import SiteRow
from perenne.kit.ids import new_id
from perenne.kit.saying import to_code
from perenne.stats.estimation import Support, guard_estimate
from perenne.wire.performance import ClaimNew

if TYPE_CHECKING:
    from perenne.testing.plenty import Amount, Ground, Place

SEEDED_EVERY, PICKED_EVERY, UNTOLD_EVERY = 7, 11, 23
WEEKS_BEHIND = 22
LABELS_A_WEEK = 40
SURE_SUPPORT = 0.985
"""From such a share on, drawn estimates were shown; the others fell so far that the guard held them back."""
FAR_BELOW = 0.12


@dataclass(frozen=True)
class Asked:
    """A claim and why somebody wanted it."""

    metric: str
    at_least: float
    stream: str = "audit"
    reason: str = ""


EASY = Asked("recall", 0.55, reason="Agreed with the customer in March")
FAIR = Asked("precision", 0.85, reason="Overkill costs a second inspection")
HARD = Asked("recall", 0.985, reason="Wanted by the automotive customer")
SEEDED = Asked("recall", 0.8, stream="seeded", reason="Monthly round of known parts")
CLAIMS = {
    0: (EASY, FAIR), 1: (HARD,), 2: (FAIR, SEEDED), 3: (EASY,), 4: (HARD, EASY), 5: (EASY, FAIR),
    6: (FAIR,), 7: (SEEDED,), 9: (EASY,), 11: (HARD,), 12: (EASY, HARD, SEEDED), 14: (FAIR,),
}  # fmt: skip
"""By the number of the site; the others claim nothing."""


def draw_of(number: int, *, amount: "Amount") -> dict[str, Any]:
    """Return how this image came to be labelled; most were drawn at random, so many of all images."""
    every = max(1, amount.images // max(1, amount.truths))
    number //= every
    if number % UNTOLD_EVERY == 0:
        return {"stream": "unknown", "inclusion_probability": None}
    if number % PICKED_EVERY == 0:
        return {"stream": "active", "inclusion_probability": None}
    if number % SEEDED_EVERY == 0:
        return {"stream": "seeded", "inclusion_probability": None}
    return {"stream": "audit", "inclusion_probability": round(1 / every, 4)}


def add_performance(ground: "Ground") -> None:
    """What was said is judged, a dozen sites claim something, and half a year lies behind every site."""
    catch_up(ground.hub, ground.actor)
    with ground.hub.database.transaction() as session:
        for number, place in enumerate(ground.places):
            for asked in CLAIMS.get(number, ()):
                _claim(session, ground, place, asked)
    rng = np.random.default_rng([ground.amount.seed, WEEKS_BEHIND])
    with ground.hub.database.transaction() as session:
        for place in ground.places:
            _add_weeks_behind(session, ground, place, rng=rng)
    keep_estimates(ground.hub, ground.actor)


def _claim(session: Session, ground: "Ground", place: "Place", asked: Asked) -> None:
    new = ClaimNew(
        metric=asked.metric,  # type: ignore[arg-type]
        at_least=asked.at_least,
        stream=asked.stream,  # type: ignore[arg-type]
        label_schema=ground.schema_id,
        reason=asked.reason,
    )
    state_claim(session, ground.hub, ground.actor, site=place.slug, asked=new)


def _add_weeks_behind(session: Session, ground: "Ground", place: "Place", *, rng: Any) -> None:
    """The weeks before the first image are there as the first version would have left them."""
    from perenne.testing.plenty_images import DAYS, goodness_at

    zone = session.get_one(SiteRow, place.id).time_zone
    first = week_of(ground.now - timedelta(days=DAYS), time_zone=zone)
    usual = goodness_at(place, 0, versions=ground.amount.versions)
    for back in range(WEEKS_BEHIND, 0, -1):
        week = first - timedelta(weeks=back)
        until = bounds_of_week(week, time_zone=zone)[1]
        n_inspected, n_labels = int(rng.poisson(2_500)), int(rng.poisson(LABELS_A_WEEK))
        true = {
            name: float(np.clip(usual + 0.02 * np.sin(back / 3) + shift, 0.05, 0.995))
            for name, shift in zip(METRICS, (0.0, 0.03, 0.015), strict=True)
        }
        same = {
            "organisation_id": ground.actor.organisation_id,
            "site_id": place.id,
            "week": week,
            "model_version_id": ground.models[0],
        }
        last = until - timedelta(minutes=20)
        session.add(InspectedWeekRow(id=new_id("iwk"), **same, n_inspected=n_inspected, last_at=last))
        for stream, n in (("audit", n_labels), ("seeded", n_labels // 2)):
            session.add(
                PerformanceWeekRow(
                    id=new_id("pwk"),
                    **same,
                    schema_id=ground.schema_id,
                    stream=stream,
                    n_labelled=n,
                    last_label_at=last,
                    figures=[_measured(name, true[name], n=n, rng=rng) for name in METRICS],
                )
            )
        session.add_all(_estimates(same, true, n=n_inspected, recorded_at=until, rng=rng))


def _measured(metric: str, true: float, *, n: int, rng: Any) -> dict[str, Any]:
    """Return what so many labelled images would say of a metric."""
    value = float(rng.binomial(max(n, 1), true)) / max(n, 1)
    half = 1.96 * float(np.sqrt(max(value * (1 - value), 0.01) / max(n, 1)))
    return {
        "metric": metric,
        "value": round(value, 4),
        "low": round(max(0.0, value - half), 4),
        "high": round(min(1.0, value + half), 4),
        "n_images": n,
        "n_units": n,
        "missing": None,
    }


def _estimates(
    same: Mapping[str, Any], true: Mapping[str, float], *, n: int, recorded_at: datetime, rng: Any
) -> list[PerformanceEstimateRow]:
    """Return what was estimated of a week when it had ended; of some weeks nothing was shown."""
    support = round(float(np.clip(rng.normal(0.99, 0.006), 0, 1)), 4)
    shown = support >= SURE_SUPPORT
    if not shown:
        support = round(support - FAR_BELOW, 4)
    why = guard_estimate(Support(support, support, support, n=n, n_reference=n)).why_not
    found = []
    for name in METRICS:
        value = float(np.clip(true[name] + rng.normal(0, 0.012), 0, 1))
        found.append(
            PerformanceEstimateRow(
                id=new_id("est"),
                **same,
                metric=name,
                value=round(value, 4) if shown else None,
                low=round(max(0.0, value - 0.03), 4) if shown else None,
                high=round(min(1.0, value + 0.03), 4) if shown else None,
                raw=round(value, 4),
                n_images=n,
                support_share=support,
                why_not=why,
                why_not_said=to_code(why),
                labels_needed=None if shown else 120,
                recorded_at=recorded_at + timedelta(minutes=10),
            )
        )
    return found

"""The first page: how each site does, the worst first.

Owns which figure stands for a site: that of the version deployed to it, else of its latest evaluation. Asks a
fixed number of questions, however many sites and versions there are. Refuses an average over sites.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.deployments import queries
from perenne.hub.deployments.rules import badness_of
from perenne.hub.deployments.tables import DeploymentRow
from perenne.hub.evaluation import MeasuredAtSite, measures_by_site
from perenne.hub.images import counts_by_site
from perenne.hub.models import ModelVersionRow
from perenne.hub.predictions import decisions_by_site
from perenne.hub.sites import SiteRow
from perenne.wire.models import ModelReference
from perenne.wire.sites import DecisionCounts, Site, SiteDeployment, SiteOverview

HISTORY = 12
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Answering:
    """A deployment in force: where, and which model version."""

    row: DeploymentRow
    station: str | None
    model: ModelReference


def overview_of_sites(session: Session, actor: Actor, *, now: datetime) -> list[SiteOverview]:
    """Return every visible site with its figure, its deployments and what happened there, worst first."""
    answering = _answering_by_site(session, actor)
    deployed = {one.model.id for some in answering.values() for one in some}
    measures = measures_by_site(session, actor, latest=HISTORY, model_ids=deployed)
    images = {row.site_id: row for row in counts_by_site(session, actor, since=now - DAY)}
    decisions = decisions_by_site(session, actor, since=now - DAY)
    stations = queries.stations_by_site(session, actor)
    items = [
        _overview(
            site,
            answering.get(site.id, []),
            measures.get(site.id, []),
            stations=stations.get(site.id, 0),
            images=images.get(site.id),
            decisions=decisions.get(site.id, {}),
        )
        for site in queries.all_sites(session, actor)
    ]
    return sorted(items, key=_badness)


def main_deployment(answering: Sequence[Answering]) -> Answering | None:
    """Return the deployment that a site is judged by: the site's own, else the latest of a station."""
    whole = [one for one in answering if one.station is None]
    return next(iter([*whole, *answering]), None)


def figure_of(measures: Sequence[MeasuredAtSite], *, model_id: str | None) -> MeasuredAtSite | None:
    """Return the latest measure of the model version (of any, for None); one on test images comes first."""
    fitting = [one for one in measures if model_id in (None, one.measure.model.id)]
    if model_id is None:
        return fitting[-1] if fitting else None
    on_test = [one for one in fitting if one.measure.split == "test"]
    return next(iter([*on_test[-1:], *fitting[-1:]]), None)


def _answering_by_site(session: Session, actor: Actor) -> dict[str, list[Answering]]:
    found: dict[str, list[Answering]] = {}
    for row, station, model in queries.active_everywhere(session, actor):
        found.setdefault(row.site_id, []).append(Answering(row, station, _name(model)))
    return found


def _name(model: ModelVersionRow) -> ModelReference:
    return ModelReference(id=model.id, name=model.name, number=model.number)


def _overview(
    site: SiteRow,
    answering: Sequence[Answering],
    measures: Sequence[MeasuredAtSite],
    *,
    stations: int,
    images: Any,
    decisions: dict[str, int],
) -> SiteOverview:
    main = main_deployment(answering)
    figure = figure_of(measures, model_id=main.model.id if main else None)
    measure = figure.measure if figure else None
    model = main.model if main else measure.model if measure else None
    return SiteOverview(
        site=Site.model_validate(site),
        verdict=measure.verdict if measure else "not_evaluated",
        metric=measure.metric if measure else None,
        lower_is_better=measure.lower_is_better if measure else False,
        estimate=figure.estimate if figure else None,
        acceptable=measure.acceptable if measure else None,
        problem=measure.problem if measure else None,
        model=model,
        evaluation_id=measure.evaluation_id if measure else None,
        evaluated_at=measure.evaluated_at if measure else None,
        deployed_at=main.row.at if main else None,
        deployments=[SiteDeployment(station=one.station, model=one.model) for one in answering],
        stations=stations,
        images=images.total if images else 0,
        images_last_24h=images.recent if images else 0,
        last_image_at=images.last_at if images else None,
        decisions_24h=DecisionCounts.model_validate(decisions),
        history=[one.measure for one in measures[-HISTORY:]],
    )


def _badness(item: SiteOverview) -> tuple[int, float, str]:
    value = item.estimate.value if item.estimate else None
    return badness_of(item.verdict, value=value, lower_is_better=item.lower_is_better, name=item.site.name)

"""What the demonstration claims about itself, checked against the hub after the fact.

Owns the claims. Refuses to believe the story: every claim asks the hub again.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perenne.cli.demo.cells import PLANTS, of_plant

if TYPE_CHECKING:
    from perenne.cli.demo.story import Told
    from perenne.client import Client


@dataclass(frozen=True)
class Claim:
    """A sentence about the demonstration, whether it holds, and what was seen."""

    sentence: str
    holds: bool
    seen: str


def check_claims(client: "Client", told: "Told") -> list[Claim]:
    """Return every claim; one that cannot be checked does not hold."""
    claims: list[Claim] = []
    for claim in CLAIMS:
        try:
            claims += claim(client, told)
        except Exception as error:
            claims.append(
                Claim(claim.__name__.replace("_", " "), False, f"{type(error).__name__}: {error}"[:200])
            )
    return claims


def every_image_arrived_once(client: "Client", told: "Told") -> Iterator[Claim]:
    """Images at the hub, counted by plant, are those sent and those of the camera."""
    for plant in PLANTS:
        wanted = sum(1 for cell in told.cells if cell.plant == plant)
        images = [image.sha256 for image in client.images.list(site=plant, limit=1000)]
        holds = len(images) == wanted == len(set(images))
        yield Claim(f"every image of {plant} arrived once", holds, f"{len(images)} of {wanted}")


def frozen_versions_hold_what_was_sent(client: "Client", told: "Told") -> Iterator[Claim]:
    """The card, the manifest and the cells agree, site by site and split by split."""
    card = client.datasets.card(told.dataset_all)
    for plant in PLANTS:
        wanted = sum(1 for _ in of_plant(told.cells, plant))
        yield Claim(f"the dataset version holds all of {plant}", card.sites.get(plant) == wanted, f"{wanted}")
    diff = client.datasets.diff(told.dataset_mono, told.dataset_all)
    same = diff.removed.count == diff.relabelled.count == diff.moved.count == 0
    yield Claim("from one version to the next, images were only added", same, diff.summary)
    groups: dict[str, set[str]] = {}
    for item in client.datasets.items(told.dataset_all, limit=1000):
        groups.setdefault(item.group, set()).add(item.split)
    torn = [group for group, splits in groups.items() if len(splits) > 1]
    yield Claim("no panel is on both sides of the split", not torn, f"{len(groups)} panels")
    trained_on = [cell.panel for cell in told.cells if cell.test and groups.get(cell.panel) != {"test"}]
    tested = len({cell.panel for cell in told.cells if cell.test})
    yield Claim("the test panels are in the test set", not trained_on, f"{tested} panels")


def nothing_was_doubled(client: "Client", told: "Told") -> Iterator[Claim]:
    """As many runs, models and evaluations as were asked for, whatever was killed meanwhile."""
    runs = [run for run in client.runs.list(limit=1000) if run.state == "succeeded"]
    models = list(client.models.list(limit=1000))
    evaluations = list(client.evaluations.list(limit=200))
    wanted = (len(told.models), len(told.models), len(told.evaluations))
    seen = (len(runs), len(models), len(evaluations))
    yield Claim("no run, model or evaluation is doubled", wanted == seen, f"{seen}, asked for {wanted}")


def the_first_model_is_not_satisfactory_everywhere(client: "Client", told: "Told") -> Iterator[Claim]:
    """The honest result on which the product is built."""
    evaluation = client.evaluations.get(told.evaluations["mono"])
    verdicts = {site.name: site.verdict for site in evaluation.sites}
    holds = evaluation.satisfactory_everywhere is False and verdicts.get("poly-line") == "not_satisfactory"
    yield Claim(
        "trained on mono cells only, the model is not satisfactory at poly-line", holds, str(verdicts)
    )


def the_second_model_is_better_on_poly(client: "Client", told: "Told") -> Iterator[Claim]:
    """The paired interval of the difference lies above zero."""
    comparison = client.evaluations.compare(told.evaluations["mono-again"], told.evaluations["all"])
    poly = next(site for site in comparison.sites if "poly-line" in (site.key, site.name))
    low = poly.difference.low
    seen = (
        f"{poly.metric} {poly.difference.value:+.3f} [{low:+.3f}, {poly.difference.high:+.3f}]"
        if low
        else "no interval"
    )
    yield Claim("trained on all plants, it is better at poly-line", low is not None and low > 0, seen)


def every_inspection_is_recorded(client: "Client", told: "Told") -> Iterator[Claim]:
    """Every answer that the camera got is kept, once, with the version that gave it."""
    kept = [row for plant in PLANTS for row in client.inspections.list(site=plant, limit=1000)]
    counted = Counter(row.id for row in kept)
    wanted = {inspection.id for inspection in told.inspections}
    holds = set(counted) == wanted and len(kept) == len(wanted) == len(told.inspections) > 0
    yield Claim("every inspection is recorded once", holds, f"{len(kept)} of {len(told.inspections)}")
    answered = {row.model_version_id for row in kept}
    yield Claim(
        "the deployed version answered", answered == {told.models["all"]}, ", ".join(sorted(answered))
    )


CLAIMS: tuple[Callable[["Client", "Told"], Iterator[Claim]], ...] = (
    every_image_arrived_once,
    frozen_versions_hold_what_was_sent,
    nothing_was_doubled,
    the_first_model_is_not_satisfactory_everywhere,
    the_second_model_is_better_on_poly,
    every_inspection_is_recorded,
)

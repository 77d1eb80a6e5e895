"""The story that the demonstration tells, stage by stage, through the SDK.

Owns the order and what is asked of the hub. Every step may be told again after a kill or an interruption:
pushes are known by their hash, truth by its image, runs, deployments and inspections by their key.
"""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perenne.cli.demo.cells import CLASSES, PLANTS, Cell, labelled_first, of_plant
from perenne.cli.demo.screen import show_inspection, stage
from perenne.cli.style import console, done, progress_bar, say
from perenne.kit.errors import PerenneError

if TYPE_CHECKING:
    from perenne.cli.demo.household import Household
    from perenne.client import Client
    from perenne.wire.evaluation import Evaluation
    from perenne.wire.models import ModelVersion
    from perenne.wire.predictions import Inspection

SCHEMA = "cell-state"
DATASET = "cells"
RECIPE = "lite-classification"
STATION = "camera-1"
METRIC = "balanced_accuracy"
LIMIT = 0.75
CAMERA_PAUSE_S = 0.15
TIME_ZONE = "Europe/Berlin"


class TrainingFailed(PerenneError):
    """A run of the demonstration ended without a model."""

    code = "demo-training-failed"
    title = "A training of the demonstration failed"
    status = 500


@dataclass
class Told:
    """What the story did, by the names that its claims use."""

    cells: list[Cell]
    dataset_mono: str = ""
    dataset_all: str = ""
    models: dict[str, str] = field(default_factory=dict)
    evaluations: dict[str, str] = field(default_factory=dict)
    inspections: "list[Inspection]" = field(default_factory=list)


def tell_story(house: "Household", cells: list[Cell], *, budget_cpu_s: float, hurry: bool) -> Told:
    """Return what was done: one full turn of the loop."""
    client = house.client()
    done(f"{house.url}: hub, worker and trainer, on nothing but this machine.")
    told = Told(cells)
    bring_images_in(client, cells)
    learn_at_one_plant(client, told, budget_cpu_s=budget_cpu_s)
    learn_at_all_plants(client, told, budget_cpu_s=budget_cpu_s)
    deploy_and_replay(client, told, pause_s=0.0 if hurry else CAMERA_PAUSE_S)
    return told


def bring_images_in(client: "Client", cells: list[Cell]) -> None:
    """Three plants and their images with capture context; the first plant has labelled all of its own."""
    stage("Three plants send their images; the first has labelled them")
    good = CLASSES[0]
    client.schemas.ensure(
        SCHEMA, problem="classification", classes=CLASSES, name="State of a cell", good_class=good
    )
    with progress_bar() as bar:
        for plant in PLANTS:
            client.sites.ensure(plant, name=plant.replace("-", " ").capitalize(), time_zone=TIME_ZONE)
            line = client.sites.ensure_line(plant, "line-1", name="Line 1")
            client.sites.ensure_station(plant, STATION, name="Camera 1", line=line.slug)
            push_plant(client, plant, list(of_plant(cells, plant)), bar)
    for plant in PLANTS:
        own = list(of_plant(cells, plant))
        bad = sum(cell.truth["class"] == CLASSES[1] for cell in own)
        panels = len({cell.panel for cell in own})
        share = f"{bad} defective ({100 * bad / len(own):.0f} %)"
        say(f"  {plant:<10} {len(own):>5} images, {panels} panels, {share}")


def push_plant(client: "Client", plant: str, cells: list[Cell], bar: Any) -> None:
    """The images of one plant are at the hub, and what is labelled of them."""
    from perenne.client.images import Outgoing
    from perenne.wire.images import CaptureContext

    task = bar.add_task(f"{plant:<10}", total=len(cells), remark="images")

    def outgoing(cell: Cell) -> Outgoing:
        context = CaptureContext(
            site=plant,
            line="line-1",
            station=STATION,
            captured_at=cell.captured_at,
            camera="EL camera",
            part_id=part_of(cell),
            group_key=cell.panel,
            external_id=cell.number,
            file_name=cell.path.name,
            extra={"defect_probability": cell.probability, "cell_type": cell.kind},
        )
        return Outgoing(cell.path, context)

    report = client.images.push_all(map(outgoing, cells), progress=lambda _: bar.advance(task))
    told = push_truth(client, [cell for cell in cells if labelled_first(cell)])
    bar.update(task, remark=f"{told} labelled, {report.refused} refused")


def push_truth(client: "Client", cells: list[Cell]) -> int:
    """Return how many truths stand after these were sent, each by its part."""
    from perenne.wire.truth import TruthItem

    truths = [
        TruthItem(part_id=part_of(cell), site=cell.plant, target=dict(cell.truth), given_at=cell.captured_at)
        for cell in cells
    ]
    answer = client.truth.push(truths, schema=SCHEMA, source="line_test")
    return answer.accepted + answer.unchanged


def part_of(cell: Cell) -> str:
    """Return the part id under which a cell is known to its plant's end-of-line test."""
    return f"{cell.plant}/{cell.number}"


def learn_at_one_plant(client: "Client", told: Told, *, budget_cpu_s: float) -> None:
    """A model of the mono plant's images, judged at all three: the honest result."""
    from perenne.wire.datasets import AcceptanceRule

    stage("A model learns at the first plant only")
    acceptance = AcceptanceRule(metric=METRIC, at_least=LIMIT)
    client.datasets.ensure(DATASET, schema=SCHEMA, name="Solar cells", acceptance=acceptance)
    told.dataset_mono = freeze(client, told, note="mono-line labelled, the others for the test only")
    told.models["mono"] = train(client, told.dataset_mono, budget_cpu_s=budget_cpu_s, key="mono").id
    stage("Is it good enough, at each plant?")
    told.evaluations["mono"] = evaluate(client, told.models["mono"], told.dataset_mono).id


def learn_at_all_plants(client: "Client", told: Told, *, budget_cpu_s: float) -> None:
    """A second model of all plants' images, compared with the first on the same test images."""
    from perenne.cli.evaluate import show_comparison

    stage("It learns again, at all plants")
    late = [cell for cell in told.cells if not labelled_first(cell)]
    done(f"the other plants have labelled their cells too: {push_truth(client, late)} truths arrive.")
    told.dataset_all = freeze(client, told, note="all plants labelled")
    told.models["all"] = train(client, told.dataset_all, budget_cpu_s=budget_cpu_s, key="all").id
    stage("The two compared, on the same images of panels that neither has seen")
    told.evaluations["mono-again"] = evaluate(client, told.models["mono"], told.dataset_all, show=False).id
    told.evaluations["all"] = evaluate(client, told.models["all"], told.dataset_all).id
    show_comparison(client.evaluations.compare(told.evaluations["mono-again"], told.evaluations["all"]))


def deploy_and_replay(client: "Client", told: Told, *, pause_s: float) -> None:
    """The second model answers at every plant; a camera shows it cells that the hub has never seen."""
    stage("Deployed at every plant, a camera asks")
    model = client.models.get(told.models["all"])
    for plant in PLANTS:
        reason = "better at every plant than the version before, see the comparison"
        deployment = client.deployments.set(
            plant, model.id, reason=reason, key=f"demo-deploy-{plant}-{model.id}"
        )
        say(f"  {deployment.model_name}:{deployment.model_number} answers at {plant}", style="dim")
    replayed = [cell for cell in told.cells if cell.replayed]
    replayed.sort(key=lambda cell: (int(cell.number[-2:]), cell.number))
    for cell in replayed:
        inspection = client.inspections.inspect(
            cell.plant,
            STATION,
            image=cell.path,
            part_id=part_of(cell),
            camera="EL camera",
            key=f"demo-inspect-{cell.number}",
        )
        told.inspections.append(inspection)
        show_inspection(cell, inspection)
        time.sleep(pause_s)
    matched = push_truth(client, replayed)
    done(f"{len(replayed)} inspections recorded; their truth came later, by part: {matched} matched.")


def freeze(client: "Client", told: Told, *, note: str) -> str:
    """Return the id of a frozen version of what is labelled now; the test panels stay the test panels."""
    from perenne.wire.datasets import Assignment, SplitRule

    tested = sorted({cell.panel for cell in told.cells if cell.test})
    rule = SplitRule(val=0.2, test=0.0, assign=Assignment(test_groups=tested), conflicts="join")
    answer = client.datasets.freeze(DATASET, split=rule, note=note)
    assert answer.version is not None
    version = answer.version
    splits = ", ".join(f"{name} {version.splits.get(name, 0)}" for name in ("train", "val", "test"))
    name = f"{version.dataset}:{version.number}"
    done(f"dataset version [bold]{name}[/] frozen: {splits}   {version.manifest_sha256[:12]}")
    return version.id


def train(client: "Client", version: str, *, budget_cpu_s: float, key: str) -> "ModelVersion":
    """Return the model of a run, watched to its end. Raises: TrainingFailed."""
    from perenne.cli.train import watch_run

    config = {"budget_cpu_s": budget_cpu_s}
    run = client.runs.start(version, recipe=RECIPE, config=config, name=DATASET, key=f"demo-{key}-{version}")
    ended = watch_run(client, run.id, hint=False)
    if ended.model_version_id is None:
        error = ended.error or {}
        raise TrainingFailed(
            f"Run {ended.number} {ended.state}: {error.get('detail', 'no reason was given')}",
            remedy=str(error.get("remedy") or f"perenne train log {ended.number} says more."),
        )
    return client.models.get(ended.model_version_id)


def evaluate(client: "Client", model: str, version: str, *, show: bool = True) -> "Evaluation":
    """Return a finished evaluation on the test set, shown site by site, worst first."""
    from perenne.cli.evaluate import show_evaluation, wait_for

    evaluation = wait_for(
        client, client.evaluations.run(model, version, split="test", reason="demonstration")
    )
    if show or evaluation.state != "succeeded":
        show_evaluation(client, evaluation)
        console().print()
    return evaluation

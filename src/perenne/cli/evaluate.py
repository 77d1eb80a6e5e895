"""`perenne evaluate`: how good a model version is, site by site, worst first; and two versions compared.

Owns the tables. Refuses a number without its interval and sample size, and an average in place of the sites.
"""

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, BadOption, Limit
from perenne.cli.style import Column, estimate_text, glyph, mark, progress_bar, say, show_json, show_table

if TYPE_CHECKING:
    from perenne.client import Client
    from perenne.wire.evaluation import Evaluation, EvaluationComparison, EvaluationSlice, SliceDifference

app = typer.Typer(
    help="How good a model is, site by site, worst first.", no_args_is_help=True, add_completion=False
)
Model = Annotated[str, typer.Argument(help="Model version: name:number, id, or a name for the latest.")]
Version = Annotated[str, typer.Argument(help="Dataset version: slug:number, id, or a slug for the latest.")]
Metrics = Annotated[str | None, typer.Option(help="Metrics to show, comma-separated; 'all' for every one.")]
EvaluationId = Annotated[str | None, typer.Argument(help="Evaluation: id; without it, the latest.")]
SHOWN = {
    "detection": ("map33", "map50", "map", "f1", "precision", "recall"),
    "classification": ("balanced_accuracy", "auroc", "f1", "ece"),
    "regression": ("mae", "rmse", "r2"),
}
GRAVITY = ("not_satisfactory", "undecided", "too_few", "not_judged", "satisfactory")


@app.command("run")
def run(
    model: Model,
    dataset: Version,
    split: Annotated[
        Literal["test", "val", "train", "all"], typer.Option(help="Which images of the version.")
    ] = "test",
    reason: Annotated[str, typer.Option(help="Why a sealed test set is opened.")] = "",
    metrics: Metrics = None,
    wait: Annotated[bool, typer.Option(help="Stay until it is done.")] = True,
    as_json: AsJson = False,
) -> None:
    """Evaluate a model version on a dataset version, at every site."""
    client = connect()
    evaluation = client.evaluations.run(model, dataset, split=split, reason=reason)
    if wait:
        evaluation = wait_for(client, evaluation, quiet=as_json)
    show_json(evaluation) if as_json else show_evaluation(client, evaluation, metrics)
    if evaluation.state == "failed":
        raise typer.Exit(1)


@app.command("show")
def show(evaluation: EvaluationId = None, metrics: Metrics = None, as_json: AsJson = False) -> None:
    """Show an evaluation: its sites, worst first, each number with its interval."""
    client = connect()
    found = client.evaluations.get(evaluation) if evaluation else _latest(client)
    show_json(found) if as_json else show_evaluation(client, found, metrics)


@app.command("list")
def list_evaluations(limit: Limit = 20, as_json: AsJson = False) -> None:
    """List evaluations, newest first."""
    found = list(islice(connect().evaluations.list(limit=min(limit, 200)), limit))
    if as_json:
        show_json(found)
        return
    columns = [
        Column("evaluation"),
        Column("model", style="bold"),
        Column("dataset"),
        Column("split"),
        Column("state"),
    ]
    columns += [Column("everywhere"), Column("made")]
    rows = [
        (
            e.id,
            f"{e.model_name}:{e.model_number}",
            f"{e.dataset}:{e.dataset_number}",
            e.split,
            mark(e.state),
            everywhere_mark(e),
            e.created_at,
        )
        for e in found
    ]
    show_table("Evaluations", columns, rows, empty="None yet: perenne evaluate run MODEL DATASET")


@app.command("slices")
def slices(
    evaluation: EvaluationId = None,
    kind: Annotated[str | None, typer.Option(help="site, line, product, class, size, ...")] = None,
    metrics: Metrics = None,
    as_json: AsJson = False,
) -> None:
    """Show every slice of an evaluation, or those of one kind."""
    client = connect()
    found = client.evaluations.get(evaluation) if evaluation else _latest(client)
    rows = list(client.evaluations.slices(found.id, kind=kind))
    if as_json:
        show_json(rows)
        return
    for one in dict.fromkeys(row.kind for row in rows):
        _show_slices(f"By {one}", [row for row in rows if row.kind == one], _shown(found, metrics))


@app.command("worst")
def worst(evaluation: EvaluationId = None, limit: Limit = 20, as_json: AsJson = False) -> None:
    """List the worst images of an evaluation: truth beside prediction."""
    client = connect()
    found = client.evaluations.get(evaluation) if evaluation else _latest(client)
    items = list(islice(client.evaluations.items(found.id, limit=min(limit, 200)), limit))
    if as_json:
        show_json(items)
        return
    columns = [Column("image"), Column("site"), Column("outcome", style="bold"), Column("loss", right=True)]
    columns += [Column("decision"), Column("truth", spare=True), Column("prediction", spare=True)]
    rows = [
        (
            i.image_id,
            i.site,
            i.outcome,
            f"{i.loss:.3f}",
            mark(i.decision),
            _short(i.truth),
            _short(i.prediction),
        )
        for i in items
    ]
    show_table("Worst images", columns, rows)


@app.command("compare")
def compare(
    champion: Annotated[str, typer.Argument(help="Evaluation of the version to beat.")],
    challenger: Annotated[str, typer.Argument(help="Evaluation of the other one.")],
    as_json: AsJson = False,
) -> None:
    """Compare two evaluations on the same images, site by site."""
    comparison = connect().evaluations.compare(champion, challenger)
    show_json(comparison) if as_json else show_comparison(comparison)


def wait_for(client: "Client", evaluation: "Evaluation", *, quiet: bool = False) -> "Evaluation":
    """Return the evaluation once it ended, showing how far its job is."""
    with progress_bar(counted=False) as bar:
        bar.disable = quiet
        title = f"Evaluating {evaluation.model_name}:{evaluation.model_number}"
        task = bar.add_task(title, total=1.0, remark="")

        def show_progress(seen: "Evaluation") -> None:
            if seen.job_id and seen.state in ("queued", "running"):
                job = client.jobs.get(seen.job_id)
                bar.update(task, completed=job.progress, remark=job.message)
            else:
                bar.update(task, completed=1.0, remark="")

        return client.evaluations.wait(evaluation.id, progress=show_progress)


def show_evaluation(client: "Client", evaluation: "Evaluation", metrics: str | None = None) -> None:
    """Print an evaluation: the sites worst first, then all together, then the sentence that matters."""
    title = (
        f"{evaluation.model_name}:{evaluation.model_number} on "
        f"{evaluation.dataset}:{evaluation.dataset_number}, split {evaluation.split}"
    )
    if evaluation.state != "succeeded":
        line = mark(evaluation.state)
        line.append(f"  {title}")
        say(line)
        if evaluation.state == "failed" and evaluation.job_id:
            error = client.jobs.get(evaluation.job_id).error or {}
            say(f"  {error.get('detail', '')} {error.get('remedy', '')}", style="red")
        return
    shown = _shown(evaluation, metrics)
    rows = sorted(evaluation.sites, key=_gravity)
    if evaluation.overall is not None:
        rows.append(evaluation.overall)
    _show_slices(title, rows, shown)
    say(everywhere_text(evaluation))
    warn_of_seen_images(evaluation)


def show_comparison(comparison: "EvaluationComparison") -> None:
    """Print challenger minus champion per site, the worst for the challenger first."""

    def row(difference: "SliceDifference") -> tuple[object, ...]:
        values = (difference.champion, difference.challenger)
        return (
            "all sites together" if difference.kind == "overall" else difference.name,
            *(None if value is None else f"{value:.3f}" for value in values),
            estimate_text(difference.difference),
            difference.n_images,
            mark(difference.verdict),
        )

    columns = [Column("site", style="bold"), Column("champion", right=True), Column("challenger", right=True)]
    columns += [Column("difference [95 %]"), Column("images", right=True), Column("challenger is")]
    sites = sorted(
        comparison.sites, key=lambda s: s.difference.value if s.difference.value is not None else 0.0
    )
    rows = [*map(row, sites), *([row(comparison.overall)] if comparison.overall else [])]
    show_table(f"{comparison.metric}, same {comparison.n_images} images", columns, rows)
    if comparison.worse_at:
        say(Text(f"{glyph('✗')} worse at {', '.join(comparison.worse_at)}", style="bold red"))
    else:
        say(Text(f"{glyph('✓')} worse nowhere", style="green"))


def everywhere_mark(evaluation: "Evaluation") -> Text:
    """Return whether the model is satisfactory everywhere, as glyph and word."""
    if evaluation.state != "succeeded" or not evaluation.acceptance:
        return mark("not_judged")
    return mark("satisfactory" if evaluation.satisfactory_everywhere else "not_satisfactory")


def warn_of_seen_images(evaluation: "Evaluation") -> None:
    """Say when the model had learnt from what it was judged on: such figures flatter it."""
    seen = evaluation.seen_in_training
    if seen is None or not (seen.images or seen.groups):
        return
    say(
        Text(
            f"{glyph('!')} These figures flatter the model: it learnt from {seen.images:,} of these images, "
            f"and from others of {seen.groups:,} of their groups. Judge it on a test split it has not seen.",
            style="yellow",
        )
    )


def everywhere_text(evaluation: "Evaluation") -> Text:
    """Return the sentence that the product is about."""
    if not evaluation.acceptance:
        return Text(
            f"{glyph('·')} Not judged: the dataset has no acceptance rule "
            f"(perenne datasets accept {evaluation.dataset} 'METRIC>=LIMIT').",
            style="dim",
        )
    bad = [site.name for site in evaluation.sites if site.verdict == "not_satisfactory"]
    open_ = [site.name for site in evaluation.sites if site.verdict in ("undecided", "too_few", "not_judged")]
    if evaluation.satisfactory_everywhere:
        return Text(f"{glyph('✓')} Satisfactory everywhere.", style="bold green")
    text = Text(f"{glyph('✗')} Not satisfactory everywhere", style="bold red")
    if bad:
        text.append(f": not at {', '.join(bad)}")
    if open_:
        text.append(f"{';' if bad else ':'} not decided at {', '.join(open_)}", style="yellow")
    text.append(".")
    return text


def _show_slices(title: str, rows: "list[EvaluationSlice]", shown: list[str]) -> None:
    columns = [Column(rows[0].kind if rows else "", style="bold"), Column("verdict", whole=True)]
    columns += [Column(name.replace("_", " "), whole=True, spare=at > 1) for at, name in enumerate(shown)]
    columns += [Column("images", right=True), Column("groups", right=True)]
    table = [
        (
            _slice_name(row),
            mark(row.verdict),
            *(estimate_text(row.metrics.get(name)) for name in shown),
            row.n_images,
            row.n_groups,
        )
        for row in rows
    ]
    show_table(title, columns, table)
    for row in rows:
        if row.verdict_reason and row.kind != "overall":
            say(Text(f"  {_slice_name(row)}: {row.verdict_reason}"), style="dim")


def _slice_name(row: "EvaluationSlice") -> str:
    return "all together" if row.kind == "overall" else row.name


def _shown(evaluation: "Evaluation", wanted: str | None) -> list[str]:
    known = evaluation.overall.metrics if evaluation.overall else {}
    if wanted == "all":
        return list(known)
    if wanted:
        return [name.strip() for name in wanted.split(",") if name.strip()]
    judged = [evaluation.overall.metric] if evaluation.overall and evaluation.overall.metric else []
    usual = [name for name in SHOWN.get(evaluation.problem, ()) if name in known]
    return list(dict.fromkeys([*judged, *usual]))[:4] or list(known)[:3]


def _gravity(row: "EvaluationSlice") -> tuple[int, float]:
    estimate = row.metrics.get(row.metric) if row.metric else next(iter(row.metrics.values()), None)
    value = estimate.value if estimate and estimate.value is not None else 2.0
    return GRAVITY.index(row.verdict), value


def _latest(client: "Client") -> "Evaluation":
    latest = next(iter(client.evaluations.list(limit=1)), None)
    if latest is None:
        raise BadOption("There is no evaluation yet.", remedy="Start one: perenne evaluate run MODEL DATASET")
    return client.evaluations.get(latest.id)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."

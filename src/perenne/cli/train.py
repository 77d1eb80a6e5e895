"""`perenne train`: start, watch and cancel training runs.

Owns the live view of a run. Refuses to stop a run because somebody stopped watching: Ctrl-C leaves it
running.
"""

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, BadOption, Limit, read_pairs, read_value
from perenne.cli.style import (
    Column,
    done,
    duration,
    err_console,
    mark,
    note,
    progress_bar,
    say,
    show_facts,
    show_json,
    show_table,
)

if TYPE_CHECKING:
    from perenne.client import Client
    from perenne.wire.training import Run

app = typer.Typer(help="Start, watch and cancel training runs.", no_args_is_help=True, add_completion=False)
RunName = Annotated[str, typer.Argument(help="Run: id or number.")]
SHOWN_METRICS = 4


@app.command("start")
def start(
    dataset: Annotated[
        str, typer.Argument(help="Dataset version: slug:number, id, or a slug for the latest.")
    ],
    recipe: Annotated[str, typer.Option(help="lite-detection, lite-classification, hf-detection, ...")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of the recipe, NAME=VALUE; repeatable.")
    ] = None,
    budget_cpu_s: Annotated[float | None, typer.Option(help="CPU seconds to train for.")] = None,
    reference: Annotated[
        bool | None, typer.Option(help="Use the reference images as second input (detection).")
    ] = None,
    base: Annotated[str | None, typer.Option(help="Model version whose weights to start from.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the model line.")] = None,
    seed: Annotated[int, typer.Option(help="Seed.")] = 7,
    watch_it: Annotated[bool, typer.Option("--watch", help="Stay and watch.")] = False,
    as_json: AsJson = False,
) -> None:
    """Queue a training run on a dataset version."""
    config = read_config(settings, budget_cpu_s=budget_cpu_s, reference=reference)
    check_settings(recipe, config)
    client = connect()
    run = client.runs.start(dataset, recipe=recipe, config=config, base_model=base, name=name, seed=seed)
    if not as_json:
        done(f"Run [bold]{run.number}[/] queued: {run.recipe} on {run.dataset}:{run.dataset_number}.")
    if watch_it:
        run = watch_run(client, run.id, quiet=as_json)
    elif not as_json:
        say(f"  perenne train watch {run.number}", style="dim")
    if as_json:
        show_json(run)
    if run.state in ("failed", "cancelled"):
        raise typer.Exit(1)


def read_config(
    settings: list[str] | None, *, budget_cpu_s: float | None, reference: bool | None
) -> dict[str, Any]:
    """Return the recipe's settings that the options stand for."""
    config: dict[str, Any] = {k: read_value(v) for k, v in read_pairs(settings, option="--set").items()}
    if budget_cpu_s is not None:
        config["budget_cpu_s"] = budget_cpu_s
    if reference is not None:
        config["reference"] = "use" if reference else "ignore"
    return config


@app.command("watch")
def watch(run: RunName, as_json: AsJson = False) -> None:
    """Watch a run live until it ends. Ctrl-C stops watching, not the run."""
    ended = watch_run(connect(), run, quiet=as_json)
    if as_json:
        show_json(ended)
    if ended.state != "succeeded":
        raise typer.Exit(1)


@app.command("list")
def list_runs(limit: Limit = 20, as_json: AsJson = False) -> None:
    """List runs, newest first."""
    runs = list(islice(connect().runs.list(limit=min(limit, 200)), limit))
    if as_json:
        show_json(runs)
        return
    columns = [
        Column("run", right=True, style="bold"),
        Column("model line"),
        Column("recipe"),
        Column("dataset"),
    ]
    columns += [Column("state"), Column("done", right=True), Column("metrics", spare=True), Column("started")]
    rows = [
        (
            r.number,
            r.name,
            r.recipe,
            f"{r.dataset}:{r.dataset_number}",
            mark(r.state),
            f"{100 * r.progress:.0f} %",
            metrics_text(r.metrics),
            r.started_at,
        )
        for r in runs
    ]
    show_table(
        "Training runs", columns, rows, empty="No run yet: perenne train start DATASET --recipe RECIPE"
    )


@app.command("show")
def show(run: RunName, as_json: AsJson = False) -> None:
    """Show a run as it stands."""
    found = connect().runs.get(run)
    show_json(found) if as_json else show_run(found)


@app.command("log")
def log(run: RunName, as_json: AsJson = False) -> None:
    """Print the log of a run."""
    lines = connect().runs.log(run)
    if as_json:
        show_json(list(lines))
        return
    styles = {"error": "bold red", "warning": "yellow", "debug": "dim"}
    for line in lines:
        moment = f"{line.at.astimezone():%H:%M:%S} " if line.at else ""
        say(f"{moment}{line.level:<7} {line.text}", style=styles.get(line.level, ""))


@app.command("curves")
def curves(run: RunName) -> None:
    """Print every point of a run's curves as JSON."""
    show_json(list(connect().runs.points(run)))


@app.command("cancel")
def cancel(run: RunName) -> None:
    """Ask that a run stop."""
    found = connect().runs.cancel(run)
    done(f"Run {found.number}: {'cancelled' if found.state == 'cancelled' else 'asked to stop'}.")


@app.command("resume")
def resume(run: RunName) -> None:
    """Queue a failed or cancelled run again: it goes on from its checkpoint."""
    done(f"Run {connect().runs.resume(run).number} is queued again.")


@app.command("trainers")
def trainers(as_json: AsJson = False) -> None:
    """List the trainers that have asked for work lately."""
    found = list(connect().runs.trainers())
    if as_json:
        show_json(found)
        return
    columns = [Column("trainer", style="bold"), Column("recipes"), Column("seen")]
    rows = [(t.name, ", ".join(t.recipes), t.seen_at) for t in found]
    show_table("Trainers", columns, rows, empty="No trainer has asked for work: perenne trainer")


def check_settings(recipe: str, config: dict[str, Any]) -> None:
    """Return when the recipe takes these settings, or is another machine's. Raises: BadOption."""
    from pydantic import ValidationError

    from perenne.recipes import RECIPES

    if recipe not in RECIPES:
        return
    kind = RECIPES.get(recipe).config_type
    try:
        kind.model_validate(config)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        known = ", ".join(kind.model_fields)
        raise BadOption(
            f"Recipe {recipe} does not take these settings: {said}.", remedy=f"Known: {known}."
        ) from error


def watch_run(client: "Client", run: str, *, quiet: bool = False, hint: bool = True) -> "Run":
    """Return the run once it ended, showing progress, metrics and time left meanwhile."""
    with progress_bar(counted=False) as bar:
        bar.disable = quiet
        task = bar.add_task(f"Run {run}", total=1.0, remark="waiting for a trainer")
        seen_message = ""

        def show_progress(seen: "Run") -> None:
            nonlocal seen_message
            left = f"{duration(seen.eta_s)} left  " if seen.eta_s else ""
            remark = f"{seen.state}  {left}{metrics_text(seen.metrics)}"
            bar.update(task, description=f"Run {seen.number}", completed=seen.progress, remark=remark)
            if seen.message and seen.message != seen_message and not quiet:
                bar.console.print(f"  {seen.message}", style="dim", highlight=False, markup=False)
                seen_message = seen.message

        try:
            ended = client.runs.wait(run, progress=show_progress)
        except KeyboardInterrupt:
            note(f"The run goes on. Watch it again with: perenne train watch {run}")
            raise
    if not quiet:
        show_end(client, ended, hint=hint)
    return ended


def show_end(client: "Client", run: "Run", *, hint: bool = True) -> None:
    """Print how a run ended, and what to do next."""
    if run.state == "succeeded" and run.model_version_id:
        model = client.models.get(run.model_version_id)
        done(
            f"Run {run.number} gave model [bold]{model.name}:{model.number}[/].  {metrics_text(run.metrics)}"
        )
        if hint:
            name = f"{model.name}:{model.number}"
            say(f"  perenne evaluate run {name} {run.dataset}:{run.dataset_number}", style="dim")
        return
    line = mark(run.state)
    line.append(f"  run {run.number}")
    err_console().print(line)
    if run.error:
        err_console().print(
            f"  {run.error.get('detail') or run.error.get('title', '')}", markup=False, soft_wrap=True
        )
        if run.error.get("remedy"):
            err_console().print(f"  {run.error['remedy']}", style="cyan", markup=False, soft_wrap=True)


def show_run(run: "Run") -> None:
    """Print a run in a few lines."""
    facts: list[tuple[str, Any]] = [
        ("state", mark(run.state)),
        ("model line", run.name),
        ("recipe", run.recipe),
        ("dataset", f"{run.dataset}:{run.dataset_number}"),
        ("settings", ", ".join(f"{k}={v}" for k, v in run.config.items()) or "the recipe's own"),
        ("seed", run.seed),
        (
            "progress",
            f"{100 * run.progress:.0f} %, {duration(run.eta_s)} left" if run.eta_s else f"{run.progress:.0%}",
        ),
        ("message", run.message),
        ("metrics", metrics_text(run.metrics, limit=20)),
        ("trainer", f"{run.trainer} (attempt {run.attempt})" if run.trainer else None),
        ("started", run.started_at),
        ("ended", run.ended_at),
        ("model version", run.model_version_id),
        ("id", run.id),
    ]
    show_facts(f"Run {run.number}", facts)
    if run.error:
        say(f"  {run.error.get('detail', '')} {run.error.get('remedy', '')}", style="red")


def metrics_text(metrics: dict[str, float], *, limit: int = SHOWN_METRICS) -> str:
    """Return the first metrics of a run in one line, losses last."""
    ordered = sorted(metrics.items(), key=lambda pair: "loss" in pair[0])
    return "  ".join(f"{name} {value:.3f}" for name, value in ordered[:limit])

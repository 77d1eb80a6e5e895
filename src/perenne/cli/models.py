"""`perenne models`: model versions and their artefacts."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, Limit
from perenne.cli.style import Column, done, progress_bar, say, show_facts, show_json, show_table, size
from perenne.cli.train import metrics_text

app = typer.Typer(help="Model versions and their artefacts.", no_args_is_help=True, add_completion=False)
Model = Annotated[str, typer.Argument(help="Model version: name:number, id, or a name for the latest.")]


@app.command("list")
def list_models(
    name: Annotated[str | None, typer.Option(help="Only of this line.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List model versions, newest first."""
    models = list(islice(connect().models.list(name=name, limit=min(limit, 200)), limit))
    if as_json:
        show_json(models)
        return
    columns = [
        Column("model", style="bold"),
        Column("problem"),
        Column("recipe"),
        Column("input", spare=True),
    ]
    columns += [
        Column("on validation"),
        Column("size", right=True),
        Column("made"),
        Column("artefact", spare=True),
    ]
    rows = [
        (
            f"{m.name}:{m.number}",
            m.problem,
            m.recipe,
            input_text(m.input),
            metrics_text(m.metrics, limit=3),
            size(m.artefact_bytes),
            m.created_at,
            m.artefact_sha256[:12],
        )
        for m in models
    ]
    show_table(
        "Model versions", columns, rows, empty="No model yet: perenne train start DATASET --recipe RECIPE"
    )


@app.command("show")
def show(model: Model, as_json: AsJson = False) -> None:
    """Show a model version and everything it was made of."""
    client = connect()
    found = client.models.get(model)
    if as_json:
        show_json(found)
        return
    facts: list[tuple[str, Any]] = [
        ("problem", found.problem),
        ("classes", ", ".join(found.classes)),
        ("input", input_text(found.input)),
        ("thresholds", thresholds_text(found.thresholds)),
        ("on validation", metrics_text(found.metrics, limit=20)),
        ("artefact", f"{found.artefact_sha256} ({size(found.artefact_bytes)}, signed by {found.signed_by})"),
        ("made", f"{found.created_at.astimezone():%Y-%m-%d %H:%M} by {found.created_by}"),
        ("id", found.id),
    ]
    show_facts(f"{found.name}:{found.number}", facts)
    for step in client.models.lineage(found.id).steps:
        say(f"  from {step.text}", style="dim")


@app.command("card")
def card(model: Model) -> None:
    """Print the model card (Markdown)."""
    typer.echo(connect().models.card(model).card)


@app.command("download")
def download(
    model: Model, to: Annotated[Path, typer.Option("--to", help="File or folder to write to.")] = Path()
) -> None:
    """Write the artefact to a file, its hash verified."""
    client = connect()
    found = client.models.get(model)
    with progress_bar(counted=False) as bar:
        task = bar.add_task(f"{found.name}:{found.number}", total=found.artefact_bytes, remark="")
        target = client.models.download(found.id, to, progress=lambda count: bar.advance(task, count))
    done(f"{target} ({size(found.artefact_bytes)}, hash verified)")


def thresholds_text(thresholds: Mapping[str, Any]) -> str:
    """Return thresholds in one line, numbers short and names whole."""
    parts = [f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in thresholds.items()]
    return ", ".join(parts).replace("[", "").replace("]", "").replace("'", "")


def input_text(described: dict[str, Any]) -> str:
    """Return the input of a model as `320x320 letterbox + reference`."""
    if not described:
        return ""
    text = f"{described.get('width', '?')}x{described.get('height', '?')} {described.get('mode', '')}"
    return text + (" + reference" if described.get("reference") else "")

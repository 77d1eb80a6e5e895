"""`perenne truth`: ground truth that comes after the image, by image or part."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, BadOption, existing
from perenne.cli.style import Column, done, progress_bar, say, show_json, show_table

app = typer.Typer(
    help="Ground truth that comes later, by image or part.", no_args_is_help=True, add_completion=False
)


@app.command("push")
def push(
    source: Annotated[Path, typer.Argument(help="NDJSON file: one truth a line.")],
    schema: Annotated[str, typer.Option(help="Label schema of the truths.")],
    by: Annotated[
        Literal["api", "line_test", "operator", "import"], typer.Option(help="Where they come from.")
    ] = "api",
    stream: Annotated[
        Literal["audit", "seeded", "active", "unknown"],
        typer.Option(help="How the images were chosen: only audit and seeded measure a model."),
    ] = "unknown",
    inclusion_probability: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Of an audit: the chance that each image had to be drawn."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Push truths from a file. A line: {"part_id": "P-17", "target": {"class": "defective"}}."""
    from perenne.wire.truth import TruthItem

    if inclusion_probability is not None and stream != "audit":
        raise BadOption(
            f"--inclusion-probability belongs to an audit; the stream is {stream}.",
            remedy="Add --stream audit, or leave it out.",
        )
    items = []
    for number, text in enumerate(existing(source, what="The file").read_text("utf-8").splitlines(), 1):
        if not text.strip():
            continue
        try:
            items.append(TruthItem.model_validate_json(text))
        except ValueError as error:
            first = str(error).splitlines()[-2 if len(str(error).splitlines()) > 2 else 0].strip()
            raise BadOption(
                f"{source}, line {number}: {first}", remedy="Nothing was sent. Correct the line."
            ) from error
    with progress_bar() as bar:
        task = bar.add_task("Ground truth", total=len(items), remark="")
        report = connect().truth.push(
            items,
            schema=schema,
            source=by,
            stream=stream,
            inclusion_probability=inclusion_probability,
            progress=lambda count: bar.advance(task, count),
        )
    if as_json:
        show_json(vars(report))
    else:
        parts = f"[bold]{report.accepted}[/] accepted, {report.unchanged} unchanged"
        waiting = f"{report.pending} waiting for their image, {report.outdated} outdated"
        done(f"{parts}, {waiting}, {len(report.refused)} refused.")
        for answer in report.refused[:10]:
            say(f"  item {answer.index}: {answer.refusal.detail if answer.refusal else ''}", style="red")
    if report.refused:
        raise typer.Exit(1)


@app.command("history")
def history(
    image: Annotated[str | None, typer.Option(help="Image id.")] = None,
    part: Annotated[str | None, typer.Option(help="Part id.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what was held true of an image or part."""
    rows = list(connect().truth.list(image_id=image, part_id=part, standing=False))
    if as_json:
        show_json(rows)
        return
    columns = [
        Column("given"),
        Column("schema"),
        Column("truth", style="bold"),
        Column("source"),
        Column("stands"),
    ]
    table = [
        (t.given_at, t.label_schema, str(t.target), t.source, "" if t.superseded_by else "yes") for t in rows
    ]
    show_table("Ground truth", columns, table)

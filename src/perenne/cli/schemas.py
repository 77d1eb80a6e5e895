"""`perenne schemas`: label schemas."""

from typing import Annotated, Any, Literal

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, split_names
from perenne.cli.style import Column, done, show_facts, show_json, show_table

app = typer.Typer(help="Label schemas: the classes, versioned.", no_args_is_help=True, add_completion=False)


@app.command("add")
def add(
    slug: Annotated[str, typer.Argument(help="Short name: a-z, 0-9, hyphens.")],
    problem: Annotated[
        Literal["classification", "regression", "detection"], typer.Option(help="What a model answers.")
    ],
    classes: Annotated[str | None, typer.Option(help="Classes, comma-separated, in their order.")] = None,
    good: Annotated[str | None, typer.Option(help="Class of a good part (classification).")] = None,
    unit: Annotated[str | None, typer.Option(help="Unit of the value (regression).")] = None,
    name: Annotated[str | None, typer.Option(help="Name that people read.")] = None,
) -> None:
    """Add a label schema."""
    names = split_names(classes)
    schema = connect().schemas.add(
        slug, problem=problem, classes=names, name=name, good_class=good, unit=unit
    )
    done(f"Label schema [bold]{schema.slug}[/] added: {schema.problem}, {len(schema.classes)} classes.")


@app.command("list")
def list_schemas(as_json: AsJson = False) -> None:
    """List the label schemas."""
    schemas = list(connect().schemas.list())
    if as_json:
        show_json(schemas)
        return
    columns = [
        Column("schema", style="bold"),
        Column("problem"),
        Column("version", right=True),
        Column("classes"),
    ]
    rows = [(s.slug, s.problem, s.version, ", ".join(s.classes) or s.unit) for s in schemas]
    show_table("Label schemas", columns, rows)


@app.command("show")
def show(schema: Annotated[str, typer.Argument(help="Schema: slug or id.")], as_json: AsJson = False) -> None:
    """Show a label schema and how it grew."""
    client = connect()
    found = client.schemas.get(schema)
    if as_json:
        show_json(found)
        return
    facts: list[tuple[str, Any]] = [
        ("problem", found.problem),
        ("version", found.version),
        ("classes", ", ".join(found.classes)),
    ]
    facts += [("class of a good part", found.good_class), ("unit", found.unit), ("id", found.id)]
    show_facts(f"{found.name} ({found.slug})", facts)


@app.command("extend")
def extend(
    schema: Annotated[str, typer.Argument(help="Schema: slug or id.")],
    classes: Annotated[list[str], typer.Option("--class", help="Class to add at the end; repeatable.")],
) -> None:
    """Add classes at the end: a new version of the schema."""
    found = connect().schemas.extend(schema, classes=classes)
    done(f"{found.slug} is at version {found.version}: {', '.join(found.classes)}.")

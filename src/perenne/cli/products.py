"""`perenne products`: references of the inspected pieces."""

from typing import Annotated

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson
from perenne.cli.style import Column, done, show_json, show_table

app = typer.Typer(help="References of the inspected pieces.", no_args_is_help=True, add_completion=False)


@app.command("add")
def add(
    slug: Annotated[str, typer.Argument(help="Short name: a-z, 0-9, hyphens.")],
    name: Annotated[str | None, typer.Option(help="Name that people read.")] = None,
) -> None:
    """Add a product."""
    product = connect().sites.add_product(slug, name=name)
    done(f"Product [bold]{product.slug}[/] added.")


@app.command("list")
def list_products(as_json: AsJson = False) -> None:
    """List the products."""
    products = list(connect().sites.products())
    if as_json:
        show_json(products)
        return
    columns = [Column("product", style="bold"), Column("name")]
    show_table("Products", columns, [(p.slug, p.name) for p in products])

"""`perenne sites`: production sites and their lines."""

from typing import Annotated

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson
from perenne.cli.style import Column, done, show_json, show_table

app = typer.Typer(help="Production sites and their lines.", no_args_is_help=True, add_completion=False)


@app.command("add")
def add(
    slug: Annotated[str, typer.Argument(help="Short name: a-z, 0-9, hyphens.")],
    name: Annotated[str | None, typer.Option(help="Name that people read.")] = None,
    time_zone: Annotated[str, typer.Option(help="Time zone of the site, like Europe/Paris.")] = "UTC",
    as_json: AsJson = False,
) -> None:
    """Add a site."""
    site = connect().sites.add(slug, name=name, time_zone=time_zone)
    show_json(site) if as_json else done(f"Site [bold]{site.slug}[/] added ({site.time_zone}).")


@app.command("list")
def list_sites(as_json: AsJson = False) -> None:
    """List the sites that you may see, with their lines and stations."""
    client = connect()
    sites = list(client.sites.list())
    if as_json:
        show_json(sites)
        return
    columns = [Column("site", style="bold"), Column("name"), Column("time zone", spare=True)]
    columns += [Column("lines"), Column("stations")]
    rows = [
        (
            site.slug,
            site.name,
            site.time_zone,
            ", ".join(line.slug for line in client.sites.lines(site.slug)),
            ", ".join(station.slug for station in client.sites.stations(site.slug)),
        )
        for site in sites
    ]
    show_table("Sites", columns, rows, empty="No site yet: perenne sites add lyon")


@app.command("add-line")
def add_line(
    site: Annotated[str, typer.Argument(help="Site: slug or id.")],
    slug: Annotated[str, typer.Argument(help="Short name of the line.")],
    name: Annotated[str | None, typer.Option(help="Name that people read.")] = None,
) -> None:
    """Add a production line to a site."""
    line = connect().sites.add_line(site, slug, name=name)
    done(f"Line [bold]{line.slug}[/] added to {site}.")

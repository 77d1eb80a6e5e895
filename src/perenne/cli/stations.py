"""`perenne stations`: camera positions."""

from typing import Annotated

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson
from perenne.cli.style import Column, done, show_json, show_table

app = typer.Typer(
    help="Camera positions and their reference images.", no_args_is_help=True, add_completion=False
)
Site = Annotated[str, typer.Argument(help="Site: slug or id.")]


@app.command("add")
def add(
    site: Site,
    slug: Annotated[str, typer.Argument(help="Short name of the station.")],
    line: Annotated[str | None, typer.Option(help="Line that the station stands at.")] = None,
    name: Annotated[str | None, typer.Option(help="Name that people read.")] = None,
) -> None:
    """Add a station to a site."""
    station = connect().sites.add_station(site, slug, name=name, line=line)
    done(f"Station [bold]{station.slug}[/] added to {site}.")


@app.command("list")
def list_stations(
    site: Annotated[str | None, typer.Argument(help="Site; without it, every site.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the stations of a site, or of all of them."""
    client = connect()
    sites = [client.sites.get(site)] if site else list(client.sites.list())
    found = [(one, station) for one in sites for station in client.sites.stations(one.slug)]
    if as_json:
        show_json([station for _, station in found])
        return
    lines = {line.id: line.slug for one in sites for line in client.sites.lines(one.slug)}
    columns = [Column("site"), Column("station", style="bold"), Column("name"), Column("line")]
    columns.append(Column("reference image", spare=True))
    rows = [
        (one.slug, station.slug, station.name, lines.get(station.line_id or ""), station.reference_image_id)
        for one, station in found
    ]
    show_table("Stations", columns, rows, empty="No station yet: perenne stations add SITE camera-1")


@app.command("reference")
def reference(
    site: Site,
    station: Annotated[str, typer.Argument(help="Station: slug or id.")],
    image: Annotated[
        str | None, typer.Argument(help="Id of the defect-free image; without it, none.")
    ] = None,
) -> None:
    """Make an image the defect-free template seen from a station, or take it away."""
    connect().sites.set_reference(site, station, image_id=image)
    done(f"{site}/{station}: reference image {image or 'taken away'}.")

"""`perenne deploy`: which model version answers where; undo; history."""

from typing import TYPE_CHECKING, Annotated

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, Reason, read_pairs
from perenne.cli.style import Column, done, mark, show_json, show_table

if TYPE_CHECKING:
    from perenne.wire.deployments import Deployment

app = typer.Typer(
    help="Which version answers where; undo; history.", no_args_is_help=True, add_completion=False
)
Station = Annotated[str | None, typer.Option(help="Only at this station.")]


@app.command("set")
def set_version(
    model: Annotated[str, typer.Argument(help="Model version: name:number, id, or a name for the latest.")],
    sites: Annotated[list[str], typer.Argument(help="Sites where it shall answer.")],
    reason: Reason,
    station: Station = None,
    thresholds: Annotated[
        list[str] | None,
        typer.Option("--threshold", help="NAME=VALUE in place of the artefact's; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let a model version answer at one or more sites."""
    client = connect()
    limits = {name: float(value) for name, value in read_pairs(thresholds, option="--threshold").items()}
    made = [
        client.deployments.set(site, model, reason=reason, station=station, thresholds=limits)
        for site in sites
    ]
    if as_json:
        show_json(made)
        return
    for deployment in made:
        done(f"[bold]{deployment.model_name}:{deployment.model_number}[/] answers at {_place(deployment)}.")


@app.command("undo")
def undo(
    site: Annotated[str, typer.Argument(help="Site: slug or id.")], reason: Reason, station: Station = None
) -> None:
    """Let the version before answer again."""
    deployment = connect().deployments.undo(site, reason=reason, station=station)
    done(f"[bold]{deployment.model_name}:{deployment.model_number}[/] answers again at {_place(deployment)}.")


@app.command("list")
def list_deployments(as_json: AsJson = False) -> None:
    """List what answers where, now."""
    found = list(connect().deployments.list(state="active"))
    show_json(found) if as_json else _show("What answers where", found)


@app.command("history")
def history(site: Annotated[str, typer.Argument(help="Site: slug or id.")], as_json: AsJson = False) -> None:
    """List what answered at a site, newest first."""
    found = list(connect().deployments.history(site))
    show_json(found) if as_json else _show(f"Deployments at {site}", found)


def _show(title: str, deployments: "list[Deployment]") -> None:
    columns = [
        Column("where", style="bold"),
        Column("model"),
        Column("state"),
        Column("since"),
        Column("until", spare=True),
    ]
    columns += [Column("by", spare=True), Column("why")]
    rows = [
        (_place(d), f"{d.model_name}:{d.model_number}", mark(d.state), d.at, d.ended_at, d.by, d.reason)
        for d in deployments
    ]
    show_table(title, columns, rows, empty="Nothing is deployed: perenne deploy set MODEL SITE --reason WHY")


def _place(deployment: "Deployment") -> str:
    return f"{deployment.site}/{deployment.station}" if deployment.station else deployment.site

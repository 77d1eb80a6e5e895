"""`perenne backup` and `perenne restore`: everything out while the hub works, and back, both verified."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perenne.cli.options import AsJson
from perenne.cli.style import done, say, show_json

if TYPE_CHECKING:
    from perenne.hub.infra.backup import BackupReport


def backup(
    to: Annotated[
        Path, typer.Option(help="Folder for the backup; one with an earlier backup is brought up to date.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="Data folder of the hub (default: PERENNE_DATA or ~/.perenne).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy everything while the hub runs, and verify the copy. The backup holds secrets: keep it safe."""
    from perenne.cli.connection import where
    from perenne.hub.infra.backup import back_up
    from perenne.hub.infra.services import open_services
    from perenne.hub.settings import read_settings

    hub = open_services(read_settings(data=data or where().data))
    report = back_up(hub, to=to.expanduser().absolute(), now=hub.clock.now(), note=_noter(as_json))
    _show(report, place=to, as_json=as_json, what="Backup of")
    if report.missing_blobs:
        say(
            f"{len(report.missing_blobs)} blobs that rows name were missing in the hub's store already.",
            style="bold red",
        )
        raise typer.Exit(1)


def restore(
    source: Annotated[Path, typer.Option("--from", help="Folder that perenne backup wrote to.")],
    data: Annotated[
        Path | None, typer.Option(help="New, empty data folder (default: PERENNE_DATA or ~/.perenne).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back into an empty place, and compare every row and blob with it."""
    from perenne.cli.connection import where
    from perenne.hub.infra.restore import restore_backup
    from perenne.hub.settings import read_settings

    settings = read_settings(data=data or where().data)
    report = restore_backup(source.expanduser().absolute(), settings=settings, note=_noter(as_json))
    _show(report, place=settings.data, as_json=as_json, what="Restored")


def _noter(as_json: bool) -> "_Note":
    return _Note(silent=as_json)


class _Note:
    """Says what is being done, unless only JSON is wanted."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent

    def __call__(self, text: str) -> None:
        if not self.silent:
            say(f"  {text}", style="dim")


def _show(report: "BackupReport", *, place: Path, as_json: bool, what: str) -> None:
    if as_json:
        show_json(report.to_json())
        return
    rows = sum(report.tables.values())
    megabytes = report.blob_bytes / 1e6
    done(
        f"{what} {rows} rows in {len(report.tables)} tables and {report.blobs} blobs "
        f"({megabytes:.1f} MB, {report.copied_blobs} new), verified: {place}"
    )

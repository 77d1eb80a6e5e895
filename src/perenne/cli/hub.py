"""`perenne hub`: a hub alone, in the foreground, logging JSON to standard error."""

from pathlib import Path
from typing import Annotated

import typer


def hub(
    data: Annotated[
        Path | None, typer.Option(help="Data folder (default: PERENNE_DATA or ~/.perenne).")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (default: 8765).")] = None,
) -> None:
    """Start a hub alone."""
    from perenne.cli.connection import where
    from perenne.hub.app.serve import serve_hub
    from perenne.hub.settings import read_settings

    serve_hub(read_settings(data=data or where().data, host=host, port=port))

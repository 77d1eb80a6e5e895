"""`perenne worker`: a worker for durable jobs alone, in the foreground, logging JSON to standard error."""

from pathlib import Path
from typing import Annotated

import typer


def worker(
    data: Annotated[
        Path | None, typer.Option(help="Data folder of the hub (default: PERENNE_DATA or ~/.perenne).")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Jobs to run side by side (default: 2).", min=1, max=64)
    ] = None,
) -> None:
    """Start a worker for durable jobs: it needs the hub's database and blobs, not its address."""
    from perenne.cli.connection import where
    from perenne.hub.settings import read_settings
    from perenne.hub.worker import run_worker

    run_worker(read_settings(data=data or where().data, job_concurrency=jobs))

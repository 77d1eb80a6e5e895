"""`perenne demo`: one full turn of the loop on real images, told in the terminal.

Owns the options and the end: staying up, or checking the story's claims (`--once`). The story itself goes
through the SDK like everybody else's work; nothing here reaches into the hub.
"""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Check the story's claims and leave: exit code 0 or 1.")
    ] = False,
    data: Annotated[Path | None, typer.Option(help="Data folder; by default a new one.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the hub; by default 8765 or a free one.")] = None,
    budget_cpu_s: Annotated[float, typer.Option(help="CPU seconds for each of the two trainings.")] = 130.0,
) -> None:
    """Show one full turn of the loop on real images: three plants, two models, one camera."""
    from perenne.cli.demo.cells import read_cells
    from perenne.cli.demo.household import household, require_trainer
    from perenne.cli.demo.screen import show_browser, show_claims, show_greeting, show_stay, stage
    from perenne.cli.demo.story import tell_story

    require_trainer()
    cells = read_cells()
    folder = (data or Path(tempfile.mkdtemp(prefix="perenne-demo-"))).expanduser().absolute()
    started = time.monotonic()
    show_greeting(cells, folder)
    stage("A hub on this machine")
    with household(folder, port=port) as house:
        if not once:
            show_browser(house)
        told = tell_story(house, cells, budget_cpu_s=budget_cpu_s, hurry=once)
        fine = show_claims(house.client(), told, seconds=time.monotonic() - started) if once else True
        if not once:
            show_stay(house)
    if once and fine and data is None:
        shutil.rmtree(folder, ignore_errors=True)
    if not fine:
        raise typer.Exit(1)

"""`perenne monitor`: how images are watched."""

import typer

from perenne.cli.gates import gate

app = typer.Typer(help="How images are watched.", no_args_is_help=True, add_completion=False)
app.command("gate")(gate)


@app.callback()
def _several_commands() -> None:
    """Keep `gate` a command of its own while it is the only one."""

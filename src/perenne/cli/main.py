"""The root of the command line: reads the index, loads one command, turns every error into one clear message.

Owns global options and exit codes (0 done, 1 refused or failed, 2 misused, 130 interrupted). Refuses
tracebacks, unless PERENNE_TRACE=1 asks for them.
"""

import importlib
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from perenne.cli.index import COMMANDS, Entry
from perenne.kit.errors import PerenneError

EPILOG = (
    "Errors say what to do. PERENNE_TRACE=1 shows where they came from; NO_COLOR=1 takes the colours away."
)
# Matrices are small: threads of BLAS wait for each other, and give other last digits on other machines.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ENTRIES = {entry.name: entry for entry in COMMANDS}


class PackageMissing(PerenneError):
    """A command of a part of Perenne that is not installed."""

    code = "package-missing"
    title = "A part of Perenne is not installed"


class LazyGroup(TyperGroup):
    """Lists commands from the index and imports one only when it runs."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the index."""
        return list(ENTRIES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a stand-in that carries name and help: enough for `--help`."""
        entry = ENTRIES.get(cmd_name)
        return entry and TyperCommand(entry.name, help=entry.help, rich_help_panel=entry.panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the real command that `args` name."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and load_command(ENTRIES[str(name)]), rest


def load_command(entry: Entry) -> Any:
    """Import the command's module and return the command, under its name in the index."""
    module_name, _, attribute = entry.target.partition(":")
    target = getattr(importlib.import_module(module_name), attribute)
    if not isinstance(target, typer.Typer):
        single = typer.Typer(add_completion=False)
        single.command(name=entry.name, help=target.__doc__ or entry.help)(target)
        target = single
    command = typer.main.get_command(target)
    command.name = entry.name
    return command


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(wanted: bool) -> None:
    if wanted:
        import perenne

        typer.echo(f"perenne {perenne.__version__}")
        raise typer.Exit


@app.callback()
def root(
    url: Annotated[str | None, typer.Option(help="Address of the hub.", envvar="PERENNE_URL")] = None,
    token: Annotated[str | None, typer.Option(help="Token for the hub.", envvar="PERENNE_TOKEN")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Data directory whose credentials are used.", envvar="PERENNE_DATA")
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and leave."),
    ] = False,
) -> None:
    """Perenne keeps computer-vision models performing at every site, over time."""
    from perenne.cli.connection import Where, remember

    remember(Where(url=url, token=token, data=data))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        outcome = app(args=arguments, standalone_mode=False, prog_name="perenne")
        return outcome if isinstance(outcome, int) else 0
    except Exception as error:
        return _explain(error)
    except KeyboardInterrupt:
        return _interrupted()


def _interrupted() -> int:
    print("\nInterrupted.", file=sys.stderr)
    return 130


def _explain(error: Exception) -> int:
    if os.environ.get("PERENNE_TRACE") == "1":
        import traceback

        traceback.print_exception(error)
    if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("perenne"):
        error = PackageMissing(
            f"This command needs '{error.name}', and this installation of Perenne does not have it.",
            remedy='Install the part it belongs to: pip install "perenne[hub]" for the hub and its worker, '
            '"perenne[train]" for a trainer, "perenne[all]" for both.',
        )
    if isinstance(error, PerenneError):
        from perenne.cli.style import show_error

        show_error(error)
        return 1
    if type(error).__name__ == "ValidationError" and callable(getattr(error, "errors", None)):
        return _explain(_bad_input(error))
    show = getattr(error, "show", None)
    if callable(show):
        _show_usage(error)
        return int(getattr(error, "exit_code", 2))
    if type(error).__name__ == "Abort":
        return _interrupted()
    from perenne.cli.style import show_unexpected

    show_unexpected(error)
    return 1


def _bad_input(error: Any) -> Exception:
    from perenne.cli.options import BadOption

    said = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'together'}: {e['msg']}" for e in error.errors()[:5])
    return BadOption(
        f"{said}.".replace("Value error, ", ""), remedy="Correct it; --help says what is expected."
    )


def _show_usage(error: Any) -> None:
    from perenne.cli.style import glyph

    context = getattr(error, "ctx", None)
    if context is not None:
        print(context.get_usage(), file=sys.stderr)
        print(f"Try `{context.command_path} --help`.", file=sys.stderr)
    print(f"{glyph('✗')} {error.format_message()}", file=sys.stderr)

"""Options that several commands share, so that they are spelt and explained once.

Owns the spelling. Refuses meaning: what an option does stands in its command.
"""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from perenne.kit.errors import InvalidInput

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many to show at most.")]
Reason = Annotated[str, typer.Option("--reason", help="Why: kept in the record.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask back.")]


class BadOption(InvalidInput):
    """An option whose value cannot be used."""

    code = "bad-option"
    title = "An option cannot be used"


def split_names(text: str | None) -> list[str]:
    """Return the names in a comma-separated text."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def read_pairs(pairs: list[str] | None, *, option: str) -> dict[str, str]:
    """Return NAME=VALUE texts as a dictionary. Raises: BadOption naming the first that is none."""
    found = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise BadOption(
                f"{option} '{pair}' is not NAME=VALUE.", remedy=f"For example {option} name=value."
            )
        found[name.strip()] = value.strip()
    return found


def read_value(text: str) -> Any:
    """Return a text as what it looks like: number, true or false, JSON list, or the text itself."""
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


def read_moment(text: str | None, *, option: str) -> datetime | None:
    """Return a moment; without a zone it is this machine's. Raises: BadOption."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise BadOption(
            f"{option} '{text}' is not a moment.",
            remedy="Write it like 2026-03-01 or 2026-03-01T08:30:00+01:00.",
        ) from error


def existing(path: Path, *, what: str) -> Path:
    """Return `path`. Raises: BadOption when there is nothing."""
    if not path.exists():
        raise BadOption(f"{what} '{path}' does not exist.", remedy="Check the path.")
    return path


def read_secret(prompt: str, *, from_stdin: bool, confirm: bool = False) -> str:
    """Return a secret typed unseen, or the first line of standard input."""
    if from_stdin or not sys.stdin.isatty():
        secret = sys.stdin.readline().rstrip("\n")
    else:
        secret = str(typer.prompt(prompt, hide_input=True, confirmation_prompt=confirm))
    if not secret:
        raise BadOption("No password was given.", remedy="Type it, or pipe it with --password-stdin.")
    return secret

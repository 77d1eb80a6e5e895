"""How the terminal looks: tables, verdicts, estimates, progress, errors and JSON.

Owns glyphs and colours. Refuses colour alone: every verdict is a glyph and a word first, so that it reads
the same in black and white, in a log, and for a colour-blind person.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 140
USUAL_WIDTH = 80
NARROW = 96
SHORT_WORD, LONG_WORD = 14, 22
ASCII = {
    "✓": "+",
    "✗": "x",
    "?": "?",
    "…": "~",
    "·": "-",
    "●": "*",
    "◌": "o",
    "⊘": "/",
    "→": "->",
    "–": "-",
    "▸": ">",
    "░": ".",
    "▒": ":",
    "▓": "+",
    "█": "#",
}

MARKS: dict[str, tuple[str, str, str]] = {
    "satisfactory": ("✓", "satisfactory", "green"),
    "not_satisfactory": ("✗", "not satisfactory", "bold red"),
    "undecided": ("?", "undecided", "yellow"),
    "too_few": ("…", "too few", "cyan"),
    "not_judged": ("·", "not judged", "dim"),
    "certified": ("✓", "certified", "green"),
    "violated": ("✗", "violated", "bold red"),
    "no_claim": ("·", "no claim", "dim"),
    "better": ("✓", "better", "green"),
    "worse": ("✗", "worse", "bold red"),
    "no_difference_seen": ("·", "no difference seen", "dim"),
    "pass": ("✓", "pass", "green"),
    "fail": ("✗", "fail", "bold red"),
    "unsure": ("?", "unsure", "yellow"),
    "queued": ("◌", "queued", "cyan"),
    "claimed": ("●", "claimed", "cyan"),
    "running": ("●", "running", "blue"),
    "uploading": ("●", "uploading", "blue"),
    "succeeded": ("✓", "succeeded", "green"),
    "failed": ("✗", "failed", "bold red"),
    "cancelled": ("⊘", "cancelled", "yellow"),
    "active": ("●", "active", "green"),
    "superseded": ("·", "superseded", "dim"),
    "undone": ("⊘", "undone", "yellow"),
    "quiet": ("✓", "quiet", "green"),
    "amber": ("?", "amber", "yellow"),
    "alarm": ("✗", "alarm", "bold red"),
    "collecting": ("…", "collecting", "cyan"),
    "paused": ("·", "paused", "dim"),
    "open": ("✗", "open", "bold red"),
    "acknowledged": ("●", "acknowledged", "yellow"),
    "closed": ("✓", "closed", "green"),
    "asked": ("◌", "asked", "cyan"),
    "current": ("●", "current", "green"),
    "past": ("·", "past", "dim"),
    "refused": ("✗", "refused", "bold red"),
    "same": ("✓", "same", "green"),
    "differs": ("✗", "differs", "bold red"),
}


@dataclass(frozen=True)
class Column:
    """A table column. `spare` columns leave first when the terminal is narrow; `whole` ones never wrap."""

    title: str
    right: bool = False
    spare: bool = False
    whole: bool = False
    style: str = ""


def console() -> Console:
    """Return the console of results (standard output)."""
    return _console(sys.stdout)


def err_console() -> Console:
    """Return the console of errors and progress (standard error)."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:
    wide = None if stream.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH
    return Console(file=stream, width=wide, highlight=False, soft_wrap=False, emoji=False)


def glyph(sign: str) -> str:
    """Return `sign`, or its plain form where the terminal cannot write it."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        sign.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "".join(ASCII.get(c, "?") for c in sign)
    return sign


def mark(name: str) -> Text:
    """Return glyph, word and colour of a verdict, decision or state."""
    sign, word, style = MARKS.get(name, ("·", name.replace("_", " "), ""))
    return Text(f"{glyph(sign)} {word}", style=style)


def say(text: str | Text = "", *, style: str = "") -> None:
    """Print a line of result."""
    _print(console(), text, style=style)


def done(text: str) -> None:
    """Print that something is done."""
    _print(console(), Text(glyph("✓") + " ", style="green") + Text.from_markup(text))


def note(text: str) -> None:
    """Print a remark that is not a result (standard error)."""
    _print(err_console(), Text.from_markup(text), style="dim")


def _print(where: Console, text: str | Text, *, style: str = "") -> None:
    """Print a line; a pipe or file gets it whole, so that a path in it can be found again."""
    where.print(text, style=style or None, soft_wrap=not where.is_terminal)


def show_table(
    title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]], *, empty: str = "Nothing yet."
) -> None:
    """Print rows under their columns; spare columns leave, the last one first, until the rest fits."""
    table_rows = [[_cell(value) for value in row] for row in rows]
    kept = _fitting(columns, table_rows, width=console().width)
    table = Table(
        title=title or None, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False
    )
    for index in kept:
        column = columns[index]
        justify: Literal["right", "left"] = "right" if column.right else "left"
        table.add_column(
            column.title,
            justify=justify,
            style=column.style or None,
            overflow="fold",
            min_width=_longest_word(column, [row[index] for row in table_rows]),
            no_wrap=column.whole and console().width >= NARROW,
        )
    for row in table_rows:
        table.add_row(*[row[index] for index in kept])
    if table_rows:
        console().print(table)
        return
    if title:
        console().print(Text(title, style="bold"))
    console().print(Text(empty, style="dim"))


def _fitting(columns: Sequence[Column], rows: list[list[Text]], *, width: int) -> list[int]:
    """Return the columns that fit side by side; those that are not spare always stay."""
    kept = [i for i, column in enumerate(columns) if not (column.spare and width < NARROW)]

    def needed() -> int:
        lines = [
            max([cell_len(columns[i].title), *(row[i].cell_len for row in rows)])
            if columns[i].whole
            else _longest_word(columns[i], [row[i] for row in rows])
            for i in kept
        ]
        return sum(lines) + 3 * len(kept)

    spare = [i for i in kept if columns[i].spare]
    while spare and needed() > width:
        kept.remove(spare.pop())
    return kept


def _longest_word(column: Column, cells: list[Text]) -> int:
    """Return the cells that the longest word of a column takes, within reason: less where a line is short."""
    words = [word for text in (column.title, *(cell.plain for cell in cells)) for word in text.split()]
    most = LONG_WORD if console().width >= USUAL_WIDTH else SHORT_WORD
    return min(most, max((cell_len(word) for word in words), default=1))


def show_facts(title: str, facts: Iterable[tuple[str, Any]]) -> None:
    """Print names and values of one thing, one a line."""
    if title:
        console().print(Text(title, style="bold"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(name, _cell(value))
    console().print(grid)


def show_json(value: Any) -> None:
    """Print `value` (messages included) as JSON on standard output."""
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False, default=str)
    sys.stdout.write(text + "\n")


def estimate_text(estimate: Any, *, digits: int = 3) -> Text:
    """Return `value [low–high]`, or that there is too little to say."""
    if estimate is None:
        return Text(glyph("–"), style="dim")
    if estimate.value is None:
        return Text(f"{glyph('…')} too few", style="cyan")
    value = f"{estimate.value:.{digits}f}"
    if estimate.too_few:
        return Text(value, style="bold") + Text(f" {glyph('…')} too few", style="not bold cyan")
    if estimate.low is None or estimate.high is None:
        return Text(value)
    interval = f" [{estimate.low:.{digits}f}{glyph('–')}{estimate.high:.{digits}f}]"
    return Text(value, style="bold") + Text(interval, style="not bold dim")


def when(moment: datetime | None) -> str:
    """Return a moment in this machine's time zone, to the second."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else glyph("–")


def duration(seconds: float | None) -> str:
    """Return a duration as people say it."""
    if seconds is None:
        return glyph("–")
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(count: int) -> str:
    """Return a number of bytes as people say it."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def progress_bar(*, counted: bool = True) -> Progress:
    """Return a progress bar on standard error; on a pipe it leaves nothing but its last line."""
    columns: list[Any] = [TextColumn("[progress.description]{task.description}"), BarColumn(bar_width=30)]
    columns.append(MofNCompleteColumn() if counted else TextColumn("{task.percentage:>3.0f} %"))
    columns += [TimeRemainingColumn(), TextColumn("[dim]{task.fields[remark]}")]
    return Progress(*columns, console=err_console(), transient=False)


def show_error(error: Any) -> None:
    """Print what failed and what to do, on standard error."""
    title = getattr(error, "problem_title", error.title)
    screen = err_console()
    screen.print(Text(f"{glyph('✗')} {title}", style="bold red"), soft_wrap=True)
    screen.print(Text(f"  {error.detail}"), soft_wrap=True)
    if error.remedy:
        screen.print(Text(f"  {glyph('→')} {error.remedy}", style="cyan"), soft_wrap=True)


def show_unexpected(error: Exception) -> None:
    """Print an error that nobody foresaw, in one line, and how to see more."""
    screen = err_console()
    what = str(error) or type(error).__name__
    screen.print(Text(f"{glyph('✗')} {type(error).__name__}: {what}", style="bold red"), soft_wrap=True)
    screen.print(
        Text(f"  {glyph('→')} PERENNE_TRACE=1 shows where it came from.", style="cyan"), soft_wrap=True
    )


def _cell(value: Any) -> Text:
    if value is None:
        return Text(glyph("–"), style="dim")
    if isinstance(value, datetime):
        return Text(when(value))
    return value if isinstance(value, Text) else Text(str(value))


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value

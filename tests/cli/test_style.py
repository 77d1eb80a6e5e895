"""What the terminal shows: words beside every glyph, columns that leave, numbers with their interval."""

from datetime import UTC, datetime

import pytest

from perenne.cli.style import MARKS, Column, duration, estimate_text, mark, show_facts, show_table, size, when
from perenne.wire.evaluation import MetricEstimate


@pytest.mark.parametrize("name", MARKS)
def test_every_verdict_is_a_glyph_and_a_word_before_it_is_a_colour(name: str) -> None:
    text = mark(name).plain
    assert text[0] != text[2]
    assert name.replace("_", " ") in text


def test_an_unknown_state_is_shown_in_words() -> None:
    assert mark("half_done").plain.endswith("half done")


def test_an_estimate_comes_with_its_interval_or_says_too_few() -> None:
    known = MetricEstimate(value=0.91234, low=0.85, high=0.96, n=100, n_groups=10)
    few = MetricEstimate(n=3, n_groups=1, too_few=True, needed=30)
    assert estimate_text(known).plain == "0.912 [0.850–0.960]"
    assert "too few" in estimate_text(few).plain
    assert estimate_text(None).plain == "–"


def test_spare_columns_leave_a_narrow_terminal_and_nothing_is_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = [Column("site"), Column("verdict", whole=True), Column("why", spare=True)]
    rows = [("a-site-with-a-long-name", mark("not_satisfactory"), "because")]
    monkeypatch.setenv("COLUMNS", "30")
    show_table("Sites", columns, rows)
    narrow = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "120")
    show_table("Sites", columns, rows)
    assert "because" not in narrow
    assert "a-site-with-" in narrow
    assert "long-name" in narrow
    assert "satisfactory" in narrow
    assert "because" in capsys.readouterr().out


def test_markup_in_a_name_is_text_and_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("Names", [Column("name")], [("[red]not red[/red]",)])
    assert "[red]not red[/red]" in capsys.readouterr().out
    show_table("Names", [Column("name")], [], empty="None yet.")
    assert "None yet." in capsys.readouterr().out
    show_facts("Facts", [("path", "[bold]x")])
    assert "[bold]x" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "–"), (0.4, "0 s"), (59.4, "59 s"), (61, "1 min 01 s"), (7260, "2 h 01 min")]
)
def test_durations_are_said_as_people_do(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


def test_sizes_and_moments_are_readable() -> None:
    assert [size(n) for n in (12, 12_300, 4_560_000, 7_890_000_000)] == [
        "12 B",
        "12.3 kB",
        "4.6 MB",
        "7.9 GB",
    ]
    assert when(None) == "–"
    assert when(datetime(2026, 1, 5, 8, 0, tzinfo=UTC)).startswith("2026-01-05")

"""The page for a Python user without a hub is true: every block of it runs."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "watch-without-a-hub.md"


def test_every_block_of_the_page_runs_and_says_what_it_shows() -> None:
    # The page's closing fences follow a blank line: to doctest they are text.
    found = doctest.testfile(str(PAGE), module_relative=False, report=True)
    assert found.attempted > 15
    assert found.failed == 0, f"{found.failed} lines of {PAGE.name} are not true; see the output above."

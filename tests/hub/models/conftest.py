"""A hub with two plants."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from perenne.testing.works import Works, works_in_process


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    with works_in_process(tmp_path / "data") as made:
        yield made

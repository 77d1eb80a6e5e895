"""The parts of the demonstration that need no training: its images, its household, its claims."""

import socket
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from perenne.cli.demo.cells import PLANTS, CellsMissing, read_cells
from perenne.cli.demo.claims import CLAIMS, check_claims
from perenne.cli.demo.household import HubDidNotStart, free_port, household


def test_every_cell_has_one_plant_and_panels_stay_whole() -> None:
    cells = read_cells()
    assert len(cells) == len({cell.path for cell in cells}) == 2624
    assert {cell.plant for cell in cells} == set(PLANTS)
    sides = {(cell.panel, cell.plant, cell.test) for cell in cells}
    assert len(sides) == len({cell.panel for cell in cells}) == 44
    kinds = {plant: {cell.kind for cell in cells if cell.plant == plant} for plant in PLANTS}
    assert kinds == {"mono-line": {"mono"}, "poly-line": {"poly"}, "mixed": {"mono", "poly"}}


def test_the_camera_replays_test_cells_that_no_training_sees() -> None:
    replayed = [cell for cell in read_cells() if cell.replayed]
    assert Counter(cell.plant for cell in replayed) == dict.fromkeys(PLANTS, 10)
    assert all(cell.test for cell in replayed)


def test_the_same_seed_gives_the_same_plants_and_the_rule_makes_classes() -> None:
    assert read_cells(seed=3) == read_cells(seed=3)
    assert read_cells(seed=3) != read_cells(seed=4)
    classes = {cell.probability: cell.truth["class"] for cell in read_cells()}
    assert sorted(classes.values()) == ["defective", "defective", "functional", "functional"]


def test_without_the_images_the_demonstration_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CellsMissing, match="pip install elpv-dataset"):
        read_cells()


def test_a_taken_port_is_left_to_whom_it_belongs() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(wanted=port) != port


def test_a_hub_that_cannot_start_is_explained_with_its_last_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with (
            pytest.raises(HubDidNotStart, match="port"),
            household(tmp_path / "data", port=taken.getsockname()[1]),
        ):
            pass


def test_a_claim_that_cannot_be_checked_does_not_hold() -> None:
    claims = check_claims(cast(Any, SimpleNamespace()), cast(Any, SimpleNamespace()))
    assert len(claims) == len(CLAIMS)
    assert not any(claim.holds for claim in claims)

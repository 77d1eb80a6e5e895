"""`perenne monitor gate` by the command line alone, and the same through the SDK."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from perenne.quality import calibration


@pytest.fixture
def station(perenne: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A station with 32 images, and a hub that makes faults on 8 of them only."""
    monkeypatch.setattr(calibration, "FEWEST_SPOILED", 8)
    monkeypatch.setattr(calibration, "MOST_SPOILED", 8)
    perenne("sites", "add", "lyon")
    perenne("stations", "add", "lyon", "s1")
    for seed in range(32):
        coarse = np.random.default_rng(seed).integers(40, 200, (9, 9), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / f"{seed}.png"), cv2.resize(coarse, (48, 48)))
    perenne("images", "push", tmp_path, "--site", "lyon", "--station", "s1")
    return perenne


def test_a_gate_is_shown_and_calibrated_with_a_reason(station: Any) -> None:
    before = station("monitor", "gate", "lyon", "s1")
    assert "not calibrated" in before.out
    assert "32 of the 200" in before.out
    after = station("monitor", "gate", "lyon", "s1", "--calibrate", "--reason", "commissioning")
    assert "32 images" in after.out and "commissioning" in after.out
    told = json.loads(station("monitor", "gate", "lyon", "s1", "--json").out)
    assert told["state"] == "calibrated" and told["calibration"]["exact"] is False


@pytest.mark.parametrize("words", [["--calibrate"], ["--reason", "commissioning"], ["--since", "2026-01-01"]])
def test_calibrating_is_said_in_full(perenne: Any, words: list[str]) -> None:
    said = perenne("monitor", "gate", "lyon", "s1", *words, fails=True)
    assert "--calibrate" in said.err or "--reason" in said.err

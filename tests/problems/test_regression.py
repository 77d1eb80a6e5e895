"""Regression: limits decide, R2 needs a truth that varies."""

import numpy as np
import pytest

from perenne.problems import Regression, ValueTarget
from perenne.stats.estimation import TooFew


@pytest.mark.parametrize(
    ("value", "thresholds", "decision"),
    [
        (0.5, {}, "pass"),
        (1.1, {"fail_above": 1.0}, "fail"),
        (-0.1, {"fail_below": 0.0, "fail_above": 1.0}, "fail"),
        (0.95, {"fail_above": 1.0, "unsure_margin": 0.1}, "unsure"),
        (0.8, {"fail_above": 1.0, "unsure_margin": 0.1}, "pass"),
    ],
)
def test_limits_decide(value: float, thresholds: dict[str, float], decision: str) -> None:
    assert Regression().decide(ValueTarget(value), thresholds) == decision


def test_a_constant_truth_has_no_r2_but_an_error() -> None:
    measured = Regression().evaluate(
        [ValueTarget(2.0)] * 40,
        [ValueTarget(2.0 + i / 40) for i in range(40)],
        thresholds={},
        groups=[str(i) for i in range(40)],
        rng=np.random.default_rng(0),
    )
    assert isinstance(measured["r2"], TooFew) and measured["r2"].unit == "distinct values"
    assert not isinstance(measured["mae"], TooFew)


def test_the_linear_calibration_is_applied() -> None:
    manifest = {"classes": [], "calibration": {"slope": 2.0, "intercept": -1.0}}
    assert Regression().decode({"value": np.array([3.0])}, manifest=manifest).value == 5.0

"""Estimation: a value never comes without its interval and its sample size, or "too few" is said plainly."""

from perenne.stats.estimation.bootstrap import (
    MIN_GROUPS,
    bootstrap_by_group,
    group_weights,
    groups_to_indices,
)
from perenne.stats.estimation.calibration import (
    Calibrator,
    ScoreBin,
    calibration_error,
    cross_fit,
    fit_calibrator,
    reliability,
)
from perenne.stats.estimation.expected import (
    LabelledObjects,
    ScoredObjects,
    calibrate_classes,
    expected_performance,
)
from perenne.stats.estimation.interval import Estimate, Measured, TooFew, exact_extreme, expanded_percentile
from perenne.stats.estimation.slices import SliceFinding, SliceScan, cut_quantiles, find_error_slices
from perenne.stats.estimation.support import Guard, Support, fit_reach, guard_estimate, measure_support
from perenne.stats.estimation.wilson import wilson_interval

__all__ = [
    "MIN_GROUPS",
    "Calibrator",
    "Estimate",
    "Guard",
    "LabelledObjects",
    "Measured",
    "ScoreBin",
    "ScoredObjects",
    "SliceFinding",
    "SliceScan",
    "Support",
    "TooFew",
    "bootstrap_by_group",
    "calibrate_classes",
    "calibration_error",
    "cross_fit",
    "cut_quantiles",
    "exact_extreme",
    "expanded_percentile",
    "expected_performance",
    "find_error_slices",
    "fit_calibrator",
    "fit_reach",
    "group_weights",
    "groups_to_indices",
    "guard_estimate",
    "measure_support",
    "reliability",
    "wilson_interval",
]

"""Estimation: a value never comes without its interval and its sample size, or "too few" is said plainly."""

from perenne.stats.estimation.bootstrap import (
    MIN_GROUPS,
    bootstrap_by_group,
    group_weights,
    groups_to_indices,
)
from perenne.stats.estimation.interval import Estimate, Measured, TooFew, exact_extreme, expanded_percentile
from perenne.stats.estimation.slices import SliceFinding, SliceScan, cut_quantiles, find_error_slices
from perenne.stats.estimation.wilson import wilson_interval

__all__ = [
    "MIN_GROUPS",
    "Estimate",
    "Measured",
    "SliceFinding",
    "SliceScan",
    "TooFew",
    "bootstrap_by_group",
    "cut_quantiles",
    "exact_extreme",
    "expanded_percentile",
    "find_error_slices",
    "group_weights",
    "groups_to_indices",
    "wilson_interval",
]

"""Drift: how two samples differ, how much, and whether a shift of labels explains it.

Values in, frozen results out. These describe a change that `stats.sequential` has found; none of them pages.
"""

from perenne.stats.drift.c2st import Told, tell_apart
from perenne.stats.drift.effect import AucEffect, measure_auc, measure_shift
from perenne.stats.drift.label_shift import (
    Calibration,
    LabelShift,
    LabelShiftFit,
    apply_calibration,
    calibrate_scores,
    check_label_shift,
    estimate_label_shift,
)
from perenne.stats.drift.mmd import Discrepancy, measure_mmd

__all__ = [
    "AucEffect",
    "Calibration",
    "Discrepancy",
    "LabelShift",
    "LabelShiftFit",
    "Told",
    "apply_calibration",
    "calibrate_scores",
    "check_label_shift",
    "estimate_label_shift",
    "measure_auc",
    "measure_mmd",
    "measure_shift",
    "tell_apart",
]

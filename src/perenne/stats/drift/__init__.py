"""Drift: how two samples differ, how much, and whether a shift of labels explains it.

Values in, frozen results out. These describe a change that `stats.sequential` has found; none of them pages.
"""

from perenne.stats.drift.c2st import Told, tell_apart
from perenne.stats.drift.effect import AucEffect, measure_auc, measure_shift

__all__ = ["AucEffect", "Told", "measure_auc", "measure_shift", "tell_apart"]

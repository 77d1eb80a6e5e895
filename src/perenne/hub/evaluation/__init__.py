"""Evaluation: how good a model version is on a frozen dataset version, at each site, with intervals.

Owns evaluations, their slices and verdicts, the outcome of every image, and paired comparisons.
Promises: the same request is the same evaluation; a site is satisfactory only when the whole interval keeps
the limit; too few is said plainly; the opening of a sealed test set is logged.
Does not deploy, train, or decide what is acceptable: the dataset's rule does.
"""

from perenne.hub.evaluation.history import MeasuredAtSite, measures_by_site
from perenne.hub.evaluation.queries import evaluations_of_model
from perenne.hub.evaluation.rules import AcceptanceRule, Verdict, read_acceptance, satisfactory_everywhere
from perenne.hub.evaluation.service import (
    compare_evaluations,
    get_evaluation,
    list_evaluations,
    start_evaluation,
)
from perenne.hub.evaluation.tables import EvaluationRow, EvaluationSliceRow

__all__ = [
    "AcceptanceRule",
    "EvaluationRow",
    "EvaluationSliceRow",
    "MeasuredAtSite",
    "Verdict",
    "compare_evaluations",
    "evaluations_of_model",
    "get_evaluation",
    "list_evaluations",
    "measures_by_site",
    "read_acceptance",
    "satisfactory_everywhere",
    "start_evaluation",
]

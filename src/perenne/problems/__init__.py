"""Problems: what a model predicts. One folder a problem type, the same file names in each.

Owns targets (truth and prediction JSON), decoding of network outputs, decisions and metrics with intervals.
Promises that naming a problem or reading a target imports neither the evaluation libraries nor scipy.
Does not load models, images or rows of a database.
"""

from perenne.kit.registry import Registry
from perenne.problems.classification import Classification, ClassTarget
from perenne.problems.contract import Decision, Placement, Problem, Target, TargetInvalid
from perenne.problems.detection import Box, BoxesTarget, Detection
from perenne.problems.regression import Regression, ValueTarget

PROBLEMS: Registry[Problem] = Registry("problem")
PROBLEMS.register("classification", Classification())
PROBLEMS.register("regression", Regression())
PROBLEMS.register("detection", Detection())

__all__ = [
    "PROBLEMS",
    "Box",
    "BoxesTarget",
    "ClassTarget",
    "Classification",
    "Decision",
    "Detection",
    "Placement",
    "Problem",
    "Regression",
    "Target",
    "TargetInvalid",
    "ValueTarget",
]

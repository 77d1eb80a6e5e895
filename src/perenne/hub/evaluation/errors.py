"""What can go wrong with evaluations."""

from perenne.kit.errors import Conflict, InvalidInput


class NothingToEvaluate(InvalidInput):
    """The split of the dataset version holds no image."""

    code = "nothing-to-evaluate"
    title = "There is nothing to evaluate on"


class ModelDoesNotFit(InvalidInput):
    """Model and dataset speak of different problems or classes."""

    code = "model-does-not-fit"
    title = "The model does not fit the dataset"


class NotFinished(Conflict):
    """The evaluation has no outcome yet."""

    code = "evaluation-not-finished"
    title = "The evaluation is not finished"


class NotComparable(Conflict):
    """Two evaluations that were not made on the same images."""

    code = "evaluations-not-comparable"
    title = "The evaluations cannot be compared"

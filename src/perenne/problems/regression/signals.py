"""What is watched of a regressor's answers: the value.

Owns the name of that number. Refuses to look at limits: a change of the thresholds is no change of the line.
"""

from perenne.problems.regression.target import ValueTarget


def value_signals(prediction: ValueTarget) -> dict[str, float]:
    """Return `value`.

    >>> value_signals(ValueTarget(0.25))
    {'value': 0.25}
    """
    return {"value": prediction.value}

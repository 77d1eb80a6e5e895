"""From a value to pass, fail or unsure.

Owns the thresholds of a regression: `fail_above`, `fail_below` (limits that a good piece keeps) and
`unsure_margin` (distance from a limit within which a person should look). Without limits every piece passes.
"""

from collections.abc import Mapping
from typing import Any

from perenne.problems.contract import Decision
from perenne.problems.regression.target import ValueTarget


def decide_value(prediction: ValueTarget, thresholds: Mapping[str, Any]) -> Decision:
    """Return unsure within the margin of a limit, fail beyond a limit, else pass.

    >>> decide_value(ValueTarget(0.7), {"fail_above": 0.5})
    'fail'
    """
    value = prediction.value
    above, below = thresholds.get("fail_above"), thresholds.get("fail_below")
    margin = float(thresholds.get("unsure_margin", 0.0))
    limits = [float(limit) for limit in (above, below) if limit is not None]
    if any(abs(value - limit) < margin for limit in limits):
        return "unsure"
    too_high = above is not None and value > float(above)
    too_low = below is not None and value < float(below)
    return "fail" if too_high or too_low else "pass"

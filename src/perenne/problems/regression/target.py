"""The answer of a regression: {"value": 0.33}.

Owns its shape and its checks. Refuses NaN, infinity and numbers written as text.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perenne.problems.contract import TargetInvalid


@dataclass(frozen=True)
class ValueTarget:
    """One finite number."""

    value: float

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"value": self.value}


def parse_value(obj: object) -> ValueTarget:
    """Return the target that `obj` holds. Raises: TargetInvalid.

    >>> parse_value({"value": 1}).value
    1.0
    """
    if not isinstance(obj, Mapping) or set(obj) != {"value"}:
        raise TargetInvalid.of('an object like {"value": 0.5}', obj)
    value = obj["value"]
    # abs() <= max also refuses NaN, and whole numbers too large for a float, on which isfinite() fails.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise TargetInvalid.of("a finite number", value)
    return ValueTarget(float(value))

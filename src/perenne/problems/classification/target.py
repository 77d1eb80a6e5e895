"""The answer of a classification: {"class": "defective"}, for a prediction with {"scores": {...}}.

Owns its shape and its checks. Refuses classes outside the list, and scores that are not in 0..1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perenne.problems.contract import TargetInvalid


@dataclass(frozen=True)
class ClassTarget:
    """One class; `scores` (class -> probability) are there when a model said it."""

    name: str
    scores: Mapping[str, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        if self.scores is None:
            return {"class": self.name}
        return {"class": self.name, "scores": dict(self.scores)}


def parse_class(obj: object, classes: Sequence[str], *, with_scores: bool = False) -> ClassTarget:
    """Return the target that `obj` holds. Raises: TargetInvalid with what was expected and got.

    >>> parse_class({"class": "ok"}, ["ok", "bad"]).name
    'ok'
    """
    if not isinstance(obj, Mapping) or "class" not in obj:
        raise TargetInvalid.of('an object like {"class": "..."}', obj)
    name = obj["class"]
    if not isinstance(name, str) or name not in classes:
        raise TargetInvalid.of(f"a class among {', '.join(classes)}", name)
    allowed = {"class", "scores"} if with_scores else {"class"}
    if set(obj) - allowed:
        raise TargetInvalid.of(f"only {' and '.join(sorted(allowed))}", dict(obj))
    return ClassTarget(name, _parse_scores(obj.get("scores"), classes) if with_scores else None)


def _parse_scores(scores: object, classes: Sequence[str]) -> dict[str, float]:
    if not isinstance(scores, Mapping) or set(scores) != set(classes):
        raise TargetInvalid.of(f"scores for {', '.join(classes)}", scores)
    for name, score in scores.items():
        good = isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score)
        if not good or not 0 <= score <= 1:
            raise TargetInvalid.of(f"a score in 0..1 for class {name}", score)
    return {name: float(scores[name]) for name in classes}

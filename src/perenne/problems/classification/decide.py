"""From scores to the class at the operating point and to pass, fail or unsure.

Owns the thresholds of a classification: `fail_classes` (which classes are bad; by default all but the first),
`fail_at` (their summed score from which a piece fails; 0.5), `unsure_from` and `unsure_to` (the band in which
a person should look; empty by default). Refuses to guess without scores: then the class alone decides.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from perenne.problems.classification.target import ClassTarget
from perenne.problems.contract import Decision

DEFAULT_FAIL_AT = 0.5


def fail_classes_of(thresholds: Mapping[str, Any], classes: Sequence[str]) -> tuple[str, ...]:
    """Return the classes that make a piece fail: those named, else all but the first of the list."""
    named = thresholds.get("fail_classes")
    if named is None:
        return tuple(classes[1:])
    return tuple(named)


def fail_score(prediction: ClassTarget, thresholds: Mapping[str, Any], classes: Sequence[str]) -> float:
    """Return the summed score of the fail classes; 1 or 0 when there are no scores."""
    bad = fail_classes_of(thresholds, classes or tuple(prediction.scores or ()))
    if prediction.scores is None:
        return float(prediction.name in bad)
    return float(sum(prediction.scores.get(name, 0.0) for name in bad))


def operating_class(scores: Mapping[str, float], thresholds: Mapping[str, Any]) -> str:
    """Return the class at the operating point.

    The side (good or bad) is decided by `fail_at`; within the side the highest score wins.

    >>> operating_class({"ok": 0.6, "bad": 0.4}, {"fail_at": 0.3})
    'bad'
    """
    classes = tuple(scores)
    bad = set(fail_classes_of(thresholds, classes))
    failing = sum(scores[name] for name in bad & set(classes))
    fails = failing >= float(thresholds.get("fail_at", DEFAULT_FAIL_AT))
    side = [name for name in classes if (name in bad) == fails] or list(classes)
    return max(side, key=lambda name: scores[name])


def decide_class(
    prediction: ClassTarget, thresholds: Mapping[str, Any], *, classes: Sequence[str] = ()
) -> Decision:
    """Return unsure inside the band, else fail from `fail_at` on, else pass."""
    failing = fail_score(prediction, thresholds, classes)
    low, high = thresholds.get("unsure_from"), thresholds.get("unsure_to")
    if low is not None and high is not None and float(low) <= failing < float(high):
        return "unsure"
    return "fail" if failing >= float(thresholds.get("fail_at", DEFAULT_FAIL_AT)) else "pass"

"""The pure decisions of deployments: which one answers, what an undo goes back to.

Owns the states and their transitions. Refuses to forget: a deployment ends, it is never deleted.
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from perenne.kit.errors import Conflict, InvalidInput


class DeploymentState(StrEnum):
    """Where a deployment stands."""

    ACTIVE = "active"
    SUPERSEDED = "superseded"
    UNDONE = "undone"


TRANSITIONS: dict[DeploymentState, frozenset[DeploymentState]] = {
    DeploymentState.ACTIVE: frozenset({DeploymentState.SUPERSEDED, DeploymentState.UNDONE}),
    DeploymentState.SUPERSEDED: frozenset(),
    DeploymentState.UNDONE: frozenset(),
}


class NotActive(Conflict):
    """A deployment that has ended cannot end again."""

    code = "deployment-not-active"
    title = "The deployment has ended already"


class BadThresholds(InvalidInput):
    """Thresholds that the model does not know, or that are no probabilities."""

    code = "bad-thresholds"
    title = "The thresholds cannot be used"


def check_transition(present: str, *, wanted: DeploymentState) -> None:
    """Return when a deployment may go from `present` to `wanted`. Raises: NotActive."""
    if wanted not in TRANSITIONS[DeploymentState(present)]:
        raise NotActive(
            f"A deployment that is {present} cannot become {wanted}.",
            remedy="Look at the history of the site and act on the active one.",
        )


THRESHOLDS: dict[str, dict[str, str]] = {
    "classification": {
        "fail_at": "score",
        "unsure_from": "score",
        "unsure_to": "score",
        "fail_classes": "classes",
    },
    "detection": {"score": "score", "unsure_from": "score", "fail_classes": "classes"},
    "regression": {"fail_above": "number", "fail_below": "number", "unsure_margin": "number"},
}
"""What the decision of each problem reads: a score lies in 0..1, classes are a list of the model's."""


def merge_thresholds(
    defaults: Mapping[str, Any],
    *,
    overrides: Mapping[str, Any],
    problem: str,
    classes: Sequence[str],
) -> dict[str, Any]:
    """Return the thresholds in force: the artefact's, replaced name by name. Raises: BadThresholds."""
    kinds = THRESHOLDS[problem]
    for name, value in overrides.items():
        kind = kinds.get(name)
        if kind is None:
            raise BadThresholds(
                f"A {problem} has no threshold '{name}'.", remedy=f"It knows: {', '.join(kinds)}."
            )
        expected = _expectation(kind, value, classes=classes)
        if expected is not None:
            raise BadThresholds(
                f"Threshold '{name}' is {value!r}; expected {expected}.",
                remedy="Correct it and deploy again.",
            )
    return {**defaults, **overrides}


def _expectation(kind: str, value: Any, *, classes: Sequence[str]) -> str | None:
    """Return what was expected when `value` is not of its kind, else None."""
    if kind == "classes":
        good = isinstance(value, list) and bool(value) and set(value) <= set(classes)
        return None if good else f"a list of classes among {', '.join(classes)}"
    if isinstance(value, list) or not math.isfinite(value):
        return "a finite number"
    return None if kind == "number" or 0 <= value <= 1 else "a number from 0 to 1"


SITE_VERDICTS = ("not_satisfactory", "undecided", "too_few", "not_judged", "not_evaluated", "satisfactory")
"""How a site does, the worst first."""


def badness_of(
    verdict: str, *, value: float | None, lower_is_better: bool, name: str
) -> tuple[int, float, str]:
    """Return the sort key that puts the worst site first: by verdict, then by value, then by name."""
    rank = SITE_VERDICTS.index(verdict)
    if value is None:
        return rank, math.inf, name
    return rank, -value if lower_is_better else value, name


def percentile_of(values: Sequence[float], percent: float) -> float | None:
    """Return the smallest value that `percent` % of the values do not pass; None of nothing.

    >>> percentile_of([30.0, 10.0, 20.0], 50), percentile_of([], 95)
    (20.0, None)
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else None


def rate_per_minute(count: int, *, seconds: float) -> float:
    """Return `count` a minute when they came within `seconds`; less than a minute counts as one.

    >>> rate_per_minute(30, seconds=20), rate_per_minute(30, seconds=120)
    (30.0, 15.0)
    """
    return round(count * 60 / max(60.0, seconds), 2)

"""The pure decisions of an evaluation: is a slice satisfactory, is a challenger worse, what is next.

Owns the verdicts and the states. Refuses to average: every slice is judged by its own interval.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from perenne.kit.errors import InvalidInput

Z_95 = 1.959964
MOST_MORE_IMAGES = 100_000


class Verdict(StrEnum):
    """What an interval says about an acceptance limit."""

    SATISFACTORY = "satisfactory"
    NOT_SATISFACTORY = "not_satisfactory"
    UNDECIDED = "undecided"
    TOO_FEW = "too_few"
    NOT_JUDGED = "not_judged"


class DifferenceVerdict(StrEnum):
    """What the interval of challenger minus champion says."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE_SEEN = "no_difference_seen"
    TOO_FEW = "too_few"


class EvaluationState(StrEnum):
    """Where an evaluation stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


def state_now(state: str, *, job_state: str | None) -> EvaluationState:
    """Return where an evaluation stands: an unfinished one whose job has ended has failed.

    >>> str(state_now("running", job_state="cancelled")), str(state_now("succeeded", job_state="failed"))
    ('failed', 'succeeded')
    """
    present = EvaluationState(state)
    if present == EvaluationState.SUCCEEDED or job_state in ("queued", "running"):
        return present
    return EvaluationState.FAILED


@dataclass(frozen=True)
class Measure:
    """A value with its 95 % interval, the images and the independent groups behind it; None: too few."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    n_groups: int
    shortage: str | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Measure":
        """Return the measure that a stored estimate holds."""
        return cls(
            value=stored["value"],
            low=stored["low"],
            high=stored["high"],
            n=stored["n"],
            n_groups=stored["n_groups"],
            shortage=stored.get("shortage"),
        )

    @property
    def too_few(self) -> bool:
        """Say whether no interval could be given."""
        return self.value is None or self.low is None or self.high is None


@dataclass(frozen=True)
class Judgement:
    """A verdict, its reason in one sentence, and how many more images might settle an undecided one."""

    verdict: Verdict
    reason: str
    more_images: int | None = None


@dataclass(frozen=True)
class AcceptanceRule:
    """The limit that a dataset sets for every site: `metric` at or above it (an error: at or below)."""

    metric: str
    limit: float
    at_most: bool = False

    @property
    def words(self) -> str:
        """The limit as a person reads it."""
        return f"{'at or below' if self.at_most else 'at or above'} {self.limit:g}"


class BadAcceptanceRule(InvalidInput):
    """An acceptance rule that names no metric or no limit."""

    code = "bad-acceptance-rule"
    title = "The acceptance rule cannot be used"


def read_acceptance(acceptance: dict[str, Any] | None) -> AcceptanceRule | None:
    """Return the rule of a dataset, None when it sets none. Raises: BadAcceptanceRule.

    >>> read_acceptance({"metric": "auroc", "at_least": 0.9})
    AcceptanceRule(metric='auroc', limit=0.9, at_most=False)
    """
    if not acceptance:
        return None
    metric = acceptance.get("metric")
    limits = [(k, acceptance[k]) for k in ("at_least", "at_most") if acceptance.get(k) is not None]
    if isinstance(metric, str) and len(limits) == 1:
        name, limit = limits[0]
        if isinstance(limit, int | float) and not isinstance(limit, bool) and math.isfinite(limit):
            return AcceptanceRule(metric=metric, limit=float(limit), at_most=name == "at_most")
    raise BadAcceptanceRule(
        f"The rule is {acceptance!r}: a metric and one number (at_least or at_most) were expected.",
        remedy='Write it as {"metric": "balanced_accuracy", "at_least": 0.9}.',
    )


def judge_slice(measure: Measure | None, *, rule: AcceptanceRule | None) -> Judgement:
    """Return the verdict of one slice.

    Satisfactory only when the whole interval keeps the limit; not satisfactory only when the whole
    interval breaks it; undecided in between; too few when there is no interval at all.
    """
    if rule is None:
        return Judgement(Verdict.NOT_JUDGED, "The dataset sets no acceptance rule.")
    if measure is None:
        return Judgement(Verdict.TOO_FEW, f"{rule.metric} cannot be computed on these images.")
    value, low, high = measure.value, measure.low, measure.high
    if value is None or low is None or high is None:
        few = measure.shortage or f"too few: {measure.n} images in {measure.n_groups} independent groups"
        return Judgement(Verdict.TOO_FEW, f"{rule.metric}: {few}.")
    spoken = f"{rule.metric} {value:.3f} [{low:.3f}, {high:.3f}]"
    keeps = high <= rule.limit if rule.at_most else low >= rule.limit
    breaks = low > rule.limit if rule.at_most else high < rule.limit
    if keeps:
        return Judgement(Verdict.SATISFACTORY, f"{spoken} is wholly {rule.words}.")
    if breaks:
        return Judgement(Verdict.NOT_SATISFACTORY, f"No part of {spoken} is {rule.words}.")
    more = images_to_decide(measure, limit=rule.limit)
    hint = f" About {more} more images would decide." if more else " More images alone may never decide."
    return Judgement(
        Verdict.UNDECIDED,
        f"{spoken} lies on both sides of {rule.limit:g} with {measure.n} images.{hint}",
        more,
    )


def images_to_decide(measure: Measure, *, limit: float) -> int | None:
    """Return a rough number of further images after which the interval would leave `limit`.

    Assumes that the value stays and that the interval shrinks with the square root of the images. None
    when the value is so near to the limit that no sensible number would do.

    >>> images_to_decide(Measure(value=0.92, low=0.86, high=0.96, n=100, n_groups=100), limit=0.9)
    801
    """
    if measure.value is None or measure.low is None or measure.high is None or measure.n < 1:
        return None
    distance = abs(measure.value - limit)
    side = measure.value - measure.low if measure.value >= limit else measure.high - measure.value
    if side <= 0 or distance <= side / 1e6:
        return None
    needed = measure.n * (side / distance) ** 2
    more = math.ceil(round(needed, 6)) + 1 - measure.n
    return more if 0 < more <= MOST_MORE_IMAGES else None


def judge_difference(difference: Measure, *, lower_is_better: bool = False) -> DifferenceVerdict:
    """Return what the interval of challenger minus champion says: only an interval without zero decides."""
    low, high = difference.low, difference.high
    if low is None or high is None:
        return DifferenceVerdict.TOO_FEW
    if low > 0:
        return DifferenceVerdict.WORSE if lower_is_better else DifferenceVerdict.BETTER
    if high < 0:
        return DifferenceVerdict.BETTER if lower_is_better else DifferenceVerdict.WORSE
    return DifferenceVerdict.NO_DIFFERENCE_SEEN


_SEVERITY = {
    Verdict.NOT_SATISFACTORY: 0,
    Verdict.TOO_FEW: 1,
    Verdict.UNDECIDED: 2,
    Verdict.NOT_JUDGED: 3,
    Verdict.SATISFACTORY: 4,
}


def severity_of(
    verdict: str, *, value: float | None, name: str, lower_is_better: bool = False
) -> tuple[int, float, str]:
    """Return the sort key that puts the worst slice first: by verdict, then by value, then by name."""
    if value is None:
        return (_SEVERITY[Verdict(verdict)], math.inf, name)
    return (_SEVERITY[Verdict(verdict)], -value if lower_is_better else value, name)


def satisfactory_everywhere(verdicts: list[str]) -> bool | None:
    """Say whether every site is satisfactory; None when nothing was judged."""
    judged = [v for v in verdicts if v != Verdict.NOT_JUDGED]
    return all(v == Verdict.SATISFACTORY for v in judged) if judged else None


SMALL_AREA, LARGE_AREA = 32.0**2, 96.0**2


def size_of(area: float) -> str:
    """Return the COCO size of an object: small (< 32 x 32 px), medium, large (>= 96 x 96 px).

    >>> size_of(31 * 32), size_of(32 * 32), size_of(96 * 96)
    ('small', 'medium', 'large')
    """
    if area < SMALL_AREA:
        return "small"
    return "medium" if area < LARGE_AREA else "large"

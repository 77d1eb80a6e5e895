"""The quality gate: accepted, flagged or refused, with reasons in words and the numbers behind them.

Two kinds of limits. Absolute ones need no station: nothing to see, black, white, the same picture again and
again. The station's own (`limits`) tell blur, light, obstruction, framing, fog, loss and recompression from
what its good images are like. An image is refused when a known fault is beyond the limit that at most 1 % of
good images exceed; it is flagged beyond that of 5 %, or when it is unlike the station's images without a
known fault: another product is no fault of acquisition.

Owns the verdict. Does not decode, store or remember: frozen frames are told from the signals handed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from perenne.quality.limits import Limit, StationLimits
from perenne.quality.scoring import Scores, score_image
from perenne.quality.signals import Signals

Decision = Literal["accepted", "flagged", "refused"]
REASON_OF_FAULT = {
    "blur": "blurred",
    "dark": "dark",
    "bright": "bright",
    "obstruction": "obstructed",
    "framing": "badly_framed",
    "turn": "badly_framed",
    "fog": "not_discernible",
    "loss": "damaged",
    "recompression": "recompressed",
    "resizing": "resized",
    "smoothing": "smoothed",
}
WORDS = {
    "blurred": "The image is blurred",
    "dark": "The image is too dark",
    "bright": "The image is too bright",
    "obstructed": "Something covers a part of the view",
    "badly_framed": "The piece is not where this station has it",
    "not_discernible": "The object is not discernible",
    "damaged": "A part of the image is lost",
    "recompressed": "The image was compressed again",
    "resized": "The image was resized",
    "smoothed": "The image was smoothed: it lacks the noise of this station's camera",
    "frozen": "The camera sends the same picture again",
    "unlike": "The image is unlike those of this station",
}
BLACK_P99, WHITE_P1, LEAST_STD = 12, 243, 2.0
FROZEN_FLAG, FROZEN_REFUSE = 1, 2
_TOLD_DEVIATIONS = 3


@dataclass(frozen=True)
class Reason:
    """One reason: its code, a sentence, and the number against its limit."""

    code: str
    words: str
    value: float
    limit: float


@dataclass(frozen=True)
class Verdict:
    """What the gate says. `score`: 1 is the limit of a refusal; None while the station has no limits."""

    decision: Decision
    reasons: tuple[Reason, ...]
    score: float | None
    deviations: dict[str, float]
    basis: str


def judge_image(
    signals: Signals, *, limits: StationLimits | None, previous: Sequence[Signals] = ()
) -> Verdict:
    """Return the verdict on an image; `previous` are the station's latest signals, newest last.

    Without limits only absolute rules apply, and `basis` says so.
    """
    absolute = _judge_absolutely(signals) + _judge_frozen(signals, previous)
    if limits is None:
        worst = _worst(absolute)
        return Verdict(worst, tuple(reason for _, reason in absolute), None, {}, say_basis(None))
    scores = score_image(signals, tests=limits.tests)
    own = _judge_by_station(scores, limits)
    # An absolute reason says it better than the same one by comparison.
    known = {reason.code for _, reason in absolute}
    found = absolute + [(level, reason) for level, reason in own if reason.code not in known]
    found.sort(key=lambda item: item[0] != "refused")
    return Verdict(
        decision=_worst(found),
        reasons=tuple(reason for _, reason in found),
        score=round(scores.fault / limits.refuse.value, 3),
        deviations=name_deviations(scores),
        basis=say_basis(limits.refuse),
    )


def name_deviations(scores: Scores, *, count: int = _TOLD_DEVIATIONS) -> dict[str, float]:
    """Return the features that lie farthest from the station's, in its own standard deviations."""
    ordered = sorted(scores.deviations.items(), key=lambda item: -abs(item[1]))
    return {name: round(value, 1) for name, value in ordered[:count]}


def explain_fault(scores: Scores) -> str:
    """Return the fault of the library that explains the image best among those whose test is high."""
    faults = {name: scores.tests[name] for name in scores.likelihood}
    highest = max(faults.values())
    standing = [name for name, value in faults.items() if value >= min(1.0, highest)]
    return max(standing, key=lambda name: scores.likelihood[name])


def _judge_by_station(scores: Scores, limits: StationLimits) -> list[tuple[Decision, Reason]]:
    refused = scores.fault > limits.refuse.value
    if refused or scores.fault > limits.flag.value:
        limit = limits.refuse if refused else limits.flag
        code = REASON_OF_FAULT[explain_fault(scores)]
        level: Decision = "refused" if refused else "flagged"
        return [(level, state_reason(code, value=scores.fault, limit=limit.value))]
    if scores.strange > limits.strange.value:
        return [("flagged", state_reason("unlike", value=scores.strange, limit=limits.strange.value))]
    return []


def _judge_absolutely(signals: Signals) -> list[tuple[Decision, Reason]]:
    if signals.p99 <= BLACK_P99:
        return [("refused", state_reason("dark", value=signals.p99, limit=BLACK_P99))]
    if signals.p1 >= WHITE_P1:
        return [("refused", state_reason("bright", value=signals.p1, limit=WHITE_P1))]
    if signals.std < LEAST_STD:
        return [("refused", state_reason("not_discernible", value=signals.std, limit=LEAST_STD))]
    return []


def _judge_frozen(signals: Signals, previous: Sequence[Signals]) -> list[tuple[Decision, Reason]]:
    """A living camera never gives the same pixels twice: its noise differs."""
    same = 0
    for earlier in reversed(previous):
        if earlier.picture != signals.picture or earlier.hash != signals.hash:
            break
        same += 1
    if same < FROZEN_FLAG:
        return []
    level: Decision = "refused" if same >= FROZEN_REFUSE else "flagged"
    return [(level, state_reason("frozen", value=same, limit=FROZEN_REFUSE))]


def state_reason(code: str, *, value: float, limit: float) -> Reason:
    """Return the reason with its sentence and its numbers."""
    return Reason(code, f"{WORDS[code]} ({value:.3g}, limit {limit:.3g}).", round(value, 3), round(limit, 3))


def _worst(found: Sequence[tuple[Decision, Reason]]) -> Decision:
    levels = {level for level, _ in found}
    return "refused" if "refused" in levels else "flagged" if "flagged" in levels else "accepted"


def say_basis(limit: Limit | None) -> str:
    """Return in words what a limit promises; None for a station without one."""
    if limit is None:
        return "Absolute rules only: this station has no limits of its own yet."
    if limit.exact:
        return f"At most {limit.promise:.0%} of good images are refused, by {limit.n_images} held back."
    return (
        f"About {limit.promise:.0%} of good images are refused, extrapolated from {limit.n_images}: "
        "too few to promise it."
    )

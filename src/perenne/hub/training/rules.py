"""The life of a run: its states, who may claim it, and whose words still count. Pure decisions.

Owns the transition table and the lease. Refuses the words of a claim that has been replaced: every claim
has an epoch, and only the latest one counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from perenne.hub.training.errors import TransitionNotAllowed

LEASE = timedelta(seconds=30)
UPLOAD_LEASE = timedelta(seconds=180)
MAX_CLAIMS_WITHOUT_PROGRESS = 10
SMALLEST_PROGRESS = 1e-6


class RunState(StrEnum):
    """Where a run is. `claimed`: its trainer prepares; `uploading`: trained, the artefact travels."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    RUNNING = "running"
    UPLOADING = "uploading"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


HELD = frozenset({RunState.CLAIMED, RunState.RUNNING, RunState.UPLOADING})
FINAL = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})

TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.CLAIMED, RunState.CANCELLED}),
    RunState.CLAIMED: HELD | FINAL,
    RunState.RUNNING: HELD | FINAL,
    RunState.UPLOADING: HELD | FINAL,
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.CANCELLED: frozenset({RunState.QUEUED}),
}


def may_become(state: RunState, other: RunState) -> bool:
    """Say whether a run in `state` may become `other`.

    >>> may_become(RunState.SUCCEEDED, RunState.QUEUED), may_become(RunState.FAILED, RunState.QUEUED)
    (False, True)
    """
    return other in TRANSITIONS[state]


def check_transition(state: RunState, other: RunState) -> RunState:
    """Return `other` when a run in `state` may become it. Raises: TransitionNotAllowed."""
    if not may_become(state, other):
        raise TransitionNotAllowed(
            f"A run that is {state} cannot become {other}.", remedy="Look at the run again; it has moved on."
        )
    return other


@dataclass(frozen=True)
class Holding:
    """What decides over claims: the state, who holds the run until when, and how it has been going."""

    state: RunState
    trainer: str | None
    lease_until: datetime | None
    cancel_requested: bool
    claims_without_progress: int = 0


ClaimVerdict = Literal["claim", "held", "cancel", "abandon", "over"]


def judge_claim(run: Holding, *, trainer: str, now: datetime) -> ClaimVerdict:
    """Say what a trainer's wish for this run leads to.

    `claim`: it gets it. `held`: another trainer has it. `cancel`: cancelled, and nobody is left to obey.
    `abandon`: it has been claimed too often without getting anywhere. `over`: it has ended.
    """
    if run.state in FINAL:
        return "over"
    mine = run.trainer == trainer
    if run.state in HELD and not mine and not lease_is_over(run.lease_until, now=now):
        return "held"
    if run.cancel_requested:
        return "cancel"
    return "abandon" if run.claims_without_progress >= MAX_CLAIMS_WITHOUT_PROGRESS else "claim"


def lease_is_over(lease_until: datetime | None, *, now: datetime) -> bool:
    """Say whether the trainer has been silent for so long that another may take over."""
    return lease_until is None or lease_until <= now


def lease_for(state: RunState, *, now: datetime) -> datetime:
    """Return until when the trainer may be silent; an upload is checked before it is answered."""
    return now + (UPLOAD_LEASE if state is RunState.UPLOADING else LEASE)


def count_claims(run: Holding, *, progress: float, progress_at_claim: float) -> int:
    """Return how many claims in a row, this one included, follow one that did not get any further."""
    if run.state is RunState.QUEUED:
        return 0
    return run.claims_without_progress + 1 if progress - progress_at_claim < SMALLEST_PROGRESS else 0


def words_count(run: Holding, *, current_epoch: int, epoch: int) -> bool:
    """Say whether a trainer's message belongs to the present claim of a run that has not ended."""
    return run.state in HELD and epoch == current_epoch


def cancel_now(run: Holding, *, now: datetime) -> bool:
    """Say whether a cancel ends the run at once, because no trainer is there to obey it."""
    return run.state is RunState.QUEUED or (run.state in HELD and lease_is_over(run.lease_until, now=now))

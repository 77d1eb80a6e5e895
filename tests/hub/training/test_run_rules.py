"""The life of a run: every transition, every claim, every stale word."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.hub.training.errors import TransitionNotAllowed
from perenne.hub.training.rules import (
    FINAL,
    HELD,
    LEASE,
    MAX_CLAIMS_WITHOUT_PROGRESS,
    TRANSITIONS,
    Holding,
    RunState,
    cancel_now,
    check_transition,
    count_claims,
    judge_claim,
    lease_for,
    may_become,
    words_count,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def held(
    state: RunState = RunState.RUNNING,
    *,
    by: str = "t1",
    left_s: float = 10,
    cancel: bool = False,
    stalls: int = 0,
) -> Holding:
    return Holding(state, by, NOW + timedelta(seconds=left_s), cancel, stalls)


def test_every_state_has_its_transitions_and_a_success_is_for_ever() -> None:
    assert set(TRANSITIONS) == set(RunState)
    assert HELD | FINAL | {RunState.QUEUED} == set(RunState)
    assert not TRANSITIONS[RunState.SUCCEEDED]
    for state in FINAL - {RunState.SUCCEEDED}:
        assert TRANSITIONS[state] == {RunState.QUEUED}


@given(st.sampled_from(list(RunState)), st.sampled_from(list(RunState)))
def test_a_transition_that_is_not_in_the_table_is_refused(state: RunState, other: RunState) -> None:
    if may_become(state, other):
        assert check_transition(state, other) is other
    else:
        with pytest.raises(TransitionNotAllowed):
            check_transition(state, other)


@pytest.mark.parametrize(
    ("run", "trainer", "verdict"),
    [
        (Holding(RunState.QUEUED, None, None, False), "t1", "claim"),
        (Holding(RunState.QUEUED, None, None, True), "t1", "cancel"),
        (held(), "t1", "claim"),
        (held(RunState.CLAIMED), "t1", "claim"),
        (held(), "t2", "held"),
        (held(left_s=0), "t2", "claim"),
        (held(RunState.UPLOADING, left_s=-1), "t2", "claim"),
        (held(left_s=-1, cancel=True), "t2", "cancel"),
        (held(cancel=True), "t1", "cancel"),
        (held(stalls=MAX_CLAIMS_WITHOUT_PROGRESS), "t1", "abandon"),
        (held(RunState.SUCCEEDED), "t1", "over"),
        (held(RunState.FAILED), "t1", "over"),
    ],
)
def test_who_may_claim_a_run(run: Holding, trainer: str, verdict: str) -> None:
    assert judge_claim(run, trainer=trainer, now=NOW) == verdict


def test_only_the_latest_claim_of_a_run_that_goes_on_counts() -> None:
    assert words_count(held(), current_epoch=3, epoch=3)
    assert words_count(held(left_s=-5), current_epoch=3, epoch=3), "late, but nobody else has it"
    assert not words_count(held(), current_epoch=3, epoch=2)
    assert not words_count(held(RunState.CANCELLED), current_epoch=3, epoch=3)
    assert not words_count(Holding(RunState.QUEUED, None, None, False), current_epoch=3, epoch=3)


def test_claims_that_get_nowhere_are_counted_and_progress_starts_anew() -> None:
    assert count_claims(Holding(RunState.QUEUED, None, None, False, 4), progress=0, progress_at_claim=0) == 0
    assert count_claims(held(stalls=4), progress=0.2, progress_at_claim=0.2) == 5
    assert count_claims(held(stalls=4), progress=0.3, progress_at_claim=0.2) == 0


def test_an_upload_may_take_longer_than_a_step() -> None:
    assert lease_for(RunState.RUNNING, now=NOW) == NOW + LEASE
    assert lease_for(RunState.UPLOADING, now=NOW) > NOW + LEASE


def test_a_cancel_ends_a_run_at_once_only_when_nobody_works_on_it() -> None:
    assert cancel_now(Holding(RunState.QUEUED, None, None, False), now=NOW)
    assert cancel_now(held(left_s=-1), now=NOW)
    assert not cancel_now(held(), now=NOW)

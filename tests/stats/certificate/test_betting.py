"""Certificates err no more often than promised however often one looks, and cost about what was planned."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.stats.certificate import (
    CertificateState,
    Claim,
    certify,
    label_law,
    log_wealth_path,
    plan_labels,
    watch_degradation,
)
from perenne.stats.certificate.betting import STAKES_ABOVE, STAKES_BELOW
from perenne.stats.certificate.claims import gains, losses, relevant_counts
from perenne.stats.estimation import Estimate, TooFew

RECALL = Claim("recall", 0.9, max_objects=1)


def _paths(hits: np.ndarray, at_least: float) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    one = np.ones_like(hits)
    up = log_wealth_path(gains(hits, one, at_least=at_least), stakes=STAKES_ABOVE)
    down = log_wealth_path(losses(hits, one, at_least=at_least, most=1.0), stakes=STAKES_BELOW)
    return up, down


def test_wealth_is_one_on_average_at_the_threshold_by_enumeration() -> None:
    """All 256 outcomes of 8 labels, weighted by their chance at a recall of exactly 0.9."""
    outcomes = np.array(list(product([0.0, 1.0], repeat=8)))
    chance = np.prod(np.where(outcomes == 1, 0.9, 0.1), axis=1)
    for path in _paths(outcomes, 0.9):
        assert np.allclose(chance @ np.exp(path), 1.0)


def test_false_certificates_are_as_rare_as_promised_with_a_look_after_every_label() -> None:
    """2,000 runs of 200 seeded labels at the threshold, both sides at 5 %.

    Error budget: at a true rate of 5 % more than 6.3 % would be seen in 1 of 250 seeds; measured 2-4 %.
    """
    hits = (np.random.default_rng(0).random((2000, 200)) < 0.9).astype(float)
    up, down = _paths(hits, 0.9)
    goal = math.log(20)
    assert (up.max(1) >= goal).mean() <= 0.063
    assert (down.max(1) >= goal).mean() <= 0.063


def test_labels_needed_are_about_those_planned() -> None:
    rng = np.random.default_rng(1)
    for recall in (0.99, 0.98, 0.95):
        up, _ = _paths((rng.random((300, 900)) < recall).astype(float), 0.9)
        reached = up >= math.log(20)
        needed = np.median(np.where(reached.any(1), reached.argmax(1) + 1, 900))
        assert 0.65 <= needed / plan_labels(at_least=0.9, expected=recall).expected <= 1.1
    _, down = _paths((rng.random((300, 400)) < 0.8).astype(float), 0.9)
    needed = np.median((down >= math.log(20)).argmax(1) + 1)
    assert 0.65 <= needed / plan_labels(at_least=0.9, expected=0.8).expected <= 1.2


def test_a_certificate_goes_from_open_to_certified_and_says_how_many_labels_more() -> None:
    hits = np.ones(80, dtype=int)
    hits[15] = 0
    found = [certify(RECALL, tp=hits[:n], fp=np.zeros(n), fn=1 - hits[:n]) for n in (0, 30, 80)]
    assert [f.state for f in found] == ["open", "open", "certified"]
    assert isinstance(found[0].measured, TooFew) and found[0].more_labels is None
    assert found[1].leaning is CertificateState.CERTIFIED and found[1].more_labels is not None
    assert 10 < found[1].more_labels < 200
    assert found[2].decided_at is not None and 30 < found[2].decided_at < 80
    assert isinstance(found[2].measured, Estimate) and found[2].measured.low >= 0.9
    assert found[2].more_labels is None


def test_a_bad_site_is_told_violated_and_stays_so() -> None:
    hits = np.array([1, 1, 0] * 15 + [1] * 200)
    found = certify(RECALL, tp=hits, fp=np.zeros_like(hits), fn=1 - hits)
    assert found.state is CertificateState.VIOLATED and found.decided_at is not None
    assert found.decided_at < 45


def test_good_parts_tell_nothing_about_recall_but_are_labels() -> None:
    hits = np.zeros(1000, dtype=int)
    hits[::10] = 1
    found = certify(RECALL, tp=hits, fp=np.zeros(1000), fn=np.zeros(1000))
    assert (found.n_labels, found.n_informative) == (1000, 100)
    assert found.state is CertificateState.CERTIFIED and found.decided_at is not None
    assert found.decided_at % 10 == 1
    still = certify(RECALL, tp=hits[:150], fp=np.zeros(150), fn=np.zeros(150))
    assert still.more_labels is not None and still.more_labels > 100, (
        "labels, not defects, are what one plans"
    )


def test_the_interval_covers_at_any_time() -> None:
    """40 runs watched at 12 moments, promise 90 %: more than 9 of 40 misses have a chance below 1 in 100."""
    rng = np.random.default_rng(2)
    missed = 0
    for _ in range(40):
        hits = (rng.random(120) < 0.85).astype(int)
        for n in range(10, 130, 10):
            got = certify(RECALL, tp=hits[:n], fp=np.zeros(n), fn=1 - hits[:n]).measured
            assert isinstance(got, Estimate)
            if not got.low <= 0.85 <= got.high:
                missed += 1
                break
    assert missed <= 9


@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(st.tuples(*[st.integers(0, 30)] * 3), min_size=1, max_size=20),
    metric=st.sampled_from(["recall", "precision", "f1"]),
    thresholds=st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95)),
    order=st.randoms(use_true_random=False),
)
def test_returns_are_bounded_monotone_and_free_of_order(counts, metric, thresholds, order) -> None:  # type: ignore[no-untyped-def]
    tp, fp, fn = np.array(counts).T
    won, of = relevant_counts(metric, tp=tp, fp=fp, fn=fn, max_objects=12)
    most = 2.0 if metric == "f1" else 1.0
    low, high = sorted(thresholds)
    for at_least in (low, high):
        assert gains(won, of, at_least=at_least).min() >= -1 - 1e-9
        assert losses(won, of, at_least=at_least, most=most).min() >= -1 - 1e-9
    assert (gains(won, of, at_least=low) >= gains(won, of, at_least=high) - 1e-12).all()
    claim = Claim(metric, high, max_objects=12)
    shuffled = list(counts)
    order.shuffle(shuffled)
    one = certify(claim, tp=tp, fp=fp, fn=fn)
    two = certify(claim, **dict(zip(("tp", "fp", "fn"), np.array(shuffled).T, strict=True)))
    assert one.log_wealth == pytest.approx(two.log_wealth)
    assert one.log_wealth_against == pytest.approx(two.log_wealth_against)


@pytest.mark.parametrize(
    ("metric", "tp", "fp", "fn"), [("recall", 9, 5, 1), ("precision", 9, 1, 5), ("f1", 9, 1, 1)]
)
def test_the_linear_form_is_zero_where_the_metric_is_at_the_threshold(
    metric: str, tp: int, fp: int, fn: int
) -> None:
    won, of = relevant_counts(metric, tp=[tp], fp=[fp], fn=[fn], max_objects=20)  # type: ignore[arg-type]
    assert gains(won, of, at_least=0.9)[0] == pytest.approx(0.0, abs=1e-12)


def test_f1_and_precision_are_certified_too() -> None:
    ones, none = np.ones(200, dtype=int), np.zeros(200, dtype=int)
    for metric in ("precision", "f1"):
        claim = Claim(metric, 0.8, max_objects=3)  # type: ignore[arg-type]
        good = certify(claim, tp=2 * ones, fp=none, fn=none)
        bad = certify(claim, tp=ones, fp=2 * ones, fn=none)
        assert (good.state, bad.state) == (CertificateState.CERTIFIED, CertificateState.VIOLATED)


def test_a_watch_on_degradation_is_quiet_at_the_threshold_and_finds_a_fall() -> None:
    """Promise 500: of 20 streams of 100 labels at the threshold at most 20 % alarm; 10: 1 in 400."""
    rng = np.random.default_rng(3)
    none = np.zeros(100)
    alarms = 0
    for _ in range(20):
        hits = (rng.random(100) < 0.9).astype(int)
        alarms += (
            watch_degradation(RECALL, tp=hits, fp=none, fn=1 - hits, run_length=500).alarm_at is not None
        )
    assert alarms <= 9


def test_the_planner_knows_the_law_and_refuses_what_cannot_be_decided() -> None:
    assert round(label_law(at_least=0.9, expected=0.95, prevalence=0.3)) == 200
    plan = plan_labels(at_least=0.9, expected=0.99, prevalence=0.01)
    assert plan.expected > 90 * plan.seeded and plan.law < plan.expected
    with pytest.raises(ValueError, match="neither"):
        plan_labels(at_least=0.9, expected=0.9)
    with pytest.raises(ValueError, match="too close"):
        plan_labels(at_least=0.9, expected=0.902)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Claim("recall", 1.0, max_objects=1)
    with pytest.raises(ValueError, match="recall, precision or f1"):
        Claim("map", 0.5, max_objects=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="negative"):
        certify(RECALL, tp=[-1], fp=[0], fn=[0])
    with pytest.raises(ValueError, match="small probability"):
        certify(RECALL, tp=[1], fp=[0], fn=[0], alpha=0.9)

"""After a certificate: has the metric fallen below its claim since? Evidence that forgets nothing and
restarts.

Owns the Shiryaev-Roberts watch on the labels of one site and model version. Refuses to certify: a certificate
is about all labels so far, this watch about some moment since when they got worse.

Promise: while the metric is at least what the claim says, the average number of labels before an alarm is at
least `run_length`. Assumes: labels in random order within any period.
Source: J. Shin, A. Ramdas, A. Rinaldo, "E-detectors", NEJSDS 2 (2024).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from perenne.stats.certificate.betting import STAKES_BELOW
from perenne.stats.certificate.claims import Claim, losses, relevant_counts
from perenne.stats.sequential.evidence import Evidence, check_run_length, onset_back


@dataclass(frozen=True)
class Degradation:
    """`alarm_at`: the label, 1-based, of the first alarm; `since`: where the evidence points back to."""

    n_labels: int
    log_evidence: float
    run_length: float
    alarm_at: int | None
    since: int | None


def watch_degradation(
    claim: Claim, *, tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, run_length: float
) -> Degradation:
    """Return whether the labels, in order, fell below the claim at some moment.

    >>> hits = [1] * 300 + [0, 1] * 20
    >>> claim = Claim("recall", 0.9, max_objects=1)
    >>> got = watch_degradation(claim, tp=hits, fp=[0] * 340, fn=[1 - hit for hit in hits], run_length=5000)
    >>> got.alarm_at, got.since
    (317, 301)
    """
    goal = math.log(check_run_length(run_length))
    won, of = relevant_counts(claim.metric, tp=tp, fp=fp, fn=fn, max_objects=claim.max_objects)
    most = 2.0 if claim.metric == "f1" else 1.0
    returns = losses(won, of, at_least=claim.at_least, most=most)
    bets_TB = 1.0 + np.multiply.outer(returns, np.asarray(STAKES_BELOW))
    evidence, one = Evidence(np.zeros((1, len(STAKES_BELOW)))), np.ones(1)
    log_evidence = -math.inf
    for number, bets in enumerate(bets_TB, start=1):
        evidence.update(bets[None])
        log_evidence, _ = evidence.judge(one)
        if log_evidence >= goal:
            since = onset_back(np.log(bets_TB[:number, None]), weights_C=one) + 1
            return Degradation(len(won), log_evidence, run_length, alarm_at=number, since=since)
    return Degradation(len(won), log_evidence, run_length, alarm_at=None, since=None)

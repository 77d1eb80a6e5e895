"""How incidents with a known cause were answered, as figures: shares with intervals, peers, confusion.

Owns the judgement of cases. Refuses to make one: `causes` brings them about.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from perenne.monitoring.decision_table import UNKNOWN
from perenne.monitoring.diagnosis import DiagnosisEvidence, Finding, diagnose


@dataclass(frozen=True)
class Case:
    """An incident that was judged."""

    station: str
    causes: tuple[str, ...]
    kinds: tuple[str, ...]
    strengths: tuple[float, ...]
    evidence: DiagnosisEvidence


def blind(evidence: DiagnosisEvidence, without: str) -> DiagnosisEvidence:
    """Return the evidence without probes, without labels, or without both."""
    if without in ("probes", "both"):
        evidence = replace(evidence, replay=None, golden=None, golden_signature=None)
    if without in ("labels", "both"):
        cluster = evidence.cluster
        cluster = replace(cluster, loss=None) if cluster and cluster.n_images else cluster
        evidence = replace(evidence, audit=None, audit_by_class=None, labelled=None)
        evidence = replace(evidence, agreement=None, cluster=cluster)
    return evidence


def judge(cases: Sequence[Case], *, without: str = "") -> dict[str, Any]:
    """Return the headline figures over cases, mixed ones included, each with its 95 % interval."""
    findings = [(case, diagnose(blind(case.evidence, without))) for case in cases]
    known = [(case, found) for case, found in findings if case.causes != (UNKNOWN,)]
    strange = [found for case, found in findings if case.causes == (UNKNOWN,)]
    mixed = [(case, found) for case, found in known if len(case.causes) > 1]
    return {
        "cause_top1": share([found.cause in case.causes for case, found in known]),
        "cause_top2": share([bool(first_two(found) & set(case.causes)) for case, found in known]),
        "cause_top2_all": share([set(case.causes) <= first_two(found) for case, found in known]),
        "unknown_rejected": share([found.cause == UNKNOWN for found in strange]),
        "mixed_both_in_top2": share([set(case.causes) <= first_two(found) for case, found in mixed]),
        "named_unknown": share([found.cause == UNKNOWN for _, found in known]),
    }


def first_two(found: Finding) -> set[str]:
    return {code for code, _ in found.ranked[:2]}


def share(values: Sequence[bool]) -> list[float] | None:
    """Return the share with its 95 % interval and the number: [share, low, high, n]."""
    from perenne.stats.estimation import wilson_interval

    if not values:
        return None
    low, high = wilson_interval(sum(values), len(values))
    return [round(sum(values) / len(values), 3), round(low, 3), round(high, 3), len(values)]


def judge_peers(cases: Sequence[Case]) -> dict[str, Any]:
    """Return what simpler answers reach: the nearest signature alone, and a tool that only says "drift"."""

    def by_signature(case: Case) -> str:
        match = case.evidence.signature
        return match.causes[0] if match is not None and match.causes else UNKNOWN

    known = [case for case in cases if case.causes != (UNKNOWN,)]
    strange = [case for case in cases if case.causes == (UNKNOWN,)]
    most = Counter(case.causes[0] for case in known).most_common(1)[0][0]
    return {
        "signature_only": {
            "cause_top1": share([by_signature(case) in case.causes for case in known]),
            "unknown_rejected": share([by_signature(case) == UNKNOWN for case in strange]),
        },
        "drift_only": {
            "cause_top1": share([most in case.causes for case in known]),
            "always_says": most,
            "unknown_rejected": share([False for _ in strange]),
        },
    }


def confusion(cases: Sequence[Case]) -> dict[str, dict[str, int]]:
    """Return for each single cause how often each answer was given."""
    table: dict[str, Counter[str]] = {}
    for case in cases:
        key = " + ".join(case.causes)
        table.setdefault(key, Counter())[diagnose(case.evidence).cause] += 1
    return {cause: dict(counts.most_common()) for cause, counts in table.items()}

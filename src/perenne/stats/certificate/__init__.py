"""Certificate: a claim on a metric is certified, violated or open after every label, with errors bounded."""

from perenne.stats.certificate.betting import (
    Certificate,
    CertificateState,
    certify,
    evidence_paths,
    log_wealth_path,
)
from perenne.stats.certificate.claims import Claim
from perenne.stats.certificate.degradation import Degradation, watch_degradation
from perenne.stats.certificate.planner import LabelPlan, label_law, plan_labels

__all__ = [
    "Certificate",
    "CertificateState",
    "Claim",
    "Degradation",
    "LabelPlan",
    "certify",
    "evidence_paths",
    "label_law",
    "log_wealth_path",
    "plan_labels",
    "watch_degradation",
]

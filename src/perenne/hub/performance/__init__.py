"""Performance: how good the answers at a site really are, from truth, from few labels, or without any.

Owns periods, claims with their certificates, estimates with their past errors, calibration and the debugging
of a model version. Promises that streams of labels are never mixed and no number comes without its interval.
Does not collect labels, watch signals or decide what is deployed.
"""

from perenne.hub.performance.catching_up import catch_up
from perenne.hub.performance.service import (
    certificate_numbers,
    certificates_at,
    site_estimates,
    site_performance,
)
from perenne.hub.performance.tables import ClaimRow, InspectedWeekRow

__all__ = [
    "ClaimRow",
    "InspectedWeekRow",
    "catch_up",
    "certificate_numbers",
    "certificates_at",
    "site_estimates",
    "site_performance",
]

"""Sequential: evidence that may be looked at after every unit, with a promise on false alarms that holds."""

from perenne.stats.sequential.anchored import AnchoredDetector
from perenne.stats.sequential.edetector import EDetector
from perenne.stats.sequential.evidence import Reading
from perenne.stats.sequential.ranks import GrowingRanks, conformal_p, unit_uniforms

__all__ = ["AnchoredDetector", "EDetector", "GrowingRanks", "Reading", "conformal_p", "unit_uniforms"]

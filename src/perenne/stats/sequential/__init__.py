"""Sequential: evidence that may be looked at after every unit, with a promise on false alarms that holds."""

from perenne.stats.sequential.anchored import AnchoredDetector
from perenne.stats.sequential.edetector import EDetector
from perenne.stats.sequential.evidence import Reading
from perenne.stats.sequential.fleet import FleetAlarms, alarmed_sites, common_channels, log_thresholds
from perenne.stats.sequential.ranks import GrowingRanks, conformal_p, unit_uniforms
from perenne.stats.sequential.unit import UnitChoice, choose_unit, record_channels, summarise_unit

__all__ = [
    "AnchoredDetector",
    "EDetector",
    "FleetAlarms",
    "GrowingRanks",
    "Reading",
    "UnitChoice",
    "alarmed_sites",
    "choose_unit",
    "common_channels",
    "conformal_p",
    "log_thresholds",
    "record_channels",
    "summarise_unit",
    "unit_uniforms",
]

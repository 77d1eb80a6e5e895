"""Monitoring: every stream is watched against its reference, and what moved is told with its cause.

Owns contexts, references, watches, alarms, incidents, probes and findings. Promises that an alarm keeps its
evidence and the promise it was raised under, and that a reference changes by a person's logged act only.
Does not compute statistics (`perenne.monitoring` does), judge performance, or retrain.
"""

from perenne.hub.monitoring.service import level_numbers, note_performance, open_numbers
from perenne.hub.monitoring.tables import (
    AlarmRow,
    IncidentRow,
    IncidentStepRow,
    WatchContextRow,
    WatchPointRow,
    WatchReferenceRow,
)
from perenne.hub.monitoring.telling import about_channel, tell_band

__all__ = [
    "AlarmRow",
    "IncidentRow",
    "IncidentStepRow",
    "WatchContextRow",
    "WatchPointRow",
    "WatchReferenceRow",
    "about_channel",
    "level_numbers",
    "note_performance",
    "open_numbers",
    "tell_band",
]

"""What one tick found out about one context, between judging and writing.

Owns that bundle. Refuses to be kept: it lives as long as a tick.
"""

from dataclasses import dataclass, field
from typing import Any

from perenne.hub.monitoring.alarming import AlarmDraft
from perenne.hub.monitoring.referring import Fitted
from perenne.hub.monitoring.tables import WatchContextRow
from perenne.hub.monitoring.watcher import Seen, Touched, Watcher


@dataclass
class Work:
    """One context with what is new for it, and what came out of it."""

    context: WatchContextRow
    watcher: Watcher
    is_new: bool
    rows: list[Any]
    asked: list[tuple[str, list[Seen]]]
    images_before: int
    entries: list[dict[str, Any]] = field(default_factory=list)
    touched: list[Touched] = field(default_factory=list)
    alarms: list[AlarmDraft] = field(default_factory=list)
    fitted: list[Fitted] = field(default_factory=list)
    restarted: bool = False
    snapshot: bytes | None = None

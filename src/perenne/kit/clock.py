"""Time as an argument: rules take `now`, only the edges read a clock.

Refuses naive datetimes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time, UTC-aware."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until told otherwise; for tests and simulations."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def utc_now() -> datetime:
    """Return the machine's time, UTC-aware."""
    return datetime.now(UTC)

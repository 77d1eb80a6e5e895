"""Messages about monthly reports: which months there are, and what the report of one holds.

Owns the shape of a report's content: HTML and PDF show nothing that is not in it. Refuses the time of making:
the same records make the same bytes, so that two people can compare what they hold.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from perenne.wire.base import Message
from perenne.wire.gates import GateShare
from perenne.wire.models import ModelReference
from perenne.wire.monitoring import ChannelGroup, Detector, SignalBand, SignalPoint
from perenne.wire.performance import Certificate, Estimate, PerformancePeriod

ReportFormat = Literal["html", "pdf", "json"]
ReportLanguage = Literal["en", "fr"]
MonthVerdict = Literal["violated", "falling", "certified", "open", "no_claim", "empty"]
"""The worst of the certificates. falling: what was certified has been getting worse since."""


class ReportMonth(Message):
    """A month of which a site has records; `finished` once it is over there."""

    month: str
    finished: bool


class ReportedVersion(Message):
    """A model version that answered in the month, and how many images it inspected in it."""

    model: ModelReference
    n_inspected: int


class ReportedIncident(Message):
    """An incident that went on in the month, as it stood at the month's end.

    `cause` is the confirmed one where a person closed it with one, else the one proposed until then. The
    delay is that of its first alarm at this site, in images; `unit` is what that alarm was judged by.
    """

    id: str
    number: int
    state: Literal["open", "acknowledged", "closed"]
    stations: list[str]
    main_channel: str
    main_group: ChannelGroup
    detector: Detector
    onset_at: datetime
    raised_at: datetime
    delay_images: int
    unit: Literal["image", "block", "lot"] | None = None
    cause: str | None
    confirmed: bool
    action: str | None
    closed_at: datetime | None = None
    closed_by: str | None = None
    close_reason: str | None = None


class ReportedReason(Message):
    """How many images had this as their first reason."""

    code: str
    n: int


class ReportedQuality(Message):
    """What the quality gate said of the month's images; shares of those it judged."""

    n_images: int
    n_judged: int
    refused: int
    flagged: int
    refused_share: GateShare | None
    flagged_share: GateShare | None
    refused_reasons: list[ReportedReason]
    flagged_reasons: list[ReportedReason]


class ReportedSignal(Message):
    """A signal whose daily median left the band of its reference, with every day of the month.

    A day counts with `ReportedSignals.least_images` images or more.
    """

    station: str
    product: str | None
    model: str
    channel: str
    group: ChannelGroup
    unit: str
    band: SignalBand
    points: list[SignalPoint]
    days: int
    days_outside: int
    first_outside: date


class ReportedSignals(Message):
    """The signals that left their band, the furthest first, `items` at most; how many did, of how many."""

    items: list[ReportedSignal]
    n_outside: int
    n_watched: int
    least_images: int


class ReportedChange(Message):
    """Something that a person or the hub changed: a version, a reference, a gate's calibration."""

    at: datetime
    kind: Literal["deployment", "reference", "gate"]
    station: str | None
    what: str
    by: str
    automatic: bool
    reason: str


class MonthlyReport(Message):
    """All that a report shows of a site and month. `records_until`: the newest record that it holds.

    Weeks belong to the month in which they end (their Sunday). Certificates stand on the labels given before
    `until`, for the version that answered last in the month. Stations and products are told by their slugs;
    `station_names` and `product_names` say what people call them.
    """

    site_id: str
    site: str
    name: str
    time_zone: str
    station_names: dict[str, str] = Field(default_factory=dict)
    product_names: dict[str, str] = Field(default_factory=dict)
    month: str
    since: datetime
    until: datetime
    finished: bool
    verdict: MonthVerdict
    records_until: datetime | None
    versions: list[ReportedVersion]
    certificates: list[Certificate]
    periods: list[PerformancePeriod]
    other_labels: int = Field(default=0, description="Labels of the month's weeks that measure nothing.")
    primary: str
    incidents: list[ReportedIncident]
    quality: ReportedQuality
    signals: ReportedSignals
    changes: list[ReportedChange]
    estimates: list[Estimate]

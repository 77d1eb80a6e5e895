"""Messages about watching: what each stream is held against, what moved, since when, and why.

Owns the shapes of contexts, evidence, alarms, incidents, causes and probes. Refuses a bare p-value: evidence
comes with the promise on false alarms, an effect with its interval and sample sizes.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from perenne.wire.base import Message, Said

ChannelGroup = Literal["fingerprint", "acquisition", "embedding", "predictions", "performance"]
WatchState = Literal["collecting", "quiet", "amber", "alarm", "paused"]
"""collecting: the reference is not large enough yet; nothing is judged, and the page says so."""
Detector = Literal["growing", "anchored", "fingerprint", "frozen", "performance"]
"""growing: changed since recently; anchored: has left the first reference; fingerprint: a new value."""
IncidentState = Literal["open", "acknowledged", "closed"]
ProbeKind = Literal["replay", "golden"]


class ChannelEffect(Message):
    """How far one channel moved: `auc` is the chance that an image of the window exceeds one of the reference
    (0.5: no difference) with its 95 % interval; `shift` is the difference of medians in reference spreads."""

    channel: str
    group: ChannelGroup
    share: float
    auc: float
    auc_low: float
    auc_high: float
    shift: float
    n_reference: int
    n_window: int


class Promise(Message):
    """How often this watch may alarm although nothing changed: once in `run_length` units on average at most.

    `words` says it in a sentence; `years` is what it comes to at the pace of the last four weeks, if known.
    """

    run_length: float
    unit: Literal["image", "block", "lot"]
    unit_images: int | None = None
    years: float | None = None


class ReferenceState(Message):
    """The sample that a context is held against: the first one automatic, every other an act of a person.

    `state`: asked (it waits for its time or the worker), current, past, or refused (`unit_reason` says why).
    """

    id: str
    n_images: int
    n_units: int
    since: datetime
    until: datetime
    unit: Literal["image", "block", "lot"]
    unit_reason: str
    unit_reason_said: Said | None = None
    enough: bool
    set_by: str
    set_at: datetime
    reason: str
    reason_said: Said | None = None
    automatic: bool = False
    state: Literal["asked", "current", "past", "refused"] = "current"
    due_at: datetime | None = None


class WatchContext(Message):
    """One stream that is judged by itself: a product at a station, under one model version.

    `level` is 0..1 on the way to the alarm (logarithm of evidence over that of the threshold), 1 or more in.
    """

    id: str
    site_id: str
    site: str
    station_id: str
    station: str
    product: str | None
    site_name: str = ""
    station_name: str = ""
    product_name: str | None = None
    model_version_id: str | None
    model: str | None
    state: WatchState
    n_images: int
    n_needed: int
    n_units: int
    level: float
    anchored_level: float
    promise: Promise | None
    reference: ReferenceState | None
    last_image_at: datetime | None
    behind: int = 0
    """Images that arrived and were not judged yet."""
    why_collecting: str = ""
    """Why the images collected so far make no reference yet."""
    why_collecting_said: Said | None = None
    fleet: bool = False
    """The evidence also passes the stricter limit that is held over all contexts together."""


class Alarm(Message):
    """A sustained change of one context, with its evidence and the promise it was raised under."""

    id: str
    context_id: str
    site_id: str
    site: str
    station: str
    product: str | None
    site_name: str = ""
    station_name: str = ""
    product_name: str | None = None
    detector: Detector
    raised_at: datetime
    onset_at: datetime
    onset_image_id: str | None
    delay_images: int
    log_evidence: float | None
    log_threshold: float | None
    promise: Promise | None
    effects: list[ChannelEffect]
    new_values: dict[str, str] = Field(default_factory=dict)
    """Fields of the fingerprint that hold a value never seen in the reference."""
    typical_images: list[str] = Field(default_factory=list)
    reference_images: list[str] = Field(default_factory=list)
    incident_id: str
    fleet: bool = False
    """The evidence also passed the stricter limit that is held over all contexts together."""


class EvidenceLine(Message):
    """One thing that was looked at to name a cause. `code` is stable; `found` is what was seen."""

    code: str
    found: str
    supports: bool | None = None
    numbers: dict[str, float] = Field(default_factory=dict)


class CauseFinding(Message):
    """What the decision table makes of the evidence. `cause` is "unknown" when no row fits well enough.

    `weight` is how well each named cause fits, 0..1, best first; not a probability.
    """

    cause: str
    drift: Literal["data", "concept", "label", "upstream", "sensor", "unknown"]
    action: str
    ranked: list[tuple[str, float]]
    signature: str | None = None
    signature_strength: str | None = None
    evidence: list[EvidenceLine]
    at: datetime


class ProbeResult(Message):
    """One of the two deterministic probes: `replay` of frozen files, or the `golden` part taken again."""

    kind: ProbeKind
    state: Literal["asked", "running", "same", "differs", "failed"]
    n_images: int
    n_different: int
    largest_difference: float | None = None
    detail: str = ""
    detail_said: Said | None = None
    by: str
    at: datetime
    job_id: str | None = None


class IncidentStep(Message):
    """One entry of an incident's history: opened, alarm, cause, probe, acknowledged, assigned, closed, ..."""

    at: datetime
    by: str
    act: str
    text: str = ""
    text_said: Said | None = None
    """What the hub itself wrote in `text`; None where a person did."""
    detail: dict[str, Any] = Field(default_factory=dict)


class IncidentSummary(Message):
    """An incident in a list; one incident may hold the alarms of several sites (a common cause)."""

    id: str
    number: int
    state: IncidentState
    sites: list[str]
    site_names: dict[str, str] = Field(default_factory=dict)
    """What people call these sites, by slug."""
    stations: int
    main_channel: str
    main_group: ChannelGroup
    cause: str | None
    action: str | None
    n_alarms: int
    onset_at: datetime
    opened_at: datetime
    closed_at: datetime | None = None
    assignee: str | None = None


class Incident(IncidentSummary):
    """An incident with everything: its alarms, its cause, its probes and its history, oldest first."""

    alarms: list[Alarm]
    finding: CauseFinding | None
    probes: list[ProbeResult]
    steps: list[IncidentStep]
    close_reason: str | None = None
    close_reason_said: Said | None = None
    confirmed_cause: str | None = None
    merged_into: str | None = None
    """The common incident that took over its alarms."""


class IncidentAct(Message):
    """A note that goes with acknowledging or reopening."""

    note: str = Field(default="", max_length=2000)


class IncidentAssignment(Message):
    """Who looks after it: the e-mail of a user of the organisation."""

    assignee: str = Field(min_length=1, max_length=200)
    note: str = Field(default="", max_length=2000)


class IncidentClosing(Message):
    """Why it is closed. `confirmed_cause` teaches nobody silently: it is kept beside what was proposed."""

    reason: str = Field(min_length=1, max_length=2000)
    confirmed_cause: str | None = Field(default=None, max_length=60)


class ReferenceRequest(Message):
    """Hold a context against other images from now on: a logged act with a reason, never automatic."""

    since: datetime | None = None
    until: datetime | None = None
    reason: str = Field(min_length=1, max_length=2000)
    at: datetime | None = None
    """When it shall happen; None for now."""


class SignalBand(Message):
    """What the reference is like in one channel."""

    q05: float
    q50: float
    q95: float
    n: int


class SignalPoint(Message):
    """One interval of time of one channel."""

    at: datetime
    n: int
    q05: float
    q50: float
    q95: float


class SignalSeries(Message):
    """One channel over time beside its reference band, for one context."""

    channel: str
    group: ChannelGroup
    unit: str
    band: SignalBand | None
    points: list[SignalPoint]


class TimeMark(Message):
    """Something to draw on a time line: a deployment, a re-reference, an incident."""

    at: datetime
    until: datetime | None = None
    kind: Literal["deployment", "reference", "incident", "claim"]
    id: str
    label: str
    label_said: Said | None = None


class ContextHistory(Message):
    """Everything that a page draws of one context over a span of time."""

    context: WatchContext
    since: datetime
    until: datetime
    bucket_s: int
    series: list[SignalSeries]
    evidence: list[tuple[datetime, float]]
    marks: list[TimeMark]


class WindowSide(Message):
    """One side of a comparison: its span, the images in it, and those that were compared, in so many units.

    `n_left_out`: images of the span that the reference itself was made from, or of a golden part.
    """

    since: datetime
    until: datetime
    n_in_span: int
    n_left_out: int
    n_images: int
    n_units: int


class Discrepancy(Message):
    """Maximum mean discrepancy: how far both sides lie apart, what is usual without a difference (5 to 95 %
    of permutations of units), and the p-value, never without them."""

    mmd: float
    usual_low: float
    usual_high: float
    p_value: float
    n_permutations: int


class ToldApart(Message):
    """How well a classifier tells both sides apart by images it has not seen: AUC, 0.5 is not at all.

    The interval is that of the scores given; with few units and many channels even 0.5 lies outside more
    often than in one case of twenty: the p-value of the permutation is the exact one.
    """

    auc: float
    auc_low: float
    auc_high: float


class ChannelDifference(Message):
    """How far one channel lies apart, as in `ChannelEffect`; no `shift` where the reference is constant."""

    channel: str
    group: ChannelGroup
    auc: float
    auc_low: float
    auc_high: float
    shift: float | None
    n_reference: int
    n_window: int


class WindowComparison(Message):
    """The images of a span beside the reference of their context, or beside another span. It alarms nobody.

    `effects`: the channel first that moved farthest by its interval. `state` too_few: nothing is computed,
    `needed_units` are needed a side (`needed_images` where a unit has a fixed length), and `why` says it.
    """

    context_id: str
    against: Literal["reference", "span"]
    state: Literal["compared", "too_few"]
    unit: Literal["image", "block", "lot"] | None
    unit_images: int | None
    needed_units: int
    needed_images: int | None
    most_images: int
    window: WindowSide
    other: WindowSide | None
    discrepancy: Discrepancy | None = None
    told_apart: ToldApart | None = None
    effects: list[ChannelDifference] = Field(default_factory=list)
    typical_images: list[str] = Field(default_factory=list)
    other_images: list[str] = Field(default_factory=list)
    why: str = ""
    why_said: Said | None = None
    caution: str = ""
    caution_said: Said | None = None


class SiteWatch(Message):
    """How the watching of one site stands: the worst of its contexts, never an average."""

    site_id: str
    site: str
    name: str
    state: WatchState
    contexts: int
    in_alarm: int
    open_incidents: int
    images_7d: int
    last_image_at: datetime | None
    refused_share_7d: float | None
    flagged_share_7d: float | None
    level: float


class ImageSignal(Message):
    """One number of one image beside its reference: `percentile` 0..100 of it, None without a reference."""

    channel: str
    group: ChannelGroup
    value: float | None
    percentile: float | None
    band: SignalBand | None


class GateReason(Message):
    """One reason of the quality gate or of closeness, with the numbers behind it."""

    code: str
    words: str
    value: float | None = None
    limit: float | None = None


class ImageWatch(Message):
    """All that was measured of one image: fingerprint, signals, gate verdict, closeness to production."""

    image_id: str
    fingerprint: dict[str, Any] | None
    new_values: dict[str, str] = Field(default_factory=dict)
    verdict: Literal["accepted", "flagged", "refused", "not_judged"]
    reasons: list[GateReason]
    closeness: float | None
    closeness_admitted: bool | None
    closeness_reasons: list[GateReason]
    signals: list[ImageSignal]
    context_id: str | None


class GoldenPart(Message):
    """The known part of a station that is photographed again to tell the camera from the product.

    `name` is what people call it, maybe empty; `last_image_id` is its newest picture.
    """

    part_id: str
    name: str = ""
    station: str
    station_name: str
    set_by: str
    set_at: datetime
    captures: int
    last_image_id: str | None = None
    last_at: datetime | None = None


class GoldenPartNew(Message):
    """Register a part as the golden one of a station; its captures are no longer counted as production."""

    part_id: str = Field(min_length=1, max_length=200)
    name: str = Field(default="", max_length=200)

"""Tables of watching: contexts, what each is held against, how far each is, alarms and incidents."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from perenne.hub.infra.database import Base, TenantRow


class WatchContextRow(TenantRow, Base):
    """One stream that is judged by itself: a product at a station, under one model version.

    `key` names the three. `alarmed` lists the detectors whose alarm a person has not closed yet (the last one
    raised at image `alarm_number`), `told` the fingerprint values that were reported already. `version` grows
    with every tick: a worker that holds the watch in memory sees whether it is still the newest.
    """

    __tablename__ = "watch_contexts"
    __table_args__ = (
        UniqueConstraint("organisation_id", "key"),
        Index("ix_watch_contexts_site", "organisation_id", "site_id"),
    )
    key: Mapped[str] = mapped_column(String(130))
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    station_id: Mapped[str] = mapped_column(ForeignKey("stations.id"))
    product_id: Mapped[str | None] = mapped_column(ForeignKey("products.id"))
    model_version_id: Mapped[str] = mapped_column(ForeignKey("model_versions.id"))
    state: Mapped[str] = mapped_column(String(12))
    n_images: Mapped[int] = mapped_column(default=0)
    n_needed: Mapped[int]
    n_units: Mapped[int] = mapped_column(default=0)
    why_collecting: Mapped[str] = mapped_column(String(500), default="")
    why_collecting_said: Mapped[dict[str, Any] | None]
    level: Mapped[float] = mapped_column(default=0.0)
    anchored_level: Mapped[float] = mapped_column(default=0.0)
    log_evidence: Mapped[float | None]
    fleet: Mapped[bool] = mapped_column(default=False)
    alarmed: Mapped[list[str]]
    alarm_number: Mapped[int | None]
    told: Mapped[dict[str, Any]]
    reference_id: Mapped[str | None] = mapped_column(String(40))
    first_image_at: Mapped[datetime]
    last_image_at: Mapped[datetime]
    last_prediction_id: Mapped[str] = mapped_column(String(40))
    restart_asked: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=0)


class WatchReferenceRow(TenantRow, Base):
    """A sample that a context is, was or shall be held against. The newest in force is the context's.

    `state`: asked, current, past or refused. `data` is the engine's reference as npz; `bands` the 5, 50 and
    95 % quantile of each channel; `replay` the predictions whose files the replay probe runs again;
    `signatures` how faults of acquisition show here, learnt when a cause is first looked for.
    """

    __tablename__ = "watch_references"
    __table_args__ = (Index("ix_watch_references_context", "organisation_id", "context_id", "id"),)
    context_id: Mapped[str] = mapped_column(ForeignKey("watch_contexts.id"))
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    state: Mapped[str] = mapped_column(String(12))
    n_images: Mapped[int]
    n_units: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime]
    unit: Mapped[str] = mapped_column(String(10))
    unit_images: Mapped[int | None]
    unit_reason: Mapped[str] = mapped_column(String(500))
    unit_reason_said: Mapped[dict[str, Any] | None]
    enough: Mapped[bool]
    run_length: Mapped[float | None]
    amber_run_length: Mapped[float | None]
    units_per_day: Mapped[float | None]
    automatic: Mapped[bool]
    set_by: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(2000))
    bands: Mapped[dict[str, Any]]
    replay: Mapped[list[str]]
    data: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    signatures: Mapped[str | None] = deferred(mapped_column(Text))


class WatchStateRow(TenantRow, Base):
    """The watch of a context as it was after `n_judged` images; what came since stands in `watch_entries`."""

    __tablename__ = "watch_states"
    __table_args__ = (UniqueConstraint("context_id"),)
    context_id: Mapped[str] = mapped_column(ForeignKey("watch_contexts.id"))
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    n_judged: Mapped[int]
    last_prediction_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    data: Mapped[bytes | None] = mapped_column(LargeBinary)


class WatchEntryRow(Base):
    """A prediction that a context took up, in order, or that was left out (no context): never again.

    `number` counts the images of its context. Kept until a snapshot holds it and no earlier prediction can
    still arrive.
    """

    __tablename__ = "watch_entries"
    __table_args__ = (Index("ix_watch_entries_context", "context_id", "number"),)
    prediction_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(40), index=True)
    context_id: Mapped[str | None] = mapped_column(ForeignKey("watch_contexts.id"))
    number: Mapped[int]


class WatchCursorRow(Base):
    """How far an organisation's predictions were read; `version` lets one of two workers write."""

    __tablename__ = "watch_cursors"
    organisation_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    prediction_id: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]


class WatchPointRow(TenantRow, Base):
    """An hour or a day of a context: for each channel n and the 5, 50 and 95 % quantile; the evidence."""

    __tablename__ = "watch_points"
    __table_args__ = (UniqueConstraint("context_id", "bucket_s", "at"),)
    context_id: Mapped[str] = mapped_column(ForeignKey("watch_contexts.id"))
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    bucket_s: Mapped[int]
    at: Mapped[datetime]
    n: Mapped[int]
    n_flagged: Mapped[int] = mapped_column(default=0)
    n_refused: Mapped[int] = mapped_column(default=0)
    n_judged: Mapped[int] = mapped_column(default=0)
    level: Mapped[float] = mapped_column(default=0.0)
    anchored_level: Mapped[float] = mapped_column(default=0.0)
    channels: Mapped[dict[str, Any]]


class IncidentRow(TenantRow, Base):
    """What a person deals with: alarms of one context, or of several sites with one cause.

    It lies in no site of its own: who sees one of its alarms sees it. `merged_into` names the common incident
    that its alarms went to.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        Index("ix_incidents_state", "organisation_id", "state", "id"),
    )
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    main_channel: Mapped[str] = mapped_column(String(120))
    main_group: Mapped[str] = mapped_column(String(20))
    cause: Mapped[str | None] = mapped_column(String(60))
    action: Mapped[str | None] = mapped_column(String(60))
    finding: Mapped[dict[str, Any] | None]
    onset_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None] = mapped_column(Text)
    close_reason_said: Mapped[dict[str, Any] | None]
    confirmed_cause: Mapped[str | None] = mapped_column(String(60))
    assignee: Mapped[str | None] = mapped_column(String(200))
    merged_into: Mapped[str | None] = mapped_column(String(40))


class AlarmRow(TenantRow, Base):
    """A sustained change of one context, with its evidence and the promise it was raised under."""

    __tablename__ = "alarms"
    __table_args__ = (
        Index("ix_alarms_incident", "organisation_id", "incident_id"),
        Index("ix_alarms_context", "organisation_id", "context_id", "id"),
    )
    context_id: Mapped[str] = mapped_column(ForeignKey("watch_contexts.id"))
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"))
    reference_id: Mapped[str | None] = mapped_column(String(40))
    detector: Mapped[str] = mapped_column(String(12))
    prediction_id: Mapped[str] = mapped_column(String(40))
    raised_at: Mapped[datetime]
    onset_at: Mapped[datetime]
    onset_image_id: Mapped[str | None] = mapped_column(String(40))
    delay_images: Mapped[int]
    log_evidence: Mapped[float | None]
    log_threshold: Mapped[float | None]
    fleet: Mapped[bool] = mapped_column(default=False)
    promise: Mapped[dict[str, Any] | None]
    shares: Mapped[dict[str, Any]]
    effects: Mapped[list[Any]]
    new_values: Mapped[dict[str, Any]]
    typical_images: Mapped[list[str]]
    reference_images: Mapped[list[str]]
    main_channel: Mapped[str] = mapped_column(String(120))
    main_group: Mapped[str] = mapped_column(String(20))


class IncidentStepRow(TenantRow, Base):
    """One entry of an incident's history; it is only ever added."""

    __tablename__ = "incident_steps"
    __table_args__ = (Index("ix_incident_steps_incident", "organisation_id", "incident_id", "id"),)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(200))
    act: Mapped[str] = mapped_column(String(30))
    text: Mapped[str] = mapped_column(Text)
    text_said: Mapped[dict[str, Any] | None]
    detail: Mapped[dict[str, Any]]


class ProbeRow(TenantRow, Base):
    """One of the two deterministic probes of an incident: asked, running, and what it saw."""

    __tablename__ = "probes"
    __table_args__ = (Index("ix_probes_incident", "organisation_id", "incident_id", "id"),)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.id"))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    n_images: Mapped[int]
    n_different: Mapped[int]
    largest_difference: Mapped[float | None]
    detail: Mapped[str] = mapped_column(Text)
    detail_said: Mapped[dict[str, Any] | None]
    numbers: Mapped[dict[str, Any]]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    job_id: Mapped[str | None] = mapped_column(String(40))


class GoldenPartRow(TenantRow, Base):
    """The part that is photographed again to tell a camera from a product.

    The newest row of a station holds, unless it was removed. Captures of a part that ever was golden stay out
    of what is watched.
    """

    __tablename__ = "golden_parts"
    __table_args__ = (Index("ix_golden_parts_station", "organisation_id", "station_id", "id"),)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    station_id: Mapped[str] = mapped_column(ForeignKey("stations.id"))
    part_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200), default="")
    set_by: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime]
    removed_by: Mapped[str | None] = mapped_column(String(200))
    removed_at: Mapped[datetime | None]


class WatchFactsRow(TenantRow, Base):
    """What performance told of a site or station, for naming a cause; the newest of a place holds."""

    __tablename__ = "watch_facts"
    __table_args__ = (Index("ix_watch_facts_site", "organisation_id", "site_id", "id"),)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    station_id: Mapped[str | None] = mapped_column(ForeignKey("stations.id"))
    facts: Mapped[dict[str, Any]]
    told_by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]

"""Use cases of reports: which months there are, and everything that the report of one holds.

Owns the gathering. Refuses to compute what another room has computed: it chooses what belongs to the month.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.monitoring import about_channel, tell_band
from perenne.hub.performance import certificates_at, site_estimates, site_performance
from perenne.hub.reports import queries, rules
from perenne.hub.reports.errors import NoSuchMonth
from perenne.hub.sites import SiteRow
from perenne.wire import reports as wire
from perenne.wire.gates import GateShare
from perenne.wire.models import ModelReference
from perenne.wire.monitoring import SignalPoint


def list_months(session: Session, actor: Actor, *, site: SiteRow, now: datetime) -> list[wire.ReportMonth]:
    """Return the months of which a site has records, the newest first."""
    zone = site.time_zone
    acts = queries.moments_of_acts(session, actor, site_id=site.id)
    found = {rules.month_of(at, time_zone=zone) for at in acts}
    weeks = queries.weeks_inspected(session, actor, site_id=site.id)
    for month in rules.months_touched(weeks) - found:
        since, until = rules.bounds_of_month(month, time_zone=zone)
        if queries.is_inspected(session, actor, site_id=site.id, since=since, until=until):
            found.add(month)
    return [
        wire.ReportMonth(month=month, finished=rules.bounds_of_month(month, time_zone=zone)[1] <= now)
        for month in sorted(found, reverse=True)
        if rules.bounds_of_month(month, time_zone=zone)[0] <= now
    ]


def gather_month(
    session: Session, actor: Actor, *, site: SiteRow, month: str, now: datetime
) -> wire.MonthlyReport:
    """Return what the report of a month holds; empty lists where nothing happened. Raises: NoSuchMonth."""
    since, until = rules.bounds_of_month(month, time_zone=site.time_zone)
    if since > now:
        raise NoSuchMonth(
            f"{month} has not begun at site '{site.slug}'.",
            remedy=f"Ask for a month that has: GET /api/v1/sites/{site.slug}/reports lists them.",
        )
    span: dict[str, Any] = {"site_id": site.id, "since": since, "until": until}
    versions = queries.versions_inspecting(session, actor, **span)
    said = site_performance(session, actor, site=site)
    weeks = [period for period in said.periods if rules.month_of_week(period.week) == month]
    measuring = [period for period in weeks if period.stream in rules.MEASURING]
    estimates = [
        one
        for one in site_estimates(session, actor, site=site)
        if rules.month_of_week(one.week) == month and one.metric == said.primary
    ]
    certificates = certificates_at(
        session, actor, site=site, until=until, answered=[version for version, _, _ in versions]
    )
    gate = queries.gate_counts(session, actor, **span)
    incidents = _incidents(session, actor, site=site, since=since, until=until)
    references = queries.references_until(session, actor, site_id=site.id, until=until)
    changes = _changes(session, actor, site=site, since=since, until=until, references=references)
    states = [(one.state, one.degraded_since is not None) for one in certificates]
    signals = _signals(session, actor, references=references, **span)
    products = {one.product for one in signals.items if one.product}
    nothing = not (versions or weeks or gate or incidents or changes)
    return wire.MonthlyReport(
        site_id=site.id,
        site=site.slug,
        name=site.name,
        time_zone=site.time_zone,
        station_names=queries.station_names(session, actor, site_id=site.id),
        product_names=queries.product_names(session, actor, slugs=products),
        month=month,
        since=since,
        until=until,
        finished=until <= now,
        verdict=rules.verdict_of(states, empty=nothing),
        records_until=_newest([last for _, _, last in versions], gate, incidents, changes),
        versions=[
            wire.ReportedVersion(
                model=ModelReference(id=row.id, name=row.name, number=row.number), n_inspected=n
            )
            for row, n, _ in versions
        ],
        certificates=certificates,
        periods=measuring,
        other_labels=sum(period.n_labelled for period in weeks) - sum(p.n_labelled for p in measuring),
        primary=said.primary,
        incidents=incidents,
        quality=_quality(gate),
        signals=signals,
        changes=changes,
        estimates=list(reversed(estimates)),
    )


def _newest(
    answered: Sequence[datetime],
    gate: Sequence[Any],
    incidents: Sequence[wire.ReportedIncident],
    changes: Sequence[wire.ReportedChange],
) -> datetime | None:
    """Return the moment of the newest record, or None where there is none."""
    moments = [*answered, *(row[3] for row in gate), *(change.at for change in changes)]
    moments += [one.closed_at or one.raised_at for one in incidents]
    return max(moments, default=None)


def _incidents(
    session: Session, actor: Actor, *, site: SiteRow, since: datetime, until: datetime
) -> list[wire.ReportedIncident]:
    """Return the incidents that went on in the month, as they stood at its end, oldest first."""
    alarms: dict[str, list[Any]] = {}
    for row in queries.alarms_until(session, actor, site_id=site.id, until=until):
        alarms.setdefault(row[1].id, []).append(row)
    steps = queries.steps_until(session, actor, incident_ids=alarms, until=until)
    found = []
    for incident_id, raised in alarms.items():
        stood = rules.stood_at(steps.get(incident_id, []))
        if stood.closing is not None and stood.closing.at < since:
            continue
        alarm, incident, _ = raised[0]
        closing = stood.closing
        confirmed = closing.detail.get("confirmed_cause") if closing else None
        found.append(
            wire.ReportedIncident(
                id=incident.id,
                number=incident.number,
                state=stood.state,
                stations=sorted({slug for _, _, slug in raised}),
                main_channel=alarm.main_channel,
                main_group=alarm.main_group,
                detector=alarm.detector,
                onset_at=alarm.onset_at,
                raised_at=alarm.raised_at,
                delay_images=alarm.delay_images,
                unit=(alarm.promise or {}).get("unit"),
                cause=confirmed or stood.cause,
                confirmed=confirmed is not None,
                action=stood.action if confirmed in (None, stood.cause) else None,
                closed_at=closing.at if closing else None,
                closed_by=closing.by if closing else None,
                close_reason=closing.text if closing else None,
            )
        )
    return sorted(found, key=lambda one: (one.raised_at, one.number))


def _quality(counts: Sequence[Any]) -> wire.ReportedQuality:
    total = sum(n for _, _, n, _ in counts)
    by_verdict = {name: sum(n for verdict, _, n, _ in counts if verdict == name) for name in _VERDICTS}
    judged = total - by_verdict["not_judged"]
    reasons = {
        name: sorted(
            (
                wire.ReportedReason(code=str(code), n=n)
                for verdict, code, n, _ in counts
                if verdict == name and code
            ),
            key=lambda one: (-one.n, one.code),
        )
        for name in ("refused", "flagged")
    }
    return wire.ReportedQuality(
        n_images=total,
        n_judged=judged,
        refused=by_verdict["refused"],
        flagged=by_verdict["flagged"],
        refused_share=_share(by_verdict["refused"], of=judged),
        flagged_share=_share(by_verdict["flagged"], of=judged),
        refused_reasons=reasons["refused"],
        flagged_reasons=reasons["flagged"],
    )


_VERDICTS = ("refused", "flagged", "not_judged")


def _share(hits: int, *, of: int) -> GateShare | None:
    if of == 0:
        return None
    from perenne.stats.estimation.wilson import wilson_interval  # brings numpy

    low, high = wilson_interval(hits, of)
    return GateShare(value=hits / of, low=low, high=high)


def _signals(
    session: Session,
    actor: Actor,
    *,
    site_id: str,
    since: datetime,
    until: datetime,
    references: Sequence[Any],
) -> wire.ReportedSignals:
    """Return the signals whose daily median left the band of the reference in force at the month's end."""
    days = queries.days_between(session, actor, site_id=site_id, since=since, until=until)
    in_force = {row.context_id: row for row in references}
    found: list[tuple[float, wire.ReportedSignal]] = []
    watched: set[tuple[str, str]] = set()
    for context, station, product, name, number in queries.contexts_at(session, actor, site_id=site_id):
        reference = in_force.get(context.id)
        if reference is None or context.id not in days:
            continue
        for channel in sorted(reference.bands):
            band = tell_band(reference.bands[channel])
            points = list(_points(days[context.id], channel))
            if band is None or not points:
                continue
            watched.add((context.id, channel))
            outside = rules.days_outside(points, band=band)
            if not outside:
                continue
            group, unit = about_channel(channel)
            told = wire.ReportedSignal(
                station=station,
                product=product,
                model=f"{name}:{number}",
                channel=channel,
                group=group,
                unit=unit,
                band=band,
                points=points,
                days=len(points),
                days_outside=len(outside),
                first_outside=outside[0].at.date(),
            )
            found.append((rules.distance_outside(outside, band=band), told))
    found.sort(key=lambda pair: (-pair[0], pair[1].station, pair[1].channel))
    return wire.ReportedSignals(
        items=[told for _, told in found[: rules.SIGNALS_SHOWN]],
        n_outside=len(found),
        n_watched=len(watched),
        least_images=rules.LEAST_IMAGES,
    )


def _points(days: Iterable[Any], channel: str) -> Iterable[SignalPoint]:
    for day in days:
        kept = day.channels.get(channel)
        if kept is not None:
            n, q05, q50, q95 = kept
            yield SignalPoint(at=day.at, n=int(n), q05=q05, q50=q50, q95=q95)


def _changes(
    session: Session,
    actor: Actor,
    *,
    site: SiteRow,
    since: datetime,
    until: datetime,
    references: Sequence[Any],
) -> list[wire.ReportedChange]:
    """Return what was deployed, referenced anew and calibrated in the month, by time."""
    span: dict[str, Any] = {"site_id": site.id, "since": since, "until": until}
    stations = {
        context.id: station for context, station, *_ in queries.contexts_at(session, actor, site_id=site.id)
    }
    found = [
        wire.ReportedChange(
            at=row.at,
            kind="deployment",
            station=station,
            what=f"{name}:{number}",
            by=row.by,
            automatic=False,
            reason=row.reason,
        )
        for row, station, name, number in queries.deployments_between(session, actor, **span)
    ]
    found += [
        wire.ReportedChange(
            at=row.set_at,
            kind="reference",
            station=stations.get(row.context_id),
            what=str(row.n_images),
            by=row.set_by,
            automatic=row.automatic,
            reason=row.reason,
        )
        for row in references
        if row.set_at >= since
    ]
    found += [
        wire.ReportedChange(
            at=row.calibrated_at,
            kind="gate",
            station=station,
            what=str(row.n_images),
            by=row.calibrated_by,
            automatic=row.automatic,
            reason=row.reason,
        )
        for row, station in queries.gates_between(session, actor, **span)
    ]
    return sorted(found, key=lambda one: (one.at, one.kind, one.station or ""))

"""The cause of an incident: the evidence that the hub has, held against the table of causes.

Owns what is looked at: the images since the change beside those of the reference, probes, what performance
told, other sites. Refuses to invent: what nobody looked at is left out, and "unknown" is an answer.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from perenne.hub.accounts import Actor
from perenne.hub.images import prepare_image
from perenne.hub.infra.services import Hub
from perenne.hub.monitoring import queries, service, stream
from perenne.hub.monitoring.probing import main_alarm
from perenne.hub.monitoring.records import see_signals
from perenne.hub.monitoring.tables import AlarmRow, WatchContextRow, WatchReferenceRow
from perenne.kit.errors import PerenneError
from perenne.monitoring.diagnosis import Finding, Moved, ProbeFacts, diagnose
from perenne.monitoring.evidence import GivenFacts, gather_evidence
from perenne.monitoring.golden import FEWEST_BEFORE, learn_golden, match_golden
from perenne.monitoring.record import ImageRecord
from perenne.monitoring.signatures import N_IMAGES, SignatureLibrary, SignatureMatch, learn_signatures

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST_GOLDEN = 20
MOST_REFERENCE_IMAGES, MOST_WINDOW_IMAGES = 1_000, 300
FACTS_HOLD = timedelta(days=28)
RELEASE_WITHIN = timedelta(days=1)
_log = logging.getLogger("perenne.monitoring")


def find_and_keep(hub: Hub, actor: Actor, incident_id: str) -> str:
    """Return the cause that the table names from what is known now, after it was kept with its evidence."""
    from perenne.hub.monitoring.ticking import see

    with hub.database.reading() as session:
        incident = queries.incident_by_id(session, actor, incident_id)
        if incident is None or not queries.alarms_of(session, actor, incident_id):
            return "unknown"  # its alarms went to a common incident meanwhile
        alarm, context = main_alarm(session, actor, incident_id)
        reference = stream.reference_with_data(session, actor, alarm.reference_id or "")
        given = _given(session, actor, incident_id, alarm, context)
        photographs = _golden_photographs(session, actor, alarm, context)
        old, new = _images(session, actor, alarm, context, reference)
    given = replace(given, golden_signature=_look_at_golden(hub, actor, photographs))
    before, after = ([see(row).record for row in rows] for rows in (old, new))
    library = _library(hub, actor, reference, before) if reference is not None else None
    finding = diagnose(gather_evidence(before, after, library=library, given=given))
    with hub.database.transaction() as session:
        _keep(session, hub, actor, incident_id, finding)
    return finding.cause


def _images(
    session: "Session",
    actor: Actor,
    alarm: AlarmRow,
    context: WatchContextRow,
    reference: WatchReferenceRow | None,
) -> tuple[list[Any], list[Any]]:
    """Return the images of the reference and those since the change."""
    new = stream.context_predictions(
        session, actor, context, limit=MOST_WINDOW_IMAGES, since=alarm.onset_at, first=True
    )
    if reference is None:
        return [], new
    old = stream.context_predictions(
        session,
        actor,
        context,
        limit=MOST_REFERENCE_IMAGES,
        since=reference.since,
        until=reference.until,
    )
    return old, new


def _given(
    session: "Session", actor: Actor, incident_id: str, alarm: AlarmRow, context: WatchContextRow
) -> GivenFacts:
    """Return what records do not hold: probes, what performance told, sites and releases."""
    probes = {row.kind: row for row in queries.probes_of(session, actor, incident_id)}
    facts = _told(session, actor, context, alarm)
    sites = {row.site_id for row in queries.alarms_of(session, actor, incident_id)}
    siblings = stream.siblings_of(session, actor, context)
    release = any(abs(row.first_image_at - alarm.onset_at) <= RELEASE_WITHIN for row in siblings)
    return GivenFacts(
        replay=_probe(probes.get("replay")),
        golden=_probe(probes.get("golden")),
        audit=_moved(facts.get("audit")),
        audit_by_class=_moved(facts.get("audit_by_class")),
        labelled=_moved(facts.get("labelled")),
        agreement=_moved(facts.get("agreement")),
        losses=facts.get("losses"),
        sites=len(sites) if queries.count_watched_sites(session, actor) > 1 else None,
        release=release,
    )


def _golden_photographs(
    session: "Session", actor: Actor, alarm: AlarmRow, context: WatchContextRow
) -> tuple[list[Any], list[Any]]:
    """Return the captures of the station's golden part before the change and since, the last ones of each."""
    golden = queries.golden_part_of(session, actor, context.station_id)
    if golden is None:
        return [], []
    return queries.captures_around(
        session,
        actor,
        station_id=context.station_id,
        part_id=golden.part_id,
        onset_at=alarm.onset_at,
        most=MOST_GOLDEN,
    )


def _look_at_golden(
    hub: Hub, actor: Actor, photographs: tuple[list[Any], list[Any]]
) -> SignatureMatch | None:
    """Return what became of the camera, by the golden part; None where it was not photographed enough."""
    seen = [
        [(row, signals) for row in side if (signals := see_signals(row.signals)) is not None]
        for side in photographs
    ]
    before, after = ([(row, one) for row, one in side if one.cell_means] for side in seen)
    if len(before) < FEWEST_BEFORE or not after:
        return None
    try:
        images = [
            prepare_image(
                hub, hub.blobs.get(row.sha256, organisation_id=actor.organisation_id), keep_pixels=True
            ).pixels_HWC
            for row, _ in before[:2]
        ]
        part = learn_golden([one for _, one in before], images=[one for one in images if one is not None])
        return None if part is None else match_golden(part, [one for _, one in after])
    except (PerenneError, ValueError) as error:
        _log.info("the golden part of station says nothing: %s", error)
        return None


def _told(session: "Session", actor: Actor, context: WatchContextRow, alarm: AlarmRow) -> Mapping[str, Any]:
    """Return what performance told of the station, else of the site, since the change."""
    rows = queries.latest_facts(session, actor, site_id=context.site_id, since=alarm.onset_at)
    own = [row for row in rows if row.station_id == context.station_id]
    whole = [row for row in rows if row.station_id is None]
    return next((row.facts for row in [*own, *whole]), {})


def _probe(row: Any) -> ProbeFacts | None:
    if row is None or row.state not in ("same", "differs"):
        return None
    return ProbeFacts(row.n_images, row.n_different, row.largest_difference)


def _moved(held: Any) -> Moved | None:
    names = {one.name for one in fields(Moved)}
    if not isinstance(held, Mapping) or set(held) != names:
        return None
    return Moved(float(held["change"]), float(held["low"]), float(held["high"]), int(held["n"]))


def _library(
    hub: Hub, actor: Actor, reference: WatchReferenceRow, before: Sequence[ImageRecord]
) -> SignatureLibrary | None:
    """Return how faults of acquisition show at this station; learnt once a reference, from its own images."""
    if reference.signatures is not None:
        return SignatureLibrary.from_json(reference.signatures)
    signals = [one.signals for one in before if one.signals is not None and one.signals.cell_means]
    with hub.database.reading() as session:
        files = queries.files_of_predictions(session, actor, reference.replay[:N_IMAGES])
    try:
        images = [
            prepare_image(
                hub, hub.blobs.get(sha256, organisation_id=actor.organisation_id), keep_pixels=True
            ).pixels_HWC
            for _, sha256, _, _ in files
        ]
        library = learn_signatures(signals, images=[image for image in images if image is not None])
    except (PerenneError, ValueError) as error:
        _log.info("no signatures for reference %s: %s", reference.id, error)
        return None
    with hub.database.transaction() as session:
        row = queries.reference_by_id(session, actor, reference.id)
        if row is not None:
            row.signatures = library.to_json()
    return library


def _keep(session: "Session", hub: Hub, actor: Actor, incident_id: str, finding: Finding) -> None:
    now = hub.clock.now()
    row = service.get_incident(session, actor, incident_id)
    before = row.cause
    row.cause, row.action = finding.cause, finding.action
    told = asdict(finding)
    told["evidence"] = [{**line, "numbers": dict(line["numbers"])} for line in told["evidence"]]
    told["ranked"] = [list(pair) for pair in finding.ranked]
    row.finding = {**told, "at": now.isoformat()}
    if before != finding.cause:
        detail = {"cause": finding.cause, "before": before, "action": finding.action}
        service.add_step(session, actor, row, act="cause", now=now, detail=detail)

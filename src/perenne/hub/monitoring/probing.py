"""The two deterministic probes: kept files run again through today's software, a part photographed again.

Owns how two answers are compared. Refuses statistics: the same file must give the same answer, and the same
part the same picture up to what the station's images vary by.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perenne.hub.accounts import Actor
from perenne.hub.images import measure_pixels, prepare_image
from perenne.hub.infra.jobs import JobContext
from perenne.hub.infra.services import Hub
from perenne.hub.models import artefact_file, get_model_version
from perenne.hub.monitoring import queries, service, stream
from perenne.hub.monitoring.tables import AlarmRow, ProbeRow, WatchContextRow
from perenne.kit.errors import PerenneError
from perenne.kit.saying import Said, to_code

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_log = logging.getLogger("perenne.monitoring")
TOLERANCE = 1e-3
"""Scores may differ by so much between machines that compute in another order; a pixel shows far above it."""
GOLDEN_SPREADS = 2.0
"""The golden part differs when a signal moved by more than so many spreads of the station's images."""
BASELINE, MOST_CAPTURES = 5, 200


@dataclass
class Compared:
    """What a probe saw."""

    n_images: int = 0
    n_different: int = 0
    largest: float = 0.0
    numbers: dict[str, float] = field(default_factory=dict)
    detail: str = ""

    def add(self, difference: float, *, limit: float) -> None:
        """One image more, which differs by `difference`."""
        self.n_images += 1
        self.n_different += difference > limit
        self.largest = max(self.largest, difference)


@dataclass(frozen=True)
class _Kept:
    """A file of the reference, and what was said of it then."""

    sha256: str
    template_sha256: str | None
    target: Mapping[str, Any]
    picture: str | None


def run_and_keep(context: JobContext, actor: Actor, probe_id: str) -> str:
    """Return how the probe ended, after it was kept; the incident's cause is looked for again."""
    hub = context.hub
    with hub.database.transaction() as session:
        row = queries.probe_by_id(session, actor, probe_id)
        if row is None:
            return "failed"
        row.state = "running"
        kind, incident_id = row.kind, row.incident_id
    try:
        found = _replay(context, actor, incident_id) if kind == "replay" else _look(hub, actor, incident_id)
        state = "differs" if found.n_different else "same"
    except PerenneError as error:
        coded = error.said if error.said.code else Said("", code="probe.failed", error=error.code)
        told = Said(str(error), code=coded.code, **coded.values)
        found, state = Compared(detail=told), "failed"
    except Exception as error:  # whatever an old artefact provokes, the incident must be able to say it
        _log.exception("probe %s failed", probe_id)
        told = Said(
            f"{type(error).__name__}: {str(error)[:300]}", code="probe.broke", error=type(error).__name__
        )
        found, state = Compared(detail=told), "failed"
    with hub.database.transaction() as session:
        row = queries.probe_by_id(session, actor, probe_id)
        assert row is not None
        _keep(session, hub, actor, row, found, state=state)
    return state


def _keep(session: "Session", hub: Hub, actor: Actor, row: ProbeRow, found: Compared, *, state: str) -> None:
    now = hub.clock.now()
    row.state, row.at, row.numbers = state, now, found.numbers
    row.detail, row.detail_said = str(found.detail), to_code(found.detail)
    row.n_images, row.n_different = found.n_images, found.n_different
    row.largest_difference = round(found.largest, 6) if found.n_images else None
    incident = service.get_incident(session, actor, row.incident_id)
    detail = {"kind": row.kind, "state": state, "n_images": row.n_images, "n_different": row.n_different}
    service.add_step(session, actor, incident, act="probe_ended", now=now, text=found.detail, detail=detail)
    if state != "failed":
        service.ask_for_cause(session, hub, actor, incident.id)


def _replay(context: JobContext, actor: Actor, incident_id: str) -> Compared:
    """Return how today's answers to the reference's files differ from those of then."""
    from perenne.runtime import load_model

    hub = context.hub
    with hub.database.reading() as session:
        _, watched = main_alarm(session, actor, incident_id)
        kept = _kept_files(session, actor, watched)
        artefact = artefact_file(hub, get_model_version(session, actor, watched.model_version_id))
    model = load_model(artefact, public_key=hub.signing_key.public_key(), threads=1)
    found = Compared()
    for number, one in enumerate(kept):
        context.progress(number / len(kept), f"File {number + 1} of {len(kept)}")
        image = prepare_image(hub, _bytes(hub, actor, one.sha256), keep_pixels=True)
        assert image.pixels_HWC is not None
        template = None
        if one.template_sha256 is not None and model.needs_reference:
            data = _bytes(hub, actor, one.template_sha256)
            template = prepare_image(hub, data, keep_pixels=True).pixels_HWC
        answer = model.predict(image.pixels_HWC, reference_HWC=template).target.to_json()
        difference = compare_answers(one.target, answer)
        measured = measure_pixels(image.data, admitted=image.admitted, pixels_HWC=image.pixels_HWC)
        if one.picture and measured.signals and measured.signals.picture != one.picture:
            found.detail = Said("The decoded pixels are no longer the same.", code="probe.pixels")
            difference = max(difference, 1.0)
        found.add(difference, limit=TOLERANCE)
    if not found.n_images:
        raise service.nothing_to_replay(incident_id)
    return found


def _bytes(hub: Hub, actor: Actor, sha256: str) -> bytes:
    return hub.blobs.get(sha256, organisation_id=actor.organisation_id, verify=True)


def _kept_files(session: "Session", actor: Actor, context: WatchContextRow) -> list[_Kept]:
    reference = queries.reference_by_id(session, actor, context.reference_id or "")
    found = queries.files_of_predictions(session, actor, reference.replay if reference else [])
    kept = []
    for prediction, sha256, template_sha256, signals in found:
        measured = stream.read_json(signals)
        kept.append(_Kept(sha256, template_sha256, prediction.target, measured.get("picture")))
    return kept


def main_alarm(session: "Session", actor: Actor, incident_id: str) -> tuple[AlarmRow, WatchContextRow]:
    """Return the first alarm of an incident, by which its cause is looked for, and its context.

    Raises: NotFound, NothingToProbe when its alarms went to a common incident meanwhile.
    """
    incident = service.get_incident(session, actor, incident_id)
    alarms = queries.alarms_of(session, actor, incident_id)
    if not alarms:
        raise service.nothing_alarmed(incident.number)
    return alarms[0], service.get_context(session, actor, alarms[0].context_id)


def compare_answers(then: Any, now: Any) -> float:
    """Return the largest difference of two answers: of numbers their distance, of anything else 1.

    >>> compare_answers({"class": "ok", "scores": {"ok": 0.75}}, {"class": "ok", "scores": {"ok": 0.5}})
    0.25
    >>> compare_answers({"boxes": []}, {"boxes": [{"class": "open"}]})
    1.0
    """
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        if set(then) != set(now):
            return 1.0
        return max((compare_answers(then[name], now[name]) for name in then), default=0.0)
    if isinstance(then, list | tuple) and isinstance(now, list | tuple):
        if len(then) != len(now):
            return 1.0
        return max((compare_answers(a, b) for a, b in zip(then, now, strict=True)), default=0.0)
    if isinstance(then, int | float) and isinstance(now, int | float):
        return abs(float(then) - float(now))
    return 0.0 if then == now else 1.0


def _look(hub: Hub, actor: Actor, incident_id: str) -> Compared:
    """Return how the newest captures of the golden part differ from the last ones before the change."""
    found = Compared()
    with hub.database.reading() as session:
        alarm, context = main_alarm(session, actor, incident_id)
        golden = queries.golden_part_of(session, actor, context.station_id)
        if golden is None:
            none = Said("none is registered at its station", code="probe.no_golden")
            raise service.nothing_golden(incident_id, none)
        before, after = queries.captures_around(
            session,
            actor,
            station_id=context.station_id,
            part_id=golden.part_id,
            onset_at=alarm.onset_at,
            most=MOST_CAPTURES,
        )
        reference = queries.reference_by_id(session, actor, context.reference_id or "")
    # What an older version measured in another shape cannot be compared.
    usual_rows, rows = (
        [values for row in side if (values := _acquisition(row.signals))] for side in (before, after)
    )
    if not usual_rows or not rows:
        when = "before" if not usual_rows else "since"
        raise service.nothing_golden(
            incident_id,
            Said(
                f"part {golden.part_id} has no capture {when} the change",
                code="probe.no_capture_before" if not usual_rows else "probe.no_capture_since",
                part=golden.part_id,
            ),
        )
    bands = reference.bands if reference else {}
    usual = _middle(usual_rows[-BASELINE:])
    for row in rows:
        apart = _apart(row, usual, bands)
        worst = max(apart.values(), default=0.0)
        if worst > found.largest:
            moved = {name: value for name, value in apart.items() if value > GOLDEN_SPREADS}
            found.numbers = {name: round(value, 3) for name, value in moved.items()}
        found.add(worst, limit=GOLDEN_SPREADS)
    return found


def _acquisition(text: str | None) -> dict[str, float]:
    from perenne.hub.monitoring.records import acquisition_values

    return acquisition_values(text)


def _middle(rows: list[dict[str, float]]) -> dict[str, float]:
    names = set.intersection(*(set(row) for row in rows))
    return {name: sorted(row[name] for row in rows)[len(rows) // 2] for name in names}


def _apart(
    values: Mapping[str, float], usual: Mapping[str, float], bands: Mapping[str, Any]
) -> dict[str, float]:
    """Return how many spreads of the station's images each signal lies from its usual value."""
    apart = {}
    for name, value in values.items():
        band = bands.get(name)
        if band is None or name not in usual:
            continue
        spread = (band[3] - band[1]) / 3.29  # 5 % to 95 % of a normal distribution
        if spread > 0 and math.isfinite(value):
            apart[name] = abs(value - usual[name]) / spread
    return apart

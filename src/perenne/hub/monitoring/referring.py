"""Making a reference: the first one from what was collected, every other one from the images a person named.

Owns what is kept of it beside the engine's numbers: the promise, the bands, the files for the replay probe.
Refuses a reference that is no basis for a watch, and says why.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perenne.hub.infra.services import Hub
from perenne.hub.monitoring.rules import RunLengths, promise_for
from perenne.hub.monitoring.watcher import Seen
from perenne.kit.saying import Said
from perenne.monitoring.reference import Reference, ReferenceTooSmall

REPLAYED = 50


@dataclass(frozen=True)
class Fitted:
    """A reference with its promise, or none and the reason. `asked_id`: the row of a person's request."""

    reference: Reference | None
    promise: RunLengths | None
    why: Said
    n_images: int
    data: bytes = b""
    replay: tuple[str, ...] = ()
    asked_id: str | None = None


def fit(hub: Hub, seen: Sequence[Seen], *, asked_id: str | None = None) -> Fitted:
    """Return the reference of these images, in order, with what is promised while it is in force."""
    try:
        reference = Reference.fit([one.record for one in seen])
    except ReferenceTooSmall as error:
        told = Said(str(error), code=error.said.code, **error.said.values)
        return Fitted(None, None, told, n_images=len(seen), asked_id=asked_id)
    if not reference.enough:
        return Fitted(None, None, _as_said(reference.reason), n_images=len(seen), asked_id=asked_id)
    promise = promise_for(
        setting=hub.settings.watch_run_length,
        years=hub.settings.watch_alarm_years,
        n_units=reference.unit.n_units,
        span=reference.until - reference.since,
    )
    step = max(1, len(seen) // REPLAYED)
    return Fitted(
        reference=reference,
        promise=promise,
        why=_as_said(reference.reason),
        n_images=len(seen),
        data=reference.to_npz(),
        replay=tuple(one.prediction_id for one in seen[::step][:REPLAYED]),
        asked_id=asked_id,
    )


def _as_said(reason: str) -> Said:
    return reason if isinstance(reason, Said) else Said(reason)


def keep_bands(reference: Reference) -> dict[str, list[float]]:
    """Return the band of every channel that has one, as [n, q05, q50, q95]."""
    return {
        name: [band.n, band.q05, band.q50, band.q95]
        for name, band in reference.bands.items()
        if band.n and math.isfinite(band.q50)
    }

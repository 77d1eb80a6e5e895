"""One image as the watch sees it: what was measured, what the gate said, where it lies in its reference.

Owns that answer. Refuses to measure again: an image from before signals were kept has none.
"""

import json
import math

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.images import ImageRow, ImageSignalRow
from perenne.hub.monitoring import queries, telling
from perenne.hub.monitoring.rules import context_key
from perenne.hub.monitoring.tables import WatchReferenceRow
from perenne.hub.predictions import PredictionRow
from perenne.wire import monitoring as wire


def tell_image(session: Session, actor: Actor, *, image: ImageRow) -> wire.ImageWatch:
    """Return everything that was measured of an image, beside the reference of its latest context."""
    measured = queries.signals_of_image(session, actor, image.id)
    prediction = queries.latest_prediction_of_image(session, actor, image.id)
    context = None
    if prediction is not None:
        key = context_key(prediction.station_id, image.product_id, prediction.model_version_id)
        context = queries.context_of_key(session, actor, key)
    reference = None
    if context is not None and context.reference_id is not None:
        reference = queries.reference_by_id(session, actor, context.reference_id)
    signals, new_values = _beside_reference(image, measured, prediction, reference)
    reasons = measured.reasons if measured else []
    closeness_reasons = measured.closeness_reasons if measured else []
    return wire.ImageWatch(
        image_id=image.id,
        fingerprint=json.loads(measured.fingerprint) if measured and measured.fingerprint else None,
        new_values=new_values,
        verdict=measured.verdict if measured else "not_judged",  # type: ignore[arg-type]
        reasons=[wire.GateReason.model_validate(reason) for reason in reasons],
        closeness=measured.closeness if measured else None,
        closeness_admitted=measured.closeness_admitted if measured else None,
        closeness_reasons=[wire.GateReason.model_validate(reason) for reason in closeness_reasons],
        signals=signals,
        context_id=context.id if context else None,
    )


def _beside_reference(
    image: ImageRow,
    measured: ImageSignalRow | None,
    prediction: PredictionRow | None,
    row: WatchReferenceRow | None,
) -> tuple[list[wire.ImageSignal], dict[str, str]]:
    from perenne.hub.monitoring.records import make_record, plain_values
    from perenne.monitoring.channels import channel_values
    from perenne.monitoring.reference import Reference

    record = make_record(
        image_id=image.id,
        at=prediction.at if prediction else image.taken_at,
        lot=image.batch_id,
        fingerprint=measured.fingerprint if measured else None,
        signals=measured.signals if measured else None,
        embedding=prediction.embedding if prediction else None,
        predicted=prediction.signals if prediction else None,
        decision=prediction.decision if prediction else None,
    )
    if row is None or row.data is None:
        return [_signal(name, value) for name, value in plain_values(record).items()], {}
    reference = Reference.from_npz(row.data)
    values = channel_values(record, reference.frame)
    percentiles = reference.percentiles(record)
    signals = [
        _signal(name, float(value), percentile=percentiles[name], band=telling.tell_band(row.bands.get(name)))
        for name, value in zip(reference.channels, values, strict=True)
    ]
    return signals, reference.new_values(record.fingerprint)


def _signal(
    name: str, value: float, *, percentile: float | None = None, band: wire.SignalBand | None = None
) -> wire.ImageSignal:
    group, _ = telling.about_channel(name)
    return wire.ImageSignal(
        channel=name,
        group=group,
        value=value if math.isfinite(value) else None,
        percentile=percentile,
        band=band,
    )

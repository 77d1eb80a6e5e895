"""From what is kept of an image and its prediction to the record that the engine watches.

Owns that translation, one place for the tick, the pages and the references.
"""

import math
from datetime import datetime
from typing import Any

from perenne.monitoring.channels import ACQUISITION, channel_values, name_channels
from perenne.monitoring.frame import Frame
from perenne.monitoring.record import ImageRecord
from perenne.quality.fingerprint import Fingerprint
from perenne.quality.signals import Signals


def make_record(
    *,
    image_id: str,
    at: datetime,
    lot: str | None,
    fingerprint: str | None,
    signals: str | None,
    embedding: bytes | None,
    predicted: dict[str, Any] | None,
    decision: str | None,
) -> ImageRecord:
    """Return the record of an image; what an older version measured in another shape is left out."""
    return ImageRecord(
        image_id=image_id,
        at=at,
        lot=lot,
        fingerprint=_read(Fingerprint, fingerprint),
        signals=_read(Signals, signals),
        embedding=embedding,
        predicted={name: float(value) for name, value in (predicted or {}).items()},
        decision=decision,
    )


def plain_values(record: ImageRecord) -> dict[str, float]:
    """Return the channels of a record that need no reference, those without a value left out."""
    names = name_channels([record], with_embedding=False)
    values = channel_values(record, Frame(names, None))
    return {name: float(v) for name, v in zip(names, values, strict=True) if math.isfinite(v)}


def acquisition_values(signals: str | None) -> dict[str, float]:
    """Return the acquisition channels that signals kept as text hold."""
    read = _read(Signals, signals)
    if read is None:
        return {}
    return {f"acquisition.{name}": float(value(read)) for name, (_, value) in ACQUISITION.items()}


def see_signals(signals: str | None) -> Signals | None:
    """Return signals kept as text; None where there are none, or an older version's."""
    found: Signals | None = _read(Signals, signals)
    return found


def _read(kind: Any, text: str | None) -> Any:
    if text is None:
        return None
    try:
        return kind.from_json(text)
    except ValueError:
        return None

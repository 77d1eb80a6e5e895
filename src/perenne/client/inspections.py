"""Inspections: an image to a station, its decision back; and what was decided before.

Owns the calls. Refuses to send an image twice for one decision: a retried inspection carries its key.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from perenne.client.transport import Transport
from perenne.wire.base import Listing
from perenne.wire.predictions import Inspection, RecordedPrediction


class Inspections:
    """Calls about inspections and recorded predictions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def inspect(
        self,
        site: str,
        station: str,
        *,
        image: bytes | Path,
        part_id: str | None = None,
        batch_id: str | None = None,
        camera: str | None = None,
        product: str | None = None,
        captured_at: datetime | None = None,
        key: str | None = None,
    ) -> Inspection:
        """Return the decision of the station's model on `image`; repeated under one key until answered."""
        content = image.read_bytes() if isinstance(image, Path) else image
        context = {
            "part_id": part_id,
            "batch_id": batch_id,
            "camera": camera,
            "product": product,
            "captured_at": captured_at.isoformat() if captured_at else None,
        }
        response = self._transport.request(
            "POST",
            f"/sites/{site}/stations/{station}/inspect",
            params=context,
            content=content,
            headers={"content-type": "application/octet-stream", "idempotency-key": key or uuid.uuid4().hex},
        )
        return self._transport.read(response, Inspection)

    def list(self, **filters: Any) -> Iterator[RecordedPrediction]:
        """Yield recorded predictions, newest first."""
        for page in self._transport.pages("/predictions", Listing[RecordedPrediction], **filters):
            yield from page.items

    def get(self, prediction: str) -> RecordedPrediction:
        """Return one recorded prediction."""
        return self._transport.get(f"/predictions/{prediction}", RecordedPrediction)

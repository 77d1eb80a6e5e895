"""Records without a hub: from images, files or embeddings that a Python user has.

Owns the way from what lies in memory or on disk to records. Refuses to know where images come from: ids,
times and lots are arguments.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perenne.monitoring.record import ImageRecord, pack_embedding
from perenne.quality import admit_image, decode_upright
from perenne.quality.fingerprint import read_fingerprint
from perenne.quality.signals import measure_signals

Pixels = NDArray[np.uint8]
_START = datetime(2000, 1, 1, tzinfo=UTC)


def record_from_image(
    image: Pixels | bytes | Path | str,
    *,
    image_id: str,
    at: datetime = _START,
    lot: str | None = None,
    embedding_D: ArrayLike | None = None,
    predicted: dict[str, float] | None = None,
    decision: str | None = None,
) -> ImageRecord:
    """Return the record of an image: uint8 RGB or grey pixels, the bytes of a file, or a path to one.

    Pixels have no fingerprint. Raises: ImageRefused when a file is no image.
    """
    fingerprint = None
    if isinstance(image, str | Path):
        image = Path(image).read_bytes()
    if isinstance(image, bytes):
        fingerprint = read_fingerprint(image, admit_image(image))
        image = decode_upright(image)
    return ImageRecord(
        image_id=image_id,
        at=at,
        lot=lot,
        fingerprint=fingerprint,
        signals=measure_signals(image),
        embedding=None if embedding_D is None else pack_embedding(embedding_D),
        predicted=predicted or {},
        decision=decision,
    )


def records_from_embeddings(
    embeddings_ND: ArrayLike, *, lots: Sequence[str] | None = None, name: str = "image"
) -> list[ImageRecord]:
    """Return a record for each row, called `<name>-000000` on, one a second.

    >>> records_from_embeddings([[0.0, 1.0], [1.0, 0.0]])[1].image_id
    'image-000001'
    """
    table = np.asarray(embeddings_ND, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"Embeddings are a table (images, numbers); got shape {table.shape}.")
    if lots is not None and len(lots) != len(table):
        raise ValueError(f"{len(table)} embeddings, but {len(lots)} lots.")
    return [
        ImageRecord(
            image_id=f"{name}-{number:06d}",
            at=_START + timedelta(seconds=number),
            lot=None if lots is None else lots[number],
            embedding=pack_embedding(row),
        )
        for number, row in enumerate(table)
    ]

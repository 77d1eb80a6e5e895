"""Small pictures of images, made once and kept in a folder of the hub's data.

Owns their making and keeping: the longer side is one of few, so that a folder cannot be filled by asking.
What is kept is a copy that may be deleted at any time; no backup holds it. Refuses to fail because it could
not be kept.
"""

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perenne.hub.images.rules import encode_small
from perenne.hub.images.service import decoder, image_bytes
from perenne.hub.images.tables import ImageRow
from perenne.hub.infra.services import Hub
from perenne.kit.ids import new_id
from perenne.quality.decoding import decode_upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT_SIDES = (256, 512)
FOLDER = "thumbnails"


def thumbnail_of(hub: Hub, image: ImageRow, *, side: int) -> bytes:
    """Return a JPEG of the upright image, its longer side at most `side` pixels. Raises: BlobMissing."""
    path = thumbnail_path(
        hub.settings.data, organisation_id=image.organisation_id, sha256=image.sha256, side=side
    )
    if side not in KEPT_SIDES:
        return _make(hub, image, side=side)
    try:
        return path.read_bytes()
    except OSError:
        data = _make(hub, image, side=side)
    with contextlib.suppress(OSError):
        _keep(data, path)
    return data


def thumbnail_path(data: Path, *, organisation_id: str, sha256: str, side: int) -> Path:
    """Return where a small picture is kept, below the hub's data folder."""
    return data / FOLDER / organisation_id / sha256[:2] / f"{sha256}-{side}.jpg"


def _make(hub: Hub, image: ImageRow, *, side: int) -> bytes:
    data = image_bytes(hub, image)
    with decoder(hub):
        pixels_HWC = _decode_coarsely(data, image, side=side)
        if pixels_HWC is None:
            pixels_HWC = decode_upright(data, max_pixels=image.width * image.height)
        return encode_small(pixels_HWC, side=side)


def _decode_coarsely(data: bytes, image: ImageRow, *, side: int) -> "NDArray[Any] | None":
    """Return a large JPEG decoded at a half, quarter or eighth of its size, which is many times quicker.

    None for anything else, and where the result does not have the shape of the upright image.
    """
    import cv2
    import numpy as np

    longer = max(image.width, image.height)
    factor = next((f for f in (8, 4, 2) if longer // f >= 2 * side), 1)
    if image.format != "JPEG" or factor == 1:
        return None
    flag = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}
    pixels_HWC = cv2.imdecode(np.frombuffer(data, np.uint8), flag[factor])
    if pixels_HWC is None:
        return None
    height, width = pixels_HWC.shape[:2]
    if abs(width * factor - image.width) > factor or abs(height * factor - image.height) > factor:
        return None
    return np.asarray(cv2.cvtColor(pixels_HWC, cv2.COLOR_BGR2RGB))


def _keep(data: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    incoming = path.with_name(new_id("tmp"))
    try:
        incoming.write_bytes(data)
        os.replace(incoming, path)
    finally:
        incoming.unlink(missing_ok=True)

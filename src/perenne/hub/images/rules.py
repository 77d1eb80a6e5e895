"""Pure decisions on images: from bytes to an admitted image, and what a second push would change."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from perenne.kit.hashing import sha256_hex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perenne.quality.decoding import AdmittedImage

MEDIA_TYPES = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "BMP": ("image/bmp", "bmp"),
    "TIFF": ("image/tiff", "tif"),
    "WEBP": ("image/webp", "webp"),
}
PLACES = ("site_id", "line_id", "station_id", "product_id")
COMPARED = (
    "kind", "site_id", "line_id", "station_id", "product_id", "captured_at", "camera", "part_id", "batch_id",
    "group_key", "external_id", "file_name", "reference_image_id", "context",
)  # fmt: skip


@dataclass(frozen=True)
class PreparedImage:
    """An admitted image: its hash, its header, its signed difference hash, its upright pixels if wanted.

    `grey_HW`: the same pixels in grey, made once for all that look at them.
    """

    data: bytes
    sha256: str
    admitted: "AdmittedImage"
    difference_hash: int
    pixels_HWC: "NDArray[Any] | None" = field(repr=False, default=None)
    grey_HW: "NDArray[Any] | None" = field(repr=False, default=None)


@dataclass(frozen=True)
class PredictionNote:
    """What is noted on an image of its latest prediction, so that it can be found by it."""

    decision: str
    score: float | None
    model_id: str
    classes: frozenset[str]


@dataclass(frozen=True)
class Placed:
    """A capture context whose names were found: ids instead of slugs. None means not given."""

    kind: str
    site_id: str
    line_id: str | None = None
    station_id: str | None = None
    product_id: str | None = None
    captured_at: datetime | None = None
    camera: str | None = None
    part_id: str | None = None
    batch_id: str | None = None
    group_key: str | None = None
    external_id: str | None = None
    file_name: str | None = None
    reference: str | None = None
    reference_image_id: str | None = None
    context: dict[str, Any] = field(default_factory=dict)


def prepare_image(data: bytes, *, max_pixels: int, keep_pixels: bool = False) -> PreparedImage:
    """Return the image decoded once, upright. Raises: ImageRefused."""
    from perenne.quality.decoding import decode_admitted, difference_hash, turn_grey

    admitted, pixels_HWC = decode_admitted(data, max_pixels=max_pixels)
    grey_HW = turn_grey(pixels_HWC)
    return PreparedImage(
        data=data,
        sha256=sha256_hex(data),
        admitted=admitted,
        difference_hash=signed_64(difference_hash(grey_HW)),
        pixels_HWC=pixels_HWC if keep_pixels else None,
        grey_HW=grey_HW if keep_pixels else None,
    )


def signed_64(value: int) -> int:
    """Return the 64 bits of `value` as the signed number that databases keep.

    >>> signed_64(2**64 - 1), signed_64(5)
    (-1, 5)
    """
    return value - (1 << 64) if value >= 1 << 63 else value


def find_differences(stored: Any, given: Placed) -> dict[str, tuple[Any, Any]]:
    """Return the fields that a second push would change, each with what is kept and what was given.

    A field that was not given differs in nothing; neither does a station's template that came later.
    """
    found = {}
    for name in COMPARED:
        old, new = getattr(stored, name), getattr(given, name)
        silent = new in (None, {}) or (name == "reference_image_id" and given.reference is None)
        if not silent and not _same(old, new):
            found[name] = (old, new)
    return found


def say_differences(differences: dict[str, tuple[Any, Any]], *, names: dict[str, str]) -> list[str]:
    """Return the differences as a person reads them; `names` gives short names for ids.

    >>> say_differences({"site_id": ("sit_1", "sit_2")}, names={"sit_1": "lyon", "sit_2": "nantes"})
    ['site: lyon kept, nantes given']
    """
    lines = []
    for field_name, (old, new) in differences.items():
        label = field_name.removesuffix("_id") if field_name in PLACES else field_name
        kept = "nothing" if old in (None, {}) else names.get(str(old), old)
        lines.append(f"{label}: {kept} kept, {names.get(str(new), new)} given")
    return lines


def classes_in(target: Mapping[str, Any], *, from_score: float = 0.0) -> set[str]:
    """Return the classes that a target names; of boxes with a score, those that reach `from_score`.

    >>> classes_in({"boxes": [{"box": [0, 0, 1, 1], "class": "open", "score": 0.4}]}, from_score=0.5)
    set()
    """
    if "boxes" in target:
        boxes = target["boxes"]
        return {str(b["class"]) for b in boxes if b.get("score") is None or b["score"] >= from_score}
    return {str(target["class"])} if "class" in target else set()


def encode_small(pixels_HWC: "NDArray[Any]", *, side: int) -> bytes:
    """Return a JPEG of the picture whose longer side is at most `side` pixels."""
    import cv2

    height, width = pixels_HWC.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, math.floor(width * scale)), max(1, math.floor(height * scale)))
    small = cv2.resize(pixels_HWC, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels_HWC
    done, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82])
    assert done
    return bytes(data)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, datetime) and isinstance(new, datetime):
        return old.astimezone(UTC) == new.astimezone(UTC)
    return bool(old == new)

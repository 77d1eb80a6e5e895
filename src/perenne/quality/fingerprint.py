"""What the encoded bytes say about how an image came to be: a categorical fingerprint.

Owns container, size, depth, colour, JPEG tables, metadata of the camera and the bin of bits per pixel. Reads
the header only, never the pixels. Refuses to keep what could name a person or a place: of EXIF, make, model
and software alone. Two files of one camera with one setting have one fingerprint; a phone, an editor or a
recompression leave another.
"""

import hashlib
import json
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from perenne.quality.decoding import ImageRefused, header_lock, open_header

if TYPE_CHECKING:
    from perenne.quality.decoding import AdmittedImage

UNKNOWN = ""
LONGEST_TEXT = 40
# The luminance table of the JPEG standard (ITU-T T.81, K.1), scaled by encoders of the libjpeg family.
_STANDARD_LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
_SUBSAMPLING = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:1:1", (1, 2): "4:4:0"}
_EXIF_TAGS = {"make": 0x010F, "model": 0x0110, "software": 0x0131}


@dataclass(frozen=True)
class Fingerprint:
    """How the file was written; texts are empty and `jpeg_quality` is 0 where the file says nothing.

    `size` is that of the upright image. `rate` counts quarters of an octave of bits per pixel.
    """

    container: str
    size: str
    bit_depth: int
    mode: str
    orientation: int
    jpeg_tables: str
    jpeg_quality: int
    subsampling: str
    progressive: bool
    make: str
    model: str
    software: str
    icc: bool
    rate: int

    def to_json(self) -> str:
        """Return one line of JSON; the same fingerprint gives the same text."""
        return json.dumps(vars(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Fingerprint":
        """Return the fingerprint that `to_json` wrote. Raises: ValueError when fields are missing."""
        given = json.loads(text)
        names = {field.name for field in fields(cls)}
        if not isinstance(given, dict) or set(given) != names:
            raise ValueError(f"expected the fields {sorted(names)}, got {text[:200]}")
        return cls(**given)


def read_fingerprint(data: bytes, admitted: "AdmittedImage") -> Fingerprint:
    """Return the fingerprint of the bytes whose header `admitted` describes. 0.2 ms; no pixel is decoded.

    Raises: ImageRefused when the header cannot be read.
    """
    try:
        with header_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with open_header(data) as header:
                exif = _read_exif(header)
                icc = bool(header.info.get("icc_profile"))
                progressive = bool(header.info.get("progressive") or header.info.get("interlace"))
                tables = _read_tables(header)
                subsampling = _read_subsampling(header)
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageRefused("damaged", f"The {admitted.format} header cannot be read: {error}.") from error
    pixels = admitted.width * admitted.height
    return Fingerprint(
        container=admitted.format,
        size=f"{admitted.width}x{admitted.height}",
        bit_depth=admitted.bit_depth,
        mode=admitted.mode,
        orientation=admitted.orientation,
        jpeg_tables=hash_tables(tables) if tables else UNKNOWN,
        jpeg_quality=estimate_jpeg_quality(tables[0]) if tables else 0,
        subsampling=subsampling,
        progressive=progressive,
        make=exif["make"],
        model=exif["model"],
        software=exif["software"],
        icc=icc,
        rate=round(4 * math.log2(8 * len(data) / pixels)),
    )


def estimate_jpeg_quality(luminance_64: Sequence[int]) -> int:
    """Return the libjpeg quality 1..100 whose luminance table lies nearest, whatever the encoder calls it.

    >>> estimate_jpeg_quality([1] * 64)
    100
    >>> estimate_jpeg_quality([2 * value for value in _STANDARD_LUMINANCE])
    25
    """
    given = sorted(luminance_64)
    wanted = sorted(_STANDARD_LUMINANCE)
    # The mean scale is enough: tables grow strictly with it. Values stop at 255: the upper half is left out.
    scale = 100 * sum(given[:32]) / sum(wanted[:32])
    if sum(given) <= 64:
        return 100
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return max(1, min(100, round(quality)))


def hash_tables(tables: Sequence[Sequence[int]]) -> str:
    """Return 12 hexadecimal digits that name a set of quantisation tables."""
    text = ";".join(",".join(str(value) for value in table) for table in tables)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _read_tables(header: Any) -> list[list[int]]:
    tables = getattr(header, "quantization", None)
    return [list(tables[key]) for key in sorted(tables)] if tables else []


def _read_subsampling(header: Any) -> str:
    if not getattr(header, "quantization", None):
        return UNKNOWN
    layers = getattr(header, "layer", [])
    if len(layers) < 3:
        return "grey"
    (_, across, down, _), (_, other_across, other_down, _) = layers[0], layers[1]
    ratio = across // max(1, other_across), down // max(1, other_down)
    return _SUBSAMPLING.get(ratio, f"{across}{down}:{other_across}{other_down}")


def _read_exif(header: Any) -> dict[str, str]:
    try:
        exif = header.getexif()
        return {name: _plain(exif.get(tag)) for name, tag in _EXIF_TAGS.items()}
    except Exception:  # metadata of a stranger's file: whatever is wrong in it, it says nothing
        return dict.fromkeys(_EXIF_TAGS, UNKNOWN)


def _plain(value: object) -> str:
    """Return a short printable text, so that a record stays small whatever a file holds."""
    if not isinstance(value, str):
        return UNKNOWN
    return "".join(letter for letter in value if letter.isprintable()).strip()[:LONGEST_TEXT]

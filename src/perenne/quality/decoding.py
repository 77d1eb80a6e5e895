"""From bytes to one upright RGB array, or to a refusal that says why.

Owns the allow-list of formats (by content, never by name), the size check before any full decode, the
orientation applied once, and the pixel rules: grey becomes three equal channels, 16 bits are scaled to 8,
transparency is laid on black. Refuses anything else, animations and files with several pages included.
"""

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar

from perenne.kit.errors import PerenneError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_PIXELS = 64_000_000
ALLOWED_FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
MAX_JPEG_SCANS = 200
_ORIENTATION_TAG = 0x0112
header_lock = threading.Lock()
"""Held while Pillow warns of metadata that nobody reads: the filters of `warnings` belong to all threads."""
_REMEDY = "Send a whole JPEG, PNG, BMP, TIFF or WebP file with one still image."

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
_KNOWN_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"<svg", "SVG"),
    (b"<?xml", "XML or SVG"),
    (b"<!DOCTYPE", "HTML"),
    (b"<html", "HTML"),
    (b"8BPS", "PSD"),
    (b"%!PS", "PostScript"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x80\x04\x95", "pickle"),
    (b"II+\x00", "BigTIFF"),
)


class ImageRefused(PerenneError):
    """The bytes are not an image that may enter; `reason_code` says which rule refused them."""

    code: ClassVar[str] = "image-refused"
    title: ClassVar[str] = "The image is refused"
    status: ClassVar[int] = 422

    def __init__(self, reason_code: str, detail: str, *, remedy: str = _REMEDY) -> None:
        super().__init__(detail, remedy=remedy, reason_code=reason_code)
        self.reason_code = reason_code


@dataclass(frozen=True)
class AdmittedImage:
    """What the header of an admitted image says; `width` and `height` are those of the upright image."""

    format: str
    width: int
    height: int
    mode: str
    orientation: int
    bit_depth: int


def admit_image(data: bytes, *, max_pixels: int = MAX_PIXELS) -> AdmittedImage:
    """Return the header of a whole, allowed image of at most `max_pixels`.

    Raises: ImageRefused with `reason_code` empty, not_an_image, format_not_allowed, too_many_pixels,
    too_many_frames, too_many_scans, pixels_not_supported, truncated or damaged.
    """
    return decode_admitted(data, max_pixels=max_pixels)[0]


def decode_upright(data: bytes, *, max_pixels: int = MAX_PIXELS) -> "NDArray[Any]":
    """Return the image as upright RGB, uint8, shape (height, width, 3). Raises: ImageRefused."""
    return decode_admitted(data, max_pixels=max_pixels)[1]


def decode_admitted(data: bytes, *, max_pixels: int = MAX_PIXELS) -> "tuple[AdmittedImage, NDArray[Any]]":
    """Return header and upright RGB pixels after one header check and one full decode.

    Raises: ImageRefused; see `admit_image` for the reasons.
    """
    if not data:
        raise ImageRefused("empty", "The file is empty (0 bytes).")
    with header_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = open_header(data)
        _check_header(header, data, max_pixels=max_pixels)
        orientation = _orientation(header)
    image_HWC = _turn_upright(_decode_whole(header, data), orientation)
    height, width = image_HWC.shape[:2]
    admitted = AdmittedImage(
        format=str(header.format),
        width=int(width),
        height=int(height),
        mode=str(header.mode),
        orientation=orientation,
        bit_depth=_bit_depth(header, data),
    )
    return admitted, image_HWC


def turn_grey(image_HWC: "NDArray[Any]") -> "NDArray[Any]":
    """Return the grey plane (height, width) of an upright RGB or grey image."""
    import cv2
    import numpy as np

    if image_HWC.ndim == 2 or image_HWC.shape[2] == 1:
        return np.ascontiguousarray(image_HWC.reshape(image_HWC.shape[:2]))
    return np.asarray(cv2.cvtColor(image_HWC, cv2.COLOR_RGB2GRAY))


def difference_hash(image_HWC: "NDArray[Any]") -> int:
    """Return the 64-bit difference hash: bit set where a pixel of the 9x8 grey copy exceeds its left one.

    Near-duplicates differ in few bits. Source: N. Krawetz, "Kind of Like That", 2013.

    >>> import numpy as np
    >>> difference_hash(np.zeros((32, 32, 3), np.uint8))
    0
    """
    import cv2
    import numpy as np

    grey = turn_grey(image_HWC)
    while min(grey.shape) >= 128:  # halving is twenty times faster than averaging large areas at once
        height, width = grey.shape[0] // 2, grey.shape[1] // 2
        grey = cv2.resize(grey[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    small = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA)
    bits = np.packbits(small[:, 1:] > small[:, :-1])
    return int.from_bytes(bits.tobytes(), "big")


def _sniff(data: bytes) -> str:
    """Return the allowed format that the first bytes announce."""
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    foreign = next((name for signature, name in _KNOWN_FOREIGN if start.startswith(signature)), None)
    if foreign is None and data[4:8] == b"ftyp":
        foreign = "HEIF, AVIF or video"
    if foreign is not None:
        raise ImageRefused(
            "format_not_allowed", f"The content is {foreign}; allowed are {', '.join(ALLOWED_FORMATS)}."
        )
    raise ImageRefused("not_an_image", "The content is not an image of a known format.")


def open_header(data: bytes) -> Any:
    """Return Pillow's header object, pixels not yet decoded.

    The plugin is called directly: `Image.open` would try others and judge the size by its own limit.
    """
    name = _sniff(data)
    try:
        return _plugin(name)(BytesIO(data))
    except Exception as error:
        raise ImageRefused("damaged", f"The {name} header cannot be read: {_say(error)}.") from error


def _plugin(name: str) -> Callable[[BytesIO], Any]:
    # Only the plugin that is needed is imported: WebP and TIFF pull in more.
    if name == "JPEG":
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile
    if name == "PNG":
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile
    if name == "BMP":
        from PIL.BmpImagePlugin import BmpImageFile

        return BmpImageFile
    if name == "TIFF":
        from PIL.TiffImagePlugin import TiffImageFile

        return TiffImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    return WebPImageFile


def _check_header(header: Any, data: bytes, *, max_pixels: int) -> None:
    width, height = header.size
    if width < 1 or height < 1:
        raise ImageRefused("damaged", f"The header says {width} x {height} pixels.")
    if width * height > max_pixels:
        raise ImageRefused(
            "too_many_pixels",
            f"The image has {width} x {height} = {width * height / 1e6:.1f} Mpx; "
            f"at most {max_pixels / 1e6:g} Mpx are admitted.",
            remedy="Send a smaller or cropped image, or raise the limit of the hub.",
        )
    if header.format == "JPEG":
        _check_jpeg(data)
    frames = _count_frames(header)
    if frames > 1:
        raise ImageRefused("too_many_frames", f"The {header.format} file holds {frames} frames or pages.")


def _check_jpeg(data: bytes) -> None:
    if data.rfind(b"\xff\xd9") < data.find(b"\xff\xda"):
        raise ImageRefused("truncated", "The JPEG file stops before its end marker.")
    scans = _count_scans(data)
    if scans > MAX_JPEG_SCANS:
        raise ImageRefused("too_many_scans", f"The JPEG file has {scans} scans; at most {MAX_JPEG_SCANS}.")


def _count_scans(data: bytes) -> int:
    """Return how often 0xFF 0xDA stands there; a third of the time that `data.count` takes."""
    import numpy as np

    letters = np.frombuffer(data, np.uint8)
    markers = np.flatnonzero(letters[:-1] == 0xFF)
    return int(np.count_nonzero(letters[markers + 1] == 0xDA))


def _count_frames(header: Any) -> int:
    if header.format not in ("PNG", "TIFF", "WEBP"):
        return 1
    if header.format == "TIFF":
        # Pillow would walk the whole chain of pages; the second one is enough to refuse.
        try:
            header.seek(1)
        except EOFError:
            header.seek(0)
            return 1
        except Exception as error:
            raise ImageRefused("damaged", f"The TIFF directory is broken: {_say(error)}.") from error
        return 2
    return int(getattr(header, "n_frames", 1))


def _orientation(header: Any) -> int:
    """Return the EXIF orientation 1..8; 1 when it is absent or nonsense."""
    try:
        value = header.getexif().get(_ORIENTATION_TAG, 1)
        return int(value) if int(value) in range(1, 9) else 1
    except Exception:
        return 1


def _bit_depth(header: Any, data: bytes) -> int:
    if header.format == "PNG":
        return data[24]
    if header.mode == "1":
        return 1
    return 16 if header.mode.startswith("I;16") else 8


def _decode_whole(header: Any, data: bytes) -> "NDArray[Any]":
    transparent = header.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in header.info
    if transparent or header.format in ("BMP", "TIFF"):
        return _decode_with_pillow(header)
    return _decode_with_opencv(header, data)


def _decode_with_opencv(header: Any, data: bytes) -> "NDArray[Any]":
    import cv2
    import numpy as np

    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    if _bit_depth(header, data) == 16:
        flags |= cv2.IMREAD_ANYDEPTH
    try:
        image_HWC: Any = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageRefused("damaged", f"The {header.format} data cannot be decoded: {error.err}.") from error
    if image_HWC is None:
        raise ImageRefused(
            "truncated" if header.format == "JPEG" else "damaged",
            f"The {header.format} data is damaged or stops too early.",
        )
    if image_HWC.shape[:2] != (header.size[1], header.size[0]):
        raise ImageRefused("damaged", "Header and decoded pixels disagree on the size.")
    if image_HWC.dtype == np.uint16:
        image_HWC = scale_to_8_bits(image_HWC)
    return np.asarray(cv2.cvtColor(image_HWC, cv2.COLOR_BGR2RGB, dst=image_HWC))


def _decode_with_pillow(header: Any) -> "NDArray[Any]":
    import numpy as np
    from PIL import Image

    try:
        header.load()
        if header.mode.startswith("I;16"):
            grey = scale_to_8_bits(np.asarray(header).astype(np.uint16))
            return np.repeat(grey[:, :, None], 3, axis=2)
        if header.mode in ("F", "I"):
            raise ImageRefused(
                "pixels_not_supported",
                f"Pixels of type '{header.mode}' (32 bits) have no fixed range.",
                remedy="Convert the image to 8 or 16 bits.",
            )
        if header.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in header.info:
            layer = header.convert("RGBA")
            header = Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer)
        return np.array(header.convert("RGB"), dtype=np.uint8)
    except ImageRefused:
        raise
    except Exception as error:
        stops = "truncated" in str(error).lower() or isinstance(error, EOFError)
        code = "truncated" if stops else "damaged"
        raise ImageRefused(code, f"The {header.format} data cannot be decoded: {_say(error)}.") from error


def scale_to_8_bits(image: "NDArray[Any]") -> "NDArray[Any]":
    """Return 16-bit values scaled so that 65,535 becomes 255.

    >>> import numpy as np
    >>> scale_to_8_bits(np.array([[0, 257, 65535]], np.uint16)).tolist()
    [[0, 1, 255]]
    """
    import cv2
    import numpy as np

    return np.asarray(cv2.convertScaleAbs(image, alpha=1 / 257)).reshape(image.shape)


def _turn_upright(image_HWC: "NDArray[Any]", orientation: int) -> "NDArray[Any]":
    import numpy as np

    if orientation == 1:
        return image_HWC
    if orientation >= 5:
        image_HWC = image_HWC.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image_HWC = image_HWC[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image_HWC = image_HWC[::-1]
    return np.ascontiguousarray(image_HWC)


def _say(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:160].rstrip(".")

"""Broken, hostile and merely odd image files, made in code: what a camera, a disk or an attacker sends.

Owns the corpus and the verdict expected for each file. Refuses to hold files of more than a few hundred kB.
"""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Literal, NamedTuple

import numpy as np
from PIL import Image

Expected = Literal["refused", "admitted"]


class HostileImage(NamedTuple):
    """One file of the corpus: its name, its bytes and whether the gate must let it in."""

    name: str
    data: bytes
    expected: Expected


def hostile_images() -> Iterator[HostileImage]:
    """Yield the whole corpus; more than 40 files, the same bytes at each call."""
    for name, data in (*_not_images(), *_broken_images(), *_bombs()):
        yield HostileImage(name, data, "refused")
    for name, data in _odd_images():
        yield HostileImage(name, data, "admitted")


def plain_image(*, width: int = 64, height: int = 48, seed: int = 0) -> Image.Image:
    """Return a small picture with structure and noise."""
    rng = np.random.default_rng(seed)
    ramp = np.add.outer(np.arange(height) * 2, np.arange(width) * 2)[:, :, None] % 200
    noise = rng.integers(0, 40, (height, width, 3))
    return Image.fromarray((ramp + noise).astype(np.uint8))


def encode(image: Image.Image, format: str, **options: Any) -> bytes:
    """Return the image written as `format`."""
    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png_of_size(
    width: int, height: int, *, depth: int = 1, colour: int = 0, data: bytes | None = None
) -> bytes:
    """Return a PNG whose header says `width` x `height`; its rows are zeros unless `data` is given."""
    row = 1 + (width * depth * {0: 1, 2: 3}[colour] + 7) // 8
    body = zlib.compress(b"\0" * row * height, 9) if data is None else data
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _not_images() -> Iterator[tuple[str, bytes]]:
    image = plain_image()
    yield "empty.jpg", b""
    yield "one-byte.png", b"\x89"
    yield "text.jpg", b"This is a report, not a picture.\n" * 20
    yield "zeros.bmp", bytes(4096)
    yield "noise.png", np.random.default_rng(1).integers(0, 256, 4096, dtype=np.uint8).tobytes()
    yield "picture.gif", encode(image, "GIF")
    yield "gif-named.jpg", encode(image, "GIF")
    yield "drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "entities.svg", b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa">]><svg>&a;</svg>'
    yield "page.html", b"<!DOCTYPE html><html><img src=x onerror=alert(1)></html>"
    yield "paper.pdf", encode(image, "PDF")
    yield "icon.ico", encode(image, "ICO")
    yield "jpeg2000.jp2", b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(64)
    yield "phone.heic", b"\x00\x00\x00\x18ftypheic" + bytes(64)
    yield "vector.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\nshowpage\n"
    yield "archive.png", b"PK\x03\x04" + bytes(60)
    yield "weights.jpg", b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94."
    yield "program.jpg", b"\x7fELF\x02\x01\x01" + bytes(64)
    yield "netpbm.ppm", encode(image, "PPM")


def _broken_images() -> Iterator[tuple[str, bytes]]:
    image = plain_image(width=320, height=240)
    jpeg, png = encode(image, "JPEG"), encode(image, "PNG")
    tiff, bmp, webp = encode(image, "TIFF"), encode(image, "BMP"), encode(image, "WEBP")
    yield "jpeg-signature-only.jpg", b"\xff\xd8\xff"
    yield "jpeg-half.jpg", jpeg[: len(jpeg) // 2]
    yield "jpeg-without-end.jpg", jpeg[:-2]
    yield "jpeg-header-only.jpg", jpeg[: jpeg.find(b"\xff\xda")]
    yield "jpeg-zero-height.jpg", _with_jpeg_height(jpeg, 0)
    yield "png-half.png", png[: len(png) // 2]
    yield "png-header-only.png", png[:33]
    yield "png-wrong-checksum.png", _flip(png, len(png) // 2)
    yield "png-wrong-header-checksum.png", _flip(png, 18)
    yield "png-zero-width.png", png_of_size(0, 10, data=zlib.compress(b"\0" * 10))
    yield "png-too-few-rows.png", png_of_size(500, 500, data=zlib.compress(b"\0" * 63 * 20))
    yield "png-not-deflate.png", png_of_size(50, 50, data=b"not a deflate stream")
    yield "bmp-half.bmp", bmp[: len(bmp) // 2]
    yield "bmp-lying-header.bmp", bmp[:18] + struct.pack("<ii", 5000, 5000) + bmp[26:]
    yield "tiff-half.tif", tiff[: len(tiff) // 2]
    yield "tiff-directory-nowhere.tif", b"II*\x00" + struct.pack("<I", 0x7FFFFFFF) + bytes(64)
    yield "tiff-two-pages.tif", encode(image, "TIFF", save_all=True, append_images=[plain_image(seed=2)])
    yield "tiff-float.tif", encode(Image.fromarray(np.ones((8, 8), np.float32)), "TIFF")
    yield "webp-half.webp", webp[: len(webp) // 2]
    yield "webp-riff-only.webp", b"RIFF\x10\x00\x00\x00WEBPVP8 "
    frames = [plain_image(seed=i) for i in (3, 4)]
    yield "webp-animated.webp", encode(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    yield "png-animated.png", encode(frames[0], "PNG", save_all=True, append_images=frames[1:])


def _bombs() -> Iterator[tuple[str, bytes]]:
    yield "bomb-81-megapixels.png", png_of_size(9000, 9000)
    yield "bomb-million-squared.png", png_of_size(1_000_000, 1_000_000, data=zlib.compress(b"\0" * 1000))
    yield "bomb-65535-squared.jpg", _with_jpeg_height(encode(plain_image(), "JPEG"), 65535, width=65535)
    yield (
        "bomb-claimed.bmp",
        b"BM"
        + struct.pack("<IHHIIiiHHIIiiII", 58, 0, 0, 54, 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0)
        + bytes(4),
    )
    yield "bomb-text-chunk.png", _with_text_bomb(encode(plain_image(), "PNG"))
    yield "bomb-thousand-scans.jpg", _with_many_scans()


def _odd_images() -> Iterator[tuple[str, bytes]]:
    image = plain_image()
    jpeg, png = encode(image, "JPEG"), encode(image, "PNG")
    yield "plain.jpg", jpeg
    yield "jpeg-named.png", jpeg
    yield "jpeg-trailing-garbage.jpg", jpeg + b"\0camera firmware 1.2\0" * 40
    yield "jpeg-with-archive-behind.jpg", jpeg + b"PK\x03\x04" + bytes(200)
    yield "png-with-script-behind.png", png + b"<script>alert(1)</script>"
    yield "jpeg-cmyk.jpg", encode(image.convert("CMYK"), "JPEG")
    yield "jpeg-grey.jpg", encode(image.convert("L"), "JPEG")
    yield "jpeg-progressive.jpg", encode(image, "JPEG", progressive=True)
    yield "jpeg-broken-exif.jpg", _with_app1(jpeg, b"Exif\0\0MM\0*" + b"\xff" * 40)
    for orientation in range(1, 9):
        yield f"jpeg-orientation-{orientation}.jpg", with_orientation(image, orientation)
    yield (
        "png-16-bit.png",
        encode(Image.fromarray((np.arange(4800).reshape(60, 80) * 13).astype(np.uint16)), "PNG"),
    )
    yield "png-palette.png", encode(image.convert("P"), "PNG")
    yield "png-one-bit.png", encode(image.convert("1"), "PNG")
    yield "png-transparent.png", encode(image.convert("RGBA"), "PNG")
    yield "png-line-scan-65535x1.png", png_of_size(65535, 1, depth=8)
    yield "png-one-pixel.png", png_of_size(1, 1, depth=8)
    yield "bmp-plain.bmp", encode(image, "BMP")
    yield "tiff-directory-loop.tif", _tiff_loop()
    yield "tiff-lzw.tif", encode(image, "TIFF", compression="tiff_lzw")
    yield (
        "tiff-16-bit.tif",
        encode(Image.fromarray((np.arange(4800).reshape(60, 80) * 13).astype(np.uint16)), "TIFF"),
    )
    yield "webp-lossless.webp", encode(image, "WEBP", lossless=True)


def with_orientation(image: Image.Image, orientation: int) -> bytes:
    """Return a JPEG whose EXIF says `orientation`; the stored pixels are those of `image`."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(image, "JPEG", quality=95, exif=exif)


def _flip(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]


def _with_jpeg_height(jpeg: bytes, height: int, *, width: int | None = None) -> bytes:
    at = jpeg.find(b"\xff\xc0") + 5
    old_width = jpeg[at + 2 : at + 4]
    return (
        jpeg[:at]
        + struct.pack(">H", height)
        + (old_width if width is None else struct.pack(">H", width))
        + jpeg[at + 4 :]
    )


def _with_app1(jpeg: bytes, payload: bytes) -> bytes:
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + jpeg[2:]


def _with_text_bomb(png: bytes) -> bytes:
    bomb = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b" " * 70_000_000, 9))
    return png[:33] + bomb + png[33:]


def _with_many_scans() -> bytes:
    jpeg = encode(plain_image(), "JPEG", progressive=True)
    start, end = jpeg.rfind(b"\xff\xda"), len(jpeg) - 2
    return jpeg[:end] + jpeg[start:end] * 1000 + jpeg[end:]


def _tiff_loop() -> bytes:
    tiff = bytearray(encode(plain_image(), "TIFF"))
    directory = struct.unpack("<I", tiff[4:8])[0]
    entries = struct.unpack("<H", tiff[directory : directory + 2])[0]
    after = directory + 2 + 12 * entries
    tiff[after : after + 4] = struct.pack("<I", directory)
    return bytes(tiff)

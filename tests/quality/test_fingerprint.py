"""A file tells how it was written, and never more than that."""

import json
import threading
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from perenne.quality.decoding import admit_image, header_lock
from perenne.quality.fingerprint import Fingerprint, estimate_jpeg_quality, read_fingerprint


def picture(seed: int = 0, *, side: int = 64, grey: bool = False) -> Image.Image:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (side, side + 16, 3), dtype=np.uint8)
    return Image.fromarray(pixels[..., 0] if grey else pixels)


def encode(image: Image.Image, container: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, container, **options)
    return buffer.getvalue()


def fingerprint(data: bytes) -> Fingerprint:
    return read_fingerprint(data, admit_image(data))


@pytest.mark.parametrize("quality", [10, 30, 50, 75, 90, 95, 100])
def test_the_quality_of_a_jpeg_is_told_within_a_point(quality: int) -> None:
    seen = fingerprint(encode(picture(), "JPEG", quality=quality))
    assert abs(seen.jpeg_quality - quality) <= 1


@pytest.mark.parametrize(("option", "told"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_subsampling_and_scans_are_told(option: int, told: str) -> None:
    seen = fingerprint(encode(picture(), "JPEG", quality=90, subsampling=option, progressive=True))
    assert (seen.subsampling, seen.progressive) == (told, True)


def test_a_recompressed_file_has_another_fingerprint() -> None:
    first, second = (fingerprint(encode(picture(), "JPEG", quality=q)) for q in (90, 30))
    assert first.jpeg_tables != second.jpeg_tables and first.rate > second.rate
    assert first.size == second.size == "80x64"


def test_a_phone_is_known_by_its_metadata_and_a_place_is_not_kept() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Phone & Co", "P1\x00\n", "x" * 500
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x013B] = "A. Person"
    seen = fingerprint(encode(picture(), "JPEG", exif=exif))
    assert (seen.make, seen.model, seen.software) == ("Phone & Co", "P1", "x" * 40)
    assert (seen.orientation, seen.size) == (6, "64x80")
    assert "Person" not in seen.to_json() and len(seen.to_json()) < 500


@pytest.mark.parametrize("container", ["PNG", "BMP", "TIFF", "WEBP"])
def test_containers_without_tables_say_so(container: str) -> None:
    seen = fingerprint(encode(picture(grey=True), container))
    assert (seen.container, seen.jpeg_tables, seen.jpeg_quality) == (container, "", 0)


def test_a_colour_profile_is_noticed() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert fingerprint(encode(picture(), "JPEG", icc_profile=profile)).icc


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 999),
    container=st.sampled_from(["JPEG", "PNG", "BMP", "TIFF"]),
    side=st.integers(1, 90),
    grey=st.booleans(),
)
def test_a_fingerprint_is_the_same_each_time_and_survives_json(
    seed: int, container: str, side: int, grey: bool
) -> None:
    data = encode(picture(seed, side=side, grey=grey), container)
    seen = fingerprint(data)
    assert seen == fingerprint(data) == Fingerprint.from_json(seen.to_json())
    assert json.loads(seen.to_json())["container"] == container


def test_a_strange_record_is_refused() -> None:
    with pytest.raises(ValueError, match="expected the fields"):
        Fingerprint.from_json('{"container": "JPEG"}')


@given(table=st.lists(st.integers(1, 255), min_size=64, max_size=64))
def test_any_table_has_a_quality_between_1_and_100(table: list[int]) -> None:
    assert 1 <= estimate_jpeg_quality(table) <= 100


def test_no_header_is_read_while_another_thread_has_silenced_the_warnings() -> None:
    data = encode(picture(), "PNG")
    reading = threading.Thread(target=read_fingerprint, args=(data, admit_image(data)))
    with header_lock:
        reading.start()
        reading.join(0.1)
        assert reading.is_alive()
    reading.join()

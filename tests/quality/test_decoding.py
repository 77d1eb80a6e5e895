"""The gate admits what can be decoded whole and refuses the rest with a reason."""

import resource
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from perenne.quality import ImageRefused, admit_image, decode_admitted, decode_upright, difference_hash
from perenne.testing.hostile_images import HostileImage, encode, hostile_images, plain_image, with_orientation

CORPUS = list(hostile_images())


@pytest.mark.parametrize("case", CORPUS, ids=[case.name for case in CORPUS])
def test_every_hostile_file_meets_its_verdict(case: HostileImage) -> None:
    if case.expected == "refused":
        with pytest.raises(ImageRefused) as refusal:
            admit_image(case.data)
        assert refusal.value.reason_code and refusal.value.remedy
        assert refusal.value.to_problem()["reason_code"] == refusal.value.reason_code
    else:
        admitted, image_HWC = decode_admitted(case.data)
        assert image_HWC.dtype == np.uint8 and image_HWC.shape == (admitted.height, admitted.width, 3)


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    assert sum(case.expected == "refused" for case in CORPUS) >= 40
    assert len({case.name for case in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty.jpg", "empty"),
        ("text.jpg", "not_an_image"),
        ("picture.gif", "format_not_allowed"),
        ("jpeg-half.jpg", "truncated"),
        ("jpeg-without-end.jpg", "truncated"),
        ("bmp-half.bmp", "truncated"),
        ("png-wrong-checksum.png", "damaged"),
        ("bomb-81-megapixels.png", "too_many_pixels"),
        ("tiff-two-pages.tif", "too_many_frames"),
        ("webp-animated.webp", "too_many_frames"),
        ("bomb-thousand-scans.jpg", "too_many_scans"),
        ("tiff-float.tif", "pixels_not_supported"),
    ],
)
def test_the_reason_names_the_rule(name: str, reason: str) -> None:
    data = next(case.data for case in CORPUS if case.name == name)
    with pytest.raises(ImageRefused) as refusal:
        admit_image(data)
    assert refusal.value.reason_code == reason


def test_bombs_cost_bounded_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for case in CORPUS:
        if case.name.startswith("bomb"):
            with pytest.raises(ImageRefused):
                admit_image(case.data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(orientation: int) -> None:
    data = with_orientation(plain_image(width=40, height=24), orientation)
    with Image.open(BytesIO(data)) as stored:
        upright = np.asarray(ImageOps.exif_transpose(stored).convert("RGB")).astype(int)
    admitted, image_HWC = decode_admitted(data)
    assert (admitted.width, admitted.height) == ((40, 24) if orientation < 5 else (24, 40))
    assert admitted.orientation == orientation
    assert np.abs(upright - image_HWC).mean() < 1.5


def test_sixteen_bits_keep_black_and_white() -> None:
    ramp = np.linspace(0, 65535, 256).round().astype(np.uint16)[None].repeat(4, axis=0)
    for format in ("PNG", "TIFF"):
        admitted, image_HWC = decode_admitted(encode(Image.fromarray(ramp), format))
        assert admitted.bit_depth == 16
        assert image_HWC[0, :, 0].tolist() == list(range(256))


def test_grey_becomes_three_equal_channels_and_transparency_lies_on_black() -> None:
    grey = decode_upright(encode(plain_image().convert("L"), "PNG"))
    assert (grey[..., 0] == grey[..., 1]).all() and (grey[..., 1] == grey[..., 2]).all()
    clear = decode_upright(encode(Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG"))
    assert clear.max() == 0


def test_colours_come_out_in_the_order_red_green_blue() -> None:
    for format in ("PNG", "BMP", "TIFF"):
        image_HWC = decode_upright(encode(Image.new("RGB", (8, 8), (250, 120, 10)), format))
        assert image_HWC[4, 4].tolist() == [250, 120, 10]


def test_the_pixel_limit_is_an_argument() -> None:
    with pytest.raises(ImageRefused, match=r"64 x 48 = 0\.0 Mpx"):
        admit_image(encode(plain_image(), "PNG"), max_pixels=3000)


def test_near_duplicates_have_close_hashes_and_others_do_not() -> None:
    image = plain_image(width=160, height=120)
    one = difference_hash(np.asarray(image))
    again = difference_hash(decode_upright(encode(image, "JPEG", quality=60)))
    other = difference_hash(np.asarray(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
    assert (one ^ again).bit_count() <= 6 < (one ^ other).bit_count()

"""Near-duplicates are found through compression and noise, and different parts are not taken for them."""

from typing import Any

import cv2
import numpy as np

from perenne.hub.datasets.near_duplicates import candidate_buckets, find_near_duplicates, make_thumbnail
from perenne.quality.decoding import difference_hash


def scene(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (9, 9, 3), dtype=np.uint8)
    return cv2.resize(coarse, (320, 320), interpolation=cv2.INTER_CUBIC)


def pairs_of(images: list[Any], bits: int = 2) -> list[tuple[int, int]]:
    thumbnails = [make_thumbnail(image) for image in images]
    return find_near_duplicates(
        [difference_hash(image) for image in images],
        bits=bits,
        ties=range(len(images)),
        thumbnail=lambda index: thumbnails[index],
    )


def test_the_same_picture_compressed_again_is_found() -> None:
    picture = scene(1)
    again = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
    smaller = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA)
    assert pairs_of([picture, scene(2), again, smaller]) == [(0, 2), (0, 3)]


def test_a_part_with_a_defect_is_not_the_same_as_one_without() -> None:
    good = np.full((320, 320, 3), 120, np.uint8)
    good[:, 150:170] = 30
    defective = good.copy()
    defective[200:230, 200:230] = 250
    assert difference_hash(good) ^ difference_hash(defective) < 2**64
    assert pairs_of([good, defective], bits=3) == []


def test_images_without_a_known_hash_are_never_candidates() -> None:
    assert list(candidate_buckets([None, None, 5, 5], bits=0)) == [[2, 3]]


def test_hashes_up_to_three_bits_apart_share_a_bucket() -> None:
    far = 0b1 | (1 << 20) | (1 << 40)
    assert any(bucket == [0, 1] for bucket in candidate_buckets([0, far], bits=3))
    assert not list(candidate_buckets([0, far], bits=0))


def test_what_is_tied_already_is_not_compared() -> None:
    asked: list[int] = []
    found = find_near_duplicates([7, 7], bits=0, ties=[0, 0], thumbnail=lambda index: asked.append(index))
    assert found == [] and asked == []

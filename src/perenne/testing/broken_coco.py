"""Broken COCO files, made in code: what exports, hand edits and merges really produce.

Owns a small good set, its broken variants and the finding expected of each. Refuses to hold real images:
they are small noise of a fixed seed.
"""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from perenne.testing.hostile_images import encode, plain_image

WIDTH, HEIGHT = 64, 48
Content = dict[str, Any]


class BrokenCoco(NamedTuple):
    """One broken file: its name, its bytes, and the code of what must be found.

    `unreadable` files are refused whole. Otherwise `code` is found, and the first image is delivered without
    its truth when `costs_truth`, not at all when `costs_image`, and with it when neither.
    """

    name: str
    data: bytes
    code: str
    unreadable: bool = False
    costs_truth: bool = False
    costs_image: bool = False


def write_images(folder: Path) -> None:
    """Write the three images of the set below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in (1, 2, 3):
        picture = plain_image(width=WIDTH, height=HEIGHT, seed=number)
        (folder / f"{number}.jpg").write_bytes(encode(picture, "JPEG", quality=90))


def good_coco() -> Content:
    """Return a good set: image 1 with two boxes, image 2 with one, image 3 with none."""
    boxes = [(1, 1, [4, 5, 10, 12], 1), (2, 1, [20.5, 8, 6, 6.5], 2), (3, 2, [0, 0, 64, 48], 1)]
    return {
        "images": [
            {"id": n, "file_name": f"{n}.jpg", "width": WIDTH, "height": HEIGHT, "board": f"b{n}"}
            for n in (1, 2, 3)
        ],
        "annotations": [
            {"id": n, "image_id": image, "bbox": bbox, "category_id": category, "iscrowd": 0}
            for n, image, bbox, category in boxes
        ],
        "categories": [{"id": 1, "name": "scratch"}, {"id": 2, "name": "dent"}],
    }


def broken_coco_files() -> Iterator[BrokenCoco]:
    """Yield more than 25 broken variants of the good set."""
    yield from _unreadable()
    for name, code, change in _BROKEN_TRUTHS:
        yield BrokenCoco(name, _changed(change), code, costs_truth=True)
    for name, code, change in _BROKEN_IMAGES:
        yield BrokenCoco(name, _changed(change), code, costs_image=True)
    for name, code, change in _HARMLESS:
        yield BrokenCoco(name, _changed(change), code)


def _unreadable() -> Iterator[BrokenCoco]:
    whole = json.dumps(good_coco())
    results = [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.9}]
    variants: list[tuple[str, bytes]] = [
        ("empty", b""),
        ("cut-off", whole[: len(whole) // 2].encode()),
        ("binary", b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
        ("latin-1", whole.replace("scratch", "rayé").encode("latin-1")),
        ("too-deep", b"[" * 100_000),
        ("a-number", b"42"),
        ("results-file", json.dumps(results).encode()),
        ("no-categories", _changed(lambda c: c.pop("categories"))),
        ("images-is-a-dict", _changed(lambda c: c.update(images={"1": {}}))),
        ("annotations-with-scores", _changed(lambda c: c["annotations"][0].update(score=0.5))),
    ]
    for name, data in variants:
        yield BrokenCoco(name, data, "unreadable-set", unreadable=True)


def _changed(change: Callable[[Content], object]) -> bytes:
    content = copy.deepcopy(good_coco())
    change(content)
    return json.dumps(content).encode()


def _box(value: object) -> Callable[[Content], object]:
    return lambda content: content["annotations"][0].update(bbox=value)


def _image(**fields: object) -> Callable[[Content], object]:
    return lambda content: content["images"][0].update(fields)


_BROKEN_TRUTHS: list[tuple[str, str, Callable[[Content], object]]] = [
    ("unknown-category", "unknown-category", lambda c: c["annotations"][0].update(category_id=99)),
    ("category-is-null", "unknown-category", lambda c: c["annotations"][0].update(category_id=None)),
    ("category-without-name", "unknown-category", lambda c: c["categories"][0].pop("name")),
    ("box-outside", "box-outside", _box([50, 5, 30, 10])),
    ("box-far-outside", "box-outside", _box([900, 900, 10, 10])),
    ("box-without-width", "box-without-area", _box([4, 5, 0, 12])),
    ("box-with-negative-height", "box-without-area", _box([4, 5, 10, -12])),
    ("box-with-nan", "box-not-numeric", _box([4, float("nan"), 10, 12])),
    ("box-with-infinity", "box-not-numeric", _box([4, 5, float("inf"), 12])),
    ("box-with-huge-number", "box-not-numeric", _box([4, 5, 10**400, 12])),
    ("box-with-text", "box-not-numeric", _box(["4", 5, 10, 12])),
    ("box-with-booleans", "box-not-numeric", _box([True, 5, 10, 12])),
    ("box-of-three", "box-malformed", _box([4, 5, 10])),
    ("box-is-a-dict", "box-malformed", _box({"x": 4})),
    ("no-box-at-all", "box-missing", lambda c: c["annotations"][0].pop("bbox")),
    (
        "mask-only",
        "mask-without-box",
        lambda c: c["annotations"][0].update(bbox=None, segmentation={"counts": [3], "size": [48, 64]}),
    ),
    ("size-mismatch", "size-mismatch", _image(width=128, height=96)),
    ("duplicate-image-id", "duplicate-image-id", lambda c: c["images"][1].update(id=1)),
    ("image-listed-twice", "image-listed-twice", lambda c: c["images"][1].update(file_name="1.jpg")),
    (
        "duplicate-category-id",
        "duplicate-category-id",
        lambda c: (c["categories"][1].update(id=1), c["annotations"][0].update(category_id=2)),
    ),
]
_BROKEN_IMAGES: list[tuple[str, str, Callable[[Content], object]]] = [
    ("missing-file", "missing-file", _image(file_name="gone.jpg")),
    ("parent-folder", "file-name-refused", _image(file_name="../1.jpg")),
    ("parent-folder-windows", "file-name-refused", _image(file_name="..\\..\\1.jpg")),
    ("absolute-name", "file-name-refused", _image(file_name="/etc/passwd")),
    ("drive-letter", "file-name-refused", _image(file_name="C:\\images\\1.jpg")),
    ("address-as-name", "file-name-refused", _image(file_name="http://example.com/1.jpg")),
    ("nul-in-name", "file-name-refused", _image(file_name="1.jpg\0.png")),
    ("name-is-a-number", "file-name-refused", _image(file_name=17)),
    ("very-long-name", "file-name-refused", _image(file_name="a" * 5000)),
    ("image-without-id", "image-malformed", lambda c: c["images"][0].pop("id")),
    ("image-is-a-text", "image-malformed", lambda c: c["images"].__setitem__(0, "1.jpg")),
]
_HARMLESS: list[tuple[str, str, Callable[[Content], object]]] = [
    (
        "annotation-without-image",
        "annotation-without-image",
        lambda c: c["annotations"].append({"id": 9, "image_id": 77, "bbox": [1, 1, 2, 2], "category_id": 1}),
    ),
    ("annotation-is-a-text", "annotation-without-image", lambda c: c["annotations"].append("box")),
    (
        "annotation-twice",
        "duplicate-annotation-id",
        lambda c: c["annotations"].append(copy.deepcopy(c["annotations"][0])),
    ),
    ("category-id-zero", "category-id-zero", lambda c: c["categories"].append({"id": 0, "name": "stain"})),
    ("same-class-twice", "duplicate-class", lambda c: c["categories"].append({"id": 3, "name": "dent"})),
    ("crowd", "crowd-as-one-box", lambda c: c["annotations"][0].update(iscrowd=1)),
    ("one-pixel-over", "box-clipped", _box([54, 5, 10.8, 10])),
    ("without-size", "size-not-given", _image(width=None, height=None)),
    (
        "polygon-only",
        "box-from-polygon",
        lambda c: c["annotations"][0].update(bbox=[], segmentation=[[4, 5, 14, 5, 14, 17, 4, 17]]),
    ),
]

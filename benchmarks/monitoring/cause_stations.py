"""The stations where the benchmark of causes brings its incidents about: public data in two halves.

Owns which piece is whose: `tune` is the half that limits and chances are chosen on, `report` the half that is
told. Refuses to let a piece be in both.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from material import list_cells
from numpy.typing import NDArray

from perenne.quality.decoding import decode_upright
from perenne.testing.causes import Piece, Stock

Pixels = NDArray[np.uint8]
STATIONS = ("elpv_mono", "elpv_poly", "magnetic_tile", "deeppcb")
NEW_TILES = ("MT_Break", "MT_Fray")
OTHER_BOARDS = ("00041", "44000", "50600", "77000")
NEW_ON_BOARDS, DOUBTFUL_ON_BOARDS = {"copper"}, {"mousebite", "spur"}
BOARDS = 400


def find_stock(name: str, *, data: Path, part: str) -> Stock | str:
    """Return the pieces of a station in this part, or why there are none."""
    if name in ("magnetic_tile", "deeppcb") and not (data / name).is_dir():
        return f"{data / name} is not there"
    if name == "deeppcb":
        return _find_boards(data / name, part=part)
    cells = _find_cells(part)
    if name == "magnetic_tile":
        return _find_tiles(data, other=cells["mono"][150:250], part=part)
    own, other = ("mono", "poly") if name == "elpv_mono" else ("poly", "mono")
    return Stock(cells[own], other=cells[other][:150])


def shrink_stock(stock: Stock, *, side: int) -> Stock:
    """Return the same pieces as small squares."""
    small = [
        [replace(piece, image=_fit(piece.image, side, side)) for piece in pieces]
        for pieces in (stock.own, stock.other, stock.novel)
    ]
    return Stock(*small)


def _find_cells(part: str) -> dict[str, list[Piece]]:
    images, probabilities, kinds = list_cells()
    cells: dict[str, list[Piece]] = {"mono": [], "poly": []}
    for at in np.flatnonzero(_in_part(len(images), part=part)):
        piece = Piece(
            images[int(at)], bool(probabilities[at] > 0.5), doubtful=bool(0.2 < probabilities[at] < 0.5)
        )
        cells[str(kinds[at])].append(piece)
    return cells


def _in_part(n: int, *, part: str) -> NDArray[np.bool_]:
    odd: NDArray[np.bool_] = np.random.default_rng(5).permutation(n) % 2 == (part == "report")
    return odd


def _find_tiles(data: Path, *, other: list[Piece], part: str) -> Stock:
    """Return the tiles of three exposures at one size; two classes of defect were never seen."""
    paths = sorted((data / "magnetic_tile").glob("MT_*/exp*.jpg"))
    own: list[Piece] = []
    novel: list[Piece] = []
    for at in np.flatnonzero(_in_part(len(paths), part=part)):
        name = paths[at].parent.name
        image = _fit(decode_upright(paths[at].read_bytes()), 256, 320)
        piece = Piece(image, name != "MT_Free", doubtful=name == "MT_Uneven")
        (novel if name in NEW_TILES else own).append(piece)
    return Stock(own, other=[replace(cell, image=_fit(cell.image, 256, 320)) for cell in other], novel=novel)


def _find_boards(folder: Path, *, part: str) -> Stock:
    """Return quarters of printed circuits; copper was never seen, other boards are the other product."""
    told = json.loads((folder / "annotations.coco.json").read_text(encoding="utf-8"))
    names = {one["id"]: one["name"] for one in told["categories"]}
    boxes: dict[int, list[tuple[str, list[float]]]] = {}
    for one in told["annotations"]:
        boxes.setdefault(one["image_id"], []).append((names[one["category_id"]], one["bbox"]))
    images = [told["images"][at] for at in np.flatnonzero(_in_part(len(told["images"]), part=part))]
    own, other, novel = [], [], []
    for image in images[:BOARDS]:
        for piece, seen in _cut(folder, image["file_name"], boxes.get(image["id"], [])):
            if image["board"] in OTHER_BOARDS:
                other.append(piece)
            elif NEW_ON_BOARDS & seen:
                novel += [piece] if seen == NEW_ON_BOARDS else []
            else:
                own.append(piece)
    return Stock(own, other=other[:150], novel=novel)


def _cut(folder: Path, name: str, boxes: list[tuple[str, list[float]]]) -> Iterator[tuple[Piece, set[str]]]:
    """Return two quarters of a faulty board and two of the same board without faults, with what is seen."""
    faulty = decode_upright((folder / "images" / name).read_bytes())
    good = decode_upright((folder / "templates" / name).read_bytes())
    for top, left in ((0, 0), (320, 320)):
        seen = {
            kind
            for kind, (x, y, width, height) in boxes
            if top < y + height / 2 < top + 320 and left < x + width / 2 < left + 320
        }
        if seen:
            yield Piece(_quarter(faulty, top, left), True, doubtful=seen <= DOUBTFUL_ON_BOARDS), seen
    for top, left in ((0, 320), (320, 0)):
        yield Piece(_quarter(good, top, left), False), set()


def _quarter(image: Pixels, top: int, left: int) -> Pixels:
    return np.ascontiguousarray(image[top : top + 320, left : left + 320])


def _fit(image: Pixels, width: int, height: int) -> Pixels:
    """Return the image at the size that a station's camera has."""
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)

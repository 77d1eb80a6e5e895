"""The images of a hub with plenty: pictures, thumbnails, truths, and what the versions said of them."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import insert

from perenne.hub.images.gallery import PREDICTION
from perenne.hub.images.rules import classes_in, encode_small, signed_64
from perenne.hub.images.tables import ImageClassRow, ImageRow, ImageSignalRow
from perenne.hub.images.thumbnails import thumbnail_path
from perenne.hub.predictions.rules import outline
from perenne.hub.predictions.tables import PredictionRow
from perenne.hub.review.tables import GroundTruthRow
from perenne.kit.hashing import sha256_hex
from perenne.monitoring import pack_embedding
from perenne.problems import PROBLEMS, BoxesTarget
from perenne.quality.decoding import decode_upright, difference_hash
from perenne.testing.boards import DEFECTS, HEIGHT, WIDTH, draw_board, with_comment
from perenne.testing.plenty_measured import (
    CLEAN,
    STORIES,
    Look,
    is_measured,
    look_at,
    measure_looks,
    measured_row,
    predicted_signals,
)
from perenne.testing.plenty_performance import draw_of

if TYPE_CHECKING:
    from perenne.testing.plenty import Ground, Place

CHUNK = 5_000
DAYS = 30
FEW = 20_000
"""A hub of fewer images has no station with enough of them to be watched, unless one is busy."""
BUSY, BUSY_LOT, BUSY_BEFORE, BUSY_SINCE = 4, 4, 260, 120
SIDE = 256
GOOD_SHARE = 0.6
THRESHOLDS = {"score": 0.5, "unsure_from": 0.4}
STEPS = {"decode": 1.6, "preprocess": 0.9, "inference": 2.5, "postprocess": 0.1, "record": 1.8}
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True)
class Picture:
    """A drawn board, its defects, its small copy, its difference hash and what it measures."""

    data: bytes
    boxes: list[dict[str, Any]]
    small: Path
    hash: int
    looks: dict[str, Look]


def add_images(ground: "Ground") -> None:
    """The images are there, oldest first, with the truth of some."""
    pictures = _draw_pictures(ground)
    for rows in _in_chunks(_images(ground, pictures)):
        shown = [row.pop("shown") for row in rows]
        classes: list[dict[str, Any]] = []
        truths, predictions, measured = [], [], []
        for row, picture in zip(rows, shown, strict=True):
            boxes = picture.boxes
            if row["has_truth"]:
                truths.append(_truth(ground, row, {"boxes": boxes}))
                classes += _classes(row, ground.schema_id, classes_in({"boxes": boxes}))
            if row["station_id"] is not None and row["kind"] == "capture":
                predictions.append(_predict(ground, row, {"boxes": boxes}))
                measured += _measure(ground, row, picture, predictions[-1])
                said = outline(predictions[-1]["target"], thresholds=THRESHOLDS)
                row["last_decision"], row["last_score"] = predictions[-1]["decision"], said.score
                row["last_model_id"] = predictions[-1]["model_version_id"]
                classes += _classes(row, PREDICTION, said.classes)
        filled = ((ImageRow, rows), (GroundTruthRow, truths), (PredictionRow, predictions))
        told = ((ImageSignalRow, measured), (ImageClassRow, classes))
        with ground.hub.database.transaction() as session:
            for table, values in (*filled, *told):
                if values:
                    session.execute(insert(table), values)


def _measure(
    ground: "Ground", row: dict[str, Any], picture: Picture, prediction: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the row of what was measured, and note on the prediction what is watched of it."""
    place = next(place for place in ground.places if place.id == row["site_id"])
    prediction["embedding"], prediction["signals"] = None, {}
    if not is_measured(place, at=row["taken_at"]):
        return []
    name = look_at(ground, place, row)
    look = picture.looks[name]
    drawn = look.embedding + ground.rng.normal(0, 0.3, len(look.embedding))
    prediction["embedding"] = pack_embedding(drawn)
    prediction["signals"] = predicted_signals(prediction["target"], thresholds=THRESHOLDS)
    return [measured_row(ground, row, look, flawed=name != CLEAN)]


def id_at(prefix: str, at: datetime, number: int) -> str:
    """Return an id as it would have been made at that moment; ids of one moment differ by their number."""
    value = (int(at.timestamp() * 1000) << 80) | (0x7 << 76) | (0x2 << 62) | (number & ((1 << 60) - 1))
    return f"{prefix}_" + "".join(_DIGITS[(value >> shift) & 31] for shift in range(125, -1, -5))


def say_boxes(truth: Mapping[str, Any], *, goodness: float, rng: np.random.Generator) -> dict[str, Any]:
    """Return what a detector of this goodness (0..1) says of an image: hits, misses and false boxes."""
    said = []
    for box in truth["boxes"]:
        if rng.random() < goodness:
            shift = rng.normal(0, 1.2, 4)
            corners = [round(float(v + d), 1) for v, d in zip(box["box"], shift, strict=True)]
            said.append({"box": corners, "class": box["class"], "score": _score(rng, 8, 1.6)})
        elif rng.random() < 0.5:
            said.append({"box": list(box["box"]), "class": box["class"], "score": _score(rng, 2, 6)})
    for _ in range(rng.poisson((1 - goodness) * 0.35)):
        x, y = (float(v) for v in rng.integers((20, 20), (WIDTH - 60, HEIGHT - 60)))
        name = DEFECTS[int(rng.integers(len(DEFECTS)))]
        said.append({"box": [x, y, x + 20, y + 20], "class": name, "score": _score(rng, 3, 4)})
    return {"boxes": said}


def _score(rng: np.random.Generator, a: float, b: float) -> float:
    return round(float(np.clip(rng.beta(a, b), 0.02, 0.999)), 4)


def _draw_pictures(ground: "Ground") -> list[Picture]:
    found = []
    for n in range(ground.amount.pictures):
        good = n * 7 % 10 < GOOD_SHARE * 10
        data, boxes = draw_board(ground.amount.seed * 1000 + n, defects=0 if good else 1 + n % 4)
        pixels_HWC = decode_upright(data)
        path = _small_path(ground, f"{n:064x}").with_name(f"picture-{n}.jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_small(pixels_HWC, side=SIDE))
        looks = measure_looks(data, number=n, seed=ground.amount.seed)
        found.append(Picture(data, boxes, path, signed_64(difference_hash(pixels_HWC)), looks))
    return found


def _images(ground: "Ground", pictures: list[Picture]) -> Iterator[dict[str, Any]]:
    amount, rng = ground.amount, ground.rng
    weights = rng.dirichlet(np.full(max(1, len(ground.places) - 1), 3.0))
    chosen = rng.choice(len(weights), size=amount.images, p=weights)
    every = max(1, amount.images // max(1, amount.truths))
    order = rng.permutation(len(pictures))
    for n in range(amount.images):
        picture = pictures[order[n % len(order)]]
        age = timedelta(days=DAYS) * (1 - (n + 1) / amount.images) ** 1.5
        row = _image(ground, n, ground.places[chosen[n]], picture, at=ground.now - age)
        row["shown"] = picture
        row["has_truth"] = n % every == 0 and row["kind"] == "capture"
        if n >= amount.images - amount.whole:
            data = with_comment(picture.data, f"plenty {n}")
            row["sha256"] = ground.hub.blobs.put(data, organisation_id=row["organisation_id"])
        else:
            _share(picture.small, _small_path(ground, row["sha256"]))
        yield row
    if amount.images < FEW:
        yield from _busy_images(ground, pictures)


def _busy_images(ground: "Ground", pictures: list[Picture]) -> Iterator[dict[str, Any]]:
    """In a small hub one station is busy: enough of one product for a reference, and for its story to show.

    Images since the change have bytes of their own: an incident shows them.
    """
    if len(ground.places) <= BUSY:
        return
    place, story = ground.places[BUSY], STORIES[BUSY]
    station, line = place.stations[story.station]
    change = ground.now - story.lasts
    begin = max(max(one.at for one in place.deployed), ground.now - timedelta(days=DAYS))
    for n in range(BUSY_BEFORE + BUSY_SINCE):
        since, part = (n - BUSY_BEFORE) / BUSY_SINCE, (n + 1) / (BUSY_BEFORE + 1)
        at = change + story.lasts * (0.02 + 0.9 * since) if since >= 0 else begin + (change - begin) * part
        number = ground.amount.images + n
        picture = pictures[(7 * n) % len(pictures)]
        row = _image(ground, number, place, picture, at=at)
        row |= {"kind": "capture", "station_id": station, "line_id": line}
        row |= {"product_id": ground.products[0], "batch_id": f"D-{n // BUSY_LOT:04d}"}
        row |= {"shown": picture, "has_truth": False}
        if since >= 0:
            data = with_comment(picture.data, f"busy {n}")
            row["sha256"] = ground.hub.blobs.put(data, organisation_id=row["organisation_id"])
        else:
            _share(picture.small, _small_path(ground, row["sha256"]))
        yield row


def _image(ground: "Ground", n: int, place: "Place", picture: Picture, *, at: datetime) -> dict[str, Any]:
    kind = "reference" if n % 97 == 5 else "capture"
    station, line = place.stations[n % 2] if n % 12 else (None, None)
    return {
        "id": id_at("img", at, n),
        "organisation_id": ground.actor.organisation_id,
        "created_at": at,
        "sha256": sha256_hex(f"plenty {ground.amount.seed} {n}".encode()),
        "kind": kind,
        "format": "JPEG",
        "width": WIDTH,
        "height": HEIGHT,
        "orientation": 1,
        "bytes": len(picture.data),
        "site_id": place.id,
        "line_id": line,
        "station_id": station,
        "product_id": _product(ground, n, place),
        "captured_at": at,
        "received_at": at + timedelta(seconds=0.2),
        "taken_at": at,
        "camera": f"CAM-{n % 2 + 1}",
        "part_id": f"P-{n:06d}",
        "batch_id": f"B-{n // 40:05d}",
        "group_key": f"panel-{n // 4:06d}",
        "external_id": None,
        "file_name": f"panel-{n // 4:06d}_{n % 4}.jpg",
        "context": {"exposure_us": 1800 + n % 5 * 40, "lot": f"L{n // 400:04d}"},
        "difference_hash": picture.hash,
        "reference_image_id": None,
        "last_decision": None,
        "last_score": None,
        "last_model_id": None,
    }


def _product(ground: "Ground", n: int, place: "Place") -> str:
    """Return what was in front of the camera: each station makes one product, and now and then another."""
    main = ground.places.index(place) + n % 2
    return ground.products[(main + (n % 9 == 0)) % len(ground.products)]


def _truth(ground: "Ground", row: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    at = row["received_at"] + timedelta(hours=3)
    return {
        "id": id_at("gts", at, int(row["part_id"][2:])),
        "organisation_id": row["organisation_id"],
        "created_at": at,
        "image_id": row["id"],
        "part_id": row["part_id"],
        "site_id": row["site_id"],
        "schema_id": ground.schema_id,
        "target": target,
        "source": "api",
        "given_by": "Claire Martin",
        "given_at": at,
        "superseded_by": None,
        **draw_of(int(row["part_id"][2:]), amount=ground.amount),
    }


def _classes(row: Mapping[str, Any], origin: str, names: Iterable[str]) -> list[dict[str, Any]]:
    same = {"image_id": row["id"], "origin": origin, "organisation_id": row["organisation_id"]}
    return [{**same, "name": name} for name in sorted(names)]


def _predict(ground: "Ground", row: dict[str, Any], truth: dict[str, Any]) -> dict[str, Any]:
    """Return what the version deployed at the image's site at that time said of it."""
    place = next(place for place in ground.places if place.id == row["site_id"])
    deployed = max((one for one in place.deployed if one.at <= row["taken_at"]), key=lambda one: one.at)
    goodness = goodness_at(place, deployed.version, versions=ground.amount.versions)
    target = say_boxes(truth, goodness=goodness, rng=ground.rng)
    decision = PROBLEMS.get("detection").decide(_as_boxes(target), THRESHOLDS)
    steps = {name: round(float(ground.rng.lognormal(mean, 0.25)), 3) for name, mean in STEPS.items()}
    return {
        "id": id_at("ins", row["received_at"], int(row["part_id"][2:])),
        "organisation_id": row["organisation_id"],
        "created_at": row["received_at"],
        "site_id": row["site_id"],
        "station_id": row["station_id"],
        "image_id": row["id"],
        "reference_image_id": None,
        "model_version_id": ground.models[deployed.version],
        "deployment_id": deployed.id,
        "target": target,
        "decision": decision,
        "thresholds": THRESHOLDS,
        "latency_ms": {**steps, "total": round(sum(steps.values()), 3)},
        "at": row["received_at"],
    }


def goodness_at(place: "Place", version: int, *, versions: int) -> float:
    """Return how good a version (0 is the first) is at a site: later ones are better, unevenly."""
    learnt = (version + 1) / versions
    wobble = 0.03 * np.sin(version * 2.1 + place.goodness * 40)
    return float(np.clip(place.goodness * (0.72 + 0.28 * learnt) + wobble, 0.2, 0.99))


def _as_boxes(target: Mapping[str, Any]) -> BoxesTarget:
    parsed = PROBLEMS.get("detection").parse_prediction(target, DEFECTS)
    assert isinstance(parsed, BoxesTarget)
    return parsed


def _small_path(ground: "Ground", sha256: str) -> Path:
    data, organisation_id = ground.hub.settings.data, ground.actor.organisation_id
    return thumbnail_path(data, organisation_id=organisation_id, sha256=sha256, side=SIDE)


def _share(picture: Path, path: Path) -> None:
    """Another name for the same small file: a hundred thousand take no more room than a few."""
    path.parent.mkdir(exist_ok=True)
    try:
        os.link(picture, path)
    except OSError:
        shutil.copyfile(picture, path)


def _in_chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk

"""COCO, written: labelled boxes as one JSON file, with the state of every image and a report of what is lost.

Owns the writing. Keeps the three states apart in the image field `perenne_state`, which `read_coco` obeys,
and writes the report of what is lost into the file's `info`.
Refuses targets other than boxes, and classes that are not in the given list.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from perenne.formats.exported import ExportedImage, LossReport, write_whole
from perenne.formats.items import UnreadableSet

_FIRST_ID = 1
"""Ids start at 1: some tools read category 0 as "no class"."""


def write_coco(
    path: Path,
    images: Iterable[ExportedImage],
    *,
    classes: Sequence[str],
    about: Mapping[str, Any] | None = None,
) -> LossReport:
    """Return the loss report after the file is written, whole or not at all.

    Raises: UnreadableSet for a target without boxes or a class that is not in `classes`.
    """
    ids = {name: number for number, name in enumerate(classes, _FIRST_ID)}
    content: dict[str, Any] = {
        "info": {**(about or {})},
        "images": [],
        "annotations": [],
        "categories": [{"id": number, "name": name} for name, number in ids.items()],
    }
    states = {"annotated": 0, "empty": 0, "not-seen": 0}
    lost: dict[str, int] = {}
    for number, image in enumerate(images, _FIRST_ID):
        boxes = _boxes(image)
        state = "not-seen" if boxes is None else "annotated" if boxes else "empty"
        states[state] += 1
        own = {"id": number, "file_name": image.file_name, "width": image.width, "height": image.height}
        content["images"].append({**image.fields, **own, "perenne_state": state})
        for box in boxes or []:
            identity = len(content["annotations"]) + _FIRST_ID
            content["annotations"].append(_annotation(box, ids, identity, number, image.file_name))
        for thing in image.not_representable:
            lost[thing] = lost.get(thing, 0) + 1
    loss = LossReport(
        images=len(content["images"]),
        annotations=len(content["annotations"]),
        seen_empty=states["empty"],
        not_seen=states["not-seen"],
        lost=lost,
    )
    content["info"]["perenne_loss"] = loss.to_json()
    text = json.dumps(content, allow_nan=False)
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))
    return loss


def _boxes(image: ExportedImage) -> list[Mapping[str, Any]] | None:
    if image.target is None:
        return None
    if "boxes" not in image.target:
        raise UnreadableSet(
            f"'{image.file_name}' has {', '.join(image.target)} instead of boxes.",
            remedy="COCO holds boxes; export classes and values as CSV.",
        )
    return list(image.target["boxes"])


def _annotation(
    box: Mapping[str, Any], ids: Mapping[str, int], identity: int, image_id: int, file_name: str
) -> dict[str, Any]:
    if box["class"] not in ids:
        raise UnreadableSet(
            f"'{file_name}' has the class '{box['class']}', which is not among {', '.join(ids)}.",
            remedy="Add it to the classes to export.",
        )
    x1, y1, x2, y2 = box["box"]
    width, height = x2 - x1, y2 - y1
    return {
        "id": identity,
        "image_id": image_id,
        "category_id": ids[box["class"]],
        "bbox": [x1, y1, width, height],
        "area": width * height,
        "iscrowd": 0,
        "segmentation": [],
    }

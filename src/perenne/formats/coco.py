"""COCO: labelled boxes from one JSON file, with every trap of the format said instead of stepped into.

Owns the reading. An image with one wrong annotation is delivered without its truth, because a missing box
would say "no defect here". Refuses results files (predictions are not truth) and never takes an image
without annotations for a good one unless the user, or the file's own `perenne_state`, says so.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perenne.formats.coco_boxes import BoxRefused, Frame, box_of, is_number
from perenne.formats.coco_file import find_coco_file, load_coco
from perenne.formats.context import ContextReader
from perenne.formats.finish import finish_items
from perenne.formats.folders import (
    Header,
    ImageFolder,
    NameRefused,
    find_image,
    find_reference,
    image_folder,
    read_header,
    reference_folder,
)
from perenne.formats.items import ImportReport, LabelledItem, LabelledSet, ReadOptions

_STATES = ("not-seen", "empty", "annotated")
_OWN_FIELDS = {"id", "file_name", "width", "height", "license", "flickr_url", "coco_url", "date_captured"}
_ADJUSTED = {
    "box-from-polygon": ("have no bbox; the bounds of their polygon were taken", "Check a few of them."),
    "box-clipped": ("reached at most 1 px out of the image and were clipped", "Nothing to do."),
    "crowd-as-one-box": ("are crowd regions, one box each", "Split them where they hold several objects."),
    "polygon-not-kept": ("have an outline; only the box is imported", "Nothing to do for detection."),
}


@dataclass
class _Reading:
    """What one reading carries from step to step."""

    options: ReadOptions
    report: ImportReport
    folder: ImageFolder
    references: ImageFolder | None
    context: ContextReader
    classes: dict[Any, str] = field(default_factory=dict)
    adjusted: Counter[str] = field(default_factory=Counter)
    unlabelled: int = 0


def read_coco(path: Path, options: ReadOptions | None = None) -> LabelledSet:
    """Return the images and boxes of a COCO file (or of a folder that holds exactly one).

    Raises: UnreadableSet when the file as a whole cannot be used.
    """
    options = options or ReadOptions()
    path = find_coco_file(path)
    content = load_coco(path)
    report = ImportReport(format="coco", source=str(path), problem="detection")
    reading = _Reading(
        options=options,
        report=report,
        folder=image_folder(options.images, beside=path.parent),
        references=reference_folder(options.references),
        context=ContextReader(options, report),
    )
    _read_categories(content["categories"], reading)
    report.classes = list(dict.fromkeys(reading.classes.values()))
    images = _read_images(content["images"], reading)
    annotations = _by_image(content["annotations"], images, reading)
    items = _items(images, annotations, reading)
    _say_adjusted(reading)
    return LabelledSet(finish_items(items, report), report)


def _read_categories(categories: list[Any], reading: _Reading) -> None:
    report, class_map = reading.report, reading.options.class_map
    for position, category in enumerate(categories):
        where = f"categories[{position}]"
        ok = isinstance(category, dict) and isinstance(category.get("name"), str) and category["name"].strip()
        if not ok or not _is_id(category.get("id")):
            report.error(
                "category-malformed", where, f"{category!r:.80} has no usable id and name.",
                "Give each category an id (integer) and a name.",
            )  # fmt: skip
            continue
        identity, name = category["id"], category["name"].strip()
        if identity in reading.classes:
            report.error(
                "duplicate-category-id", where, f"id {identity} is used twice; '{name}' is not taken.",
                "Give each category an id of its own.",
            )  # fmt: skip
            continue
        if identity == 0:
            report.warn(
                "category-id-zero", where, f"'{name}' has id 0, which some tools read as 'no class'.",
                "It is imported as any other class.",
            )  # fmt: skip
        if class_map is not None and name not in class_map:
            report.warn("class-not-mapped", where, f"'{name}' is not in the class map.", "Add it if needed.")
            continue
        renamed = name if class_map is None else class_map[name]
        if renamed in reading.classes.values() and class_map is None:
            report.warn("duplicate-class", where, f"'{name}' appears twice: one class.", "Nothing to do.")
        reading.classes[identity] = renamed


def _read_images(images: list[Any], reading: _Reading) -> dict[Any, dict[str, Any]]:
    """Return the entries with a usable id, those named or numbered twice marked as `_ambiguous`."""
    report = reading.report
    entries: dict[Any, dict[str, Any]] = {}
    by_name: dict[str, dict[str, Any]] = {}
    report.listed = len(images)
    for position, image in enumerate(images):
        where = f"images[{position}]"
        if not isinstance(image, dict) or not _is_id(image.get("id")) or "file_name" not in image:
            report.left_out += 1
            report.error(
                "image-malformed", where, f"{image!r:.80} has no usable id and file_name.",
                "Give each image an id and a file_name.",
            )  # fmt: skip
            continue
        twin = entries.get(image["id"]) or by_name.get(str(image["file_name"]))
        if twin is not None:
            twin["_ambiguous"] = True
            entries.setdefault(image["id"], twin)
            report.left_out += 1
            code = "duplicate-image-id" if twin["id"] == image["id"] else "image-listed-twice"
            report.error(
                code, where, f"id {image['id']}, '{image['file_name']}' repeats '{twin['file_name']}'.",
                "List each image once; the truth of the first one is left out.",
            )  # fmt: skip
            continue
        entry = dict(image)
        entries[image["id"]] = by_name[str(image["file_name"])] = entry
    return entries


def _by_image(
    annotations: list[Any], images: dict[Any, dict[str, Any]], reading: _Reading
) -> dict[Any, list[tuple[int, dict[str, Any]]]]:
    """Return the annotations of each image, repeated ones once."""
    report = reading.report
    found: dict[Any, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    seen: dict[Any, dict[str, Any]] = {}
    for position, annotation in enumerate(annotations):
        where = f"annotations[{position}]"
        image_id = annotation.get("image_id") if isinstance(annotation, dict) else None
        if not _is_id(image_id) or image_id not in images:
            report.error(
                "annotation-without-image", where, f"its image_id {image_id!r:.60} is not among the images.",
                "List the image, or take the annotation out.",
            )  # fmt: skip
            continue
        identity = annotation.get("id")
        if _is_id(identity) and identity in seen:
            same = seen[identity] == annotation
            report.warn(
                "duplicate-annotation-id", where, f"id {identity} is used twice"
                f"{' for the very same annotation, taken once' if same else '; both are taken'}.",
                "Give each annotation an id of its own.",
            )  # fmt: skip
            if same:
                continue
        if _is_id(identity):
            seen[identity] = annotation
        found[images[image_id]["id"]].append((position, annotation))
    return found


def _items(
    images: dict[Any, dict[str, Any]],
    annotations: dict[Any, list[tuple[int, dict[str, Any]]]],
    reading: _Reading,
) -> list[LabelledItem]:
    items = []
    for identity, image in images.items():
        if image["id"] != identity:
            continue
        item = _item(image, annotations.get(identity, []), reading)
        if item is None:
            reading.report.left_out += 1
        else:
            items.append(item)
    return items


def _item(
    image: dict[str, Any], annotations: list[tuple[int, dict[str, Any]]], reading: _Reading
) -> LabelledItem | None:
    """Return the image with its truth, without it when a part is wrong, None when the file is unusable."""
    report = reading.report
    where = f"image {image['id']} ({str(image['file_name'])[:80]})"
    found = find_image(reading.folder, image["file_name"], report, where)
    if found is None:
        return None
    name, path = found
    frame = _frame(image, path, reading, where)
    if frame is None:
        return None
    problems_before = len(report.errors)
    boxes = [_box(position, annotation, frame, reading) for position, annotation in annotations]
    ambiguous = bool(image.get("_ambiguous")) or frame.width <= 0
    wrong = ambiguous or len(report.errors) > problems_before
    target = None if wrong else _target(image, [box for box in boxes if box is not None], reading, where)
    report.truth_left_out += wrong
    mapped = set(reading.context.fields.values())
    context = reading.context.read(image, file_name=name, where=where)
    context.setdefault("external_id", str(image["id"]))
    extra = {k: v for k, v in image.items() if k not in _OWN_FIELDS | mapped and _is_plain(k, v)}
    return LabelledItem(
        file_name=name,
        path=path,
        target=target,
        problem="detection",
        reference_path=find_reference(reading.references, name, report, where),
        extra=extra,
        **context,
    )


def _frame(image: dict[str, Any], path: Path, reading: _Reading, where: str) -> Frame | None:
    """Return the frame of the boxes; None when the file is no image, width 0 when the sizes contradict."""
    declared = (image.get("width"), image.get("height"))
    has_size = all(is_number(value) and float(value) > 0 for value in declared if value is not None)
    if None in declared or not has_size:
        reading.report.warn(
            "size-not-given", where, f"width and height are {declared[0]!r:.20} and {declared[1]!r:.20}.",
            "The size of the file is taken.",
        )  # fmt: skip
        declared = (None, None)
    if not reading.options.check_images and declared != (None, None):
        return Frame(float(declared[0] or 0), float(declared[1] or 0))
    try:
        header = read_header(path)
    except NameRefused as refusal:
        reading.report.error("not-an-image", where, f"{refusal}.", "Replace the file, or take it out.")
        return None
    return _agree(declared, header, reading, where)


def _agree(declared: tuple[Any, Any], header: Header, reading: _Reading, where: str) -> Frame:
    width, height = header.upright_size
    stored = (header.stored_width, header.stored_height)
    if declared in ((None, None), (width, height)):
        return Frame(width, height)
    if declared == stored:
        reading.report.warn(
            "boxes-turned-upright", where, f"its boxes were drawn on the stored {stored[0]} x {stored[1]} "
            f"image, which EXIF orientation {header.orientation} turns.", "They were turned too; check one.",
        )  # fmt: skip
        return Frame(stored[0], stored[1], header.orientation)
    reading.report.error(
        "size-mismatch", where, f"the set says {declared[0]} x {declared[1]}, the file {width} x {height}.",
        "Boxes drawn on another size cannot be trusted: give the original image.",
    )  # fmt: skip
    return Frame(0, 0)


def _box(position: int, annotation: dict[str, Any], frame: Frame, reading: _Reading) -> dict[str, Any] | None:
    where = f"annotations[{position}] (id {str(annotation.get('id'))[:40]}, image {annotation['image_id']})"
    category = annotation.get("category_id")
    if not _is_id(category) or category not in reading.classes:
        reading.report.error(
            "unknown-category", where, f"category_id {category!r:.60} is not among the categories in use.",
            "Add the category (or the class to the class map), or correct the annotation.",
        )  # fmt: skip
        return None
    if frame.width <= 0:
        return None
    try:
        box, notes = box_of(annotation, frame)
    except BoxRefused as refusal:
        reading.report.error(refusal.code, where, f"{refusal}.", "Correct the annotation.")
        return None
    reading.adjusted.update(notes)
    return {"box": box, "class": reading.classes[category]}


def _target(
    image: dict[str, Any], boxes: list[dict[str, Any]], reading: _Reading, where: str
) -> dict[str, Any] | None:
    """Return the truth in the right one of the three states."""
    state = image.get("perenne_state")
    if state is not None and state not in _STATES:
        reading.report.warn("state-unknown", where, f"perenne_state is {state!r:.40}.", "It is ignored.")
        state = None
    if boxes:
        return {"boxes": boxes}
    if state is None:
        state = reading.options.unlabelled
        reading.unlabelled += 1
    return {"boxes": []} if state == "empty" else None


def _say_adjusted(reading: _Reading) -> None:
    report = reading.report
    for code, count in reading.adjusted.items():
        what, remedy = _ADJUSTED[code]
        report.warn(code, "annotations", f"{count} annotations {what}.", remedy)
    if not reading.unlabelled:
        return
    if reading.options.unlabelled == "empty":
        what = f"{reading.unlabelled} listed images without annotations are seen and empty, as you said."
        report.warn("unlabelled-as-empty", "images", what, "Nothing to do.")
        return
    what = f"{reading.unlabelled} listed images have no annotation and stay 'not yet seen'."
    report.warn("unlabelled-not-seen", "images", what, "If they are good parts, say so (--unlabelled empty).")


def _is_id(value: object) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _is_plain(key: object, value: object) -> bool:
    if not isinstance(key, str) or not 0 < len(key) <= 100 or not key.isprintable():
        return False
    if key.startswith(("_", "perenne_")):
        return False
    if isinstance(value, str):
        return len(value) <= 1000 and "\0" not in value
    return value is None or isinstance(value, bool) or is_number(value)

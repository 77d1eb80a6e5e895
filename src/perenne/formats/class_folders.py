"""Folder per class: FOLDER/CLASS/image, as ImageNet, MVTec-like and home-made sets have it.

Owns the reading. Leaves masks that lie beside an image under the same name, and says how many. Refuses
images that lie outside of any class folder: their truth is unknown.
"""

from collections import defaultdict
from pathlib import Path

from perenne.formats.context import ContextReader
from perenne.formats.finish import finish_items, readable
from perenne.formats.folders import find_reference, list_images, reference_folder
from perenne.formats.items import (
    ImportReport,
    LabelledItem,
    LabelledSet,
    ReadOptions,
    UnreadableSet,
    recognise_good_class,
)

_MASK_ENDINGS = ("_mask",)


def read_class_folders(path: Path, options: ReadOptions | None = None) -> LabelledSet:
    """Return the images of each class folder. Raises: UnreadableSet when there is no class folder."""
    options = options or ReadOptions()
    if not path.is_dir():
        raise UnreadableSet(f"There is no folder '{path}'.", remedy="Name the folder of the class folders.")
    report = ImportReport(format="folder", source=str(path), problem="classification")
    folders = sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))
    folders = [p for p in folders if p != options.references]
    if not folders:
        raise UnreadableSet(
            f"'{path}' holds no folder.", remedy="Put the images of each class in a folder of its name."
        )
    loose = sum(1 for p in list_images(path)[0] if p.parent == path)
    if loose:
        report.warn(
            "outside-class-folders", str(path), f"{loose} images lie in no class folder and are not read.",
            "Move them into one, or push them without truth.",
        )  # fmt: skip
    context = ContextReader(options, report)
    items: list[LabelledItem] = []
    for folder in folders:
        items += _items_of(folder, path, options, report, context)
    report.classes = list(dict.fromkeys(item.target["class"] for item in items if item.target))
    return LabelledSet(finish_items(items, report), report, recognise_good_class(report.classes))


def _items_of(
    folder: Path, root: Path, options: ReadOptions, report: ImportReport, context: ContextReader
) -> list[LabelledItem]:
    images, others = list_images(folder)
    images, masks = _split_masks(images)
    if others or masks:
        report.warn(
            "files-passed-over", folder.name, f"{masks} masks and {others} other files are not read.",
            "Nothing to do, unless you expected them.",
        )  # fmt: skip
    if not images:
        report.warn("empty-class", folder.name, "the class folder holds no image.", "Nothing to do.")
        return []
    name = _class_name(folder, len(images), options, report)
    references = reference_folder(options.references)
    items = []
    for image in images:
        relative = image.relative_to(root).as_posix()
        report.listed += 1
        if not _inside(image, root, relative, report) or (
            options.check_images and not readable(image, report, relative)
        ):
            report.left_out += 1
            continue
        report.truth_left_out += name is None
        fields = context.read({}, file_name=relative, where=relative)
        fields.setdefault("external_id", relative[:200])
        items.append(
            LabelledItem(
                file_name=relative,
                path=image,
                target=None if name is None else {"class": name},
                problem="classification",
                reference_path=find_reference(references, relative, report, relative),
                **fields,
            )
        )
    return items


def _class_name(folder: Path, count: int, options: ReadOptions, report: ImportReport) -> str | None:
    if options.class_map is None:
        return folder.name
    if folder.name not in options.class_map:
        report.error(
            "class-not-mapped", folder.name, f"the folder ({count} images) is not in the class map.",
            "Add it there; its images come without truth.",
        )  # fmt: skip
        return None
    return options.class_map[folder.name]


def _inside(image: Path, root: Path, relative: str, report: ImportReport) -> bool:
    if image.resolve().is_relative_to(root.resolve()):
        return True
    report.error(
        "file-name-refused", relative, "it is a link that leads out of the folder.", "Copy the file."
    )
    return False


def _split_masks(images: list[Path]) -> tuple[list[Path], int]:
    """Return the images without the masks: a .png beside a .jpg of the same stem, or NAME_mask.png."""
    by_stem: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for image in images:
        by_stem[image.parent, image.stem].append(image)
    kept = []
    for image in images:
        twins = by_stem[image.parent, image.stem]
        beside_jpeg = any(twin.suffix.lower() in (".jpg", ".jpeg") for twin in twins if twin != image)
        named = any(
            image.stem.endswith(ending) and (image.parent, image.stem.removesuffix(ending)) in by_stem
            for ending in _MASK_ENDINGS
        )
        if not (image.suffix.lower() == ".png" and (beside_jpeg or named)):
            kept.append(image)
    return kept, len(images) - len(kept)

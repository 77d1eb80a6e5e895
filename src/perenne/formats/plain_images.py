"""Images without any truth: a folder, and nothing said about what is in them.

Owns the reading. Refuses to see a class in the name of a folder, or a good part in an image without label.
"""

from pathlib import Path

from perenne.formats.context import ContextReader
from perenne.formats.finish import finish_items, readable
from perenne.formats.folders import find_reference, list_images, reference_folder
from perenne.formats.items import ImportReport, LabelledItem, LabelledSet, ReadOptions, UnreadableSet


def read_images(path: Path, options: ReadOptions | None = None) -> LabelledSet:
    """Return every image below a folder as not yet seen. Raises: UnreadableSet when there is none."""
    options = options or ReadOptions()
    if not path.is_dir():
        raise UnreadableSet(f"There is no folder '{path.name}'.", remedy="Name the folder of the images.")
    report = ImportReport(format="images", source=str(path), problem="")
    context = ContextReader(options, report)
    references = reference_folder(options.references)
    items = []
    for image in _images_of(path, options.references):
        relative = image.relative_to(path).as_posix()
        report.listed += 1
        if options.check_images and not readable(image, report, relative):
            report.left_out += 1
            continue
        fields = context.read({}, file_name=relative, where=relative)
        fields.setdefault("external_id", relative[:200])
        template = find_reference(references, relative, report, relative)
        items.append(LabelledItem(relative, image, None, "", reference_path=template, **fields))
    if not report.listed:
        raise UnreadableSet("There is no image.", remedy="Add JPEG, PNG, BMP, TIFF or WebP files.")
    return LabelledSet(finish_items(items, report), report)


def _images_of(path: Path, references: Path | None) -> list[Path]:
    images, _ = list_images(path)
    return [image for image in images if references is None or not image.is_relative_to(references)]

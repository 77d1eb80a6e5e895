"""From a name written in a labelled set to a file below a folder that the user named.

Owns the search and the check of the file's header. Refuses names that lead out of the folder: absolute
ones, `..`, drive letters, symbolic links to elsewhere.
"""

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from perenne.formats.items import ImportReport, UnreadableSet

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
_DRIVE = re.compile(r"^[A-Za-z]:")
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True)
class Header:
    """Size of the stored pixels and the EXIF orientation that turns them upright."""

    stored_width: int
    stored_height: int
    orientation: int

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height after the orientation was applied."""
        size = (self.stored_width, self.stored_height)
        return (size[1], size[0]) if self.orientation >= 5 else size


class NameRefused(Exception):
    """A file name that must not be followed; the text says why."""


def clean_name(name: object) -> str:
    """Return a relative name with forward slashes. Raises: NameRefused.

    >>> clean_name("a\\\\b.jpg")
    'a/b.jpg'
    """
    if not isinstance(name, str) or not name.strip():
        raise NameRefused(f"the file name is {name!r:.60}, not a text")
    text = name.replace("\\", "/")
    if any(ord(letter) < 32 for letter in text):
        raise NameRefused("the file name holds control characters")
    if len(text) > 1000:
        raise NameRefused(f"the file name has {len(text)} characters")
    if text.startswith("/") or _DRIVE.match(text) or text.lower().startswith(("file:", "http:", "https:")):
        raise NameRefused(f"the file name '{name:.120}' is absolute")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if not parts or ".." in parts:
        raise NameRefused(f"the file name '{name:.120}' leads out of the folder")
    return "/".join(parts)


class ImageFolder:
    """Finds files below the given roots, the first root that has the file wins."""

    def __init__(self, *roots: Path) -> None:
        self._roots = [root.resolve() for root in roots]

    def find(self, name: str) -> Path | None:
        """Return the file called `name` (already clean), or None. Raises: NameRefused for a way out."""
        # One name may be written in two ways: Macs write "é" as a letter and an accent.
        spellings = dict.fromkeys((name, normalize("NFC", name), normalize("NFD", name)))
        for path, root in ((root / spelling, root) for root in self._roots for spelling in spellings):
            try:
                if not path.is_file():
                    continue
                if not path.resolve().is_relative_to(root):
                    raise NameRefused(f"'{name:.120}' is a link that leads out of the folder")
            except OSError as error:
                raise NameRefused(f"'{name:.120}' cannot be opened ({error.strerror})") from error
            return path
        return None

    def __str__(self) -> str:
        return " or ".join(str(root) for root in self._roots)


def image_folder(given: Path | None, *, beside: Path) -> ImageFolder:
    """Return the folder that the user gave, else the one beside the file and its `images` folder."""
    if given is None:
        return ImageFolder(beside, beside / "images")
    if not given.is_dir():
        raise UnreadableSet(
            f"The image folder '{given}' is not a folder.", remedy="Name the folder that holds the images."
        )
    return ImageFolder(given)


def reference_folder(given: Path | None) -> ImageFolder | None:
    """Return the folder of templates that the user gave, None without one."""
    return None if given is None else image_folder(given, beside=given)


def find_image(
    folder: ImageFolder, name: object, report: ImportReport, where: str
) -> tuple[str, Path] | None:
    """Return clean name and file of an image, or note the error and return None."""
    try:
        clean = clean_name(name)
        path = folder.find(clean)
    except NameRefused as refusal:
        report.error("file-name-refused", where, f"{refusal}.", "Name the file relative to the image folder.")
        return None
    if path is None:
        report.error(
            "missing-file", where, f"'{clean}' is not in {folder}.", "Copy it there, or give its folder."
        )
        return None
    return clean, path


def find_reference(folder: ImageFolder | None, name: str, report: ImportReport, where: str) -> Path | None:
    """Return the template of the same name, None when there is no folder; note a missing one."""
    if folder is None:
        return None
    try:
        path = folder.find(name)
    except NameRefused:
        path = None
    if path is None:
        report.warn(
            "missing-reference", where, f"no reference image '{name}' in {folder}.",
            "The image comes without one; add the file to have it used.",
        )  # fmt: skip
    return path


def read_header(path: Path) -> Header:
    """Return the size and orientation of an image without decoding it. Raises: NameRefused."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=("JPEG", "PNG", "BMP", "TIFF", "WEBP")) as image:
                orientation = image.getexif().get(_ORIENTATION_TAG, 1)
                width, height = image.size
    except Exception as error:
        raise NameRefused(f"'{path.name}' cannot be read as an image ({_say(error, path)})") from error
    valid = isinstance(orientation, int) and orientation in range(1, 9)
    return Header(width, height, orientation if valid else 1)


def list_images(folder: Path) -> tuple[list[Path], int]:
    """Return the images below a folder in a stable order, and how many other files were passed over."""
    images, others = [], 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        if path.suffix.lower() in IMAGE_SUFFIXES:
            images.append(path)
        else:
            others += 1
    return images, others


def _say(error: Exception, path: Path) -> str:
    text = str(error).replace(str(path), path.name) or type(error).__name__
    return text.splitlines()[0][:120]

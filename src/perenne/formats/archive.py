"""ZIP archives from strangers: judged by their directory first, then unpacked within what it declared.

Owns every limit on an archive: entries, bytes, ratio, names, kinds. Refuses an archive as a whole, before
anything of it is kept: one entry that lies makes all others doubtful.
"""

import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from perenne.formats.folders import NameRefused, clean_name
from perenne.formats.items import UnreadableSet

MAX_RATIO = 100
RATIO_MATTERS_FROM_BYTES = 1_000_000
DIRECTORY_BYTES_PER_ENTRY = 1_000
_END = struct.Struct("<4s4H2LH")
_END_64_PLACE = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = 65_535
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NESTED = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")


class ArchiveRefused(UnreadableSet):
    """An archive that is not unpacked; the detail names the entry and the reason."""

    code = "archive-refused"
    title = "The archive is refused"


@dataclass(frozen=True)
class ArchiveLimits:
    """How much an archive may hold, unpacked."""

    max_entries: int
    max_total_bytes: int
    max_entry_bytes: int


@dataclass(frozen=True)
class ArchivePlan:
    """What will be taken out of an archive: clean name -> entry; and what is passed over, by ending."""

    wanted: Mapping[str, zipfile.ZipInfo]
    passed_over: Mapping[str, int]

    @property
    def total_bytes(self) -> int:
        """Bytes of the wanted entries, as their directory declares them."""
        return sum(entry.file_size for entry in self.wanted.values())


def open_archive(stream: BinaryIO, *, limits: ArchiveLimits) -> zipfile.ZipFile:
    """Return the opened archive; its directory was measured before it is read. Raises: ArchiveRefused."""
    size = directory_bytes(stream)
    if size > limits.max_entries * DIRECTORY_BYTES_PER_ENTRY:
        raise ArchiveRefused(
            f"The archive's directory has {size:,} bytes, far more than {limits.max_entries:,} files need.",
            remedy="Split the set, or raise PERENNE_MAX_IMPORT_FILES.",
        )
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise ArchiveRefused(
            f"The archive cannot be opened: {error}.", remedy="Make it again as a ZIP file."
        ) from error


def plan_archive(
    archive: zipfile.ZipFile, *, limits: ArchiveLimits, endings: tuple[str, ...], archive_bytes: int
) -> ArchivePlan:
    """Return what to unpack, after every rule was checked on the directory alone. Raises: ArchiveRefused."""
    wanted: dict[str, zipfile.ZipInfo] = {}
    passed_over: Counter[str] = Counter()
    for entry in archive.infolist():
        name = _judge_entry(entry, limits=limits)
        if name is None:
            continue
        if not name.lower().endswith(endings) or _is_clutter(name):
            passed_over[PurePosixPath(name).suffix.lower()[:20] or "no ending"] += 1
            continue
        if name in wanted:
            raise _refuse(entry, "it is in the archive twice", remedy="Keep one file of each name.")
        wanted[name] = entry
    plan = ArchivePlan(wanted, passed_over)
    _judge_whole(archive, plan, limits=limits, archive_bytes=archive_bytes)
    return plan


def read_entries(archive: zipfile.ZipFile, plan: ArchivePlan) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each wanted entry, never more than its directory declared.

    Raises: ArchiveRefused when an entry is longer, damaged, or not what its checksum says.
    """
    for name, entry in plan.wanted.items():
        try:
            with archive.open(entry) as stream:
                data = stream.read(entry.file_size)
                longer = bool(stream.read(1))
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise _refuse(entry, f"it cannot be unpacked ({str(error)[:120]})", remedy=_AGAIN) from error
        if longer or len(data) != entry.file_size:
            raise _refuse(entry, "its size is not the one that the archive declares", remedy=_AGAIN)
        yield name, data


def directory_bytes(stream: BinaryIO) -> int:
    """Return the size of the archive's directory, as its end record says. Raises: ArchiveRefused."""
    end = stream.seek(0, 2)
    start = stream.seek(max(0, end - _END.size - _LONGEST_COMMENT))
    tail = stream.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        raise ArchiveRefused("The file is not a ZIP archive, or it is cut off.", remedy=_AGAIN)
    size = int(_END.unpack_from(tail, place)[5])
    at = start + place - _END_64_PLACE.size
    if at >= 0:
        stream.seek(at)
        signature, _, end_64, _ = _END_64_PLACE.unpack(stream.read(_END_64_PLACE.size))
        if signature == b"PK\x06\x07" and end_64 + _END_64.size <= end:
            stream.seek(end_64)
            record = _END_64.unpack(stream.read(_END_64.size))
            size = max(size if size != 0xFFFFFFFF else 0, int(record[8]))
    stream.seek(0)
    return size


_AGAIN = "Make the archive again, or send its files one by one."


def _judge_entry(entry: zipfile.ZipInfo, *, limits: ArchiveLimits) -> str | None:
    """Return the clean name of a file, None for a folder. Raises: ArchiveRefused."""
    written = getattr(entry, "orig_filename", entry.filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        what = "a link" if stat.S_ISLNK(kind) else "a device"
        raise _refuse(entry, f"it is {what}, not a file", remedy="Put the files themselves into the archive.")
    try:
        name = clean_name(written)
    except NameRefused as refusal:
        raise _refuse(entry, str(refusal), remedy="Pack the folder with relative names.") from refusal
    if entry.is_dir():
        return None
    if entry.flag_bits & 0x1:
        raise _refuse(entry, "it is encrypted", remedy="Make the archive without a password.")
    if entry.compress_type not in _METHODS:
        raise _refuse(entry, "its compression is not known", remedy="Make the archive with 'deflate'.")
    if name.lower().endswith(_NESTED):
        raise _refuse(entry, "it is an archive inside the archive", remedy="Unpack it first.")
    if entry.file_size > limits.max_entry_bytes:
        raise _refuse(
            entry, f"it has {entry.file_size / 1e6:,.1f} MB unpacked, more than one file may have",
            remedy="Leave it out, or raise PERENNE_MAX_IMAGE_MB.",
        )  # fmt: skip
    return name


def _judge_whole(
    archive: zipfile.ZipFile, plan: ArchivePlan, *, limits: ArchiveLimits, archive_bytes: int
) -> None:
    entries = archive.infolist()
    if len(entries) > limits.max_entries:
        raise ArchiveRefused(
            f"The archive holds {len(entries):,} entries; {limits.max_entries:,} more may be taken.",
            remedy="Split the set, or raise PERENNE_MAX_IMPORT_FILES.",
        )
    total = sum(entry.file_size for entry in entries)
    if total > limits.max_total_bytes:
        raise ArchiveRefused(
            f"The archive has {total / 1e9:.1f} GB unpacked; {limits.max_total_bytes / 1e9:.1f} GB more may "
            "be taken.",
            remedy="Split the set, or raise PERENNE_MAX_IMPORT_GB.",
        )
    if total > RATIO_MATTERS_FROM_BYTES and total > MAX_RATIO * archive_bytes:
        raise ArchiveRefused(
            f"The archive would unpack to {total / max(1, archive_bytes):,.0f} times its size: a bomb.",
            remedy="Images hardly shrink; send the files one by one if they are genuine.",
        )
    if not plan.wanted:
        raise ArchiveRefused(
            "The archive holds no image and no table of labels.",
            remedy="Pack images with their COCO or CSV file, or with one folder a class.",
        )


def _is_clutter(name: str) -> bool:
    parts = name.split("/")
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)


def _refuse(entry: zipfile.ZipInfo, why: str, *, remedy: str) -> ArchiveRefused:
    shown = "".join(letter if letter.isprintable() else "�" for letter in entry.filename)[:120]
    return ArchiveRefused(f"The archive is refused because of '{shown}': {why}.", remedy=remedy)

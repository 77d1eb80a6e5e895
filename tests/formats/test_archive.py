"""Archives from strangers: each way of harming whoever unpacks them is refused, with reason (A7, A10)."""

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest

from perenne.formats import ArchiveLimits, ArchiveRefused, open_archive, plan_archive, read_entries

LIMITS = ArchiveLimits(max_entries=50, max_total_bytes=20_000_000, max_entry_bytes=5_000_000)
ENDINGS = (".jpg", ".json")
Fill = Callable[[zipfile.ZipFile], None]


def packed(fill: Fill, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return the bytes of an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        fill(archive)
    return stream.getvalue()


def unpack(data: bytes, *, limits: ArchiveLimits = LIMITS) -> dict[str, bytes]:
    """Return what would be taken out of an archive."""
    with open_archive(io.BytesIO(data), limits=limits) as archive:
        plan = plan_archive(archive, limits=limits, endings=ENDINGS, archive_bytes=len(data))
        return dict(read_entries(archive, plan))


def named(*names: str) -> bytes:
    """Return an archive with a small file under each name, written as it stands."""

    def fill(archive: zipfile.ZipFile) -> None:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"x")

    return packed(fill)


def test_images_and_tables_come_out_and_the_rest_is_counted() -> None:
    data = named(
        "set/a.jpg", "set/deep/b.JPG", "set/labels.json", "__MACOSX/set/._a.jpg", "set/read.me", ".x.jpg"
    )
    assert sorted(unpack(data)) == ["set/a.jpg", "set/deep/b.JPG", "set/labels.json"]
    with open_archive(io.BytesIO(data), limits=LIMITS) as archive:
        plan = plan_archive(archive, limits=LIMITS, endings=ENDINGS, archive_bytes=len(data))
    assert plan.passed_over == {".jpg": 2, ".me": 1}


@pytest.mark.parametrize(
    "name",
    [
        "../evil.jpg", "a/../../evil.jpg", "..\\evil.jpg", "/etc/evil.jpg", "C:\\evil.jpg", "C:evil.jpg",
        "file:///evil.jpg", "a\nb.jpg", "x" * 1001 + ".jpg",
    ],
)  # fmt: skip
def test_a_name_that_leads_out_refuses_the_whole_archive(name: str) -> None:
    with pytest.raises(ArchiveRefused, match=r"refused because of"):
        unpack(named("good.jpg", name))


def test_a_name_cut_by_a_null_byte_is_refused() -> None:
    with pytest.raises(ArchiveRefused, match="control characters"):
        unpack(named("a.jpgQ.sh").replace(b"a.jpgQ.sh", b"a.jpg\0.sh"))


def special(kind: int) -> bytes:
    """Return an archive whose entry claims to be something else than a file."""

    def fill(archive: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("way-out.jpg")
        entry.create_system = 3
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")

    return packed(fill)


@pytest.mark.parametrize(
    ("kind", "said"), [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "device"), (stat.S_IFCHR, "device")]
)
def test_links_and_devices_are_refused(kind: int, said: str) -> None:
    with pytest.raises(ArchiveRefused, match=said):
        unpack(special(kind))


def test_a_bomb_is_refused_before_anything_is_unpacked() -> None:
    bomb = packed(lambda archive: [archive.writestr(f"{n}.jpg", bytes(4_000_000)) for n in range(4)] and None)
    assert len(bomb) < 20_000
    with pytest.raises(ArchiveRefused, match="times its size: a bomb"):
        unpack(bomb)


def test_a_flat_picture_that_shrinks_well_is_no_bomb() -> None:
    assert len(unpack(packed(lambda archive: archive.writestr("flat.jpg", bytes(900_000))))) == 1


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names", [("a.jpg", "a.jpg"), ("d/a.jpg", "d//a.jpg"), ("d/a.jpg", "d\\a.jpg"), ("a.jpg", "./a.jpg")]
)
def test_two_files_of_one_name_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(ArchiveRefused, match="twice"):
        unpack(named(*names))


def test_an_archive_inside_the_archive_is_refused() -> None:
    with pytest.raises(ArchiveRefused, match="archive inside"):
        unpack(named("a.jpg", "more.zip"))


def test_too_many_too_large_and_too_much_are_refused_with_the_setting_to_raise() -> None:
    with pytest.raises(ArchiveRefused, match="PERENNE_MAX_IMPORT_FILES"):
        unpack(named(*(f"{n}.jpg" for n in range(51))))
    noise = os.urandom(6_000_000)
    with pytest.raises(ArchiveRefused, match="PERENNE_MAX_IMAGE_MB"):
        unpack(packed(lambda archive: archive.writestr("a.jpg", noise)))
    four = packed(
        lambda archive: [archive.writestr(f"{n}.jpg", noise[:5_000_000]) for n in range(5)] and None
    )
    with pytest.raises(ArchiveRefused, match="PERENNE_MAX_IMPORT_GB"):
        unpack(four)


def test_a_checksum_that_lies_is_refused() -> None:
    data = bytearray(
        packed(lambda archive: archive.writestr("a.jpg", b"the very bytes"), method=zipfile.ZIP_STORED)
    )
    data[data.index(b"the very")] ^= 1
    with pytest.raises(ArchiveRefused, match="CRC"):
        unpack(bytes(data))


@pytest.mark.parametrize("declared", [10, 200_000])
def test_a_size_that_lies_is_refused(declared: int) -> None:
    data = bytearray(packed(lambda archive: archive.writestr("a.jpg", os.urandom(100_000))))
    directory = data.rindex(b"PK\x01\x02")
    struct.pack_into("<L", data, directory + 24, declared)
    with pytest.raises(ArchiveRefused, match=r"a\.jpg"):
        unpack(bytes(data))


def test_a_huge_directory_is_refused_before_it_is_read() -> None:
    data = bytearray(named("a.jpg"))
    struct.pack_into("<L", data, data.rindex(b"PK\x05\x06") + 12, 3_000_000_000)
    with pytest.raises(ArchiveRefused, match="directory"):
        unpack(bytes(data))


def test_a_password_and_an_unknown_compression_are_refused() -> None:
    data = bytearray(named("a.jpg"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(ArchiveRefused, match="encrypted"):
        unpack(bytes(data))
    with pytest.raises(ArchiveRefused, match="compression"):
        unpack(packed(lambda archive: archive.writestr("a.jpg", b"x"), method=zipfile.ZIP_LZMA))


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all" * 10, b"PK\x05\x06" + bytes(10)])
def test_what_is_no_archive_is_said(data: bytes) -> None:
    with pytest.raises(ArchiveRefused, match=r"not a ZIP|cannot be opened"):
        unpack(data)


def test_a_cut_archive_is_said_not_half_taken() -> None:
    whole = packed(lambda archive: archive.writestr("a.jpg", os.urandom(50_000)))
    with pytest.raises(ArchiveRefused):
        unpack(whole[: len(whole) // 2])


def test_an_archive_without_anything_to_import_is_said() -> None:
    with pytest.raises(ArchiveRefused, match="no image"):
        unpack(named("read.me"))

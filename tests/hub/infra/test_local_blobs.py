"""What only a folder can show: leftovers, a full disk, a marker that cannot be read."""

import errno
import os
from pathlib import Path

import pytest

from perenne.hub.infra.blobs import DiskFull, StorageUnavailable
from perenne.hub.infra.blobs.local import INCOMING, LocalBlobStore

ORG = "org_a"


def files_in(root: Path) -> list[str]:
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


def test_a_full_disk_is_said_plainly_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalBlobStore(tmp_path / "blobs")
    kept = store.put(b"before", organisation_id=ORG)

    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(DiskFull, match="no room left") as caught:
        store.put(b"after", organisation_id=ORG)
    assert caught.value.to_problem()["status"] == 507
    assert files_in(store.root) == [f"{ORG}/{kept[:2]}/{kept}"]


def test_a_failed_sync_is_not_answered_as_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalBlobStore(tmp_path / "blobs")

    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StorageUnavailable):
        store.put(b"after", organisation_id=ORG)
    assert files_in(store.root) == []


def test_only_old_leftovers_are_swept_and_never_a_blob(tmp_path: Path) -> None:
    store = LocalBlobStore(tmp_path / "blobs")
    sha256 = store.put(b"kept", organisation_id=ORG)
    for name, age_s in (("old", 4000), ("young", 10)):
        leftover = store.root / INCOMING / name
        leftover.write_bytes(b"half")
        os.utime(leftover, (1_000_000 - age_s, 1_000_000 - age_s))
    assert store.sweep_incoming(now_s=1_000_000) == 1
    assert files_in(store.root) == [f"{INCOMING}/young", f"{ORG}/{sha256[:2]}/{sha256}"]


def test_an_unreadable_marker_is_not_taken_for_a_new_store(tmp_path: Path) -> None:
    store = LocalBlobStore(tmp_path / "blobs")
    (store.root / ".perenne-store").write_text("{")
    with pytest.raises(StorageUnavailable, match="unreadable"):
        store.store_id()


def test_a_place_that_cannot_hold_a_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable, match="file"):
        LocalBlobStore(tmp_path / "file" / "blobs")

"""A backup is made while the hub works, and what comes back is compared row by row and byte by byte."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from perenne.hub.accounts.errors import BadCredentials
from perenne.hub.accounts.sessions import authenticate_session, open_session
from perenne.hub.accounts.tables import UserRow
from perenne.hub.app.rooms import import_tables
from perenne.hub.images.tables import ImageRow
from perenne.hub.infra.backup import BLOB_COLUMNS, BackupDamaged, NotABackup, back_up, verify_backup
from perenne.hub.infra.database import Base
from perenne.hub.infra.dump import dump_table, reflect_tables
from perenne.hub.infra.installation import epoch_of, settle_store
from perenne.hub.infra.migrations import migrate
from perenne.hub.infra.restore import PlaceNotEmpty, restore_backup
from perenne.hub.infra.services import Hub, open_services
from perenne.hub.settings import Settings
from perenne.hub.sites.tables import SiteRow
from perenne.kit.clock import FixedClock
from perenne.kit.ids import new_id
from perenne.testing.hubs import START
from perenne.testing.postgres import PostgresServer

ORG = "org_a"
NOT_BLOBS = {
    ("api_tokens", "secret_sha256"),
    ("browser_sessions", "secret_sha256"),
    ("dataset_items", "sha256"),
    ("evaluations", "artefact_sha256"),
    ("idempotent_replies", "request_sha256"),
    ("import_files", "sha256"),
    ("model_versions", "upload_sha256"),
    ("refused_images", "sha256"),
    ("runs", "upload_sha256"),
}


def open_filled_hub(settings: Settings) -> Hub:
    """A hub with a site and three images, the first of them the reference of the others."""
    import_tables()
    hub = open_services(settings)
    hub.clock = FixedClock(START)
    migrate(hub.database)
    settle_store(hub.database, hub.blobs)
    (settings.data / "credentials.json").write_text('{"token": "prn_1"}')
    with hub.database.transaction() as session:
        session.add(
            SiteRow(id="sit_1", organisation_id=ORG, slug="lyon", name="Lyon né", time_zone="Europe/Paris")
        )
        session.flush()
        for number in range(3):
            session.add(image_row(hub, number))
            session.flush()
    return hub


def image_row(hub: Hub, number: int) -> ImageRow:
    data = f"image {number}".encode() * 100
    return ImageRow(
        id=f"img_{9 - number}", organisation_id=ORG, sha256=hub.blobs.put(data, organisation_id=ORG),
        kind="capture", format="PNG", width=4, height=3, orientation=1, bytes=len(data), site_id="sit_1",
        received_at=START.replace(microsecond=number), taken_at=START, difference_hash=-(2**62),
        context={"z": 1.5, "a": [None, "é"], "tiny": 1e-7, "one": 1.0},
        reference_image_id=None if number == 0 else "img_9",
    )  # fmt: skip


def contents(hub: Hub) -> dict[str, Any]:
    """Everything that a backup must bring back, apart from the facts that a restore changes."""
    with hub.database.reading() as session:
        tables = [table for table in reflect_tables(session) if table.name != "hub_facts"]
        found: dict[str, Any] = {table.name: dump_table(session, table) for table in tables}
    for organisation in hub.blobs.organisations():
        for sha256 in hub.blobs.iterate(organisation_id=organisation):
            found[sha256] = hub.blobs.get(sha256, organisation_id=organisation, verify=True)
    return found


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    opened = open_filled_hub(Settings(data=tmp_path / "data"))
    yield opened
    opened.database.dispose()


@pytest.fixture
def backup(hub: Hub, tmp_path: Path) -> Path:
    back_up(hub, to=tmp_path / "backup", now=START)
    return tmp_path / "backup"


def test_what_comes_back_is_what_was_there(hub: Hub, backup: Path, tmp_path: Path) -> None:
    before, epoch = contents(hub), epoch_of(hub.database)
    report = restore_backup(backup, settings=Settings(data=tmp_path / "new"))
    restored = open_services(Settings(data=tmp_path / "new"))
    assert contents(restored) == before
    assert (report.tables["images"], report.blobs, report.missing_blobs) == (3, 3, [])
    assert settle_store(restored.database, restored.blobs) != hub.blobs.store_id()
    assert epoch_of(restored.database) not in ("", epoch)
    for name in ("signing-key.pem", "credentials.json"):
        assert (tmp_path / "new" / name).read_bytes() == (hub.settings.data / name).read_bytes()
        assert (tmp_path / "new" / name).stat().st_mode & 0o077 == 0
    restored.database.dispose()


def test_nobody_is_signed_in_by_a_backup(hub: Hub, tmp_path: Path) -> None:
    with hub.database.transaction() as session:
        user = UserRow(
            id=new_id("usr"),
            organisation_id="org_a",
            email="a@b.fr",
            name="A",
            password_hash="x",
            role="operator",
        )
        session.add(user)
        session.flush()
        _, secret = open_session(session, user, now=START)
    authenticate_session(hub.database, secret=secret, now=START)
    back_up(hub, to=tmp_path / "backup", now=START)
    restore_backup(tmp_path / "backup", settings=Settings(data=tmp_path / "new"))
    restored = open_services(Settings(data=tmp_path / "new"))
    with pytest.raises(BadCredentials):
        authenticate_session(restored.database, secret=secret, now=START)
    restored.database.dispose()


def test_a_hub_moves_between_the_databases_by_a_backup(
    hub: Hub, backup: Path, tmp_path: Path, postgres: PostgresServer
) -> None:
    there = Settings(data=tmp_path / "pg", database_url=postgres.create_database(new_id("tst")))
    restore_backup(backup, settings=there)
    moved = open_services(there)
    assert contents(moved) == contents(hub)
    back_up(moved, to=tmp_path / "second", now=START)
    restore_backup(tmp_path / "second", settings=Settings(data=tmp_path / "back"))
    back = open_services(Settings(data=tmp_path / "back"))
    assert contents(back) == contents(hub)
    moved.database.dispose()
    back.database.dispose()


def test_a_second_backup_copies_only_what_is_new(hub: Hub, backup: Path, tmp_path: Path) -> None:
    with hub.database.transaction() as session:
        session.add(image_row(hub, 3))
    report = back_up(hub, to=backup, now=START)
    assert (report.blobs, report.copied_blobs, report.tables["images"]) == (4, 1, 4)
    assert len(list(backup.glob("dump-*"))) == 1
    restore_backup(backup, settings=Settings(data=tmp_path / "new"))


def test_a_backup_that_broke_off_leaves_the_one_before_whole(
    hub: Hub, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("perenne.hub.infra.backup._copy_keys", stop)
    with pytest.raises(KeyboardInterrupt):
        back_up(hub, to=backup, now=START)
    assert verify_backup(backup).tables["images"] == 3


def flip_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def some_blob(backup: Path) -> Path:
    return next(path for path in (backup / "blobs" / ORG).rglob("*") if path.is_file())


def dump_file(backup: Path, name: str) -> Path:
    return next(backup.glob("dump-*")) / name


@pytest.mark.parametrize("part", ["blob", "images.jsonl.gz", "signing-key.pem", "blobs.json", "manifest"])
def test_one_flipped_bit_is_found_and_nothing_is_restored(backup: Path, tmp_path: Path, part: str) -> None:
    named = {"blob": some_blob(backup), "manifest": backup / "manifest.json"}
    flip_bit(named.get(part) or dump_file(backup, part))
    with pytest.raises((BackupDamaged, NotABackup), match="damaged"):
        restore_backup(backup, settings=Settings(data=tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_flipped_byte_of_a_table_is_found_or_changes_nothing(backup: Path) -> None:
    path = dump_file(backup, "images.jsonl.gz")
    sound, rows, harmless = path.read_bytes(), gzip.decompress(path.read_bytes()), 0
    for position in range(len(sound)):
        path.write_bytes(sound[:position] + bytes([sound[position] ^ 0x55]) + sound[position + 1 :])
        try:
            verify_backup(backup)
        except BackupDamaged:
            continue
        assert gzip.decompress(path.read_bytes()) == rows
        harmless += 1
    assert harmless < 30  # time, system and name in the header


@pytest.mark.parametrize("part", ["blob", "images.jsonl.gz", "credentials.json"])
def test_a_missing_part_is_named(backup: Path, part: str) -> None:
    (some_blob(backup) if part == "blob" else dump_file(backup, part)).unlink()
    with pytest.raises(BackupDamaged, match=r"is missing|cannot be read"):
        verify_backup(backup)


def test_a_row_taken_from_a_table_is_noticed(backup: Path) -> None:
    path = dump_file(backup, "images.jsonl.gz")
    with gzip.open(path) as stream:
        lines = stream.readlines()
    with gzip.open(path, "wb") as stream:
        stream.writelines(lines[:-1])
    with pytest.raises(BackupDamaged, match="table images has changed"):
        verify_backup(backup)


def test_what_the_store_lost_before_is_said_and_the_rest_is_saved(hub: Hub, tmp_path: Path) -> None:
    lost, spoilt, _ = sorted(hub.blobs.iterate(organisation_id=ORG))
    hub.blobs.local_path(lost, organisation_id=ORG).unlink()
    flip_bit(hub.blobs.local_path(spoilt, organisation_id=ORG))
    report = back_up(hub, to=tmp_path / "backup", now=START)
    assert report.missing_blobs == [f"{ORG}/{lost}", f"{ORG}/{spoilt}"]
    assert report.blobs == 1


def test_a_place_that_holds_something_is_refused(hub: Hub, backup: Path, tmp_path: Path) -> None:
    with pytest.raises(PlaceNotEmpty, match="not empty"):
        restore_backup(backup, settings=hub.settings)
    elsewhere = replace(hub.settings, data=tmp_path / "new", database_url=hub.settings.database)
    with pytest.raises(PlaceNotEmpty, match="database"):
        restore_backup(backup, settings=elsewhere)
    assert contents(hub)["images"].rows == 3


def test_a_folder_with_other_things_is_not_written_to(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(NotABackup, match=r"cat\.jpg"):
        back_up(hub, to=tmp_path / "photos", now=START)


def test_a_folder_without_a_backup_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotABackup, match=r"manifest\.json"):
        restore_backup(tmp_path, settings=Settings(data=tmp_path / "new"))


def test_a_backup_of_a_newer_version_is_refused(backup: Path, tmp_path: Path) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(NotABackup, match="later one"):
        restore_backup(backup, settings=Settings(data=tmp_path / "new"))


def test_a_backup_reads_one_moment_of_a_hub_at_work(hub: Hub, tmp_path: Path) -> None:
    def work(words: str) -> None:
        if words == "reading the database":
            return
        with hub.database.transaction() as session:
            session.execute(text("UPDATE sites SET name = 'changed meanwhile'"))

    back_up(hub, to=tmp_path / "backup", now=START, note=work)
    restore_backup(tmp_path / "backup", settings=Settings(data=tmp_path / "new"))
    restored = open_services(Settings(data=tmp_path / "new"))
    with restored.database.reading() as session:
        assert session.execute(text("SELECT name FROM sites")).scalar() == "Lyon né"
    restored.database.dispose()


def test_every_column_with_a_hash_is_known_to_name_a_blob_or_not() -> None:
    import_tables()
    hashes = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("sha256")
    }
    assert hashes == BLOB_COLUMNS | NOT_BLOBS

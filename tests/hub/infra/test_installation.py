"""A database and a blob store know each other; anything else is told before harm is done."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from perenne.hub.infra.blobs import StoreMismatch, open_blob_store
from perenne.hub.infra.database import Database
from perenne.hub.infra.installation import epoch_of, settle_store
from perenne.hub.infra.migrations import migrate


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'perenne.db'}")
    migrate(made)
    yield made
    made.dispose()


def test_a_new_database_marks_a_new_store_and_knows_it_again(database: Database, tmp_path: Path) -> None:
    store_id = settle_store(database, open_blob_store(tmp_path / "blobs"))
    epoch = epoch_of(database)
    assert settle_store(database, open_blob_store(tmp_path / "blobs")) == store_id
    assert open_blob_store(tmp_path / "blobs").store_id() == store_id
    assert epoch_of(database) == epoch != ""


def test_an_unmounted_store_is_not_taken_for_an_empty_one(database: Database, tmp_path: Path) -> None:
    settle_store(database, open_blob_store(tmp_path / "blobs"))
    shutil.rmtree(tmp_path / "blobs")
    with pytest.raises(StoreMismatch, match="Mount"):
        settle_store(database, open_blob_store(tmp_path / "blobs"))


def test_the_store_of_another_hub_is_refused(database: Database, tmp_path: Path) -> None:
    settle_store(database, open_blob_store(tmp_path / "blobs"))
    open_blob_store(tmp_path / "other").mark("str_other")
    with pytest.raises(StoreMismatch, match="str_other"):
        settle_store(database, open_blob_store(tmp_path / "other"))


def test_a_new_database_does_not_take_over_a_store_with_blobs(database: Database, tmp_path: Path) -> None:
    store = open_blob_store(tmp_path / "blobs")
    store.mark("str_other")
    store.put(b"somebody's image", organisation_id="org_a")
    with pytest.raises(StoreMismatch, match="another database"):
        settle_store(database, store)


def test_a_start_that_broke_off_after_the_mark_goes_on(database: Database, tmp_path: Path) -> None:
    open_blob_store(tmp_path / "blobs").mark("str_1")
    assert settle_store(database, open_blob_store(tmp_path / "blobs")) == "str_1"

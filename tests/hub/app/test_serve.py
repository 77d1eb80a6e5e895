"""How a hub starts: who may sign in first, and what stops it with which words."""

import json
import socket
from pathlib import Path

import pytest
from sqlalchemy import text

from perenne.hub.accounts.tables import OrganisationRow
from perenne.hub.app import open_hub
from perenne.hub.app.serve import AddressUnusable, PortInUse, listen, prepare_hub
from perenne.hub.infra.blobs import StorageUnavailable
from perenne.hub.infra.migrations import SchemaTooNew
from perenne.hub.settings import Settings


def test_the_first_start_makes_accounts_once_and_keeps_them_for_the_owner_only(tmp_path: Path) -> None:
    hub = open_hub(Settings(data=tmp_path / "data", port=9000))
    prepare_hub(hub)
    file = tmp_path / "data" / "credentials.json"
    told = json.loads(file.read_text())
    assert told["url"] == "http://127.0.0.1:9000" and told["token"].startswith("prn_tok_")
    assert file.stat().st_mode & 0o077 == 0
    prepare_hub(hub)
    assert json.loads(file.read_text()) == told
    hub.database.dispose()


def test_accounts_are_not_made_when_their_passwords_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = open_hub(Settings(data=tmp_path / "data"))

    def no_room(path: Path, values: dict[str, str]) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("perenne.hub.app.serve.write_credentials", no_room)
        with pytest.raises(OSError, match="No space"):
            prepare_hub(hub)
    with hub.database.reading() as session:
        assert session.query(OrganisationRow).count() == 0
    prepare_hub(hub)
    assert (tmp_path / "data" / "credentials.json").exists()
    hub.database.dispose()


def test_a_database_of_a_newer_version_stops_the_start(tmp_path: Path) -> None:
    hub = open_hub(Settings(data=tmp_path / "data"))
    prepare_hub(hub)
    with hub.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="9999"):
        prepare_hub(hub)
    hub.database.dispose()


def test_a_taken_port_and_a_foreign_address_are_told_apart() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"--port {port + 1}"):
            listen("127.0.0.1", port)
    with pytest.raises(AddressUnusable, match="--host"):
        listen("192.0.2.1", port)
    with listen("127.0.0.1", port) as free:
        assert free.family == socket.AF_INET


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable, match="file"):
        open_hub(Settings(data=tmp_path / "file" / "data"))

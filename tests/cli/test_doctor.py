"""The doctor looks, says what to do, and touches nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from perenne.cli.doctor import examine
from perenne.hub.app.serve import prepare_hub
from perenne.hub.infra.services import open_services
from perenne.hub.settings import read_settings


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a hub that ran once and is stopped, whatever else listens on this machine."""
    monkeypatch.setenv("PERENNE_URL", "http://127.0.0.1:9")
    folder = tmp_path / "data"
    hub = open_services(read_settings(data=folder, port=9))
    prepare_hub(hub)
    hub.database.dispose()
    return folder


def states(data: Path) -> dict[str, str]:
    return {finding.name: finding.state for finding in examine(data)}


def test_a_machine_without_a_hub_is_well_and_stays_as_it_is(tmp_path: Path) -> None:
    found = states(tmp_path / "nothing")
    assert found["python"] == "ok"
    assert found["database"] == "note"
    assert "failed" not in found.values()
    assert not (tmp_path / "nothing").exists()


def test_a_stopped_hub_has_its_database_store_and_no_backup(data: Path) -> None:
    found = states(data)
    assert (found["database"], found["blobs"], found["hub"], found["backup"]) == (
        "ok",
        "ok",
        "warning",
        "warning",
    )


def test_a_store_that_is_not_the_hubs_is_found(data: Path) -> None:
    marker = next(path for path in (data / "blobs").iterdir() if path.is_file())
    marker.write_text(json.dumps({"store_id": "str_another"}))
    assert states(data)["blobs"] == "failed"


def test_a_damaged_database_is_a_finding_and_exit_code_1(data: Path, perenne: Any) -> None:
    (data / "perenne.db").write_bytes(b"not a database" * 1000)
    said = perenne("doctor", "--data", data, "--json", fails=True)
    found = {finding["name"]: finding for finding in json.loads(said.out)}
    assert found["database"]["state"] == "failed"


def test_an_open_data_folder_is_pointed_out_with_the_command_that_closes_it(data: Path) -> None:
    data.chmod(0o755)
    finding = next(finding for finding in examine(data) if finding.name == "data folder")
    assert (finding.state, finding.remedy) == ("warning", f"chmod 700 {data}")

"""Which hub and which token: flags, environment, login, embedded; and no token to a foreign address."""

import json
import stat
from pathlib import Path

import pytest

from perenne.client import find_credentials
from perenne.client.credentials import CredentialsDamaged, forget_login, save_login

EMBEDDED = {"url": "http://127.0.0.1:8765", "token": "prn_embedded"}
KEPT = {"url": "https://perenne.acme.example/", "token": "prn_login"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "credentials.json").write_text(json.dumps(EMBEDDED))
    return tmp_path


def test_the_embedded_hub_is_found_without_any_option(data: Path) -> None:
    found = find_credentials(data=data)
    assert (found.url, found.token) == ("http://127.0.0.1:8765", "prn_embedded")


def test_a_login_comes_before_the_embedded_hub_until_it_is_forgotten(data: Path) -> None:
    path = save_login(KEPT, data=data)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert find_credentials(data=data).url == "https://perenne.acme.example"
    assert find_credentials("http://127.0.0.1:8765/", data=data).token == "prn_embedded"
    assert forget_login(data=data)
    assert not forget_login(data=data)
    assert find_credentials(data=data).token == "prn_embedded"


def test_a_kept_token_never_goes_to_another_address(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_credentials("http://elsewhere.example", data=data).token is None
    monkeypatch.setenv("PERENNE_URL", "http://elsewhere.example")
    assert find_credentials(data=data).token is None


def test_flags_come_before_the_environment_and_the_environment_before_files(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNE_TOKEN", "prn_env")
    monkeypatch.setenv("PERENNE_URL", "http://env.example")
    assert find_credentials(data=data).token == "prn_env"
    assert find_credentials("http://flag.example", token="prn_flag", data=data).token == "prn_flag"
    assert find_credentials(data=data).url == "http://env.example"


def test_a_damaged_file_is_named(data: Path) -> None:
    (data / "credentials.json").write_text('{"url": ')
    with pytest.raises(CredentialsDamaged, match=r"credentials\.json"):
        find_credentials(data=data)

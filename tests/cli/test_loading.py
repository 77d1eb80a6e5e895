"""The root command: complete, light, and clear when something is wrong."""

import subprocess
import sys

import pytest

from perenne.cli.index import COMMANDS
from perenne.cli.main import load_command, main


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_of_the_index_loads_and_explains_itself(entry: object) -> None:
    command = load_command(entry)  # type: ignore[arg-type]
    assert command.name == entry.name  # type: ignore[attr-defined]
    assert command.help


def test_help_lists_every_command_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import sys; from perenne.cli import main; main(['--help']); print([m for m in sys.modules if m in "
    )
    code += "('torch','numpy','cv2','fastapi','sqlalchemy','httpx','perenne.client.transport')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.rstrip().endswith("[]")
    for entry in COMMANDS:
        assert f" {entry.name} " in run.stdout


def test_a_misspelt_command_is_answered_with_usage_and_exit_code_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sites", "lits"]) == 2
    assert "lits" in capsys.readouterr().err
    assert main(["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


def test_an_absent_hub_is_one_clear_message_and_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("perenne.client.transport.FIRST_PATIENCE_S", 0.0)
    assert main(["--url", "http://127.0.0.1:9", "--token", "x", "sites", "list"]) == 1
    err = capsys.readouterr().err
    assert "perenne up" in err
    assert "Traceback" not in err


def test_the_version_is_told() -> None:
    run = subprocess.run([sys.executable, "-m", "perenne.cli", "--version"], capture_output=True, text=True)
    assert run.stdout.startswith("perenne ")
    assert run.returncode == 0


@pytest.mark.parametrize("reference", [True, False, None])
def test_the_options_of_train_start_are_settings_that_the_recipe_takes(reference: bool | None) -> None:
    from perenne.cli.train import check_settings, read_config

    config = read_config(["canvas=256"], budget_cpu_s=60.0, reference=reference)
    check_settings("lite-detection", config)
    assert config.get("reference") == {True: "use", False: "ignore", None: None}[reference]

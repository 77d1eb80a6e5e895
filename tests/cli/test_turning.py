"""From a dataset to a deployed model that answers, by the command line alone."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from perenne.hub.evaluation.jobs import JOBS
from perenne.hub.infra.jobs import InMemoryJobs
from perenne.hub.models import Inspected, Origin, register_model_version, sign_upload
from perenne.kit.hashing import sha256_file
from perenne.runtime import read_artefact
from perenne.testing.hubs import HubInProcess
from perenne.testing.tiny_models import tiny_classifier

SITES = ("lyon", "porto")


@pytest.fixture
def plant(hub: HubInProcess, perenne: Any, tmp_path: Path) -> Any:
    """A hub with dark good and bright bad images of two sites; at porto some are the other way round."""
    rng = np.random.default_rng(11)
    rows = ["file,class,site,group"]
    for number in range(200):
        bad = bool(number % 2)
        site = SITES[(number // 2) % 2]
        grey = 190 if bad != (site == "porto" and number % 5 == 0) else 60
        name = f"{number:03d}.png"
        cv2.imwrite(str(tmp_path / name), (grey + rng.integers(-9, 9, (64, 64, 3))).astype(np.uint8))
        rows.append(f"{name},{'bad' if bad else 'good'},{site},g{number}")
    (tmp_path / "set.csv").write_text("\n".join(rows))
    perenne("import", "csv", tmp_path / "set.csv", "--schema", "parts", "--create-sites",
            "--site-field", "site", "--group-field", "group")  # fmt: skip
    for site in SITES:
        perenne("stations", "add", site, "s1")
    perenne("datasets", "create", "parts", "--schema", "parts", "--accept", "balanced_accuracy>=0.9")
    perenne("datasets", "freeze", "parts", "--test", "0.5", "--val", "0.2", "--near-duplicates", "ignore")
    return perenne


@pytest.fixture
def model(hub: HubInProcess, tmp_path: Path) -> str:
    """A registered model that calls bright images bad."""
    path = tiny_classifier(tmp_path / "model.prn", classes=("good", "bad"))
    artefact = read_artefact(path)
    signed = sign_upload(hub.hub, hub.actor(), path)
    with hub.hub.database.transaction() as session:
        row = register_model_version(
            session, hub.hub, hub.actor(), signed=signed, upload_sha256=sha256_file(path),
            inspected=Inspected(artefact.manifest, artefact.card), origin=Origin(name="parts"),
        )  # fmt: skip
        return f"{row.name}:{row.number}"


def test_a_frozen_version_is_shown_counted_and_compared(plant: Any) -> None:
    assert "parts:1" in plant("datasets", "versions", "parts").out
    shown = plant("datasets", "show", "parts").out
    assert "Images by site" in shown
    assert "lyon" in shown
    again = plant(
        "datasets", "freeze", "parts", "--test", "0.5", "--val", "0.2", "--near-duplicates", "ignore"
    )
    assert "had been frozen before" in again.out
    plant("datasets", "freeze", "parts", "--sites", "lyon")
    diff = json.loads(plant("datasets", "diff", "parts:1", "parts:2", "--json").out)
    assert diff["removed"]["count"] == 100
    assert plant("datasets", "manifest", "parts:2").out.count("\n") == 101
    assert "test" in plant("datasets", "items", "parts:1", "--limit", "80").out


def test_a_wrong_acceptance_rule_says_how_to_write_one(plant: Any) -> None:
    assert "map50>=0.9" in plant("datasets", "accept", "parts", "good enough", fails=True).err


def test_a_run_is_queued_listed_and_cancelled(plant: Any) -> None:
    said = plant("train", "start", "parts", "--recipe", "lite-classification", "--set", "side=128",
                 "--budget-cpu-s", "60")  # fmt: skip
    assert "Run 1 queued" in said.out
    wrong = plant("train", "start", "parts", "--recipe", "lite-classification", "--set", "sid=3", fails=True)
    assert "sid" in wrong.err
    assert "side" in wrong.err
    run = json.loads(plant("train", "show", "1", "--json").out)
    assert run["config"] == {"side": 128, "budget_cpu_s": 60.0}
    assert "queued" in plant("train", "list").out
    assert "cancelled" in plant("train", "cancel", "1").out
    assert plant("train", "watch", "1", fails=True).code == 1


def test_an_evaluation_shows_the_worst_site_first_with_intervals_and_verdicts(
    plant: Any, model: str, hub: HubInProcess
) -> None:
    plant("evaluate", "run", model, "parts", "--no-wait")
    InMemoryJobs(hub.hub, JOBS).run_all()
    shown = plant("evaluate", "show").out
    assert shown.index("porto") < shown.index("lyon") < shown.index("all together")
    assert "Not satisfactory everywhere" in shown
    assert "1.000 [" in shown
    rows = json.loads(plant("evaluate", "show", "--json").out)
    assert rows["satisfactory_everywhere"] is False
    assert "By class" in plant("evaluate", "slices").out
    assert "porto" in plant("evaluate", "worst", "--limit", "3").out
    assert model in plant("evaluate", "list").out
    evaluation = rows["id"]
    assert "worse nowhere" in plant("evaluate", "compare", evaluation, evaluation).out


def test_a_model_is_looked_at_and_downloaded_whole(plant: Any, model: str, tmp_path: Path) -> None:
    assert model in plant("models", "list").out
    assert "good, bad" in plant("models", "show", model).out
    plant("models", "download", model, "--to", tmp_path)
    assert read_artefact(tmp_path / "parts-1.zip").manifest["classes"] == ["good", "bad"]


def test_a_deployed_version_answers_is_undone_and_its_history_told(
    plant: Any, model: str, tmp_path: Path
) -> None:
    assert "answers at lyon" in plant("deploy", "set", model, *SITES, "--reason", "first").out
    said = plant("inspect", "lyon", "s1", tmp_path / "000.png", tmp_path / "004.png")
    assert "pass" in said.out
    assert model in said.out
    assert "nothing would answer" in plant("deploy", "undo", "lyon", "--reason", "trial over", fails=True).err
    plant("deploy", "set", model, "lyon", "--reason", "second", "--threshold", "fail_at=0.7")
    assert "answers again at lyon" in plant("deploy", "undo", "lyon", "--reason", "trial over").out
    assert "first" in plant("deploy", "history", "lyon").out
    assert "porto" in plant("deploy", "list").out


def test_people_and_programs_get_accounts_and_lose_them(
    perenne: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    perenne("users", "add", "ann@acme.example", "--role", "ml-engineer", "--password-stdin")
    assert "ann@acme.example" in perenne("users", "list").out
    perenne("users", "disable", "ann@acme.example")
    assert "disabled" in perenne("users", "list").out
    token = json.loads(perenne("tokens", "add", "press 7", "--days", "9", "--json").out)
    assert token["secret"].startswith("prn_")
    perenne("tokens", "revoke", token["id"])
    assert "revoked" in perenne("tokens", "list").out
    assert "org-admin" in perenne("whoami").out


def test_a_login_is_kept_for_this_machine_and_forgotten(
    perenne: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import io

    monkeypatch.setenv("PERENNE_DATA", str(tmp_path / "me"))
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n" * 2))
    perenne("users", "add", "bob@acme.example", "--role", "ml-engineer", "--password-stdin")
    said = perenne("login", "--email", "bob@acme.example", "--password-stdin")
    assert "Signed in" in said.out
    assert json.loads((tmp_path / "me" / "login.json").read_text())["email"] == "bob@acme.example"
    assert "Signed out" in perenne("logout").out
    assert "Nobody was signed in" in perenne("logout").out

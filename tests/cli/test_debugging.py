"""Where a model loses, which labels are doubtful and why it answered so, on the terminal and in the SDK."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest

from perenne.cli.images import show_sensitivity
from perenne.client import Client, Transport
from perenne.hub.evaluation.jobs import JOBS
from perenne.hub.infra.jobs import InMemoryJobs
from perenne.hub.models import Inspected, Origin, register_model_version, sign_upload
from perenne.kit.hashing import sha256_file
from perenne.runtime import read_artefact
from perenne.testing.hubs import HubInProcess
from perenne.testing.tiny_models import tiny_classifier
from perenne.wire.models import ModelReference
from perenne.wire.performance import Sensitivity

Perenne = Callable[..., Any]
SITES = ("lyon", "porto")


def photograph(grey: int, *, seed: int, spot: int = 0) -> bytes:
    """Return a noisy grey image with a small square below its middle that is `spot` brighter."""
    pixels = np.random.default_rng(seed).integers(grey - 9, grey + 9, (64, 64, 3))
    pixels[32:42, 32:42] += spot
    return bytes(cv2.imencode(".png", pixels.clip(0, 255).astype(np.uint8))[1])


def connect(hub: HubInProcess) -> Client:
    """Return the SDK's client of an administrator."""
    http = cast(Any, hub.client("org-admin"))
    token = str(http.headers["authorization"]).removeprefix("Bearer ")
    return Client(transport=Transport("http://testserver", token=token, http=http))


def register(hub: HubInProcess, folder: Path) -> None:
    """Register `parts:1`, which calls bright images bad."""
    path = tiny_classifier(folder / "model.prn", classes=("good", "bad"))
    artefact, actor = read_artefact(path), hub.actor()
    signed = sign_upload(hub.hub, actor, path)
    with hub.hub.database.transaction() as session:
        register_model_version(
            session, hub.hub, actor, signed=signed, upload_sha256=sha256_file(path),
            inspected=Inspected(artefact.manifest, artefact.card), origin=Origin(name="parts"),
        )  # fmt: skip


@pytest.fixture
def evaluated(hub: HubInProcess, perenne: Perenne, tmp_path: Path) -> Perenne:
    """`parts:1`, evaluated on dark good and bright bad images; at porto every fifth label is wrong."""
    rows = ["file,class,site,group"]
    for number in range(80):
        bad, site = bool(number % 2), SITES[(number // 2) % 2]
        said = bad != (site == "porto" and number % 5 == 0)
        (tmp_path / f"{number:03d}.png").write_bytes(photograph(190 if bad else 60, seed=number))
        rows.append(f"{number:03d}.png,{'bad' if said else 'good'},{site},g{number}")
    (tmp_path / "set.csv").write_text("\n".join(rows))
    perenne("import", "csv", tmp_path / "set.csv", "--schema", "parts", "--create-sites",
            "--site-field", "site", "--group-field", "group")  # fmt: skip
    perenne("datasets", "create", "parts", "--schema", "parts")
    perenne("datasets", "freeze", "parts", "--test-sites", "lyon,porto", "--near-duplicates", "ignore")
    register(hub, tmp_path)
    perenne("evaluate", "run", "parts:1", "parts:1", "--no-wait")
    InMemoryJobs(hub.hub, JOBS).run_all()
    return perenne


def test_slices_and_doubtful_labels_are_told_with_intervals_and_reasons(
    hub: HubInProcess, evaluated: Perenne
) -> None:
    slices = evaluated("performance", "slices", "parts:1").out
    assert "porto" in slices and "error rate" in slices and "the intervals hold for all" in slices
    told = connect(hub).evaluations.error_slices("parts:1")
    worst = told.slices[0]
    assert worst.key == "site=porto", slices
    assert f"{worst.lost:.3f}" in slices and f"[{worst.lost_low:.3f}" in slices, slices
    assert connect(hub).evaluations.error_slices("parts:1", site="lyon").n_errors == 0
    assert "No slices: too few errors" in evaluated("performance", "slices", "parts:1", "--site", "lyon").out
    doubtful = connect(hub).evaluations.label_suspects("parts:1")
    assert len(doubtful.items) >= told.n_errors == 8 and doubtful.n_images == 80
    suspects = evaluated("performance", "suspects", "parts", "--limit", "3").out
    assert suspects.count("another class") == 3 and doubtful.items[0].image_id in suspects
    assert "3 of " in suspects and "80 images judged" in suspects


def test_why_a_model_answered_is_a_map_and_what_looked_alike(
    hub: HubInProcess, perenne: Perenne, tmp_path: Path
) -> None:
    register(hub, tmp_path)
    perenne("sites", "add", "lyon")
    perenne("stations", "add", "lyon", "s1")
    perenne("deploy", "set", "parts:1", "lyon", "--reason", "trial")
    http = hub.client()
    ids = []
    for seed, (grey, spot) in enumerate(((130, 100), (132, 100), (190, 0))):
        answer = http.post(
            "/api/v1/sites/lyon/stations/s1/inspect",
            content=photograph(grey, seed=seed, spot=spot),
            headers={"content-type": "image/png"},
        )
        ids.append(answer.json()["image_id"])
    images = connect(hub).images
    found = images.sensitivity(ids[0])
    assert found == images.sensitivity(ids[0], model="parts:1").model_copy(update={"ms": found.ms})
    assert not found.flat and [one.image_id for one in images.neighbours(ids[0])] == ids[1:]
    assert [one.image_id for one in images.neighbours(ids[0], model="parts", limit=1)] == [ids[1]]
    said = perenne("images", "why", ids[0]).out
    assert f"parts:1: {found.answer}, score {found.score:.3f}" in said
    assert said.index(ids[1]) < said.index(ids[2])
    drawn = [line[2:] for line in said.splitlines()[1 : 1 + len(found.grid)]]
    shaded = {(y, x) for y, line in enumerate(drawn) for x, sign in enumerate(line) if sign in "▒▓█"}
    assert shaded and shaded <= {(y, x) for y in (6, 7) for x in (12, 13, 14, 15)}


def test_a_map_that_tells_nothing_is_a_sentence_instead(capsys: pytest.CaptureFixture[str]) -> None:
    model = ModelReference(id="mod_1", name="cells", number=1)
    flat = Sensitivity(
        image_id="img_1",
        model=model,
        answer="bad",
        score=1.0,
        grid=[[0.0, 0.001]],
        flat=True,
        patch_px=8,
        ms=1,
    )
    show_sensitivity(flat)
    said = capsys.readouterr().out
    assert "No patch alone changes this answer" in said and "█" not in said

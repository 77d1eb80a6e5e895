"""What a stranger uploads as a model: refused by content, looked at in another process, never fatal (A12)."""

import io
import pickle
import random
import sys
import zipfile
from pathlib import Path

import pytest

from perenne.hub.models import ArtefactCheckFailed, ArtefactRefused, inspect_upload, inspector
from perenne.hub.models.service import flat_numbers
from perenne.testing.tiny_models import tiny_classifier


class Evil:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (str(self.mark), "w"))


def hostile_files(folder: Path) -> dict[str, bytes]:
    mark = folder / "unpickled"
    evil = pickle.dumps(Evil(mark))
    good = tiny_classifier(folder / "good.zip").read_bytes()
    return {
        "a pickle": evil,
        "a torch checkpoint": _zip({"archive/data.pkl": evil, "archive/version": b"3"}),
        "an artefact with a pickle in it": _zip({**_members(good), "data.pkl": evil}),
        "weights that are a pickle": _zip({**_members(good), "weights.safetensors": evil}),
        "a bare graph": _members(good)["model.onnx"],
        "nothing": b"",
        "an image": b"\x89PNG\r\n\x1a\n" + b"0" * 100,
        "half an artefact": good[: len(good) // 2],
        "a graph that is text": _zip({**_members(good), "model.onnx": b"import os"}),
        "a path that climbs": _zip({**_members(good), "../../evil.py": b"x"}),
    }


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_good_artefact_tells_what_it_is(tmp_path: Path) -> None:
    inspected = inspect_upload(tiny_classifier(tmp_path / "good.zip"))
    assert inspected.manifest["problem"] == "classification"
    assert inspected.manifest["classes"] == ["good", "bad"]
    assert inspected.card


def test_hostile_files_are_refused_with_a_reason_and_run_nothing(tmp_path: Path) -> None:
    for name, data in hostile_files(tmp_path).items():
        path = tmp_path / "upload"
        path.write_bytes(data)
        with pytest.raises(ArtefactRefused) as refused:
            inspect_upload(path)
        assert len(refused.value.detail) > 20, name
        assert refused.value.remedy, name
    assert not (tmp_path / "unpickled").exists()


def test_mutated_artefacts_never_hurt_the_hub(tmp_path: Path) -> None:
    rng = random.Random(7)
    good = tiny_classifier(tmp_path / "good.zip").read_bytes()
    for number in range(4):
        mutated = bytearray(good)
        for _ in range(20):
            mutated[rng.randrange(len(mutated))] = rng.randrange(256)
        path = tmp_path / f"mutated-{number}"
        path.write_bytes(bytes(mutated))
        with pytest.raises((ArtefactRefused, ArtefactCheckFailed)):
            inspect_upload(path)


def test_a_check_that_dies_or_takes_too_long_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny_classifier(tmp_path / "good.zip")
    with pytest.raises(ArtefactCheckFailed, match="longer than"):
        inspect_upload(path, wall_s=0.01)
    false = tmp_path / "dies"
    false.write_text("#!/bin/sh\nkill -SEGV $$\n")
    false.chmod(0o700)
    monkeypatch.setattr(inspector.sys, "executable", str(false))
    with pytest.raises(ArtefactCheckFailed, match="signal 11"):
        inspect_upload(path)
    assert sys.executable


def test_only_numbers_of_the_metrics_are_kept() -> None:
    given = {"a": 1, "b": {"c": 0.5, "d": None}, "e": float("nan"), "f": "x", "g": True}
    assert flat_numbers(given) == {"a": 1.0, "b.c": 0.5}

"""The bytes of an embedding are small, the same everywhere, and keep how far images lie from each other."""

from pathlib import Path

import numpy as np
import pytest

from perenne.runtime import load_model, project_embedding, unpack_embedding
from perenne.runtime.projection import BYTES, SIZE
from perenne.testing.tiny_models import tiny_classifier

SEED = "5d41402abc4b2a76b9719d911017c592"


def test_distances_between_images_survive_the_projection() -> None:
    rng = np.random.default_rng(3)
    embeddings = rng.normal(size=(40, 1280)).astype(np.float32) * rng.uniform(0.5, 2, (40, 1)).astype(
        np.float32
    )
    kept = np.array([unpack_embedding(project_embedding(row, seed=SEED) or b"") for row in embeddings])
    first, second = np.triu_indices(40, 1)
    before = ((embeddings[first] - embeddings[second]) ** 2).sum(axis=1)
    after = ((kept[first] - kept[second]) ** 2).sum(axis=1)
    ratios = after / before
    assert ratios.mean() == pytest.approx(1, abs=0.1)
    assert ratios.std() < 0.25, "sqrt(2 / 64) = 0.18, and the rounding to bytes"


def test_the_same_embedding_gives_the_same_bytes_on_every_machine() -> None:
    packed = project_embedding(np.arange(8, dtype=np.float32), seed=SEED)
    assert packed is not None
    assert len(packed) == BYTES
    assert packed[4:20].hex() == "81eb6a4aab35d6ebf50bcbe0b6002020"


def test_another_model_projects_in_another_way() -> None:
    embedding = np.ones(100, np.float32)
    assert project_embedding(embedding, seed="one") != project_embedding(embedding, seed="two")


def test_nothing_but_zeros_stays_zero_and_what_is_no_number_is_not_kept() -> None:
    assert not unpack_embedding(project_embedding(np.zeros(9, np.float32), seed=SEED) or b"").any()
    assert project_embedding(np.array([1, np.nan], np.float32), seed=SEED) is None
    assert project_embedding(np.array([1, np.inf], np.float32), seed=SEED) is None


def test_bytes_of_another_length_are_refused_with_expected_and_got() -> None:
    with pytest.raises(ValueError, match="expected a projected embedding of 68 bytes, got 64"):
        unpack_embedding(bytes(64))


def test_a_model_gives_the_bytes_of_its_own_embedding(tmp_path: Path) -> None:
    model = load_model(tiny_classifier(tmp_path / "m.prn"))
    dark, bright = (model.predict(np.full((64, 64, 3), grey, np.uint8)) for grey in (20, 230))
    packed = model.project(dark)
    assert packed is not None and unpack_embedding(packed).shape == (SIZE,)
    assert packed == load_model(tmp_path / "m.prn").project(dark)
    assert packed != model.project(bright)


def test_a_model_without_an_embedding_gives_none(tmp_path: Path) -> None:
    model = load_model(tiny_classifier(tmp_path / "m.prn", embedding={}))
    assert model.project(model.predict(np.zeros((64, 64, 3), np.uint8))) is None

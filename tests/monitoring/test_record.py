"""The record of an image is small, and comes back as it went."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.monitoring import ImageRecord, pack_embedding, unpack_embedding
from perenne.runtime.projection import project_embedding
from perenne.runtime.projection import unpack_embedding as unpack_projected

from .conftest import START, MakeRecords


def test_a_record_is_at_most_a_kilobyte_and_comes_back(make_records: MakeRecords) -> None:
    record = dataclasses.replace(
        make_records(1, seed=1, lot_size=1)[0],
        embedding=pack_embedding(range(64)),
        predicted={f"boxes.class-{number}": 0.12345 for number in range(12)},
    )
    text = record.to_json()
    assert len(text.encode()) <= 1024
    back = ImageRecord.from_json(text)
    assert record.signals is not None
    bare = dataclasses.replace(record.signals, cell_means="", cell_spreads="")
    assert back == dataclasses.replace(record, signals=bare)
    assert back.to_json() == text


def test_a_record_without_measurements_comes_back() -> None:
    record = ImageRecord("img", START)
    assert ImageRecord.from_json(record.to_json()) == record


def test_a_record_of_another_version_is_refused_with_what_to_do(make_records: MakeRecords) -> None:
    text = make_records(1, seed=1)[0].to_json().replace('"format":"', '"format":"0')
    with pytest.raises(ValueError, match="Measure the image again"):
        ImageRecord.from_json(text)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=80))
def test_packing_loses_at_most_half_a_step(vector: list[float]) -> None:
    packed = pack_embedding(vector)
    assert packed is not None and len(packed) == 4 + len(vector)
    step = max(abs(value) for value in vector) / 127
    assert unpack_embedding(packed) == pytest.approx(vector, abs=0.51 * step + 1e-12)


def test_what_the_runtime_writes_is_read(make_records: MakeRecords) -> None:
    import numpy as np

    packed = project_embedding(np.arange(200, dtype=np.float32), seed="ab")
    assert packed is not None
    assert unpack_embedding(packed) == pytest.approx(unpack_projected(packed), rel=1e-6)


def test_what_is_no_embedding_is_refused() -> None:
    assert pack_embedding([1.0, float("nan")]) is None
    with pytest.raises(ValueError, match="4 bytes of scale"):
        unpack_embedding(b"abcd")

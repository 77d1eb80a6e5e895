"""The reference chooses its unit, fits on some units and ranks the others, and comes back to the bit."""

import dataclasses

import numpy as np
import pytest

from perenne.monitoring import DEFECT_RATE, Reference, ReferenceTooSmall
from perenne.monitoring.channels import channel_weights

from .conftest import FINGERPRINT, MakeRecords


def test_independent_images_are_units_and_every_other_one_fits_the_frame(make_records: MakeRecords) -> None:
    records = make_records(600, seed=3)
    reference = Reference.fit(records)
    assert (reference.unit.kind, reference.enough, reference.n_images) == ("image", True, 600)
    assert reference.units_NU.shape == (300, len(reference.channels))
    assert reference.image_ids == tuple(record.image_id for record in records[1::2])
    assert {"acquisition.noise", "embedding.distance", "predictions.score_max", DEFECT_RATE} <= set(
        reference.channels
    )
    assert "acquisition.offset" not in reference.channels, "no template was given: there is no such channel"


def test_images_that_the_frame_has_not_seen_lie_like_later_ones(make_records: MakeRecords) -> None:
    """Of 300 images and 300 later ones the median distances differ by less than a tenth of their spread
    times five; images that fitted the frame would lie at less than half the distance. Seed fixed."""
    reference = Reference.fit(make_records(600, seed=4), unit="image")
    at = reference.channels.index("embedding.distance")
    later = reference.values_of(make_records(300, seed=5))[:, at]
    held = reference.values_NC[:, at]
    assert abs(np.median(held) - np.median(later)) < 0.5 * held.std()


def test_lots_are_the_unit_where_they_are_known(make_records: MakeRecords) -> None:
    reference = Reference.fit(make_records(600, seed=6, lot_size=6, lot_spread=1.0))
    assert (reference.unit.kind, reference.unit.n_units, reference.enough) == ("lot", 100, True)
    assert reference.units_NU.shape == (50, 4 * len(reference.channels))
    assert "acquisition.noise.std" in reference.entries
    few = Reference.fit(make_records(600, seed=6, lot_size=100))
    assert not few.enough and "at least 50 are needed" in few.reason


def test_dependence_without_lots_makes_blocks(make_records: MakeRecords) -> None:
    records = make_records(1200, seed=7, lot_size=6, lot_spread=2.0)
    reference = Reference.fit([dataclasses.replace(record, lot=None) for record in records])
    assert reference.unit.kind == "block" and reference.unit.length is not None
    assert len(reference.values_NC) % reference.unit.length == 0


def test_too_few_images_are_refused_with_what_is_missing(make_records: MakeRecords) -> None:
    with pytest.raises(ReferenceTooSmall, match="at least 200 images"):
        Reference.fit(make_records(199, seed=1))
    with pytest.raises(ReferenceTooSmall, match="No record tells its lot"):
        Reference.fit(make_records(200, seed=1), unit="lot")


def test_a_reference_comes_back_to_the_bit(make_records: MakeRecords) -> None:
    for records in (make_records(300, seed=8), make_records(300, seed=8, lot_size=3)):
        reference = Reference.fit(records)
        data = reference.to_npz()
        back = Reference.from_npz(data)
        assert back.to_npz() == data and back.digest == reference.digest
        assert back.bands == reference.bands and back.unit == reference.unit


def test_only_steady_fields_of_the_fingerprint_are_watched(make_records: MakeRecords) -> None:
    records = make_records(300, seed=9)
    odd = dataclasses.replace(records[0], fingerprint=dataclasses.replace(FINGERPRINT, software="x"))
    reference = Reference.fit([odd, *records[1:]])
    assert "software" not in reference.known, "a value seen once: new ones are to be expected"
    assert "rate" not in reference.known
    other = dataclasses.replace(FINGERPRINT, jpeg_quality=80, software="y", rate=30)
    assert reference.new_values(other) == {"jpeg_quality": "80"}
    assert reference.new_values(None) == {}


def test_bands_and_percentiles_say_where_an_image_lies(make_records: MakeRecords) -> None:
    reference = Reference.fit(make_records(600, seed=10), unit="image")
    band = reference.bands["acquisition.noise"]
    assert band.q05 < band.q50 < band.q95 and band.n == 300
    far = make_records(1, seed=11, noise=50)[0]
    assert reference.percentiles(far)["acquisition.noise"] == 100.0
    bare = dataclasses.replace(far, signals=None)
    assert reference.percentiles(bare)["acquisition.noise"] is None


def test_the_rate_of_defects_weighs_by_itself_and_all_weights_sum_to_one(make_records: MakeRecords) -> None:
    reference = Reference.fit(make_records(300, seed=12, lot_size=3))
    for entries in (reference.channels, reference.entries):
        weights = channel_weights(entries)
        assert sum(weights.values()) == pytest.approx(1.0) and min(weights.values()) > 0
        rate = sum(weight for name, weight in weights.items() if name.startswith(DEFECT_RATE))
        assert rate == pytest.approx(0.2)


def test_an_embedding_of_another_model_is_refused(make_records: MakeRecords) -> None:
    reference = Reference.fit(make_records(300, seed=13))
    other = dataclasses.replace(make_records(1, seed=1)[0], embedding=b"\0\0\0\0" + b"\1" * 30)
    with pytest.raises(ValueError, match="another model"):
        reference.values_of([other])

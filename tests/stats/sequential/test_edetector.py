"""The detector keeps its promise, finds a change, says which channel and since when, and resumes exactly."""

import numpy as np
import pytest

from perenne.stats.sequential import EDetector
from perenne.stats.sequential.bets import N_BETS, SHAPES, standard_values

CHANNELS = ("blur", "noise", "light")


def _detector(rng: np.random.Generator, **options: object) -> EDetector:
    made: dict[str, object] = {"channels": CHANNELS, "run_length": 1000.0} | options
    return EDetector(rng.normal(size=(300, 3)), **made)  # type: ignore[arg-type]


def test_every_bet_has_a_mean_of_one() -> None:
    # Midpoints of 20,000 cells fall between the limits of all tails; the error of the parabola is 1e-9.
    values = standard_values((np.arange(20_000) + 0.5) / 20_000)
    assert values.shape == (20_000, N_BETS) == (20_000, 18)
    assert np.allclose(values.mean(0), 1.0, atol=1e-7)
    assert values.min() > 0


def test_total_variation_of_shape_bets_is_as_said() -> None:
    values = standard_values(np.linspace(0, 1, 2001))[:, : len(SHAPES)]
    seen = np.abs(np.diff(values, axis=0)).sum(0)
    assert np.allclose(seen, [bet.total_variation for bet in SHAPES], atol=1e-5)


def test_the_average_run_length_is_at_least_what_was_promised() -> None:
    """Promise 20 units. 90 healthy streams with dependent channels, each watched until alarm or 250 units.

    Error budget: the seed is fixed; over seeds the mean length has a standard error of about 3 around the
    detector's own 30, so that fewer than 1 in 100 would fall below 20 and a promise broken by half is seen.
    """
    rng = np.random.default_rng(11)
    lengths = []
    for stream in range(90):
        common = rng.normal(size=(330, 1))
        values = common + 0.3 * rng.normal(size=(330, 2))
        watch = EDetector(values[:80], channels=("a", "b"), run_length=20)
        for number in range(250):
            if watch.update(f"{stream}-{number}", values[80 + number]).alarm:
                break
        lengths.append(number + 1)
    assert np.mean(lengths) >= 20
    assert np.mean(lengths) < 60, "valid, but so cautious that changes would be found late"


def test_a_change_is_found_fast_with_its_channel_and_onset() -> None:
    rng = np.random.default_rng(5)
    watch = _detector(rng, run_length=1_000_000)
    for number in range(120):
        values = rng.normal([0.0, 5.0 * (number >= 100), 0.0])
        reading = watch.update(f"img-{number}", values)
        if reading.alarm:
            break
    assert 101 <= reading.n_units <= 106
    assert reading.onset == 101
    assert reading.shares["noise"] > 0.99 and sum(reading.shares.values()) == pytest.approx(1.0)
    assert reading.level >= 1.0


def test_a_resumed_detector_goes_on_bit_for_bit_also_with_a_full_store() -> None:
    rng = np.random.default_rng(2)
    straight = _detector(rng, cap=320)
    for number in range(400):
        straight.update(f"img-{number}", rng.normal(size=3))
    saved = straight.to_npz()
    resumed = EDetector.from_npz(saved)
    assert resumed.to_npz() == saved and resumed.reading() == straight.reading()
    for number in range(400, 500):
        values = rng.normal(size=3) + 0.1 * (number - 400)
        assert resumed.update(f"img-{number}", values) == straight.update(f"img-{number}", values)
    assert resumed.to_npz() == straight.to_npz()


def test_evidence_of_other_bets_begins_anew_among_the_same_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    watch = _detector(rng)
    for number in range(30):
        watch.update(f"img-{number}", rng.normal(size=3) + 3)
    assert watch.reading().alarm
    saved = watch.to_npz()
    monkeypatch.setattr("perenne.stats.sequential.detector.BETS_NAME", "later bets")
    monkeypatch.setattr("perenne.stats.sequential.edetector.BETS_NAME", "later bets")
    resumed = EDetector.from_npz(saved)
    assert resumed.n_units == 0 and not resumed.reading().alarm
    assert np.array_equal(resumed._ranks.codes_NC, watch._ranks.codes_NC)


def test_the_order_of_channels_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    reference, stream = rng.normal(size=(100, 3)), rng.normal([0.0, 1.0, 0.0], size=(60, 3))
    weights = {"blur": 1.0, "noise": 2.0, "light": 1.0}
    straight = EDetector(reference, channels=CHANNELS, run_length=100, weights=weights)
    order = [2, 0, 1]
    turned = EDetector(
        reference[:, order], channels=[CHANNELS[i] for i in order], run_length=100, weights=weights
    )
    for number, row in enumerate(stream):
        one, two = straight.update(f"{number}", row), turned.update(f"{number}", row[order])
    assert one.log_evidence == pytest.approx(two.log_evidence)
    assert one.shares == pytest.approx(two.shares)


def test_a_gross_change_neither_overflows_nor_sticks() -> None:
    rng = np.random.default_rng(4)
    watch = EDetector(rng.normal(size=(2000, 1)), channels=["light"], run_length=100)
    for number in range(150):
        reading = watch.update(f"dark-{number}", [-50.0])
    assert np.isfinite(reading.log_evidence) and reading.log_evidence > 50
    watch.restart()
    assert watch.reading().n_units == 0 and not watch.reading().alarm
    assert watch.onset() is None


def test_a_channel_that_goes_missing_is_a_change() -> None:
    rng = np.random.default_rng(6)
    watch = _detector(rng)
    for number in range(40):
        reading = watch.update(f"{number}", [rng.normal(), np.nan, rng.normal()])
    assert reading.alarm and reading.shares["noise"] > 0.99


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="above 1"):
        EDetector(np.zeros((3, 1)), channels=["a"], run_length=1)
    with pytest.raises(ValueError, match="2 names"):
        EDetector(np.zeros((3, 1)), channels=["a", "b"], run_length=10)
    with pytest.raises(ValueError, match="positive, one for each"):
        EDetector(np.zeros((3, 1)), channels=["a"], run_length=10, weights={"b": 1.0})

"""The anchored detector keeps its promise with a finite sample, sees slow ageing, and resumes exactly."""

import numpy as np
import pytest
from numpy.typing import NDArray

from perenne.stats.sequential import AnchoredDetector
from perenne.stats.sequential.anchored import rank_margin, tail_bounds
from perenne.stats.sequential.bets import SHAPES, TAILS

Floats = NDArray[np.float64]


def _mean_of_bets(watch: AnchoredDetector, below: Floats, equal: Floats) -> Floats:
    """Mean of each bet over the chance number (Gauss: exact for parabolas), for a unit with these counts."""
    n = watch._ranks.n
    points, weights = np.polynomial.legendre.leggauss(2)
    u = (points[:, None] + 1) / 2
    p = (below + u * (equal + 1)) / (n + 1)
    marks = np.stack([p, np.broadcast_to(below + equal, p.shape), np.broadcast_to(n - below, p.shape)])
    return np.asarray(np.tensordot(weights / 2, watch._bet(marks), axes=1))


def test_no_bet_has_a_mean_above_one_for_all_but_few_references() -> None:
    """The mean under the truth is computed exactly, reference by reference: no stream is simulated.

    30 references of 200 units, uniform (a unit falls between two neighbours with the width of their gap) and
    a die with six faces (ties everywhere). delta = 0.2: at most 6 of 30 are expected to break a bet, and
    more than 12 have a chance of 1 in 300. The bounds over all tails at once make it far fewer.
    """
    rng = np.random.default_rng(0)
    broken = {"uniform": 0, "die": 0}
    for _ in range(30):
        sample = np.sort(rng.random(200))
        watch = AnchoredDetector(sample[:, None], channels=["x"], run_length=100, delta=0.2)
        gaps = np.diff(np.concatenate([[0.0], sample, [1.0]]))
        broken["uniform"] += (gaps @ _mean_of_bets(watch, np.arange(201), np.zeros(201)) > 1 + 1e-9).any()
        faces = rng.integers(0, 6, 200)
        watch = AnchoredDetector(faces[:, None], channels=["x"], run_length=100, delta=0.2)
        equal = np.bincount(faces, minlength=6)
        means = _mean_of_bets(watch, np.cumsum(equal) - equal, equal)
        broken["die"] += (means.mean(0) > 1 + 1e-9).any()
    assert broken["uniform"] <= 12 and broken["die"] <= 12


def test_plain_bets_on_a_fixed_reference_would_break_the_promise() -> None:
    sample = np.sort(np.random.default_rng(1).random(200))
    watch = AnchoredDetector(sample[:, None], channels=["x"], run_length=100)
    watch._discount = np.ones(len(SHAPES))
    watch._bounds = np.array([bet.mass for bet in TAILS])
    gaps = np.diff(np.concatenate([[0.0], sample, [1.0]]))
    assert (gaps @ _mean_of_bets(watch, np.arange(201), np.zeros(201))).max() > 1.01


def test_margins_shrink_with_the_reference_and_grow_with_channels() -> None:
    assert rank_margin(500, n_channels=1, delta=0.05) > rank_margin(5000, n_channels=1, delta=0.05)
    assert rank_margin(500, n_channels=17, delta=0.05) > rank_margin(500, n_channels=1, delta=0.05)
    counts, bounds = tail_bounds(100, n_channels=3, delta=0.05)
    assert counts.min() == 0 and (bounds < 1).all() and (bounds > [bet.mass for bet in TAILS]).all()


def test_a_slow_ageing_is_seen_and_named() -> None:
    rng = np.random.default_rng(3)
    watch = AnchoredDetector(rng.normal(size=(2000, 3)), channels=["blur", "light", "noise"], run_length=1e5)
    for number in range(1500):
        reading = watch.update(f"img-{number}", rng.normal([0.0, number / 600, 0.0]))
        if reading.alarm:
            break
    assert 100 < reading.n_units < 900
    assert reading.shares["light"] > 0.95
    assert reading.onset is not None and 50 < reading.onset <= reading.n_units


def test_a_small_lasting_difference_stays_below_the_margin() -> None:
    """An AUC of 0.514 (5 hundredths of a deviation) is inside eps = 0.04: no evidence gathers."""
    rng = np.random.default_rng(4)
    watch = AnchoredDetector(rng.normal(size=(1500, 1)), channels=["light"], run_length=1e4)
    readings = [watch.update(f"{i}", rng.normal(0.05, 1, 1)) for i in range(2000)]
    assert not any(reading.alarm for reading in readings)


def test_a_resumed_anchored_detector_goes_on_bit_for_bit() -> None:
    rng = np.random.default_rng(5)
    straight = AnchoredDetector(rng.normal(size=(300, 2)), channels=["a", "b"], run_length=100, delta=0.1)
    for number in range(50):
        straight.update(f"{number}", rng.normal(size=2))
    resumed = AnchoredDetector.from_npz(straight.to_npz())
    for number in range(50, 90):
        values = rng.normal(1.0, 1.0, 2)
        assert resumed.update(f"{number}", values) == straight.update(f"{number}", values)
    assert resumed.to_npz() == straight.to_npz()
    resumed.restart()
    assert resumed.reading().n_units == 0 and resumed.onset() is None


def test_what_does_not_fit_an_anchored_detector_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        AnchoredDetector(np.zeros((3, 1)), channels=["a"], run_length=10, delta=0)
    with pytest.raises(ValueError, match="2 names"):
        AnchoredDetector(np.zeros((3, 1)), channels=["a", "b"], run_length=10)

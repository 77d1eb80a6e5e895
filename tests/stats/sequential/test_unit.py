"""The unit follows from the reference: images when they are independent, blocks or lots when not."""

import numpy as np
import pytest

from perenne.stats.sequential import EDetector, choose_unit, record_channels, summarise_unit
from perenne.stats.sequential.unit import rank_autocorrelation


def test_independent_images_are_rarely_taken_for_dependent() -> None:
    # 30 references of 17 channels at a level of 0.05 in all: 1.5 expected, 7 or more: below 1 in 900.
    rng = np.random.default_rng(0)
    kinds = [choose_unit(rng.normal(size=(400, 17))).kind for _ in range(30)]
    assert kinds.count("image") > 23


def test_blocks_are_long_enough_that_their_means_are_independent() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(4000, 2))
    values = noise.copy()
    for i in range(1, 4000):
        values[i, 1] = 0.7 * values[i - 1, 1] + noise[i, 1]
    choice = choose_unit(values)
    assert choice.kind == "block" and choice.enough
    assert choice.length is not None and 5 <= choice.length <= 80
    assert choice.autocorrelation_CL[1, 0] == pytest.approx(0.7, abs=0.05)
    assert abs(choice.autocorrelation_CL[0]).max() < 0.08


def test_a_reference_that_wanders_all_along_is_not_enough() -> None:
    walk = np.cumsum(np.random.default_rng(2).normal(size=(600, 1)), axis=0)
    choice = choose_unit(walk)
    assert not choice.enough and "split the context" in choice.reason


def test_known_lots_are_the_unit_and_lots_of_one_image_are_none() -> None:
    values = np.random.default_rng(3).normal(size=(600, 1))
    assert choose_unit(values, lots=[f"{i // 6}" for i in range(600)]).kind == "lot"
    assert choose_unit(values, lots=[f"{i}" for i in range(600)]).kind == "image"
    few = choose_unit(values, lots=[f"{i // 60}" for i in range(600)])
    assert few.n_units == 10 and not few.enough and "at least 50" in few.reason


def test_watching_lots_keeps_the_promise_that_watching_images_breaks() -> None:
    """8 healthy streams of 60 lots of 12 images: images alarm in all, lots (promise 500) in at most 2 of 8.

    A valid watch of 500 units alarms within 60 in at most 12 % of streams: 3 of 8 or more is a chance of 6 %.
    """
    rng = np.random.default_rng(4)
    alarms = {"image": 0, "lot": 0}
    for stream in range(8):
        lots = rng.normal(size=(120, 1, 1)) + 0.5 * rng.normal(size=(120, 12, 1))
        by_image = EDetector(lots[:60].reshape(-1, 1), channels=["light"], run_length=500)
        by_lot = EDetector(
            [summarise_unit(lot) for lot in lots[:60]], channels=record_channels(["light"]), run_length=500
        )
        images = lots[60:].reshape(-1, 1)
        alarms["image"] += any(by_image.update(f"{stream}-{i}", row).alarm for i, row in enumerate(images))
        alarms["lot"] += any(
            by_lot.update(f"{stream}-{i}", summarise_unit(lot)).alarm for i, lot in enumerate(lots[60:])
        )
    assert alarms["image"] == 8 and alarms["lot"] <= 2


def test_missing_and_constant_values_are_no_dependence() -> None:
    values = np.full((100, 2), 3.0)
    values[:, 1] = np.nan
    assert (rank_autocorrelation(values) == 0).all()
    assert choose_unit(values).kind == "image"
    assert np.isnan(summarise_unit([[1.0, np.nan]])[4:]).all()


def test_too_short_a_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 50 images"):
        choose_unit(np.zeros((49, 2)))
    with pytest.raises(ValueError, match="60 images, but 3 lots"):
        choose_unit(np.zeros((60, 2)), lots=["a", "b", "c"])

"""The distance of two samples: exact under exchangeable lots, and it finds a change."""

import numpy as np
import pytest

from perenne.stats.drift import measure_mmd


def test_without_a_difference_small_p_values_are_as_rare_as_they_say_with_lots() -> None:
    """30 pairs of 12 + 12 lots of alike images. Error budget: seed fixed; at a chance of 0.1 more than 9
    p-values of at most 0.1 have a chance of 1 in 1,000, and by image nearly all would be below."""
    rng = np.random.default_rng(0)
    lots = np.repeat(np.arange(12), 6)
    small = by_image = 0
    for _ in range(30):
        old, new = (rng.normal(size=(12, 4))[lots] + 0.3 * rng.normal(size=(72, 4)) for _ in range(2))
        small += (
            measure_mmd(old, new, rng=rng, reference_lots=lots, window_lots=lots, n_permutations=39).p_value
            <= 0.1
        )
        by_image += measure_mmd(old, new, rng=rng, n_permutations=39).p_value <= 0.1
    assert small <= 9 and by_image > 20


def test_a_change_of_shape_without_one_of_means_is_found() -> None:
    rng = np.random.default_rng(1)
    found = measure_mmd(rng.normal(size=(500, 3)), rng.choice([-1.0, 1.0], size=(300, 3)), rng=rng)
    assert found.p_value == pytest.approx(1 / 201)
    assert found.mmd > found.typical[1] > found.typical[0] > 0
    assert (found.n_reference, found.n_window, found.n_lots) == (500, 300, 800)


def test_the_same_generator_gives_the_same_result_whatever_the_scale() -> None:
    rng = np.random.default_rng(2)
    old, new = rng.normal(size=(100, 2)), rng.normal(0.3, 1, size=(80, 2))
    one = measure_mmd(old, new, rng=np.random.default_rng(7))
    other = measure_mmd(old * 1024, new * 1024, rng=np.random.default_rng(7))
    assert one.mmd == pytest.approx(other.mmd, abs=1e-4)


def test_what_cannot_be_compared_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="same columns"):
        measure_mmd(np.zeros((4, 2)), np.zeros((4, 3)), rng=rng)
    with pytest.raises(ValueError, match="at least 2 lots"):
        measure_mmd(np.zeros((4, 2)), np.zeros((4, 2)), rng=rng, window_lots=[1] * 4)
    with pytest.raises(ValueError, match="missing or infinite"):
        measure_mmd(np.full((4, 2), np.nan), np.zeros((4, 2)), rng=rng)
    with pytest.raises(ValueError, match="but 2 lots"):
        measure_mmd(np.zeros((4, 2)), np.zeros((4, 2)), rng=rng, window_lots=[1, 2])

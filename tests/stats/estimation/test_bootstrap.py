"""Intervals cover what they say, and too little data is said plainly."""

import numpy as np

from perenne.stats.estimation import Estimate, TooFew, bootstrap_by_group, group_weights


def _mean(values: np.ndarray):  # type: ignore[no-untyped-def,type-arg]
    return lambda weights: {"mean": weights @ values / weights.sum(1)}


def test_intervals_of_a_mean_cover_the_truth_as_often_as_promised() -> None:
    # 300 experiments; the count of covers is binomial: 0.90..0.985 fails a true 95 % in < 1 of 2,000 seeds.
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(300):
        values = rng.normal(0, 1, 25)
        got = bootstrap_by_group(
            _mean(values), groups=[str(i) for i in range(25)], rng=rng, n_boot=300, proportions=False
        )["mean"]
        assert isinstance(got, Estimate)
        covered += got.low <= 0 <= got.high
    assert 0.90 <= covered / 300 <= 0.985


def test_images_of_one_group_make_the_interval_wider_than_independent_ones() -> None:
    rng = np.random.default_rng(0)
    values = np.repeat(rng.normal(0, 1, 20), 10)
    grouped = [str(i // 10) for i in range(200)]
    single = [str(i) for i in range(200)]
    wide = bootstrap_by_group(_mean(values), groups=grouped, rng=rng, proportions=False)["mean"]
    narrow = bootstrap_by_group(_mean(values), groups=single, rng=rng, proportions=False)["mean"]
    assert isinstance(wide, Estimate) and isinstance(narrow, Estimate)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert (wide.n, wide.n_groups, narrow.n_groups) == (200, 20, 200)


def test_a_perfect_score_is_not_certainty() -> None:
    got = bootstrap_by_group(
        _mean(np.ones(30)), groups=[str(i) for i in range(30)], rng=np.random.default_rng(0)
    )["mean"]
    assert isinstance(got, Estimate)
    assert got.value == got.high == 1.0 and 0.87 < got.low < 0.9


def test_one_group_is_too_few() -> None:
    got = bootstrap_by_group(_mean(np.ones(40)), groups=["board"] * 40, rng=np.random.default_rng(0))["mean"]
    assert isinstance(got, TooFew)
    assert "too few groups: 1, at least 2 needed" in str(got)
    assert got.to_json()["too_few"] is True and got.to_json()["value"] is None


def test_a_value_that_often_does_not_exist_is_too_few() -> None:
    def rare(weights):  # type: ignore[no-untyped-def]
        return {"rare": np.where(weights[:, 0] > 0, 1.0, np.nan)}

    got = bootstrap_by_group(rare, groups=[str(i) for i in range(50)], rng=np.random.default_rng(0))["rare"]
    assert isinstance(got, TooFew)


def test_drawing_keeps_the_number_of_groups() -> None:
    weights = group_weights(np.arange(12), rng=np.random.default_rng(3), n_boot=50)
    assert (weights.sum(1) == 12).all()

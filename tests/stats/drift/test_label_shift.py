"""How frequent classes became: right under label shift, and refuted where the images changed too."""

import numpy as np
import pytest
from numpy.typing import NDArray

from perenne.stats.drift import calibrate_scores, check_label_shift, estimate_label_shift
from perenne.stats.estimation import Estimate, TooFew

Floats = NDArray[np.float64]
SEPARATION = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])


def _draw(shares: list[float], n: int, rng: np.random.Generator) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Return scores of a model that is too sure and trained at equal shares, labels, and what it saw."""
    labels = rng.choice(len(shares), size=n, p=shares)
    seen = rng.normal(SEPARATION[labels], 1.0)
    logits = -((seen[:, None] - SEPARATION[: len(shares)]) ** 2).sum(2)
    scores = np.exp(logits - logits.max(1, keepdims=True))
    return scores / scores.sum(1, keepdims=True), labels, seen


def _value(share: Estimate | TooFew) -> float:
    assert isinstance(share, Estimate)
    return share.value


def test_shares_are_found_with_intervals_that_hold() -> None:
    """10 windows of 300 of three classes. Error budget: seed fixed; 30 shares, of which at 90 % fewer than
    22 hits have a chance of 1 in 150."""
    rng = np.random.default_rng(0)
    truth = [0.5, 0.2, 0.3]
    hits = 0
    errors = []
    for _ in range(10):
        scores, labels, _ = _draw([0.8, 0.15, 0.05], 600, rng)
        window, _, _ = _draw(truth, 300, rng)
        found = estimate_label_shift(scores, labels, window, rng=rng, n_boot=20)
        for share, true in zip(found.shares, truth, strict=True):
            assert isinstance(share, Estimate)
            hits += share.low <= true <= share.high
            errors.append(abs(_value(share) - true))
    assert hits >= 22
    assert np.mean(errors) < 0.04


def test_a_raw_mean_of_scores_would_be_wrong_and_the_calibration_is_found() -> None:
    rng = np.random.default_rng(1)
    scores, labels, _ = _draw([0.9, 0.1], 3000, rng)
    window, _, _ = _draw([0.6, 0.4], 2000, rng)
    found = estimate_label_shift(scores, labels, window, rng=rng, n_boot=40)
    assert abs(_value(found.shares[1]) - 0.4) < 0.04 < abs(scores.mean(0)[1] - 0.1)
    assert found.agrees and abs(found.cross_check[1] - 0.4) < 0.06
    assert found.calibration.temperature == pytest.approx(2.0, abs=0.4)
    assert found.weights[1] == pytest.approx(_value(found.shares[1]) / found.before[1])


def test_lots_widen_the_interval() -> None:
    rng = np.random.default_rng(2)
    scores, labels, _ = _draw([0.8, 0.2], 1000, rng)
    window = np.repeat(_draw([0.6, 0.4], 40, rng)[0], 15, axis=0)
    lots = np.repeat(np.arange(40), 15)
    alone = estimate_label_shift(scores, labels, window, rng=rng, n_boot=60).shares[1]
    by_lot = estimate_label_shift(scores, labels, window, rng=rng, window_lots=lots, n_boot=60).shares[1]
    assert isinstance(alone, Estimate) and isinstance(by_lot, Estimate) and by_lot.n_groups == 40
    assert by_lot.high - by_lot.low > 2 * (alone.high - alone.low)


def test_reweighting_explains_a_label_shift_and_not_a_change_of_images() -> None:
    rng = np.random.default_rng(3)
    _, labels, seen = _draw([0.8, 0.2], 2000, rng)
    _, _, later = _draw([0.4, 0.6], 1000, rng)
    pure = check_label_shift(seen, labels, later, weights_K=[0.5, 3.0], rng=rng)
    assert pure.plain.low > 0.6 and pure.explains and pure.reweighted.auc < 0.55
    mixed = check_label_shift(seen, labels, later + np.array([0.0, 0.8]), weights_K=[0.5, 3.0], rng=rng)
    assert mixed.explains is False and mixed.reweighted.low > 0.55


def test_too_few_of_a_class_leave_the_question_open() -> None:
    rng = np.random.default_rng(4)
    _, labels, seen = _draw([0.98, 0.02], 500, rng)
    found = check_label_shift(seen, labels, seen[:100] + 1.0, weights_K=[0.01, 40.0], rng=rng)
    assert found.explains is None and found.effective_n < 30


def test_a_class_without_an_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Classes \[1\] have no image"):
        calibrate_scores([[0.5, 0.5]] * 4, [0] * 4)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="window's scores"):
        estimate_label_shift([[0.4, 0.6]] * 4, [0, 1, 0, 1], [[1.0]], rng=rng)

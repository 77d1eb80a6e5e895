"""The instant model: a linear classifier on frozen features, chosen on the validation part.

Owns fitting and its one hyper-parameter. Refuses more than 20,000 images: beyond that a sample is enough.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perenne.recipes.lite.pooled import standardise

STRENGTHS = (1e-4, 1e-3, 4e-3, 1.6e-2)
LARGEST_SAMPLE = 20_000


@dataclass(frozen=True)
class Probe:
    """A linear model on standardised features: `weights` (C, F), `bias` (C,)."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]


def fit_probe(
    train_NF: NDArray[np.float32],
    labels_N: NDArray[np.int64],
    val_MF: NDArray[np.float32],
    val_labels_M: NDArray[np.int64],
    *,
    classes: int,
) -> Probe:
    """Return the logistic regression whose strength gives the lowest validation log loss."""
    from sklearn.linear_model import LogisticRegression

    mean, spread = standardise(train_NF)
    scaled, val_scaled = (train_NF - mean) / spread, (val_MF - mean) / spread
    present = np.unique(labels_N)
    if len(present) < 2:
        return Probe(
            np.zeros((classes, train_NF.shape[1])), np.where(np.isin(np.arange(classes), present), 4.0, 0.0)
        )
    best: tuple[float, Probe] | None = None
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(scaled, labels_N)
        probe = _spread_out(model.coef_, model.intercept_, present, classes)
        loss = log_loss_of(val_scaled @ probe.weights.T + probe.bias, val_labels_M)
        if best is None or loss < best[0]:
            best = (loss, probe)
    assert best is not None
    return best[1]


def log_loss_of(logits_NC: NDArray[np.float64], labels_N: NDArray[np.int64]) -> float:
    """Return the mean negative log-likelihood of the labels."""
    shifted = logits_NC - logits_NC.max(1, keepdims=True)
    chances = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return float(-chances[np.arange(len(labels_N)), labels_N].mean()) if len(labels_N) else 0.0


def _spread_out(
    coefficients: NDArray[np.float64],
    intercepts: NDArray[np.float64],
    present: NDArray[np.int64],
    classes: int,
) -> Probe:
    """Return one row a class; a class without images gets a low bias."""
    if len(present) == 2:
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    weights, bias = np.zeros((classes, coefficients.shape[1])), np.full(classes, -6.0)
    weights[present], bias[present] = coefficients, intercepts
    return Probe(weights, bias)

"""Which classes were probably given wrongly, from predictions of models that have not seen the images.

Owns the calibration that allows for wrong labels. Refuses predictions without scores.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from perenne.problems.classification.target import ClassTarget
from perenne.problems.suspicion import BELIEVED_WRONG, MIN_IMAGES, Suspect, Suspects, in_order
from perenne.stats.estimation.interval import TooFew

Floats = NDArray[np.float64]
_LEAST_SCORE = 1e-4


def suspect_classes(
    truths: Sequence[ClassTarget],
    predictions: Sequence[ClassTarget],
    *,
    classes: Sequence[str],
    groups: Sequence[str],
    believed_wrong: float = BELIEVED_WRONG,
) -> Suspects:
    """Return the labels that are probably wrong, or TooFew.

    The scores are first calibrated on the labels themselves, knowing that a share `believed_wrong` of these
    is wrong: otherwise a model that is surer than the labels are right would be made less sure. A label's
    probability of being wrong is then Bayes' rule. Assumes: predictions are out of sample (by k folds, or of
    images never trained on), and a wrong label is any other class alike.

    >>> sure = {"ok": 0.99, "bad": 0.01}
    >>> said = [ClassTarget("ok", sure)] * 40 + [ClassTarget("bad", {"ok": 0.01, "bad": 0.99})] * 40
    >>> given = [ClassTarget("ok")] * 40 + [ClassTarget("bad")] * 39 + [ClassTarget("ok")]
    >>> [(s.image, s.given, s.expected, s.probability > 0.5) for s in suspect_classes(
    ...     given, said, classes=["ok", "bad"], groups=[str(i) for i in range(80)])]
    [(79, 'ok', 'bad', True)]
    """
    if len(truths) < MIN_IMAGES or len(classes) < 2:
        n_groups = len(set(groups))
        return TooFew(unit="images", needed=MIN_IMAGES, got=len(truths), n=len(truths), n_groups=n_groups)
    index = {name: i for i, name in enumerate(classes)}
    given_N = np.array([index[truth.name] for truth in truths])
    raw_NC = np.array([[(said.scores or {}).get(name, 0.0) for name in classes] for said in predictions])
    logs_NC = np.log(np.clip(raw_NC, _LEAST_SCORE, 1.0))
    posterior_NC = _posterior(_sharpened(logs_NC, given_N, believed_wrong), given_N, believed_wrong)
    rows = np.arange(len(given_N))
    wrong_N = 1 - posterior_NC[rows, given_N]
    others_NC = posterior_NC.copy()
    others_NC[rows, given_N] = -1
    expected_N = others_NC.argmax(1)
    return in_order(
        [
            Suspect(i, "class", truths[i].name, classes[int(expected_N[i])], float(wrong_N[i]))
            for i in range(len(truths))
        ]
    )


def _sharpened(logs_NC: Floats, given_N: NDArray[np.intp], wrong: float) -> Floats:
    """Return calibrated scores: the temperature that makes the given labels, errors and all, most likely."""
    rows = np.arange(len(given_N))
    others = logs_NC.shape[1] - 1
    best, found = -np.inf, logs_NC
    for power in np.geomspace(0.1, 4.0, 60):
        scores_NC = np.exp(power * (logs_NC - logs_NC.max(1, keepdims=True)))
        scores_NC /= scores_NC.sum(1, keepdims=True)
        right_N = scores_NC[rows, given_N]
        likelihood = float(np.log((1 - wrong) * right_N + wrong / others * (1 - right_N)).sum())
        if likelihood > best:
            best, found = likelihood, scores_NC
    return found


def _posterior(scores_NC: Floats, given_N: NDArray[np.intp], wrong: float) -> Floats:
    """Return (N, C) probabilities of the true class, the given one known."""
    chance_NC = np.full(scores_NC.shape, wrong / (scores_NC.shape[1] - 1))
    chance_NC[np.arange(len(given_N)), given_N] = 1 - wrong
    joint_NC = scores_NC * chance_NC
    return np.asarray(joint_NC / joint_NC.sum(1, keepdims=True))

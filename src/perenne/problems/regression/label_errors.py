"""Which values were probably given wrongly, from predictions of models that have not seen the images.

Owns the mixture of usual differences and of values that may lie anywhere. Refuses fewer than 30 images.
"""

from collections.abc import Sequence

import numpy as np

from perenne.problems.regression.target import ValueTarget
from perenne.problems.suspicion import BELIEVED_WRONG, MIN_IMAGES, Suspect, Suspects, in_order
from perenne.stats.estimation.interval import TooFew


def suspect_values(
    truths: Sequence[ValueTarget],
    predictions: Sequence[ValueTarget],
    *,
    groups: Sequence[str],
    believed_wrong: float = BELIEVED_WRONG,
) -> Suspects:
    """Return the values that are probably wrong, or TooFew.

    Assumes: predictions are out of sample; right values differ from them by a Laplace law around a common
    shift (its scale is the median difference, which errors do not move), wrong ones lie anywhere in the range
    of the values.

    >>> given = [ValueTarget(float(i)) for i in range(60)]
    >>> said = [ValueTarget(v.value + (0.2 if i % 2 else -0.2)) for i, v in enumerate(given)]
    >>> given[7] = ValueTarget(50.0)
    >>> [(s.image, s.given, s.expected, s.probability > 0.9) for s in suspect_values(
    ...     given, said, groups=[str(i) for i in range(60)])]
    [(7, '50', '7.4', True)]
    """
    if len(truths) < MIN_IMAGES:
        n_groups = len(set(groups))
        return TooFew(unit="images", needed=MIN_IMAGES, got=len(truths), n=len(truths), n_groups=n_groups)
    given = np.array([truth.value for truth in truths])
    said = np.array([prediction.value for prediction in predictions])
    differences = given - said
    shift = float(np.median(differences))
    extent = float(np.ptp(given))
    if extent == 0:
        return []
    scale = max(float(np.median(np.abs(differences - shift))) / np.log(2), 1e-9 * extent)
    usual = np.exp(-np.abs(differences - shift) / scale) / (2 * scale) * (1 - believed_wrong)
    wrong = believed_wrong / extent
    chance = wrong / (wrong + usual)
    return in_order(
        [
            Suspect(i, "value", f"{given[i]:g}", f"{said[i] + shift:.4g}", float(chance[i]))
            for i in range(len(truths))
        ]
    )

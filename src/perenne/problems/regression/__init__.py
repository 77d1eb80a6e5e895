"""Regression: one number for each image.

Owns its target, the decision by limits, and MAE, RMSE and R2. Promises finite values only.
Does not: vectors, units (the label schema names them).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from perenne.problems.contract import DEFAULT_N_BOOT, Decision, Placement, Thresholds
from perenne.problems.regression.decide import decide_value
from perenne.problems.regression.decode import decode_value
from perenne.problems.regression.signals import value_signals
from perenne.problems.regression.target import ValueTarget, parse_value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perenne.problems.regression.metrics import ValueEvidence
    from perenne.problems.suspicion import Suspects
    from perenne.stats.estimation.interval import Measured


class Regression:
    """The problem type "regression"."""

    name: ClassVar[str] = "regression"
    primary_metric: ClassVar[str] = "mae"
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"mae", "rmse"})

    def parse_truth(
        self, obj: object, classes: Sequence[str] = (), *, size: tuple[int, int] | None = None
    ) -> ValueTarget:
        """Return the value. Raises: TargetInvalid."""
        return parse_value(obj)

    def parse_prediction(self, obj: object, classes: Sequence[str] = ()) -> ValueTarget:
        """Return the value. Raises: TargetInvalid."""
        return parse_value(obj)

    def decode(
        self,
        outputs: "Mapping[str, NDArray[Any]]",
        *,
        manifest: Mapping[str, Any],
        placement: Placement | None = None,
    ) -> ValueTarget:
        """Return the value in the unit of the truth."""
        return decode_value(outputs, manifest=manifest)

    def decide(
        self, prediction: ValueTarget, thresholds: Thresholds, *, classes: Sequence[str] = ()
    ) -> Decision:
        """Return fail outside the limits, unsure near them, else pass."""
        return decide_value(prediction, thresholds)

    def signals(
        self,
        prediction: ValueTarget,
        *,
        thresholds: Thresholds,
        classes: Sequence[str],
        size: tuple[int, int],
    ) -> dict[str, float]:
        """Return what is watched: the value."""
        return value_signals(prediction)

    def match(
        self,
        truths: Sequence[ValueTarget],
        predictions: Sequence[ValueTarget],
        *,
        classes: Sequence[str] = (),
        thresholds: Thresholds,
        groups: Sequence[str],
    ) -> "ValueEvidence":
        """Return the comparison of every image."""
        from perenne.problems.regression.metrics import match_values

        return match_values(truths, predictions, groups=groups)

    def suspect_labels(
        self,
        truths: Sequence[ValueTarget],
        predictions: Sequence[ValueTarget],
        *,
        classes: Sequence[str],
        groups: Sequence[str],
    ) -> "Suspects":
        """Return the labels that are probably wrong, from predictions out of sample, or TooFew."""
        from perenne.problems.regression.label_errors import suspect_values

        return suspect_values(truths, predictions, groups=groups)

    def evaluate(
        self,
        truths: Sequence[ValueTarget],
        predictions: Sequence[ValueTarget],
        *,
        classes: Sequence[str] = (),
        thresholds: Thresholds,
        groups: Sequence[str],
        rng: "np.random.Generator",
        n_boot: int = DEFAULT_N_BOOT,
    ) -> "dict[str, Measured]":
        """Return every metric with its interval by group, or TooFew."""
        from perenne.problems.evidence import summarise

        evidence = self.match(truths, predictions, thresholds=thresholds, groups=groups)
        return summarise(evidence, rng=rng, n_boot=n_boot)


__all__ = ["Regression", "ValueTarget"]

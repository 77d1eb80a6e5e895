"""Classification: one class of a closed list for each image, with a score for every class.

Owns its target, the decision with a fail side, and balanced accuracy, AUROC, calibration and their kin.
Promises that the operating point (`fail_at`) decides class and decision alike.
Does not: several labels an image.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from perenne.problems.classification.decide import decide_class, fail_classes_of, operating_class
from perenne.problems.classification.decode import decode_scores
from perenne.problems.classification.signals import class_signals
from perenne.problems.classification.target import ClassTarget, parse_class
from perenne.problems.contract import DEFAULT_N_BOOT, Decision, Placement, Thresholds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perenne.problems.classification.metrics import ClassEvidence
    from perenne.problems.suspicion import Suspects
    from perenne.stats.estimation.interval import Measured


class Classification:
    """The problem type "classification"."""

    name: ClassVar[str] = "classification"
    primary_metric: ClassVar[str] = "balanced_accuracy"
    lower_is_better: ClassVar[frozenset[str]] = frozenset(
        {"ece", "escape_rate", "overkill_rate", "unsure_rate"}
    )

    def parse_truth(
        self, obj: object, classes: Sequence[str], *, size: tuple[int, int] | None = None
    ) -> ClassTarget:
        """Return the class. Raises: TargetInvalid."""
        return parse_class(obj, classes)

    def parse_prediction(self, obj: object, classes: Sequence[str]) -> ClassTarget:
        """Return the class with the scores of all classes. Raises: TargetInvalid."""
        return parse_class(obj, classes, with_scores=True)

    def decode(
        self,
        outputs: "Mapping[str, NDArray[Any]]",
        *,
        manifest: Mapping[str, Any],
        placement: Placement | None = None,
    ) -> ClassTarget:
        """Return the class at the operating point and the calibrated scores."""
        return decode_scores(outputs, manifest=manifest)

    def decide(
        self, prediction: ClassTarget, thresholds: Thresholds, *, classes: Sequence[str] = ()
    ) -> Decision:
        """Return fail when the fail classes together reach `fail_at`, unsure inside the unsure band."""
        return decide_class(prediction, thresholds, classes=classes)

    def signals(
        self,
        prediction: ClassTarget,
        *,
        thresholds: Thresholds,
        classes: Sequence[str],
        size: tuple[int, int],
    ) -> dict[str, float]:
        """Return what is watched: how sure the model is, between what, and of which class."""
        return class_signals(prediction, thresholds=thresholds, classes=classes)

    def match(
        self,
        truths: Sequence[ClassTarget],
        predictions: Sequence[ClassTarget],
        *,
        classes: Sequence[str],
        thresholds: Thresholds,
        groups: Sequence[str],
    ) -> "ClassEvidence":
        """Return the comparison of every image."""
        from perenne.problems.classification.metrics import match_classes

        return match_classes(truths, predictions, classes=classes, thresholds=thresholds, groups=groups)

    def suspect_labels(
        self,
        truths: Sequence[ClassTarget],
        predictions: Sequence[ClassTarget],
        *,
        classes: Sequence[str],
        groups: Sequence[str],
    ) -> "Suspects":
        """Return the labels that are probably wrong, from predictions out of sample, or TooFew."""
        from perenne.problems.classification.label_errors import suspect_classes

        return suspect_classes(truths, predictions, classes=classes, groups=groups)

    def evaluate(
        self,
        truths: Sequence[ClassTarget],
        predictions: Sequence[ClassTarget],
        *,
        classes: Sequence[str],
        thresholds: Thresholds,
        groups: Sequence[str],
        rng: "np.random.Generator",
        n_boot: int = DEFAULT_N_BOOT,
    ) -> "dict[str, Measured]":
        """Return every metric with its interval by group, or TooFew."""
        from perenne.problems.evidence import summarise

        evidence = self.match(truths, predictions, classes=classes, thresholds=thresholds, groups=groups)
        return summarise(evidence, rng=rng, n_boot=n_boot)


__all__ = ["ClassTarget", "Classification", "fail_classes_of", "operating_class"]

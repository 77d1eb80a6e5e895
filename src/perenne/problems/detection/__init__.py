"""Detection: boxes with a class; an empty list means seen and empty.

Owns its target, suppression of double boxes, the decision by the best box, and mAP, precision and recall.
Promises absolute pixels of the decoded upright image, xyxy, half-open. Does not: masks, rotated boxes.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from perenne.problems.contract import DEFAULT_N_BOOT, Decision, Placement, Thresholds
from perenne.problems.detection.decide import decide_boxes
from perenne.problems.detection.decode import decode_boxes
from perenne.problems.detection.signals import boxes_signals
from perenne.problems.detection.target import Box, BoxesTarget, parse_boxes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perenne.problems.detection.metrics import BoxEvidence
    from perenne.problems.suspicion import Suspects
    from perenne.stats.estimation.interval import Measured


class Detection:
    """The problem type "detection"."""

    name: ClassVar[str] = "detection"
    primary_metric: ClassVar[str] = "map50"
    lower_is_better: ClassVar[frozenset[str]] = frozenset({"escape_rate", "overkill_rate", "unsure_rate"})

    def parse_truth(
        self, obj: object, classes: Sequence[str], *, size: tuple[int, int] | None = None
    ) -> BoxesTarget:
        """Return the boxes; `size` (width, height) also checks that they lie in the image.

        Raises: TargetInvalid.
        """
        return parse_boxes(obj, classes, size=size)

    def parse_prediction(self, obj: object, classes: Sequence[str]) -> BoxesTarget:
        """Return the boxes with their scores. Raises: TargetInvalid."""
        return parse_boxes(obj, classes, with_scores=True)

    def decode(
        self,
        outputs: "Mapping[str, NDArray[Any]]",
        *,
        manifest: Mapping[str, Any],
        placement: Placement | None = None,
    ) -> BoxesTarget:
        """Return the boxes that suppression leaves, in pixels of the image."""
        return decode_boxes(outputs, manifest=manifest, placement=placement)

    def decide(
        self, prediction: BoxesTarget, thresholds: Thresholds, *, classes: Sequence[str] = ()
    ) -> Decision:
        """Return fail when a box of a fail class reaches `score`, unsure when one reaches `unsure_from`."""
        return decide_boxes(prediction, thresholds)

    def signals(
        self,
        prediction: BoxesTarget,
        *,
        thresholds: Thresholds,
        classes: Sequence[str],
        size: tuple[int, int],
    ) -> dict[str, float]:
        """Return what is watched: how many boxes, how sure, how large and where."""
        return boxes_signals(prediction, thresholds=thresholds, classes=classes, size=size)

    def match(
        self,
        truths: Sequence[BoxesTarget],
        predictions: Sequence[BoxesTarget],
        *,
        classes: Sequence[str],
        thresholds: Thresholds,
        groups: Sequence[str],
    ) -> "BoxEvidence":
        """Return the comparison of every image."""
        from perenne.problems.detection.metrics import match_boxes

        return match_boxes(truths, predictions, classes=classes, thresholds=thresholds, groups=groups)

    def suspect_labels(
        self,
        truths: Sequence[BoxesTarget],
        predictions: Sequence[BoxesTarget],
        *,
        classes: Sequence[str],
        groups: Sequence[str],
    ) -> "Suspects":
        """Return the labels that are probably wrong, from predictions out of sample, or TooFew."""
        from perenne.problems.detection.label_errors import suspect_boxes

        return suspect_boxes(truths, predictions, classes=classes, groups=groups)

    def evaluate(
        self,
        truths: Sequence[BoxesTarget],
        predictions: Sequence[BoxesTarget],
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


__all__ = ["Box", "BoxesTarget", "Detection"]

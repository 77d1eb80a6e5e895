"""What every problem type promises: targets, decoding, decision and metrics.

Owns the protocol of a problem and the error of a target that does not fit. Refuses any import of the
evaluation libraries: they are loaded when metrics are asked for.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from perenne.kit.errors import InvalidInput, PerenneError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perenne.problems.evidence import Evidence
    from perenne.problems.suspicion import Suspects
    from perenne.stats.estimation.interval import Measured

Decision = Literal["pass", "fail", "unsure"]
Thresholds = Mapping[str, Any]
DEFAULT_N_BOOT = 400
MAX_CLASSES_TOLD = 16
"""Of how many classes the signals of a prediction tell each by itself."""


class TargetInvalid(InvalidInput):
    """A truth or a prediction does not have the shape of its problem."""

    code = "target-invalid"
    title = "The target does not fit the problem"

    @classmethod
    def of(cls, expected: str, got: object) -> "TargetInvalid":
        """Return the error that says expected and got."""
        shown = repr(got)
        shown = shown if len(shown) <= 120 else shown[:117] + "..."
        return cls(f"Expected {expected}; got {shown}.", remedy="Correct the target and send it again.")


class OutputsInvalid(PerenneError):
    """The network gave outputs that its manifest does not describe."""

    code = "model-outputs-invalid"
    title = "The model's outputs cannot be read"
    status = 422


class Target(Protocol):
    """The answer in a problem's own shape."""

    def to_json(self) -> dict[str, Any]:
        """Return the one JSON form, used on the wire and in the database."""


class Placement(Protocol):
    """Where the image lies inside the input of the network."""

    def to_image(self, boxes_N4: "NDArray[Any]") -> "NDArray[Any]":
        """Return boxes of the network's input as boxes of the image, clipped to it."""


class Problem(Protocol):
    """A problem type. All targets are those that its `parse_*` functions return.

    `primary_metric` decides; metrics in `lower_is_better` are errors, all others are scores in 0..1.
    """

    name: ClassVar[str]
    primary_metric: ClassVar[str]
    lower_is_better: ClassVar[frozenset[str]]

    def parse_truth(
        self, obj: object, classes: Sequence[str], *, size: tuple[int, int] | None = None
    ) -> Target:
        """Return the truth; `size` (width, height) also checks the place. Raises: TargetInvalid."""

    def parse_prediction(self, obj: object, classes: Sequence[str]) -> Target:
        """Return the prediction with its scores. Raises: TargetInvalid."""

    def decode(
        self,
        outputs: "Mapping[str, NDArray[Any]]",
        *,
        manifest: Mapping[str, Any],
        placement: Placement | None = None,
    ) -> Target:
        """Return the prediction that the network outputs of ONE image (no batch axis) stand for."""

    def decide(self, prediction: Any, thresholds: Thresholds, *, classes: Sequence[str] = ()) -> Decision:
        """Return what the line does with the piece."""

    def signals(
        self, prediction: Any, *, thresholds: Thresholds, classes: Sequence[str], size: tuple[int, int]
    ) -> dict[str, float]:
        """Return the numbers that are watched of a prediction of an image of `size` (width, height).

        Finite, at most 32 of them, the same names for every image of a model; a name may be left out where
        it means nothing (the place of boxes without boxes).
        """

    def match(
        self,
        truths: Sequence[Any],
        predictions: Sequence[Any],
        *,
        classes: Sequence[str],
        thresholds: Thresholds,
        groups: Sequence[str],
    ) -> "Evidence":
        """Return the comparison of every image, made once; `summarise` then costs little per slice."""

    def suspect_labels(
        self,
        truths: Sequence[Any],
        predictions: Sequence[Any],
        *,
        classes: Sequence[str],
        groups: Sequence[str],
    ) -> "Suspects":
        """Return the labels that are probably wrong, the most probable first, or TooFew.

        The predictions must be out of sample: of models that were not trained on these images.
        """

    def evaluate(
        self,
        truths: Sequence[Any],
        predictions: Sequence[Any],
        *,
        classes: Sequence[str],
        thresholds: Thresholds,
        groups: Sequence[str],
        rng: "np.random.Generator",
        n_boot: int = DEFAULT_N_BOOT,
    ) -> "dict[str, Measured]":
        """Return every metric with its interval by group, or TooFew."""

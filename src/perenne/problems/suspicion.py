"""What a suspected label error is: which image, which object, why, and how probable.

Owns the shape and the prior: how many labels are believed wrong before anything was seen. Refuses a ranking
without probabilities, and to correct a label: a person does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from perenne.stats.estimation.interval import TooFew

Reason = Literal["missing", "class", "position", "spurious", "value"]
BELIEVED_WRONG = 0.02
"""The share of labels that is believed to be wrong, all reasons together, unless the caller knows better."""
LEAST_TOLD = 0.02
MIN_IMAGES = 30


@dataclass(frozen=True)
class Suspect:
    """One label that is probably wrong. `image` is the position of the image in what was given.

    `given` is what the label says (None: nothing is labelled there), `expected` what it should probably say
    (None: nothing should be there). `box` is the labelled box; for "missing" the box that lacks a label.
    """

    image: int
    reason: Reason
    given: str | None
    expected: str | None
    probability: float
    box: tuple[float, float, float, float] | None = None


Suspects = list[Suspect] | TooFew


def in_order(suspects: Sequence[Suspect]) -> list[Suspect]:
    """Return those worth telling, the most probable first."""
    told = [one for one in suspects if one.probability >= LEAST_TOLD]
    return sorted(told, key=lambda s: (-s.probability, s.image, s.reason, s.box or ()))

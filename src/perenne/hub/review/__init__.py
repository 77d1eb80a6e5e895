"""Review: the accepted ground truth, the only source that datasets read.

Owns truths, their history and the truths that wait for an image of their part. Promises that of all truths
of an image under a label schema exactly one stands, the one given last, and that none is ever forgotten.
Does not collect annotations and does not know datasets.
"""

from perenne.hub.images import ON_ARRIVAL
from perenne.hub.review.service import (
    accepted_truth,
    find_truths,
    give_truth,
    match_waiting_truth,
    truths_of_image,
)
from perenne.hub.review.tables import GroundTruthRow

if "review.waiting-truth" not in ON_ARRIVAL:
    ON_ARRIVAL.register("review.waiting-truth", match_waiting_truth)

__all__ = [
    "GroundTruthRow",
    "accepted_truth",
    "find_truths",
    "give_truth",
    "match_waiting_truth",
    "truths_of_image",
]

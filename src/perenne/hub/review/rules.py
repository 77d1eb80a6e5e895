"""Pure decisions on truths: which of two stands, and which images a part's truth speaks of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from perenne.hub.review.errors import TruthAmbiguous, TruthFromTheFuture

MEASURING_STREAMS = ("audit", "seeded")
CLOCK_TOLERANCE = timedelta(minutes=5)
Verdict = Literal["accepted", "unchanged", "outdated"]


class StandingTruth(Protocol):
    """What is known of the truth that stands."""

    target: dict[str, Any]
    given_at: datetime
    stream: str
    inclusion_probability: float | None


@dataclass(frozen=True)
class Draw:
    """How an image came to be labelled: the stream, and for an audit with what probability."""

    stream: str = "unknown"
    inclusion_probability: float | None = None

    @property
    def measures(self) -> bool:
        """Whether labels of this stream tell how good a model is."""
        return self.stream in MEASURING_STREAMS


class PartImage(Protocol):
    """What is known of an image of a part."""

    id: str
    site_id: str


def judge_truth(
    standing: StandingTruth | None, *, target: dict[str, Any], given_at: datetime, draw: Draw | None = None
) -> Verdict:
    """Return what a newly told truth becomes: the one given last stands, and of two at once the new one.

    The same target is nothing new, unless it now comes from a stream that measures.
    """
    if standing is None:
        return "accepted"
    if standing.target == target and settle_draw(standing, draw or Draw()) == draw_of(standing):
        return "unchanged"
    return "accepted" if given_at >= standing.given_at else "outdated"


def draw_of(truth: StandingTruth) -> Draw:
    """Return how the image of a truth came to be labelled."""
    return Draw(truth.stream, truth.inclusion_probability)


def settle_draw(standing: StandingTruth | None, told: Draw) -> Draw:
    """Return how an image counts as chosen: whoever corrects an audited label leaves it an audited one.

    A stream that measures is never taken away by one that does not; of two that measure the last told holds.
    """
    if standing is None or told.measures or (told.stream != "unknown" and not draw_of(standing).measures):
        return told
    return draw_of(standing)


def check_time(given_at: datetime, *, now: datetime) -> None:
    """Return when a truth is not dated in the future, a wrong clock aside. Raises: TruthFromTheFuture."""
    if given_at > now + CLOCK_TOLERANCE:
        raise TruthFromTheFuture(
            f"The truth is dated {given_at.isoformat()}, later than now ({now.isoformat()}).",
            remedy="Correct the time, or leave it out: the time of arrival counts then.",
        )


def check_part_images(images: Sequence[PartImage], *, part_id: str, problem: str) -> None:
    """Return when one part's truth may speak of all `images`. Raises: TruthAmbiguous."""
    sites = {image.site_id for image in images}
    if len(sites) > 1:
        raise TruthAmbiguous(
            f"Images of part '{part_id}' exist at {len(sites)} sites.", remedy="Say which: add the site."
        )
    if problem == "detection" and len(images) > 1:
        raise TruthAmbiguous(
            f"Part '{part_id}' has {len(images)} images (first: {images[0].id}), and boxes belong to one.",
            remedy="Give the boxes by image_id or sha256.",
        )

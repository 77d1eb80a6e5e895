"""Pure decisions on truths: which of two stands, and which images a part's truth speaks of."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from perenne.hub.review.errors import TruthAmbiguous, TruthFromTheFuture

CLOCK_TOLERANCE = timedelta(minutes=5)
Verdict = Literal["accepted", "unchanged", "outdated"]


class StandingTruth(Protocol):
    """What is known of the truth that stands."""

    target: dict[str, Any]
    given_at: datetime


class PartImage(Protocol):
    """What is known of an image of a part."""

    id: str
    site_id: str


def judge_truth(standing: StandingTruth | None, *, target: dict[str, Any], given_at: datetime) -> Verdict:
    """Return what a newly told truth becomes: the one given last stands, and of two at once the new one."""
    if standing is None:
        return "accepted"
    if standing.target == target:
        return "unchanged"
    return "accepted" if given_at >= standing.given_at else "outdated"


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

"""The pure decisions of deployments: which one answers, what an undo goes back to.

Owns the states and their transitions. Refuses to forget: a deployment ends, it is never deleted.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol, TypeVar

from perenne.kit.errors import Conflict, InvalidInput


class DeploymentState(StrEnum):
    """Where a deployment stands."""

    ACTIVE = "active"
    SUPERSEDED = "superseded"
    UNDONE = "undone"


TRANSITIONS: dict[DeploymentState, frozenset[DeploymentState]] = {
    DeploymentState.ACTIVE: frozenset({DeploymentState.SUPERSEDED, DeploymentState.UNDONE}),
    DeploymentState.SUPERSEDED: frozenset(),
    DeploymentState.UNDONE: frozenset(),
}


class NotActive(Conflict):
    """A deployment that has ended cannot end again."""

    code = "deployment-not-active"
    title = "The deployment has ended already"


class BadThresholds(InvalidInput):
    """Thresholds that the model does not know, or that are no probabilities."""

    code = "bad-thresholds"
    title = "The thresholds cannot be used"


class Scoped(Protocol):
    """A deployment as the rules see it."""

    @property
    def station_id(self) -> str | None: ...

    @property
    def state(self) -> str: ...


D = TypeVar("D", bound=Scoped)


def check_transition(present: str, *, wanted: DeploymentState) -> None:
    """Return when a deployment may go from `present` to `wanted`. Raises: NotActive."""
    if wanted not in TRANSITIONS[DeploymentState(present)]:
        raise NotActive(
            f"A deployment that is {present} cannot become {wanted}.",
            remedy="Look at the history of the site and act on the active one.",
        )


def choose_active(deployments: Iterable[D], *, station_id: str | None) -> D | None:
    """Return the deployment that answers at a station: its own if it has one, else the site's.

    With `station_id` None, the site's own.
    """
    active = [d for d in deployments if d.state == DeploymentState.ACTIVE]
    own = [d for d in active if station_id is not None and d.station_id == station_id]
    shared = [d for d in active if d.station_id is None]
    return (own or shared or [None])[0]  # type: ignore[list-item]


def merge_thresholds(
    defaults: dict[str, float], *, overrides: dict[str, float], model: str
) -> dict[str, float]:
    """Return the thresholds in force: the artefact's, replaced name by name.

    Raises: BadThresholds when a name is unknown to the model or a value lies outside 0..1 although the
    artefact's own lies inside.
    """
    unknown = sorted(set(overrides) - set(defaults))
    if unknown:
        raise BadThresholds(
            f"Model {model} has no threshold '{unknown[0]}'.",
            remedy=f"Its thresholds: {', '.join(sorted(defaults)) or 'none'}.",
        )
    for name, value in overrides.items():
        if 0 <= defaults[name] <= 1 and not 0 <= value <= 1:
            raise BadThresholds(
                f"Threshold '{name}' of model {model} is {value}, a number from 0 to 1 was expected.",
                remedy="Give a score between 0 and 1.",
            )
    return {**defaults, **overrides}

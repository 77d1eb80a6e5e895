"""That something is there: found, or made, whoever makes it first.

Owns the dance of look, make, look again. Refuses to take another refusal for "it exists already".
"""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from perenne.client.errors import HubError

NOT_FOUND = 404
CONFLICT = 409


class Named(Protocol):
    """A thing of the hub with an id and a slug."""

    @property
    def id(self) -> str: ...
    @property
    def slug(self) -> str: ...


T = TypeVar("T")
N = TypeVar("N", bound=Named)


def found_or_made(find: Callable[[], T | None], make: Callable[[], T]) -> T:
    """Return what `find` finds, else what `make` makes; a conflict means that somebody made it meanwhile."""
    found = or_none(find)
    if found is not None:
        return found
    try:
        return make()
    except HubError as error:
        if error.problem_status != CONFLICT:
            raise
        found = or_none(find)
        if found is None:
            raise
        return found


def or_none(find: Callable[[], T | None]) -> T | None:
    """Return what `find` finds, None when the hub knows no such thing."""
    try:
        return find()
    except HubError as error:
        if error.problem_status == NOT_FOUND:
            return None
        raise


def named(things: Iterable[N], name: str) -> N | None:
    """Return the thing whose slug or id is `name`, None when there is none."""
    return next((thing for thing in things if name in (thing.slug, thing.id)), None)

"""A visible registry: the one line that adds a member to an extension point.

Refuses a second member of the same name.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

from perenne.kit.errors import InvalidInput

T = TypeVar("T")


class UnknownMember(InvalidInput):
    """A name that no member of the registry carries."""

    code = "unknown-member"
    title = "No such member"


class Registry(Generic[T]):
    """Names and their members, in the order of registration."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._members: dict[str, T] = {}

    def register(self, name: str, member: T) -> T:
        """Add `member` under `name` and return it. Raises: ValueError when the name is taken."""
        if name in self._members:
            raise ValueError(f"{self.kind} '{name}' is registered already")
        self._members[name] = member
        return member

    def get(self, name: str) -> T:
        """Return the member called `name`. Raises: UnknownMember with the known names."""
        if name not in self._members:
            raise UnknownMember(
                f"There is no {self.kind} '{name}'.", remedy=f"Known: {', '.join(self._members) or 'none'}."
            )
        return self._members[name]

    def names(self) -> list[str]:
        """Return the names in the order of registration."""
        return list(self._members)

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(self._members.items())

    def __contains__(self, name: object) -> bool:
        return name in self._members

"""What every message shares: strictness, pages and problem documents."""

from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Message(BaseModel):
    """A message whose unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Said(Message):
    """What an English sentence beside it says: a stable code, and the values to word it in any language."""

    code: str
    values: dict[str, int | float | str | list[str] | None] = Field(default_factory=dict)

    @classmethod
    def of(cls, coded: dict[str, Any] | None) -> Self | None:
        """Return the message of what was kept of a sentence; None for one that has no code."""
        return None if coded is None else cls.model_validate(coded)


class Listing(Message, Generic[T]):
    """One page of a list; `next_cursor` is None on the last page."""

    items: list[T]
    next_cursor: str | None = None


class Problem(BaseModel):
    """RFC 9457 problem document with the remedy and the stable code."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    remedy: str = ""
    code: str = ""

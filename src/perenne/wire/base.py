"""What every message shares: strictness, pages and problem documents."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Message(BaseModel):
    """A message whose unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


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

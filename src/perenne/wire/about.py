"""Messages about the hub itself: is it well, what is it made of, and what just changed."""

from perenne.wire.base import Message


class Alive(Message):
    """The process answers."""

    status: str
    version: str


class Readiness(Message):
    """Whether the hub can work: each thing it needs with `ok`, or with what is wrong."""

    status: str
    checks: dict[str, str]

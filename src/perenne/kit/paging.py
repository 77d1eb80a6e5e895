"""Cursor paging: a page and an opaque mark of where the next one starts.

Refuses page numbers and totals: both are wrong while rows arrive.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from perenne.kit.errors import InvalidInput

T = TypeVar("T")
DEFAULT_LIMIT = 50
MAX_LIMIT = 1000


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items and the cursor of the next page, None at the end."""

    items: Sequence[T]
    next_cursor: str | None


class BadCursor(InvalidInput):
    """A cursor that this hub did not give."""

    code = "bad-cursor"
    title = "The cursor cannot be read"


def encode_cursor(*parts: str) -> str:
    """Return an opaque cursor for the sort key of the last row seen."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *, parts: int) -> tuple[str, ...]:
    """Return the sort key in `cursor`. Raises: BadCursor when it was not made by `encode_cursor`."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        strings = isinstance(values, list) and all(isinstance(v, str) for v in values)
        if not strings or len(values) != parts:
            raise ValueError("unexpected content")
    except (ValueError, binascii.Error) as error:
        raise BadCursor(
            f"The cursor '{cursor[:40]}' was not given by this hub.", remedy="Ask again without a cursor."
        ) from error
    return tuple(values)

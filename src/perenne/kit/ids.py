"""Typed, sortable identifiers: a prefix that names the kind, then a UUIDv7 in Crockford base 32.

Refuses to guess: an id without a known shape is not an id.
"""

import os
import re
import time
import unicodedata

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID = re.compile(r"^([a-z]{3})_([0-9a-hjkmnp-tv-z]{26})$")


def new_id(prefix: str) -> str:
    """Return a new id such as `img_06b2…`: Unix milliseconds, then 74 random bits (RFC 9562, v7)."""
    millis = time.time_ns() // 1_000_000
    value = (millis << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return f"{prefix}_{_write(value)}"


def least_id_before(text: str, *, seconds: float) -> str:
    """Return the least id of the kind of `text` that can have been made so many seconds before it.

    >>> least_id_before("img_01vn7gqh00e1s70000000000k0", seconds=1.0)
    'img_01vn7gqg0r0000000000000000'
    """
    match = _ID.match(text)
    if match is None:
        raise ValueError(f"'{text}' is no id")
    value = 0
    for digit in match.group(2):
        value = value << 5 | _ALPHABET.index(digit)
    millis = max(0, (value >> 80) - round(seconds * 1000))
    return f"{match.group(1)}_{_write(millis << 80)}"


def is_id(text: str, prefix: str) -> bool:
    """Say whether `text` is an id of the kind `prefix`.

    >>> is_id("img_" + "0" * 26, "img"), is_id("lyon", "sit")
    (True, False)
    """
    match = _ID.match(text)
    return match is not None and match.group(1) == prefix


def slugify(text: str) -> str:
    """Return the short name used in addresses and on the command line.

    >>> slugify("Usine de Lyon n°2")
    'usine-de-lyon-n-2'
    """
    letters = (c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", "".join(letters).lower()).strip("-")[:80]


def _write(value: int) -> str:
    digits = []
    for _ in range(26):
        digits.append(_ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(digits))

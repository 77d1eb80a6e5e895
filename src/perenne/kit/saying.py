"""A sentence that knows what it says: English for readers of the API, a code and values for every language.

Owns the pair. Refuses to translate: pages and reports word a code in the reader's language.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

Value = float | int | str | Sequence[str] | None


class Said(str):
    """An English sentence with a stable `code` and the `values` in it; it is a `str` wherever one is wanted.

    >>> few = Said("40 of 100 labelled images.", code="estimate.few", got=40, needed=100)
    >>> few.code, few.values["got"], few.upper()
    ('estimate.few', 40, '40 OF 100 LABELLED IMAGES.')
    """

    code: str
    values: Mapping[str, Value]

    def __new__(cls, text: str, *, code: str = "", **values: Value) -> Self:
        """Return the sentence; values are numbers, names, days as ISO text, or lists of names."""
        said = super().__new__(cls, text)
        said.code, said.values = code, values
        return said


def to_code(text: str | None) -> dict[str, Any] | None:
    """Return the code and the values of a sentence, as the wire has them; None for one without a code.

    >>> to_code(Said("No label yet.", code="claim.no_label")), to_code("No label yet.")
    ({'code': 'claim.no_label', 'values': {}}, None)
    """
    if not isinstance(text, Said) or not text.code:
        return None
    values = {name: list(v) if isinstance(v, list | tuple) else v for name, v in text.values.items()}
    return {"code": text.code, "values": values}

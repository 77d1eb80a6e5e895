"""What is kept of one image: at most 1 KB, and no pixel of it.

Owns the record that hub, edge and notebook feed to a watch, and its line of JSON. Refuses to measure: the
fingerprint and the signals come from `quality`, the embedding from the model, `predicted` from its problem.
"""

import base64
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perenne.quality.fingerprint import Fingerprint
from perenne.quality.signals import Signals

Floats = NDArray[np.float64]

_SCALE = struct.Struct("<f")
_CELLS = ("cell_means", "cell_spreads")
_FINGERPRINT = tuple(part.name for part in fields(Fingerprint))
_SIGNALS = tuple(part.name for part in fields(Signals) if part.name not in _CELLS)
_FORMAT = f"{zlib.crc32('|'.join((*_FINGERPRINT, *_SIGNALS)).encode()):08x}"


@dataclass(frozen=True)
class ImageRecord:
    """One image as a watch sees it; what was not measured is None or left out.

    `lot`: the batch of parts that it belongs to. `embedding`: a little-endian float32 scale, then one int8 a
    number (64 of them from `runtime.projection`). `predicted`: the signals of the prediction, by name.
    `decision`: pass, fail or unsure.
    """

    image_id: str
    at: datetime
    lot: str | None = None
    fingerprint: Fingerprint | None = None
    signals: Signals | None = None
    embedding: bytes | None = None
    predicted: Mapping[str, float] = field(default_factory=dict)
    decision: str | None = None

    def to_json(self) -> str:
        """Return one line of JSON without the grid of cells, at most 1 KB for up to twelve predicted numbers.

        Fingerprint and signals are lists in the order of their fields; `format` names that order.
        """
        packed: dict[str, Any] = {
            "format": _FORMAT,
            "image_id": self.image_id,
            "at": self.at.isoformat(),
            "lot": self.lot,
            "fingerprint": _values(self.fingerprint, _FINGERPRINT),
            "signals": _values(self.signals, _SIGNALS),
            "embedding": None if self.embedding is None else base64.b64encode(self.embedding).decode(),
            "predicted": dict(self.predicted),
            "decision": self.decision,
        }
        held = {name: value for name, value in packed.items() if value not in (None, {})}
        return json.dumps(held, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the record that `to_json` wrote; the cells are empty texts.

        Raises: ValueError when the order of fields was another one.
        """
        held = json.loads(text)
        if held.get("format") != _FORMAT:
            raise ValueError(
                f"The record of image {held.get('image_id')} is of format {held.get('format')}, not "
                f"{_FORMAT}: it was written by another version of Perenne. Measure the image again."
            )
        fingerprint, signals, embedding = (held.get(name) for name in ("fingerprint", "signals", "embedding"))
        return cls(
            image_id=held["image_id"],
            at=datetime.fromisoformat(held["at"]),
            lot=held.get("lot"),
            fingerprint=None
            if fingerprint is None
            else Fingerprint(**dict(zip(_FINGERPRINT, fingerprint, strict=True))),
            signals=None if signals is None else _signals(signals),
            embedding=None if embedding is None else base64.b64decode(embedding),
            predicted=held.get("predicted", {}),
            decision=held.get("decision"),
        )


def pack_embedding(vector_D: ArrayLike) -> bytes | None:
    """Return the bytes of an embedding of any length, one a number; None when it holds what is no number.

    >>> len(pack_embedding([0.5] * 64))
    68
    """
    vector = np.asarray(vector_D, dtype=np.float32).ravel()
    largest = float(np.abs(vector).max(initial=0.0))
    if not np.isfinite(largest):
        return None
    scale = largest / 127 if largest > 0 else 1.0
    return bytes(_SCALE.pack(scale) + np.rint(vector / np.float32(scale)).astype(np.int8).tobytes())


def unpack_embedding(packed: bytes) -> Floats:
    """Return the numbers of packed bytes. Raises: ValueError when there is none.

    >>> unpack_embedding(pack_embedding([1.0, -0.5])).round(2).tolist()
    [1.0, -0.5]
    """
    if len(packed) <= _SCALE.size:
        raise ValueError(f"An embedding has 4 bytes of scale, then a byte a number; got {len(packed)} bytes.")
    scale = float(_SCALE.unpack_from(packed)[0])
    return np.frombuffer(packed, np.int8, offset=_SCALE.size).astype(np.float64) * scale


def _values(of: Fingerprint | Signals | None, names: tuple[str, ...]) -> list[Any] | None:
    return None if of is None else [getattr(of, name) for name in names]


def _signals(values: list[Any]) -> Signals:
    given = dict(zip(_SIGNALS, values, strict=True)) | dict.fromkeys(_CELLS, "")
    offset = given["offset"]
    given["quadrants"] = tuple(given["quadrants"])
    given["offset"] = None if offset is None else tuple(offset)
    return Signals(**given)

"""A model's own embedding in 64 numbers of a byte each: small enough to keep for every image for ever.

Owns the random projection and its bytes: a little-endian float32 scale, then 64 int8, 68 bytes in all; the
numbers are scale times int8. Signs of the projection come from the hash of the model's graph, so that a hub,
an edge box and a laptop write the same bytes, whatever their numpy. Distances survive: by Achlioptas
("Database-friendly random projections", JCSS 2003), 64 signs keep a squared distance within a factor of
1 +- 0.18 (one standard deviation, sqrt(2/64)). Refuses to compare the embeddings of two models.
"""

import hashlib
import struct
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SIZE = 64
BYTES = 4 + SIZE
_SCALE = struct.Struct("<f")
_MODELS_KEPT = 16


def project_embedding(embedding_D: NDArray[np.float32], *, seed: str) -> bytes | None:
    """Return the 68 bytes of an embedding; None when it holds what is no number. 0.1 ms.

    `seed`: the hash of the model's graph.

    >>> len(project_embedding(np.ones(1280, np.float32), seed="ab"))
    68
    """
    flat = np.ascontiguousarray(embedding_D, dtype=np.float32).ravel()
    projected: NDArray[np.float32] = flat @ _signs(flat.size, seed) / np.float32(np.sqrt(SIZE))
    largest = float(np.abs(projected).max(initial=0.0))
    if not np.isfinite(largest):
        return None
    scale = largest / 127 if largest > 0 else 1.0
    rounded: NDArray[np.int8] = np.rint(projected / np.float32(scale)).astype(np.int8)
    return _SCALE.pack(scale) + rounded.tobytes()


def unpack_embedding(packed: bytes) -> NDArray[np.float32]:
    """Return the 64 numbers. Raises: ValueError when there are not 68 bytes."""
    if len(packed) != BYTES:
        raise ValueError(f"expected a projected embedding of {BYTES} bytes, got {len(packed)}")
    return np.frombuffer(packed, np.int8, offset=4).astype(np.float32) * np.float32(
        _SCALE.unpack_from(packed)[0]
    )


@lru_cache(maxsize=_MODELS_KEPT)
def _signs(size: int, seed: str) -> NDArray[np.float32]:
    """Return the (size, 64) signs that belong to `seed`."""
    stream = hashlib.shake_256(f"perenne projection {seed}".encode()).digest(size * SIZE // 8)
    bits = np.unpackbits(np.frombuffer(stream, np.uint8)).reshape(size, SIZE)
    return bits.astype(np.float32) * 2 - 1

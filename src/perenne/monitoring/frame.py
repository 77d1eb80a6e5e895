"""The frame that embeddings are seen in: where the reference lies, along which axes, and how densely.

Owns what is fitted to the embeddings of one part of a reference: mean, whitening, principal axes, and a
coreset for the distance to the nearest neighbours. Refuses to be fitted to the units that later ones are
ranked against: a unit lies closer to a frame that has seen it than a new one does, and ranks would be off.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CORESET = 1000
N_AXES = 8
NEIGHBOURS = 5
N_WHITE, IMAGES_AN_AXIS = 64, 6
"""Distances are measured on 64 axes at most, one for six images that the frame is fitted to."""


@dataclass(frozen=True)
class Placed:
    """Where one embedding lies: mean distance to its 5 nearest, Mahalanobis' distance, place on each axis."""

    distance: float
    unusualness: float
    axes: tuple[float, ...]


@dataclass(frozen=True)
class EmbeddingFrame:
    """`mean_D`, `white_DK` (columns are axes over their spread), `coreset_MK` in whitened axes."""

    mean_D: Floats
    white_DK: Floats
    coreset_MK: Floats

    @classmethod
    def fit(cls, embeddings_ND: Floats) -> Self:
        """Return the frame of these embeddings; a spread of axes that hardly vary is kept from vanishing.

        Raises: ValueError when there are fewer than 2 or they are not a table of numbers.
        """
        if embeddings_ND.ndim != 2 or len(embeddings_ND) < 2 or not np.isfinite(embeddings_ND).all():
            raise ValueError(f"A frame takes a table of at least 2 embeddings; got {embeddings_ND.shape}.")
        mean = embeddings_ND.mean(0)
        _, spreads, axes = np.linalg.svd(embeddings_ND - mean, full_matrices=False)
        spreads = spreads / np.sqrt(len(embeddings_ND) - 1)
        kept = slice(0, min(N_WHITE, max(1, len(embeddings_ND) // IMAGES_AN_AXIS), len(spreads)))
        axes, spreads = axes[kept], np.maximum(spreads[kept], 1e-9 + 1e-3 * spreads[0])
        signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])  # the same on every machine
        white = (axes * signs[:, None]).T / spreads
        every = -(-len(embeddings_ND) // CORESET)
        return cls(mean, white, ((embeddings_ND - mean) @ white)[::every])

    def place(self, embedding_D: Floats) -> Placed:
        """Return where an embedding lies. Raises: ValueError when it has another length. 0.05 ms."""
        if embedding_D.shape != self.mean_D.shape:
            raise ValueError(
                f"An embedding of {embedding_D.shape} does not fit a reference of {self.mean_D.shape}: "
                f"it is of another model. Take a reference of this model's images."
            )
        white = (embedding_D - self.mean_D) @ self.white_DK
        apart = self.coreset_MK - white
        squares = np.einsum("mk,mk->m", apart, apart)
        nearest = np.partition(squares, min(NEIGHBOURS, len(squares)) - 1)[:NEIGHBOURS]
        axes = np.zeros(N_AXES)
        axes[: min(N_AXES, white.size)] = white[:N_AXES]
        return Placed(
            distance=float(np.sqrt(nearest).mean()),
            unusualness=float(np.sqrt(white @ white)),
            axes=tuple(axes.tolist()),
        )


@dataclass(frozen=True)
class Frame:
    """What turns a record into values: the names of the channels, and the frame of embeddings if any."""

    channels: tuple[str, ...]
    embedding: EmbeddingFrame | None

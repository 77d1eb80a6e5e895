"""Runtime: the model artefact, and the one path from image to prediction.

Owns artefacts (one zip: graph, manifest, signature, card), their checks, and preprocess -> session -> decode.
Promises that hub, edge, evaluation and export check compute the same, that every hash is verified at each
load, and that no pickle and no external data is ever read.
Does not decide pass or fail, and does not keep images.
"""

from perenne.runtime.artefact import (
    Artefact,
    read_artefact,
    sign_artefact,
    verify_signature,
    write_artefact,
)
from perenne.runtime.errors import (
    ArtefactDamaged,
    ArtefactRefused,
    GoldenMismatch,
    ImageNotUsable,
    ReferenceMissing,
    SignatureInvalid,
)
from perenne.runtime.examination import inspect_artefact
from perenne.runtime.golden import make_golden
from perenne.runtime.projection import project_embedding, unpack_embedding
from perenne.runtime.session import Model, Prediction, load_model

__all__ = [
    "Artefact",
    "ArtefactDamaged",
    "ArtefactRefused",
    "GoldenMismatch",
    "ImageNotUsable",
    "Model",
    "Prediction",
    "ReferenceMissing",
    "SignatureInvalid",
    "inspect_artefact",
    "load_model",
    "make_golden",
    "project_embedding",
    "read_artefact",
    "sign_artefact",
    "unpack_embedding",
    "verify_signature",
    "write_artefact",
]

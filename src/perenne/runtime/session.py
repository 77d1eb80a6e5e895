"""The one path from image to prediction: place -> ONNX Runtime -> decode, with embedding and timings.

Owns loading (hashes, signature, golden answers) and predicting; a `Model` may be used from several threads.
Refuses a graph that gives other answers than when it was made.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perenne.geometry import InputMapping
from perenne.problems import PROBLEMS, Target
from perenne.runtime.artefact import GRAPH, Artefact, read_artefact, verify_signature
from perenne.runtime.errors import ArtefactRefused
from perenne.runtime.golden import check_golden
from perenne.runtime.graph import refuse_external_data
from perenne.runtime.manifest import OUTPUTS, output_name
from perenne.runtime.placing import Pixels, place_input
from perenne.runtime.projection import project_embedding

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_BATCH = 32


@dataclass(frozen=True)
class Prediction:
    """What a model said about one image. `timings_ms`: preprocess, inference, postprocess."""

    target: Target
    embedding: NDArray[np.float32] | None
    timings_ms: dict[str, float]


class Model:
    """A loaded model version."""

    def __init__(self, manifest: dict[str, Any], session: Any) -> None:
        self.manifest = manifest
        self.problem = PROBLEMS.get(manifest["problem"])
        self._session = session
        self._input = session.get_inputs()[0].name
        self._roles = {role: output_name(manifest, role) for role in OUTPUTS[manifest["problem"]]}
        embedding = manifest.get("embedding") or {}
        self._embedding = str(embedding.get("name", "embedding")) if embedding else None
        extra = [self._embedding] if self._embedding else []
        self._names = [*self._roles.values(), *extra]

    @property
    def needs_reference(self) -> bool:
        """Whether every image must come with a reference image."""
        return bool(self.manifest["input"].get("reference", False))

    def predict(self, image_HWC: NDArray[Any], *, reference_HWC: NDArray[Any] | None = None) -> Prediction:
        """Return what the model says about an upright RGB image, boxes in its pixels.

        Raises: ImageNotUsable, ReferenceMissing, OutputsInvalid.
        """
        return self.predict_batch([image_HWC], references=[reference_HWC])[0]

    def predict_batch(
        self,
        images: Sequence[NDArray[Any]],
        *,
        references: Sequence[NDArray[Any] | None] | None = None,
    ) -> list[Prediction]:
        """Return one prediction an image, computed together where their inputs have one size.

        Timings are the shares of one image. Raises: as `predict`.
        """
        beside = references or [None] * len(images)
        if len(images) > MAX_BATCH:
            cut = range(0, len(images), MAX_BATCH)
            pieces = (
                self.predict_batch(images[i : i + MAX_BATCH], references=beside[i : i + MAX_BATCH])
                for i in cut
            )
            return [prediction for piece in pieces for prediction in piece]
        started = time.perf_counter()
        placed = [
            place_input(image, given=self.manifest["input"], reference_HWC=reference)
            for image, reference in zip(images, beside, strict=True)
        ]
        if len({pixels.shape for pixels, _ in placed}) > 1:
            return [
                self.predict(image, reference_HWC=reference)
                for image, reference in zip(images, beside, strict=True)
            ]
        return self._answer(placed, started=started) if placed else []

    def project(self, prediction: Prediction) -> bytes | None:
        """Return the 68 bytes that stand for the prediction's embedding; None for a model without one."""
        if prediction.embedding is None:
            return None
        graph_sha256 = str(self.manifest.get("files", {}).get(GRAPH, ""))
        return project_embedding(prediction.embedding, seed=graph_sha256)

    def compute(self, input_NHWC: Pixels) -> dict[str, NDArray[Any]]:
        """Return the raw outputs of the graph by their role, and "embedding" when there is one."""
        values = self._session.run(self._names, {self._input: input_NHWC})
        roles = [*self._roles, *(["embedding"] if self._embedding else [])]
        return dict(zip(roles, values, strict=True))

    def _answer(self, placed: Sequence[tuple[Pixels, InputMapping]], *, started: float) -> list[Prediction]:
        first = placed[0][0]
        batch = first[None] if len(placed) == 1 else np.stack([pixels for pixels, _ in placed])
        ready = time.perf_counter()
        outputs = self.compute(batch)
        computed = time.perf_counter()
        embedding = outputs.pop("embedding", None)
        targets = [
            self.problem.decode(
                {role: value[row] for role, value in outputs.items()},
                manifest=self.manifest,
                placement=mapping,
            )
            for row, (_, mapping) in enumerate(placed)
        ]
        decoded = time.perf_counter()
        share = 1000 / len(placed)
        timings_ms = {
            "preprocess": (ready - started) * share,
            "inference": (computed - ready) * share,
            "postprocess": (decoded - computed) * share,
        }
        return [
            Prediction(target, None if embedding is None else embedding[row], timings_ms)
            for row, target in enumerate(targets)
        ]


def load_model(
    source: Path | bytes,
    *,
    public_key: "Ed25519PublicKey | None" = None,
    threads: int = 1,
    golden: bool = True,
) -> Model:
    """Return the model of an artefact after verifying its hashes, its signature and its golden answers.

    `public_key`: the manifest must be signed by its owner. `threads` for one inference; 0: all cores.
    Raises: ArtefactRefused, ArtefactDamaged, SignatureInvalid, GoldenMismatch.
    """
    artefact = read_artefact(source)
    if public_key is not None:
        verify_signature(artefact, public_key=public_key)
    return open_model(artefact, threads=threads, golden=golden)


def open_model(artefact: Artefact, *, threads: int = 1, golden: bool = True) -> Model:
    """Return the model of an artefact that was read already. Raises: ArtefactRefused, GoldenMismatch."""
    refuse_external_data(artefact.graph)
    model = Model(artefact.manifest, open_session(artefact.graph, threads=threads))
    if golden and artefact.manifest.get("golden"):
        check_golden(model.compute, artefact.manifest)
    return model


def open_session(graph: bytes | Path, *, threads: int = 1) -> Any:
    """Return an ONNX Runtime session on the CPU. Raises: ArtefactRefused."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Waiting threads sleep: on a shared machine a spinning one takes the core from the next request.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    content = graph if isinstance(graph, bytes) else str(graph)
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = (str(error).splitlines() or ["unreadable"])[0][:200]
        raise ArtefactRefused.because(f"ONNX Runtime cannot load model.onnx ({reason})") from error


def outputs_of(manifest: Mapping[str, Any], graph: bytes | Path) -> Model:
    """Return a model without any check, to compute the golden answers of a graph just exported."""
    return Model(dict(manifest), open_session(graph))

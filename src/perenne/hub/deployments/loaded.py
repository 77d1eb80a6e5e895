"""Models in memory: proven before they answer, shared by all threads, the least used one put away first.

Owns the cache of loaded artefacts and the turns of inference. Refuses an artefact whose hashes or
signature are wrong, or that fails its self-check; a bad one never costs a good one its place.

One thread an inference and as many inferences as the machine has cores give the most images per second,
and on two cores a single image waits hardly longer (measured: 17.6 ms against 15.7 ms with two threads,
107 against 86 images/s); machines with many cores give an inference a quarter of them, four at most.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from perenne.hub.deployments.errors import ModelUnusable
from perenne.hub.infra.blobs import BlobDamaged
from perenne.hub.infra.services import Hub
from perenne.kit.errors import PerenneError

if TYPE_CHECKING:
    from perenne.runtime import Model

ROOM = "deployments"


def choose_threads(*, cpus: int, setting: int) -> tuple[int, int]:
    """Return the threads of one inference and how many run side by side.

    >>> choose_threads(cpus=2, setting=0), choose_threads(cpus=16, setting=0)
    ((1, 2), (4, 4))
    """
    threads = setting or max(1, min(4, cpus // 4))
    return threads, max(1, cpus // threads)


class LoadedModels:
    """The models that this process holds in memory, at most `capacity`."""

    def __init__(self, hub: Hub, *, capacity: int, threads: int, turns: int) -> None:
        self._hub = hub
        self._capacity = max(1, capacity)
        self._threads = threads
        self._turns = threading.BoundedSemaphore(turns)
        self._lock = threading.Lock()
        self._models: OrderedDict[tuple[str, str], Model] = OrderedDict()
        self._loading: dict[tuple[str, str], threading.Lock] = {}

    def get(self, *, organisation_id: str, artefact_sha256: str) -> "Model":
        """Return the model of an artefact, loaded and proven at its first use. Raises: ModelUnusable."""
        key = (organisation_id, artefact_sha256)
        with self._lock:
            model = self._models.get(key)
            if model is not None:
                self._models.move_to_end(key)
                return model
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            with self._lock:
                model = self._models.get(key)
            if model is None:
                model = self._load(organisation_id, artefact_sha256)
                self._keep(key, model)
        return model

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a core is free for an inference, and hold it."""
        with self._turns:
            yield

    def held(self) -> list[str]:
        """Return the hashes of the artefacts in memory, the least used first."""
        with self._lock:
            return [sha256 for _, sha256 in self._models]

    def _keep(self, key: tuple[str, str], model: "Model") -> None:
        with self._lock:
            self._models[key] = model
            self._models.move_to_end(key)
            self._loading.pop(key, None)
            while len(self._models) > self._capacity:
                self._models.popitem(last=False)

    def _load(self, organisation_id: str, artefact_sha256: str) -> "Model":
        from perenne.kit.hashing import sha256_file
        from perenne.runtime import load_model

        try:
            path = self._hub.blobs.local_path(artefact_sha256, organisation_id=organisation_id)
            if sha256_file(path) != artefact_sha256:
                raise BlobDamaged.with_hash(artefact_sha256, found=sha256_file(path))
            model = load_model(path, public_key=self._hub.signing_key.public_key(), threads=self._threads)
            check_model(model)
        except PerenneError as error:
            raise _unusable(artefact_sha256, error.detail, error.remedy, cause=error.code) from error
        except Exception as error:  # whatever an artefact provokes in the runtime, the others go on
            raise _unusable(artefact_sha256, f"{type(error).__name__}: {str(error)[:300]}.") from error
        return model


def _unusable(sha256: str, why: str, remedy: str = "Train it again.", *, cause: str = "") -> ModelUnusable:
    return ModelUnusable(
        f"The artefact {sha256[:12]}… cannot answer: {why}",
        remedy=f"{remedy} The models in use go on answering.",
        cause=cause or "unexpected",
    )


def check_model(model: "Model") -> None:
    """Return when the model answers a plain grey image with a sound prediction. Raises: ModelUnusable.

    Its classes and scores are read back as strictly as if they had come from outside.
    """
    import numpy as np

    from perenne.problems import PROBLEMS

    manifest = model.manifest
    width, height = int(manifest["input"]["width"]), int(manifest["input"]["height"])
    image_HWC = np.full((height, width, 3), 128, dtype=np.uint8)
    reference_HWC = image_HWC if manifest["input"].get("reference") else None
    problem = PROBLEMS.get(manifest["problem"])
    target = model.predict(image_HWC, reference_HWC=reference_HWC).target
    problem.parse_prediction(target.to_json(), manifest["classes"])
    problem.decide(target, manifest.get("thresholds", {}))


def loaded_models(hub: Hub) -> LoadedModels:
    """Return the models of this process, one cache for all its threads."""
    held = hub.shared.get(ROOM)
    if held is None:
        cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        threads, turns = choose_threads(cpus=cpus, setting=hub.settings.inference_threads)
        made = LoadedModels(hub, capacity=hub.settings.model_cache, threads=threads, turns=turns)
        held = hub.shared.setdefault(ROOM, made)
    assert isinstance(held, LoadedModels)
    return held

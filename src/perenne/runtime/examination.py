"""The full examination of an artefact before it becomes a model version.

Owns the order of the checks. Refuses to trust a graph that was never run. Costly and fed by strangers:
call it in a process of its own.
"""

from pathlib import Path

import numpy as np

from perenne.runtime.artefact import Artefact, read_artefact
from perenne.runtime.errors import ArtefactRefused
from perenne.runtime.graph import check_graph
from perenne.runtime.session import open_model


def inspect_artefact(source: Path | bytes) -> Artefact:
    """Return the artefact after every check: members, hashes, manifest, operators, golden answers, one run.

    Raises: ArtefactRefused, ArtefactDamaged, GoldenMismatch.
    """
    artefact = read_artefact(source)
    check_graph(artefact.graph, manifest=artefact.manifest)
    model = open_model(artefact)
    given = artefact.manifest["input"]
    image_HWC = np.full((int(given["height"]), int(given["width"]), 3), 127, np.uint8)
    try:
        prediction = model.predict(image_HWC, reference_HWC=image_HWC if model.needs_reference else None)
    except Exception as error:
        raise ArtefactRefused.because(f"it does not answer a plain image ({str(error)[:200]})") from error
    size = artefact.manifest.get("embedding", {}).get("size")
    if prediction.embedding is not None and size is not None and prediction.embedding.shape != (int(size),):
        raise ArtefactRefused.because(f"its embedding is {prediction.embedding.shape}, not ({size},)")
    return artefact

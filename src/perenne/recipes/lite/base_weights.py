"""The weights of an existing model version, to start a run from.

Owns reading them out of an artefact: `weights.safetensors` when it has one, else the initialisers of its ONNX
graph. Refuses anything that could run code.
"""

import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from perenne.recipes.errors import BaseModelUnusable

WEIGHTS_MEMBER = "weights.safetensors"
GRAPH_MEMBER = "model.onnx"
LARGEST_MEMBER_BYTES = 2_000_000_000


def read_base_weights(artefact: Path) -> dict[str, Tensor]:
    """Return the named tensors of an artefact. Raises: BaseModelUnusable."""
    try:
        with zipfile.ZipFile(artefact) as archive:
            members = {info.filename: info.file_size for info in archive.infolist()}
            wanted = WEIGHTS_MEMBER if WEIGHTS_MEMBER in members else GRAPH_MEMBER
            if members.get(wanted, LARGEST_MEMBER_BYTES) >= LARGEST_MEMBER_BYTES:
                raise ValueError(f"it has no {wanted} of a reasonable size")
            data = archive.read(wanted)
        return _from_safetensors(data) if wanted == WEIGHTS_MEMBER else _from_onnx(data)
    except Exception as error:
        raise BaseModelUnusable(
            f"The weights of {artefact.name} cannot be read: {error}",
            remedy="Train without a base model, or choose another version.",
        ) from error


def load_matching(module: nn.Module, weights: dict[str, Tensor], *, needed: float = 0.5) -> list[str]:
    """Copy the tensors whose name and shape fit, and return the names of those that kept their start value.

    Raises: BaseModelUnusable when less than the part `needed` of the module's values is covered.
    """
    own = module.state_dict()
    fitting = {n: v.float() for n, v in weights.items() if n in own and own[n].shape == v.shape}
    covered = sum(own[name].numel() for name in fitting)
    total = sum(value.numel() for value in own.values())
    if covered < needed * total:
        raise BaseModelUnusable(
            f"Only {covered / max(total, 1):.0%} of the network's weights are in the base model.",
            remedy="The base model must come from the same recipe; train without one otherwise.",
        )
    module.load_state_dict({**own, **fitting})
    return sorted(n for n, value in own.items() if n not in fitting and value.is_floating_point())


def _from_safetensors(data: bytes) -> dict[str, Tensor]:
    from safetensors.torch import load

    return dict(load(data))


def _from_onnx(data: bytes) -> dict[str, Tensor]:
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(data).graph
    found = {}
    for tensor in graph.initializer:
        value = np.array(numpy_helper.to_array(tensor))
        name = tensor.name.removeprefix("network.")
        found[name] = torch.from_numpy(value)
    return found

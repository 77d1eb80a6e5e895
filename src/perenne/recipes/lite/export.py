"""From a trained module to an ONNX file that computes the same, or an error.

Owns export, the numeric comparison with PyTorch, and the weights to continue from. Refuses a file whose
answers differ from the module's.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from perenne.recipes.errors import ExportNotFaithful

OPSET = 17


def export_onnx(
    module: nn.Module,
    example: Tensor,
    path: Path,
    *,
    input_name: str,
    output_names: Sequence[str],
    exporter: str = "legacy",
) -> Path:
    """Write `module` (evaluation mode, on the CPU) to `path` with a free batch size, and return the path.

    "legacy" takes seconds; "dynamo" takes longer and falls back to "legacy" when it cannot convert.
    """
    module.eval()
    if exporter == "dynamo":
        try:
            return _export_dynamo(module, example, path, input_name=input_name, output_names=output_names)
        except Exception:
            path.unlink(missing_ok=True)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (example,),
            str(path),
            input_names=[input_name],
            output_names=list(output_names),
            dynamic_axes={name: {0: "batch"} for name in (input_name, *output_names)},
            opset_version=OPSET,
            dynamo=False,
        )
    return path


def _export_dynamo(
    module: nn.Module, example: Tensor, path: Path, *, input_name: str, output_names: Sequence[str]
) -> Path:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (example.repeat(2, *[1] * (example.ndim - 1)),),
            str(path),
            input_names=[input_name],
            output_names=list(output_names),
            dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=1024)},),
            dynamo=True,
            external_data=False,
        )
    return path


def check_parity(
    module: nn.Module,
    path: Path,
    examples: Sequence[Tensor],
    *,
    output_names: Sequence[str],
    tolerances: Mapping[str, float],
) -> dict[str, float]:
    """Return the largest absolute difference of each output over the examples.

    Raises: ExportNotFaithful when one with a tolerance passes it.
    """
    session = open_session(path, threads=1)
    name = session.get_inputs()[0].name
    worst = dict.fromkeys(output_names, 0.0)
    module.eval()
    for example in examples:
        with torch.inference_mode():
            expected: Sequence[Tensor] = module(example)
        got: Sequence[Any] = session.run(list(output_names), {name: example.numpy()})
        for output, wanted, value in zip(output_names, expected, got, strict=True):
            difference = float(np.abs(wanted.numpy() - value).max(initial=0.0))
            worst[output] = max(worst[output], difference)
    for output, tolerance in tolerances.items():
        if not worst[output] <= tolerance:
            raise ExportNotFaithful(
                f"The exported network differs from the trained one: {output} by {worst[output]:.3g}, "
                f"allowed {tolerance:g}.",
                remedy="Try the other exporter (dynamo or legacy); report the versions of torch and onnx.",
            )
    return worst


def open_session(path: Path, *, threads: int) -> Any:
    """Return an ONNX Runtime session on the CPU whose threads wait without spinning."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def save_weights(state: Mapping[str, Tensor], path: Path) -> Path:
    """Write the floating-point state in half precision, to continue training from; return the path."""
    from safetensors.torch import save_file

    save_file(
        {name: v.detach().cpu().half().contiguous() for name, v in state.items() if v.is_floating_point()},
        str(path),
    )
    return path

"""What a graph may contain: standard operators on tensors, nothing that reads files, loops or calls out.

Owns the allow-list of operators and the check of inputs and outputs. Refuses external data, custom domains,
control flow and sequences. Needs the `onnx` package: it runs at registration, not at each load.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from perenne.runtime.errors import ArtefactRefused
from perenne.runtime.manifest import OUTPUTS, output_name

STANDARD_DOMAINS = ("", "ai.onnx")
MAX_NODES = 50_000
# How the entry "location" of a tensor with external data begins in the file.
EXTERNAL_MARK = b"\x0a\x08location"
# fmt: off
ALLOWED_OPERATORS = frozenset({
    "Abs", "Acos", "Add", "And", "ArgMax", "ArgMin", "Asin", "Atan", "AveragePool", "BatchNormalization",
    "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "Cast", "CastLike", "Ceil", "Celu",
    "Clip", "Compress", "Concat", "Constant", "ConstantOfShape", "Conv", "ConvInteger", "ConvTranspose",
    "Cos", "Cosh", "CumSum", "DepthToSpace", "DequantizeLinear", "Div", "Dropout", "DynamicQuantizeLinear",
    "Einsum", "Elu", "Equal", "Erf", "Exp", "Expand", "EyeLike", "Flatten", "Floor", "Gather",
    "GatherElements", "GatherND", "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Greater",
    "GreaterOrEqual", "GridSample", "GroupNormalization", "HardSigmoid", "HardSwish", "Hardmax", "Identity",
    "InstanceNormalization", "IsInf", "IsNaN", "LRN", "LayerNormalization", "LeakyRelu", "Less",
    "LessOrEqual", "Log", "LogSoftmax", "LpPool", "LpNormalization", "MatMul", "MatMulInteger", "Max",
    "MaxPool", "Mean", "MeanVarianceNormalization", "Min", "Mish", "Mod", "Mul", "Neg", "NonMaxSuppression",
    "NonZero", "Not", "OneHot", "Or", "PRelu", "Pad", "Pow", "QLinearConv", "QLinearMatMul",
    "QuantizeLinear", "Range", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp",
    "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu", "Reshape",
    "Resize", "RoiAlign", "Round", "ScatterElements", "ScatterND", "Selu", "Shape", "Shrink", "Sigmoid",
    "Sign", "Sin", "Sinh", "Size", "Slice", "Softmax", "Softplus", "Softsign", "SpaceToDepth", "Split",
    "Sqrt", "Squeeze", "Sub", "Sum", "Tan", "Tanh", "ThresholdedRelu", "Tile", "TopK", "Transpose", "Trilu",
    "Unique", "Unsqueeze", "Upsample", "Where", "Xor",
})
# fmt: on


def check_graph(graph: bytes, *, manifest: Mapping[str, Any]) -> None:
    """Return when the graph keeps every rule and fits its manifest. Raises: ArtefactRefused."""
    import onnx

    refuse_external_data(graph)
    try:
        model = onnx.load_model_from_string(graph)
        onnx.checker.check_model(model)
    except Exception as error:
        reason = (str(error).splitlines() or ["unreadable"])[0][:200]
        raise ArtefactRefused.because(f"model.onnx is not a valid graph ({reason})") from error
    if len(model.functions):
        raise ArtefactRefused.because("model.onnx defines functions of its own")
    count = 0
    for node in _nodes(model.graph):
        count += 1
        if node.domain not in STANDARD_DOMAINS or node.op_type not in ALLOWED_OPERATORS:
            name = f"{node.domain}.{node.op_type}".lstrip(".")
            raise ArtefactRefused.because(f"model.onnx uses the operator {name[:80]}, which is not allowed")
    if count > MAX_NODES:
        raise ArtefactRefused.because(f"model.onnx has {count} nodes, over {MAX_NODES}")
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise ArtefactRefused.because("model.onnx keeps data outside itself")
    _check_interface(model.graph, manifest)


def refuse_external_data(graph: bytes) -> None:
    """Return when no tensor of the file names a place outside it; needs no library.

    Raises: ArtefactRefused.
    """
    if EXTERNAL_MARK in graph:
        raise ArtefactRefused.because("model.onnx keeps data outside itself")


def _nodes(graph: Any) -> Iterator[Any]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g") or len(attribute.graphs):
                raise ArtefactRefused.because(f"model.onnx hides a graph inside {node.op_type}")


def _check_interface(graph: Any, manifest: Mapping[str, Any]) -> None:
    import onnx

    initial = {tensor.name for tensor in graph.initializer}
    inputs = [given for given in graph.input if given.name not in initial]
    if len(inputs) != 1:
        raise ArtefactRefused.because(f"model.onnx has {len(inputs)} inputs, not one")
    tensor = inputs[0].type.tensor_type
    channels = 6 if manifest["input"].get("reference") else 3
    shape = [dimension.dim_value for dimension in tensor.shape.dim]
    if tensor.elem_type != onnx.TensorProto.UINT8 or len(shape) != 4 or shape[3] not in (0, channels):
        raise ArtefactRefused.because(f"its input is not uint8 (N, H, W, {channels})")
    there = {output.name for output in graph.output}
    wanted = {output_name(manifest, role) for role in OUTPUTS[manifest["problem"]]}
    if manifest.get("embedding"):
        wanted.add(str(manifest["embedding"].get("name", "embedding")))
    if wanted - there:
        raise ArtefactRefused.because(f"model.onnx has no output {', '.join(sorted(wanted - there))}")

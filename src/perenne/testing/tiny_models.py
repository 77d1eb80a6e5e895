"""Models of a few nodes that really run: for tests of everything around a model, without torch.

Owns graphs whose answers can be told in advance: the classifier and the regressor look at the mean
brightness, the detector boxes every bright cell of a grid. Refuses to be good at anything.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from perenne.runtime import write_artefact

CELL_PX = 16
DEFAULT_CLASSES = ("good", "bad")


def tiny_classifier(
    path: Path, *, classes: Sequence[str] = DEFAULT_CLASSES, side: int = 64, **extra: Any
) -> Path:
    """Write an artefact that calls dark images the first class and bright ones the last; return its path."""
    slopes = np.linspace(-8, 8, len(classes))[None].repeat(3, axis=0).astype(np.float32) / 3
    nodes = [_node("MatMul", ["mean", "slopes"], "logits")]
    initial = {"slopes": slopes}
    outputs = {"logits": (len(classes),), "embedding": (3,)}
    fields = {"thresholds": {"fail_at": 0.5, "fail_classes": list(classes[1:])}}
    return _write(path, "classification", classes, side, nodes, initial, outputs, {**fields, **extra})


def tiny_regressor(path: Path, *, side: int = 64, **extra: Any) -> Path:
    """Write an artefact that says the mean brightness, -1 (black) to 1 (white); return its path."""
    nodes = [_node("MatMul", ["mean", "thirds"], "value")]
    initial = {"thirds": np.full((3, 1), 1 / 3, np.float32)}
    return _write(path, "regression", (), side, nodes, initial, {"value": (1,), "embedding": (3,)}, extra)


def tiny_detector(
    path: Path,
    *,
    classes: Sequence[str] = ("spot",),
    side: int = 64,
    reference: bool = False,
    **extra: Any,
) -> Path:
    """Write an artefact that boxes bright cells (16 px) of the input as the first class; return its path.

    With `reference` it boxes the cells that are brighter than the reference.
    """
    cells = side // CELL_PX
    corners = np.arange(cells) * CELL_PX
    x, y = (grid.reshape(-1) for grid in np.meshgrid(corners, corners))
    boxes = np.stack([x, y, x + CELL_PX, y + CELL_PX], 1).astype(np.float32)[None]
    columns = np.zeros((1, 1, len(classes)), np.float32)
    columns[..., 0] = 1
    weights = np.full((6 if reference else 3, 1), 1 / 3, np.float32)
    weights[3:] = -1 / 3
    nodes = [
        _node("MatMul", ["scaled", "weights"], "grey"),
        _node("Transpose", ["grey"], "planes", perm=[0, 3, 1, 2]),
        _node("AveragePool", ["planes"], "cells", kernel_shape=[CELL_PX] * 2, strides=[CELL_PX] * 2),
        _node("Reshape", ["cells", "flat"], "column"),
        _node("Mul", ["column", "eight"], "sharp"),
        _node("Sigmoid", ["sharp"], "chance"),
        _node("Mul", ["chance", "columns"], "scores"),
        _node("Mul", ["column", "zero"], "nothing"),
        _node("Add", ["nothing", "corners"], "boxes"),
    ]
    initial = {
        "weights": weights,
        "flat": np.array([0, -1, 1], np.int64),
        "eight": np.array([8], np.float32),
        "zero": np.array([0], np.float32),
        "columns": columns,
        "corners": boxes,
    }
    n = cells * cells
    outputs = {"boxes": (n, 4), "scores": (n, len(classes)), "embedding": (6 if reference else 3,)}
    fields = {"thresholds": {"score": 0.5}, "suppression": {"iou": 0.5, "score_floor": 0.1, "maximum": 100}}
    return _write(path, "detection", classes, side, nodes, initial, outputs, {**fields, **extra}, reference)


def _node(operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> Any:
    from onnx import helper

    return helper.make_node(operator, list(inputs), [output], name=output, **attributes)


def _write(
    path: Path,
    problem: str,
    classes: Sequence[str],
    side: int,
    nodes: Sequence[Any],
    initial: Mapping[str, Any],
    outputs: Mapping[str, tuple[int, ...]],
    fields: Mapping[str, Any],
    reference: bool = False,
) -> Path:
    """Build the graph around `nodes`: they find "scaled" (N, H, W, C) and "mean" (N, C), both -1..1."""
    from onnx import TensorProto, helper, numpy_helper, save

    channels = 6 if reference else 3
    shared = [
        helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        _node("Div", ["pixels", "half"], "unit"),
        _node("Sub", ["unit", "one"], "scaled"),
        _node("ReduceMean", ["scaled"], "mean", axes=[1, 2], keepdims=0),
        _node("Identity", ["mean"], "embedding"),
    ]
    constants = {"half": np.array([127.5], np.float32), "one": np.array([1], np.float32), **initial}
    graph = helper.make_graph(
        [*shared, *nodes],
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", side, side, channels])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])
            for name, shape in outputs.items()
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx_path = path.with_suffix(".onnx")
    save(model, str(onnx_path))
    manifest = {
        "problem": problem,
        "classes": list(classes),
        "input": {
            "name": "image",
            "width": side,
            "height": side,
            "mode": "letterbox",
            "channels": channels,
            "reference": reference,
        },
        "embedding": {"name": "embedding", "size": channels},
        "recipe": "tiny",
        "config": {},
        "seed": 0,
        "metrics": {},
        **fields,
    }
    return write_artefact(path, onnx_path=onnx_path, manifest=manifest, card="# Tiny model\n\nFor tests.\n")

"""Half precision: weights and activations in float16, inputs and outputs in float32.

On a CPU it is for the file's size alone, on a GPU for speed. The normaliser stays in float32, since units may be
large, and so does a product with a transposed matrix: ONNX Runtime 1.31 fuses the two and then dies in the step that
chooses layouts, which no error handling could catch.
"""

from __future__ import annotations

import onnx
from onnx import NodeProto

from stillroom.export.extra import need_extra, quiet
from stillroom.export.graph import Graph, attributes
from stillroom.export.stripping import stripped

_CARRIED = {"Sub", "Unsqueeze"}


def half(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The graph in half precision.

    Raises:
        InputError: a package is missing.
    """
    need_extra()
    from onnxruntime.transformers.float16 import convert_float_to_float16

    graph = Graph(proto)
    kept = [node.name for node in graph.nodes if _is_first(graph, node) or _is_fragile(graph, node)]
    with quiet():
        made = convert_float_to_float16(graph.finished(), keep_io_types=True, node_block_list=kept)
    return _without_detours(stripped(made))


def _is_first(graph: Graph, node: NodeProto) -> bool:
    """Whether a node reads the window, or what only a subtraction or a change of shape stands before."""
    before = graph.producer(node.input[0]) if node.input else None
    reads = bool(node.input) and node.input[0] in graph.inputs
    return reads or (before is not None and before.op_type in _CARRIED and before.input[0] in graph.inputs)


def _is_fragile(graph: Graph, node: NodeProto) -> bool:
    """A transposition before a product, or the product behind it."""
    if node.op_type == "Transpose":
        return any(after.op_type == "MatMul" for after in graph.consumers(node.output[0]))
    makers = [graph.producer(name) for name in node.input]
    return node.op_type == "MatMul" and any(maker is not None and maker.op_type == "Transpose" for maker in makers)


def _without_detours(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Takes out casts to half precision and straight back: the window itself must not be rounded."""
    graph = Graph(proto)
    for node in list(graph.nodes):
        before = graph.producer(node.input[0]) if node.op_type == "Cast" else None
        if before is None or before.op_type != "Cast":
            continue
        if attributes(node)["to"] == onnx.TensorProto.FLOAT and attributes(before)["to"] == onnx.TensorProto.FLOAT16:
            graph.redirect(node.output[0], before.input[0])
    return graph.finished()

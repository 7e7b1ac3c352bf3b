"""From opset 18 to 17, which is what TensorRT 8 (JetPack 5) reads: reductions name their axes in an attribute again.

Only what differs between the two for the operators that our graphs hold; anything else that is new in 18 is refused.
"""

from __future__ import annotations

import onnx
from onnx import NodeProto

from stillroom.base.errors import StillroomError
from stillroom.export.graph import Graph, attributes, set_attributes

LOW, HIGH = 17, 18
_REDUCTIONS = {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
               "ReduceLogSumExp", "ReduceSumSquare"}  # fmt: skip
_NEW = {"BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "CenterCropPad", "Col2Im", "GroupNormalization", "Mish",
        "OptionalGetElement", "OptionalHasElement", "Resize"}  # fmt: skip


def lowered(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph in opset 17.

    Raises:
        StillroomError: an operator cannot be written in opset 17.
    """
    graph = Graph(proto)
    if new := [node for node in graph.nodes if node.op_type in _NEW]:
        raise StillroomError(f"{new[0].op_type} cannot be written in opset {LOW}", mend=f"Use the opset {HIGH} file")
    for node in graph.nodes:
        if node.op_type in _REDUCTIONS:
            _axes_as_attribute(graph, node)
        elif node.op_type == "Split":
            _split_by_sizes(graph, node)
        elif node.op_type == "Pad" and len(node.input) > 3:
            raise StillroomError(f"a Pad of some axes cannot be written in opset {LOW}")
    for item in graph.proto.opset_import:
        if item.domain in ("", "ai.onnx"):
            item.version = LOW
    return graph.finished()


def _axes_as_attribute(graph: Graph, node: NodeProto) -> None:
    kept = {name: value for name, value in attributes(node).items() if name != "noop_with_empty_axes"}
    if len(node.input) > 1 and node.input[1]:
        axes = graph.constant(node.input[1])
        if axes is None:
            raise StillroomError(f"a {node.op_type} over axes that are computed cannot be written in opset {LOW}")
        kept["axes"] = axes.tolist()
    del node.attribute[:]
    del node.input[1:]
    set_attributes(node, **kept)


def _split_by_sizes(graph: Graph, node: NodeProto) -> None:
    """Opset 17 divides evenly where no sizes are given, which is what `num_outputs` says where it divides at all."""
    kept = {name: value for name, value in attributes(node).items() if name != "num_outputs"}
    del node.attribute[:]
    set_attributes(node, **kept)

"""What the types of ONNX operators stand for when kernels are counted: moving, element-wise work, or work of their own.

A type that stands in none of these sets is not known, and the walk says so.
"""

from __future__ import annotations

from stillroom.cost.graph_macs import ANALYTIC, COUNTED
from stillroom.cost.graph_table import VIEWS, Graph, Node

MOVES = VIEWS | {
    "Cast", "CastLike", "Concat", "DepthToSpace", "DequantizeLinear", "Expand", "Gather", "GatherElements", "GatherND",
    "Pad", "QuantizeLinear", "Shape", "Slice", "SpaceToDepth", "Split", "Tile", "Transpose",
}  # fmt: skip
POINTWISE = {
    "Abs", "Add", "And", "BatchNormalization", "Ceil", "Celu", "Clip", "Cos", "Div", "Elu", "Equal", "Erf", "Exp",
    "Floor", "Gelu", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "IsNaN", "LeakyRelu", "Less",
    "LessOrEqual", "Log", "Max", "Min", "Mish", "Mod", "Mul", "Neg", "Not", "Or", "PRelu", "Pow", "Reciprocal", "Relu",
    "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Tan", "Tanh", "Where",
    "Xor",
}  # fmt: skip
OWN = {
    "ArgMax", "ArgMin", "AveragePool", "CumSum", "GlobalAveragePool", "GlobalMaxPool", "GroupNormalization", "Hardmax",
    "InstanceNormalization", "LRN", "LayerNormalization", "LogSoftmax", "LpNormalization", "LpPool", "MaxPool",
    "MeanVarianceNormalization", "RMSNormalization", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp",
    "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Resize", "ScatterElements",
    "ScatterND", "Softmax", "TopK",
}  # fmt: skip
KNOWN = MOVES | POINTWISE | OWN | COUNTED.keys() | ANALYTIC.keys()


_SEEN_THROUGH = VIEWS | {"DequantizeLinear", "QuantizeLinear"}


def kernels_of(graph: Graph) -> int:
    """Kernels that are left when element-wise work joins the node before it and nothing is spent on moving.

    So TensorRT's were counted for the published measurements: 12 of AlexNet, 23 of ResNet-18, 54 of MobileNetV2.
    """
    joins: set[str] = set()
    count = 0
    for node in graph.nodes:
        if node.op in MOVES:
            if node.op in _SEEN_THROUGH and node.inputs[0] in joins:
                joins.update(node.outputs)
            continue
        joined = node.op in POINTWISE and any(name in joins and len(_readers(graph, name)) == 1 for name in node.inputs)
        count += not joined
        joins.update(node.outputs)
    return count


def _readers(graph: Graph, name: str) -> list[Node]:
    """Who reads a value in the end, views seen through."""
    found: list[Node] = []
    for node in graph.consumers.get(name, []):
        found += _readers(graph, node.outputs[0]) if node.op in _SEEN_THROUGH else [node]
    return found

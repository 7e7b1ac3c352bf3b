"""An ONNX graph as plain tables: its nodes in order, the sizes of every value, its constants.

Nodes that the input does not reach are left out: they are worked out once, when a model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import ModuleType
from typing import Any

BITS = {"FLOAT": 32, "FLOAT16": 16, "BFLOAT16": 16, "DOUBLE": 64, "INT8": 8, "UINT8": 8, "INT16": 16, "UINT16": 16}
BITS |= {"INT32": 32, "UINT32": 32, "INT64": 64, "UINT64": 64, "BOOL": 8, "INT4": 4, "UINT4": 4}
VIEWS = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout"}


@dataclass(frozen=True)
class Node:
    """One operator: its type (with the domain, where that is not ONNX's own), names in and out, attributes."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    holds_graphs: bool = False


@dataclass(frozen=True)
class Graph:
    """A graph of known shapes for one window.

    Attributes:
        nodes: those that depend on the input, in order.
        shapes: of every value, as far as they can be inferred.
        bits: of one element of it.
        weights: bytes of each constant, by name; sizes and indices left out.
        numbers: small integer constants, by name.
        inputs: names of what comes in.
        outputs: names of what goes out.
        notes: what else to know about it.
    """

    nodes: tuple[Node, ...]
    shapes: Mapping[str, tuple[int, ...]]
    bits: Mapping[str, int]
    weights: Mapping[str, int]
    numbers: Mapping[str, tuple[int, ...]]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def size_bytes(self, name: str) -> int:
        """What a value takes; nothing where its shape is not known."""
        return prod(self.shapes[name]) * self.bits.get(name, 32) // 8 if name in self.shapes else 0

    @cached_property
    def consumers(self) -> dict[str, list[Node]]:
        """The nodes that read each value."""
        read: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                read.setdefault(name, []).append(node)
        return read

    @cached_property
    def producer(self) -> dict[str, Node]:
        """The node that makes each value."""
        return {name: node for node in self.nodes for name in node.outputs}


def tabulate(onnx: ModuleType, model: Any, notes: tuple[str, ...]) -> Graph:
    """The tables of a model whose shapes have been inferred.

    Args:
        onnx: the package.
        model: an `onnx.ModelProto`.
        notes: kept with them.
    """
    graph, kinds = model.graph, onnx.TensorProto.DataType
    shapes: dict[str, tuple[int, ...]] = {}
    bits: dict[str, int] = {}
    for value in (*graph.input, *graph.value_info, *graph.output):
        tensor = value.type.tensor_type
        bits[value.name] = BITS.get(kinds.Name(tensor.elem_type), 32) if tensor.elem_type else 32
        if tensor.HasField("shape") and all(size.HasField("dim_value") for size in tensor.shape.dim):
            shapes[value.name] = tuple(size.dim_value for size in tensor.shape.dim)
    constants = {one.name: one for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            constants |= [(node.output[0], one.t) for one in node.attribute if one.name == "value"]
    shapes |= {name: tuple(one.dims) for name, one in constants.items()}
    bits |= {name: BITS.get(kinds.Name(one.data_type), 32) for name, one in constants.items()}
    inputs = tuple(value.name for value in graph.input if value.name not in constants)
    numbers = {
        name: tuple(int(number) for number in onnx.numpy_helper.to_array(one).flat)
        for name, one in constants.items()
        if one.data_type in {onnx.TensorProto.INT64, onnx.TensorProto.INT32} and prod(one.dims) <= 8
    }
    return Graph(
        nodes=_live(onnx, graph.node, inputs),
        shapes=shapes,
        bits=bits,
        weights={name: prod(one.dims) * bits[name] // 8 for name, one in constants.items() if not _index(onnx, one)},
        numbers=numbers,
        inputs=inputs,
        outputs=tuple(value.name for value in graph.output),
        notes=notes,
    )


def _index(onnx: ModuleType, constant: Any) -> bool:
    return bool(constant.data_type == onnx.TensorProto.INT64)


def _live(onnx: ModuleType, nodes: Any, inputs: tuple[str, ...]) -> tuple[Node, ...]:
    """The nodes that the input reaches; the others are worked out once, when the model is loaded."""
    reached, kept = set(inputs), []
    for node in nodes:
        within = [one for one in node.attribute if one.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS)]
        if within or reached & set(node.input):
            reached |= set(node.output)
            attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute if one not in within}
            domain = "" if node.domain in ("", "ai.onnx") else f"{node.domain}."
            kept.append(Node(domain + node.op_type, tuple(node.input), tuple(node.output), attributes, bool(within)))
    return tuple(kept)

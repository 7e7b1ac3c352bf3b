"""A graph that is being rewritten: constants, who makes a value and who reads it, new nodes, and putting it in order.

Works on a copy. A rewrite adds nodes and redirects readers in any order; `finished` drops what nobody reads, sorts the
nodes, infers the shapes anew and has the result checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

Array = NDArray[Any]


class Graph:
    """A rewritable copy of a model's graph.

    Args:
        proto: the model; it stays as it is.
    """

    def __init__(self, proto: onnx.ModelProto) -> None:
        self.proto = onnx.ModelProto()
        self.proto.CopyFrom(proto)
        self.nodes: list[NodeProto] = list(self.proto.graph.node)
        self._constants = {tensor.name: tensor for tensor in self.proto.graph.initializer}
        self._fresh = 0

    @property
    def inputs(self) -> list[str]:
        """Names of what goes in."""
        return [value.name for value in self.proto.graph.input if value.name not in self._constants]

    @property
    def outputs(self) -> list[str]:
        """Names of what comes out."""
        return [value.name for value in self.proto.graph.output]

    def constant(self, name: str) -> Array | None:
        """A constant's values; None where the name is no constant."""
        tensor = self._constants.get(name)
        return None if tensor is None else np.array(numpy_helper.to_array(tensor))

    def add_constant(self, values: Array, stem: str) -> str:
        """Files a constant under a new name."""
        name = self.fresh(stem)
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def fresh(self, stem: str) -> str:
        """A name that no value has."""
        taken = {name for node in self.nodes for name in (*node.input, *node.output)} | set(self._constants)
        while True:
            self._fresh += 1
            if (name := f"{stem}_{self._fresh}") not in taken:
                return name

    def add(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Adds a node; returns the name of its first output."""
        made = output or self.fresh(kind.lower())
        name = f"{kind.lower()}_{made}"
        self.nodes.append(helper.make_node(kind, list(inputs), [made], name=name, **attributes))
        return made

    def remove(self, node: NodeProto) -> None:
        """Takes a node out; its readers must be redirected."""
        self.nodes = [other for other in self.nodes if other is not node]

    def producer(self, name: str) -> NodeProto | None:
        """The node that makes a value."""
        return next((node for node in self.nodes if name in node.output), None)

    def consumers(self, name: str) -> list[NodeProto]:
        """The nodes that read a value."""
        return [node for node in self.nodes if name in node.input]

    def redirect(self, old: str, new: str) -> None:
        """Lets every reader of one value read another."""
        for node in self.consumers(old):
            for place, name in enumerate(node.input):
                if name == old:
                    node.input[place] = new

    def finished(self) -> onnx.ModelProto:
        """The rewritten model, in order and checked."""
        graph = self.proto.graph
        nodes, read = _in_order(self.nodes, self.outputs)
        for field, values in ((graph.node, nodes), (graph.initializer, self._read(read))):
            kept = [type(value).FromString(value.SerializeToString()) for value in values]
            del field[:]
            field.extend(kept)
        del graph.value_info[:]
        self.proto = onnx.shape_inference.infer_shapes(self.proto, strict_mode=True, data_prop=True)
        onnx.checker.check_model(self.proto, full_check=True)
        return self.proto

    def _read(self, names: set[str]) -> list[onnx.TensorProto]:
        return [tensor for name, tensor in self._constants.items() if name in names]


def attributes(node: NodeProto) -> dict[str, Any]:
    """A node's attributes by name."""
    return {item.name: helper.get_attribute_value(item) for item in node.attribute}


def set_attributes(node: NodeProto, **values: Any) -> None:
    """Replaces some of a node's attributes."""
    kept = attributes(node) | values
    del node.attribute[:]
    node.attribute.extend(helper.make_attribute(name, value) for name, value in kept.items())


def _in_order(nodes: Sequence[NodeProto], outputs: Sequence[str]) -> tuple[list[NodeProto], set[str]]:
    """The nodes that the outputs need, each behind those it reads, and every name that is read."""
    makers = {name: node for node in nodes for name in node.output if name}
    ordered: list[NodeProto] = []
    read: set[str] = set(outputs)
    placed: set[int] = set()
    waiting: list[tuple[NodeProto, bool]] = [(makers[name], False) for name in reversed(outputs) if name in makers]
    while waiting:
        node, ready = waiting.pop()
        if id(node) in placed:
            continue
        if ready:
            placed.add(id(node))
            ordered.append(node)
            continue
        waiting.append((node, True))
        needed = [name for name in node.input if name]
        read |= set(needed)
        waiting += [(makers[name], False) for name in reversed(needed) if name in makers]
    return ordered, read

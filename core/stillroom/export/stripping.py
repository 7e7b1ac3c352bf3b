"""What must not leave the house with a graph: stack traces, paths and source lines that the exporter writes into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import onnx

import stillroom

IR_VERSION = 8


def stripped(proto: onnx.ModelProto) -> onnx.ModelProto:
    """A copy without remarks, metadata and unused functions, and with the file format that old runtimes read."""
    out = onnx.ModelProto()
    out.CopyFrom(proto)
    for part in _parts(out):
        for field in ("doc_string", "metadata_props", "overload"):
            if field in part.DESCRIPTOR.fields_by_name:
                part.ClearField(field)
    out.ir_version = IR_VERSION
    out.producer_name, out.producer_version = "stillroom", stillroom.__version__
    out.graph.name = "recogniser"
    return out


def _parts(proto: onnx.ModelProto) -> Iterator[Any]:
    yield proto
    yield from proto.functions
    yield from _of_graph(proto.graph)


def _of_graph(graph: onnx.GraphProto) -> Iterator[Any]:
    yield graph
    yield from (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    for node in graph.node:
        yield node
        for item in node.attribute:
            yield item
            if item.type == onnx.AttributeProto.GRAPH:
                yield from _of_graph(item.g)

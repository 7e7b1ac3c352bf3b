"""Multiply-accumulates of one ONNX operator, by its type; a FLOP of a Fourier transform counts as half of one.

A convolution multiplies each output by the inputs of its kernel, a product each output by the length that is summed
over, a recurrent layer its two matrices by every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import prod

from stillroom.cost.graph_table import Graph, Node

Rule = Callable[[Graph, Node], float]


def _convolution(weight: int) -> Rule:
    def rule(graph: Graph, node: Node) -> float:
        kernel = graph.shapes[node.inputs[weight]]
        return prod(graph.shapes[node.outputs[0]]) * prod(kernel[1:])

    return rule


def _transposed(graph: Graph, node: Node) -> float:
    return prod(graph.shapes[node.inputs[0]]) * prod(graph.shapes[node.inputs[1]][1:])


def _product(graph: Graph, node: Node) -> float:
    return prod(graph.shapes[node.outputs[0]]) * graph.shapes[node.inputs[0]][-1]


def _gemm(graph: Graph, node: Node) -> float:
    summed = graph.shapes[node.inputs[0]][0 if node.attributes.get("transA") else 1]
    return prod(graph.shapes[node.outputs[0]]) * summed


def _recurrent(graph: Graph, node: Node) -> float:
    steps, batch = graph.shapes[node.inputs[0]][:2]
    return steps * batch * (prod(graph.shapes[node.inputs[1]]) + prod(graph.shapes[node.inputs[2]]))


def _einsum(graph: Graph, node: Node) -> float:
    terms = node.attributes["equation"].decode().replace(" ", "").split("->")[0].split(",")
    if len(terms) != 2 or any("." in term for term in terms):
        raise KeyError("only products of two tensors without an ellipsis are counted")
    sizes: dict[str, int] = {}
    for term, name in zip(terms, node.inputs, strict=True):
        sizes.update(zip(term, graph.shapes[name], strict=True))
    return prod(sizes.values())


def _dft(graph: Graph, node: Node) -> float:
    """2.5 N log2 N real FLOPs for each real transform of N samples, twice that for complex ones."""
    shape = graph.shapes[node.inputs[0]]
    axis = graph.numbers.get(node.inputs[2], (-2,))[0] if len(node.inputs) > 2 and node.inputs[2] else -2
    axis = int(node.attributes.get("axis", axis))
    length = shape[axis]
    transforms = prod(shape[:-1]) // length
    return transforms * (2.5 if shape[-1] == 1 else 5.0) * length * math.log2(length) / 2


def _stft(graph: Graph, node: Node) -> float:
    frames, bins = graph.shapes[node.outputs[0]][1:3]
    length = 2 * (bins - 1) if node.attributes.get("onesided", 1) else bins
    return graph.shapes[node.inputs[0]][0] * frames * 2.5 * length * math.log2(length) / 2


COUNTED: dict[str, Rule] = {
    "Conv": _convolution(1),
    "ConvInteger": _convolution(1),
    "QLinearConv": _convolution(3),
    "ConvTranspose": _transposed,
    "Gemm": _gemm,
    "MatMul": _product,
    "MatMulInteger": _product,
    "QLinearMatMul": _product,
    "Einsum": _einsum,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
}
ANALYTIC: dict[str, Rule] = {"DFT": _dft, "STFT": _stft}
STEPS = {"LSTM", "GRU", "RNN"}

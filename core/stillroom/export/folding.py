"""The normaliser inside a graph: folded into the first convolution where that is exact, else one operator.

A traced `(x - mean) / sd` is two operators. A convolution without zero padding takes it into its weights,

    w'[o, c] = w[o, c] / sd[c],    b'[o] = b[o] - sum_c w[o, c] mean[c] / sd[c];

padding is done after normalising, so that with padding the zeros would no longer stand for the mean. There it becomes
a BatchNormalization. A channel whose mean is far from zero in units of its spread (air pressure) would lose digits
either way; then both operators stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import NodeProto

from stillroom.export.graph import Array, Graph, attributes

FAR = 100.0


@dataclass(frozen=True)
class _Chain:
    """Subtraction and division by constants, with what they take and give; `(channel,)` arrays."""

    sub: NodeProto
    div: NodeProto
    mean: Array
    sd: Array

    @property
    def taken(self) -> str:
        return str(self.sub.input[0])

    @property
    def given(self) -> str:
        return str(self.div.output[0])


def with_folded_normaliser(proto: onnx.ModelProto, *, into_convolution: bool = True) -> onnx.ModelProto:
    """The graph with every normaliser of its input folded.

    Args:
        proto: a traced graph, convolutions over time.
        into_convolution: False keeps standardised values visible, which quantisation needs: one scale must fit all
            channels, whatever their units.
    """
    graph = Graph(proto)
    for chain in _chains(graph):
        if np.abs(chain.mean / chain.sd).max() > FAR:
            continue
        readers = graph.consumers(chain.given)
        if into_convolution and len(readers) == 1 and _takes(graph, readers[0]):
            _into(graph, readers[0], chain)
        else:
            _as_batch_norm(graph, chain)
    return graph.finished()


def _chains(graph: Graph) -> list[_Chain]:
    found = []
    for sub in [node for node in graph.nodes if node.op_type == "Sub" and node.input[0] in graph.inputs]:
        mean, after = graph.constant(sub.input[1]), graph.consumers(sub.output[0])
        if mean is None or len(after) != 1 or after[0].op_type != "Div" or after[0].input[0] != sub.output[0]:
            continue
        sd = graph.constant(after[0].input[1])
        if sd is not None and mean.shape == sd.shape and mean.shape[-2:] == (mean.size, 1):
            found.append(_Chain(sub, after[0], mean.ravel(), sd.ravel()))
    return found


def _takes(graph: Graph, node: NodeProto) -> bool:
    found = attributes(node)
    plain = found.get("auto_pad", b"NOTSET") in (b"NOTSET", b"VALID") and not any(found.get("pads", []))
    return node.op_type == "Conv" and plain and graph.constant(node.input[1]) is not None


def _into(graph: Graph, conv: NodeProto, chain: _Chain) -> None:
    weight = graph.constant(conv.input[1])
    assert weight is not None
    outputs, inputs = weight.shape[:2]
    first = np.arange(outputs) // (outputs // attributes(conv).get("group", 1)) * inputs
    channel = first[:, None] + np.arange(inputs)  # (output, its inputs): which channel each weight reads
    scaled = weight.astype(np.float64) / chain.sd.astype(np.float64)[channel].reshape(outputs, inputs, 1)
    shift = (scaled.sum(axis=2) * chain.mean.astype(np.float64)[channel]).sum(axis=1)
    bias = graph.constant(conv.input[2]) if len(conv.input) > 2 and conv.input[2] else np.zeros(outputs)
    assert bias is not None
    new = [graph.add_constant(scaled.astype(np.float32), "weight"), graph.add_constant(_single(bias - shift), "bias")]
    del conv.input[:]
    conv.input.extend([chain.taken, *new])


def _as_batch_norm(graph: Graph, chain: _Chain) -> None:
    zeros, ones = np.zeros(len(chain.mean), np.float32), np.ones(len(chain.mean), np.float32)
    parts = {"scale": _single(1 / chain.sd.astype(np.float64)), "shift": zeros, "mean": chain.mean, "one": ones}
    names = [graph.add_constant(values, stem) for stem, values in parts.items()]
    graph.redirect(chain.given, graph.add("BatchNormalization", [chain.taken, *names], epsilon=0.0))


def _single(values: Array) -> Array:
    return np.asarray(values, dtype=np.float32)

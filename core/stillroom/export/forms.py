"""Convolutions over time written as convolutions over an image of height 1, which ONNX Runtime runs faster.

Its quick layout (blocks of channels) is for images alone; depthwise nets take half the time in it. Every convolution
and pool over `(batch, channel, time)` gets an axis of height before it and loses it behind it; then the pairs that
meet are taken out, through whatever works on each element by itself. A mean over time becomes a pool over the image.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import NodeProto

from stillroom.export.graph import Array, Graph, attributes, set_attributes

_HEIGHT = 2
_UNARY = {"Relu", "LeakyRelu", "Elu", "Selu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Erf", "Softplus", "Clip",
          "Abs", "Neg", "Exp", "Log", "Sqrt", "Identity", "BatchNormalization"}  # fmt: skip
_BINARY = {"Add", "Sub", "Mul", "Div", "Max", "Min", "Pow"}
_SLIDING = {"kernel_shape": 1, "strides": 1, "dilations": 1}  # what they are over the height


def as_images(proto: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with every convolution and pool over time as one over an image of height 1."""
    graph = Graph(proto)
    widened = [node for node in list(graph.nodes) if _widen(graph, node)]
    if not widened:
        return proto
    while any(rewrite(graph, node) for node in list(graph.nodes) for rewrite in _REWRITES):
        pass
    return graph.finished()


def _widen(graph: Graph, node: NodeProto) -> bool:
    """Puts a node over time between two changes of shape; whether it was one."""
    found = attributes(node)
    if node.op_type == "Conv":
        weight = graph.constant(node.input[1])
        if weight is None or weight.ndim != 3:
            return False
        node.input[1] = graph.add_constant(weight[:, :, None], "weight")
        found |= {"kernel_shape": [weight.shape[2]]}
    elif node.op_type not in {"MaxPool", "AveragePool"} or len(found["kernel_shape"]) != 1 or len(node.output) > 1:
        return False
    changed = {name: [over, *found[name]] for name, over in _SLIDING.items() if name in found}
    if "pads" in found:
        changed["pads"] = [0, found["pads"][0], 0, found["pads"][1]]
    set_attributes(node, **changed)
    node.input[0] = graph.add("Unsqueeze", [node.input[0], _axis(graph)])
    given, node.output[0] = node.output[0], graph.fresh("image")
    graph.add("Squeeze", [node.output[0], _axis(graph)], output=given)
    return True


def _axis(graph: Graph) -> str:
    return graph.add_constant(np.array([_HEIGHT], dtype=np.int64), "height")


def _squeezed(graph: Graph, name: str) -> str | None:
    """The image that a value is without its height, where it is one."""
    node = graph.producer(name)
    return str(node.input[0]) if node is not None and _over_height(graph, node, "Squeeze") else None


def _over_height(graph: Graph, node: NodeProto, kind: str) -> bool:
    if node.op_type != kind or len(node.input) < 2:
        return False
    axes = graph.constant(node.input[1])
    return axes is not None and axes.tolist() == [_HEIGHT] and node.output[0] not in graph.outputs


def _meeting(graph: Graph, node: NodeProto) -> bool:
    """A height that is taken away and given back."""
    image = _squeezed(graph, node.input[0]) if _over_height(graph, node, "Unsqueeze") else None
    if image is None:
        return False
    graph.redirect(node.output[0], image)
    graph.remove(node)
    return True


def _later(graph: Graph, node: NodeProto) -> bool:
    """An operator on each element by itself, or a concatenation of channels, before the height is taken away."""
    if node.op_type in _UNARY:
        images = [_squeezed(graph, node.input[0]), *node.input[1:]]
    elif node.op_type in _BINARY and any(_squeezed(graph, name) for name in node.input):
        images = [_squeezed(graph, name) or _with_height(graph, name) for name in node.input]
    elif node.op_type == "Concat" and attributes(node)["axis"] == 1:
        images = [_squeezed(graph, name) for name in node.input]
    else:
        return False
    if None in images or node.output[0] in graph.outputs:
        return False
    del node.input[:]
    node.input.extend(str(image) for image in images)
    given, node.output[0] = node.output[0], graph.fresh("image")
    graph.add("Squeeze", [node.output[0], _axis(graph)], output=given)
    return True


def _with_height(graph: Graph, name: str) -> str | None:
    """A constant of `(.., channel, time)` for images; None where the name is no constant."""
    values = graph.constant(name)
    if values is None or values.ndim > 3:
        return None
    if values.size == 1:
        return name
    padded: Array = values.reshape((1,) * (3 - values.ndim) + values.shape)
    return graph.add_constant(padded[:, :, None], "image")


def _pooled(graph: Graph, node: NodeProto) -> bool:
    """A mean over time as a pool over the whole image."""
    if node.op_type != "ReduceMean" or len(node.input) < 2 or node.output[0] in graph.outputs:
        return False
    image, axes = _squeezed(graph, node.input[0]), graph.constant(node.input[1])
    if image is None or axes is None or axes.tolist() not in ([2], [-1]):
        return False
    pool = graph.add("GlobalAveragePool", [image])
    if attributes(node).get("keepdims", 1):
        made = graph.add("Squeeze", [pool, _axis(graph)])
    else:
        made = graph.add("Flatten", [pool], axis=1)
    graph.redirect(node.output[0], made)
    graph.remove(node)
    return True


_REWRITES: tuple[Callable[[Graph, NodeProto], bool], ...] = (_meeting, _later, _pooled)

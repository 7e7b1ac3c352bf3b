"""Rewriting graphs: the image form, the folded normaliser and the lower opset give the same numbers for any net."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from stillroom.base.errors import StillroomError
from stillroom.export.folding import with_folded_normaliser
from stillroom.export.forms import as_images
from stillroom.export.lowering import lowered
from stillroom.export.sessions import Run, opened

CHANNELS, WIDTH = 4, 24

Open = Callable[[ModelProto], Run]


def net(nodes: list[NodeProto], constants: dict[str, np.ndarray], channels: int = CHANNELS) -> ModelProto:
    """A graph of opset 18 from `window` to `logits`."""
    held = [numpy_helper.from_array(values, name) for name, values in constants.items()]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, ["batch", channels, WIDTH])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
        held,
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return onnx.shape_inference.infer_shapes(proto, strict_mode=True)


def weights(draw: np.random.Generator, *shape: int) -> np.ndarray:
    return draw.normal(size=shape).astype(np.float32)


def standardised(draw: np.random.Generator, groups: int, pads: int, far: float = 1.0) -> ModelProto:
    """A normaliser, a convolution, a mean over time."""
    node = helper.make_node
    return net(
        [
            node("Sub", ["window", "mean"], ["a"], name="sub"),
            node("Div", ["a", "sd"], ["b"], name="div"),
            node("Conv", ["b", "w", "bias"], ["c"], name="conv", group=groups, pads=[pads, pads], strides=[2]),
            node("ReduceMean", ["c", "time"], ["logits"], name="mean_over_time", keepdims=0),
        ],
        {
            "mean": far * weights(draw, CHANNELS, 1),
            "sd": np.abs(weights(draw, CHANNELS, 1)) + np.float32(0.5),
            "w": weights(draw, 8, CHANNELS // groups, 5),
            "bias": weights(draw, 8),
            "time": np.array([2]),
        },
    )


@given(groups=st.sampled_from([1, 2, 4]), pads=st.sampled_from([0, 2]), seed=st.integers(0, 2**16))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_folded_normaliser_gives_the_same_numbers(groups: int, pads: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    proto = standardised(draw, groups, pads)
    x = weights(draw, 3, CHANNELS, WIDTH)
    folded = with_folded_normaliser(proto)
    assert folded.graph.node[0].op_type == ("BatchNormalization" if pads else "Conv")
    for changed in (folded, as_images(folded), with_folded_normaliser(proto, into_convolution=False)):
        np.testing.assert_allclose(opened(changed)(x), opened(proto)(x), atol=2e-5, rtol=1e-5)


def test_a_channel_far_from_zero_keeps_its_digits() -> None:
    draw = np.random.default_rng(1)
    proto = standardised(draw, 1, 0, far=1000)
    assert [node.op_type for node in with_folded_normaliser(proto).graph.node][:2] == ["Sub", "Div"]
    x = weights(draw, 3, CHANNELS, WIDTH) + numpy_helper.to_array(proto.graph.initializer[0])
    np.testing.assert_allclose(opened(as_images(proto))(x), opened(proto)(x), atol=1e-5)


def crooked(draw: np.random.Generator) -> ModelProto:
    """Branches, a concatenation, pools, a scale for each channel, a transposition in the middle."""
    node = helper.make_node
    return net(
        [
            node("Conv", ["window", "w1"], ["a"], name="c1", pads=[2, 0], dilations=[2]),
            node("LeakyRelu", ["a"], ["b"], name="leaky"),
            node("AveragePool", ["b"], ["c"], name="pool", kernel_shape=[2], strides=[2], pads=[0, 1]),
            node("Mul", ["c", "scale"], ["d"], name="mul"),
            node("Conv", ["d", "w2"], ["e"], name="c2", group=4, pads=[1, 1]),
            node("Add", ["d", "e"], ["f"], name="sum"),
            node("Concat", ["f", "d"], ["g"], name="concat", axis=1),
            node("MaxPool", ["g"], ["h"], name="most", kernel_shape=[3], strides=[2]),
            node("ReduceMean", ["h", "time"], ["i"], name="mean", keepdims=1),
            node("Sub", ["h", "i"], ["j"], name="sub"),
            node("Transpose", ["j"], ["k"], name="turn", perm=[0, 2, 1]),
            node("ReduceMax", ["k", "first"], ["logits"], name="max", keepdims=0),
        ],
        {
            "w1": weights(draw, 4, CHANNELS, 3),
            "w2": weights(draw, 4, 1, 3),
            "scale": weights(draw, 4, 1),
            "time": np.array([-1]),
            "first": np.array([1]),
        },
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_crooked_net_gives_the_same_numbers_as_images_and_in_opset_17(seed: int) -> None:
    draw = np.random.default_rng(seed)
    proto, x = crooked(draw), weights(draw, 5, CHANNELS, WIDTH)
    images = as_images(proto)
    assert {len(t.dims) for t in images.graph.initializer if t.name.startswith("weight")} == {4}
    low = lowered(images)
    assert [item.version for item in low.opset_import] == [17]
    for changed in (images, low, lowered(proto)):
        np.testing.assert_allclose(opened(changed)(x), opened(proto)(x), atol=1e-5)


def test_a_net_without_convolutions_is_left_alone() -> None:
    proto = net([helper.make_node("Relu", ["window"], ["logits"], name="relu")], {})
    assert as_images(proto) is proto


def test_what_opset_17_cannot_say_is_refused_in_one_sentence() -> None:
    proto = net([helper.make_node("Mish", ["window"], ["logits"], name="mish")], {})
    with pytest.raises(StillroomError, match="Mish cannot be written in opset 17"):
        lowered(proto)

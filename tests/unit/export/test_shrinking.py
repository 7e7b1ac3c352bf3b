"""Smaller numbers: INT8 as each runtime wants it, half precision that does not round the window."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from stillroom.base.errors import InputError
from stillroom.export.converting import shaped
from stillroom.export.halving import half
from stillroom.export.quantising import Kind, quantise
from stillroom.export.sessions import Run

Trace = Callable[[str], ModelProto]
Answers = Callable[[str], np.ndarray]
Open = Callable[[ModelProto], Run]


def constants(proto: ModelProto) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}


def named(proto: ModelProto, *kinds: str) -> list[NodeProto]:
    return [node for node in proto.graph.node if node.op_type in kinds]


def as_runtime_sees_it(proto: ModelProto, path: Path) -> Counter[str]:
    """Operators after ONNX Runtime's own rewriting."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath, options.log_severity_level = str(path), 3
    onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return Counter(node.op_type for node in onnx.load(path).graph.node)


@pytest.mark.parametrize("kind", ["u8", "s8"])
@pytest.mark.parametrize("name", ["student", "reference", "ensemble"])
def test_int8_keeps_the_labels_and_the_last_layer_in_float(
    name: str, kind: Kind, trace: Trace, answers: Answers, run: Open, windows: np.ndarray
) -> None:
    form = "conv1d" if kind == "u8" else "conv2d"
    proto = quantise(shaped(trace(name), opset=17, form=form, fold=False), windows[:64], kind)
    expected = answers(name)
    agreement = (run(proto)(windows).argmax(axis=1) == expected.argmax(axis=1)).mean()
    assert agreement > 0.95
    makers = {output: node for node in proto.graph.node for output in node.output}
    last = named(proto, "Gemm")[-1]
    assert "DequantizeLinear" not in {makers[name].op_type for name in last.input if name in makers}


def test_u8_quantises_every_convolution_for_onnx_runtime(trace: Trace, windows: np.ndarray, tmp_path: Path) -> None:
    for name, convolutions in (("student", 2), ("reference", 4)):
        proto = quantise(shaped(trace(name), opset=17, form="conv1d", fold=False), windows[:64], "u8")
        seen = as_runtime_sees_it(proto, tmp_path / f"{name}.onnx")
        assert seen["QLinearConv"] == convolutions and seen["Conv"] == 0
        assert seen["QuantizeLinear"] == 1, "no change of type between two convolutions"


def test_s8_is_what_tensorrt_reads(trace: Trace, windows: np.ndarray) -> None:
    proto = quantise(shaped(trace("student"), opset=17, fold=False), windows[:64], "s8")
    held = constants(proto)
    pairs = named(proto, "QuantizeLinear", "DequantizeLinear")
    assert pairs and all(not held[node.input[2]].any() and held[node.input[2]].dtype == np.int8 for node in pairs)
    makers = {output: node for node in proto.graph.node for output in node.output}
    for node in named(proto, "Conv"):
        assert [makers[name].op_type for name in node.input[:2]] == ["DequantizeLinear"] * 2
        assert node.input[2] in held and held[node.input[2]].dtype == np.float32, "the bias stays in float"
        weight = makers[makers[node.input[1]].input[0]]
        assert weight.op_type == "QuantizeLinear" and held[weight.input[1]].shape == (held[node.input[2]].size,)
        after = [other for other in proto.graph.node if node.output[0] in other.input]
        assert [other.op_type for other in after] == ["Relu"], "nothing between an operator and its ReLU"


def test_int8_without_windows_or_without_anything_to_shrink_is_refused(trace: Trace, windows: np.ndarray) -> None:
    with pytest.raises(InputError, match="calibration windows"):
        quantise(shaped(trace("student"), fold=False), windows[:0], "u8")
    taken = helper.make_tensor_value_info("window", TensorProto.FLOAT, ["batch", 2, 3])
    given = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2, 3])
    graph = helper.make_graph([helper.make_node("Relu", ["window"], ["logits"], name="r")], "g", [taken], [given])
    with pytest.raises(InputError, match="nothing in this model"):
        quantise(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), windows, "u8")


def test_shrinking_says_nothing(
    trace: Trace, windows: np.ndarray, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    plain = shaped(trace("student"), opset=17, fold=False)
    quantise(plain, windows[:64], "u8")
    half(plain)
    assert capfd.readouterr() == ("", "") and caplog.records == []


@pytest.mark.parametrize("name", ["student", "reference", "ensemble"])
def test_half_precision_opens_and_keeps_the_labels(
    name: str, trace: Trace, answers: Answers, run: Open, windows: np.ndarray
) -> None:
    proto = half(shaped(trace(name), opset=17, fold=False))
    given = run(proto)(windows)
    assert given.dtype == np.float32 and proto.graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT
    assert TensorProto.FLOAT16 in {tensor.data_type for tensor in proto.graph.initializer}
    assert (given.argmax(axis=1) == answers(name).argmax(axis=1)).mean() > 0.99


def test_half_precision_does_not_kill_an_onnx_runtime_with_its_usual_settings(trace: Trace, tmp_path: Path) -> None:
    for name in ("student", "reference", "ensemble"):
        onnx.save(half(shaped(trace(name), opset=17, fold=False)), tmp_path / f"{name}.onnx")
    script = "import onnxruntime, sys; [onnxruntime.InferenceSession(path) for path in sys.argv[1:]]"
    files = [str(path) for path in tmp_path.glob("*.onnx")]
    done = subprocess.run([sys.executable, "-c", script, *files], capture_output=True, text=True, timeout=60)
    assert len(files) == 3 and done.returncode == 0, done.stderr


def test_half_precision_rounds_no_window(run: Open) -> None:
    """Air pressure: 1013 hPa has a step of half a hectopascal in half precision, more than its spread."""
    node = helper.make_node
    mean, sd = np.array([[1013.0], [0.0]], np.float32), np.array([[0.3], [1.0]], np.float32)
    held = {"mean": mean, "sd": sd, "w": np.ones((2, 2, 1), np.float32), "time": np.array([2])}
    graph = helper.make_graph(
        [
            node("Sub", ["window", "mean"], ["a"], name="sub"),
            node("Div", ["a", "sd"], ["b"], name="div"),
            node("Conv", ["b", "w"], ["c"], name="conv"),
            node("ReduceMean", ["c", "time"], ["logits"], name="mean_over_time", keepdims=0),
        ],
        "pressure",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, ["batch", 2, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, name) for name, values in held.items()],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    x = np.random.default_rng(2).normal(size=(20, 2, 8)).astype(np.float32) * sd + mean
    for form in ("conv1d", "conv2d"):
        plain = shaped(proto, opset=17, form=form, fold=False)
        np.testing.assert_allclose(run(half(plain))(x), run(plain)(x), atol=5e-3)
        # ONNX Runtime's CPU takes the rounding back out, a GPU would not
        assert "Cast" not in {node.op_type for node in half(plain).graph.node if "window" in node.input}

"""Smaller numbers: INT8 by static quantisation in QDQ form, twice.

`u8` has unsigned activations and is for ONNX Runtime on a CPU, whose kernels want them (x86 with VNNI, Arm): only
convolutions and large matrices are quantised, since a small one costs more in changes of type than it saves. `s8` is
for TensorRT: symmetric, every zero point 0, weights as pairs of Q and DQ, biases in float, no pair between an operator
and its ReLU. In both the last layer stays in float, and so do spectra and recurrent layers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray

from stillroom.base.errors import InputError
from stillroom.export.extra import need_extra, quiet
from stillroom.export.graph import Graph
from stillroom.export.stripping import stripped
from stillroom.runs.manifest import INPUT

Windows = NDArray[np.float32]
Kind = Literal["u8", "s8"]

SMALL = 16_384
_BATCH = 64
_READY = {"key": "onnx.quant.pre_process", "value": "onnxruntime.quant"}  # else the quantiser complains on stderr
_PRODUCTS = {"Gemm", "MatMul"}
_LAYERS = {"Conv", *_PRODUCTS, "LSTM", "GRU", "RNN"}


def quantise(proto: onnx.ModelProto, windows: Windows, kind: Kind) -> onnx.ModelProto:
    """Static quantisation, weights per output channel, ranges by the calibration windows' extremes.

    Args:
        proto: an export whose first convolution does not hold the normaliser (`fold=False`).
        windows: `(window, channel, time)` of training people alone, some hundred, balanced over the classes.
        kind: `u8` for ONNX Runtime, `s8` for TensorRT.

    Raises:
        InputError: a package is missing, there is no window, or nothing can be quantised.
    """
    need_extra()
    from onnxruntime.quantization import (
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    if not len(windows):
        raise InputError("INT8 needs calibration windows", mend="Give some hundred windows of training people")
    ready = Graph(proto).finished()
    excluded = _left_in_float(ready, SMALL if kind == "u8" else 0)
    ready.metadata_props.add(**_READY)
    if not any(node.op_type in {"Conv", *_PRODUCTS} and node.name not in excluded for node in ready.graph.node):
        raise InputError("nothing in this model can be quantised", mend="Export it in fp32 or fp16")
    with tempfile.TemporaryDirectory() as folder, quiet():
        path = Path(folder) / "quantised.onnx"
        quantize_static(
            ready,
            path,
            _reader(windows),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_OPERATORS[kind],
            nodes_to_exclude=sorted(excluded),
            per_channel=True,
            activation_type=QuantType.QUInt8 if kind == "u8" else QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options=_OPTIONS[kind],
        )
        made = onnx.load(path)
    return Graph(stripped(made)).finished()


_OPERATORS = {"u8": ["Conv", "Relu", "Gemm", "MatMul"], "s8": ["Conv", "Gemm", "MatMul"]}
_OPTIONS: dict[str, dict[str, Any]] = {
    "u8": {"WeightSymmetric": True, "MatMulConstBOnly": True},
    "s8": {
        "ActivationSymmetric": True,
        "WeightSymmetric": True,
        "AddQDQPairToWeight": True,
        "DedicatedQDQPair": True,
        "QuantizeBias": False,
        "MatMulConstBOnly": True,
        "OpTypesToExcludeOutputQuantization": ["Conv", "Gemm", "MatMul"],
        "QDQOpTypePerChannelSupportToAxis": {"MatMul": 1},
    },
}


def _left_in_float(proto: onnx.ModelProto, small: int) -> set[str]:
    """Names of the products that are small, that give the logits, or that read the window itself (a spectrum)."""
    graph = Graph(proto)
    early, late = _reached(graph, forward=True), _reached(graph, forward=False)
    left = set()
    for node in graph.nodes:
        if node.op_type in _PRODUCTS:
            weight = graph.constant(node.input[1])
            spectrum = node.op_type == "MatMul" and node.input[0] in early
            if weight is None or weight.size < small or spectrum or node.output[0] in late:
                left.add(node.name)
    return left


def _reached(graph: Graph, *, forward: bool) -> set[str]:
    """Values that no layer lies before, or none behind."""
    reached = set(graph.inputs if forward else graph.outputs)
    for node in graph.nodes if forward else reversed(graph.nodes):
        here, there = (node.input, node.output) if forward else (node.output, node.input)
        if node.op_type not in _LAYERS and reached & set(here):
            reached |= {name for name in there if name}
    return reached


def _reader(windows: Windows) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """Batches of calibration windows."""

        def __init__(self) -> None:
            parts: Iterator[int] = iter(range(0, len(windows), _BATCH))
            self.batches = ({INPUT: np.ascontiguousarray(windows[i : i + _BATCH], np.float32)} for i in parts)

        def get_next(self) -> dict[str, Windows] | None:
            return next(self.batches, None)

    return Reader()

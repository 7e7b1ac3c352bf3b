"""Exports of small networks, and graphs that are put together node by node."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn

from stillroom.cost.calibration import Row, read_table

TABLE = Path(__file__).parents[3] / "assets" / "golden" / "jetson_latency.csv"


class Logits(nn.Module):
    """Only the first of what a network gives."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        out = self.net(x)
        return out[0] if isinstance(out, tuple) else out


@pytest.fixture(scope="session")
def export() -> Callable[[nn.Module, int, int], Any]:
    """Exports a network of `(batch, channels, width)` with an open batch, as an `onnx.ModelProto`."""

    def run(model: nn.Module, channels: int, width: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                Logits(model).eval(),
                (torch.zeros(2, channels, width),),
                dynamo=True,
                verbose=False,
                dynamic_shapes=({0: torch.export.Dim("batch")},),
            )
        return program.model_proto

    return run


class Drawing:
    """A graph of convolutions and the like over `(1, channel, 8, 8)`, named as it grows."""

    def __init__(self, channels: int) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.channels = {"window": channels}

    def add(self, op: str, *inputs: str, channels: int | None = None, **attributes: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        self.channels[name] = channels or self.channels[inputs[0]]
        return name

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        size = torch.Size(shape).numel()
        self.weights.append(helper.make_tensor(name, TensorProto.FLOAT, shape, [0.5 + i % 7 for i in range(size)]))
        return name

    def conv(self, x: str, channels: int, kernel: int = 1, *, group: int = 1, relu: bool = True) -> str:
        kernels = self.weight(channels, self.channels[x] // group, kernel, kernel)
        out = self.add(
            "Conv", x, kernels, channels=channels, group=group, pads=[kernel // 2] * 4, kernel_shape=[kernel] * 2
        )
        return self.add("Relu", out) if relu else out

    def pool(self, x: str) -> str:
        return self.add("MaxPool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1])

    def linear(self, x: str, inputs: int, outputs: int) -> str:
        return self.add("Gemm", x, self.weight(inputs, outputs), channels=outputs)

    def model(self, out: str, shape: tuple[int | str, ...] | None = None, opset: int = 18) -> Any:
        window = helper.make_tensor_value_info("window", TensorProto.FLOAT, shape or (1, self.channels["window"], 8, 8))
        end = helper.make_tensor_value_info(out, TensorProto.FLOAT, ("n", "m"))
        graph = helper.make_graph(self.nodes, "drawn", [window], [end], self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


@pytest.fixture
def draw() -> Callable[..., Drawing]:
    """Begins a graph of so many channels."""
    return Drawing


@pytest.fixture(scope="session")
def table() -> list[Row]:
    """The published measurements."""
    return read_table(TABLE)


@pytest.fixture(scope="session")
def parse() -> Callable[[str], Any]:
    """A model from ONNX's own notation."""
    return onnx.parser.parse_model

"""The walk over an exported graph counts what torch counts, to the unit, and names what it cannot count."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import stillroom.models.reference
import stillroom.models.student
import stillroom.models.teacher  # noqa: F401  (they register themselves)
from stillroom.cost.counting import count_macs
from stillroom.cost.graph import GraphCost, walk
from stillroom.cost.parts import count_parts
from stillroom.models.architecture import ARCHITECTURES, Shape
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

C, T, D = 6, 5, 8
W = 12
Export = Callable[[nn.Module, int, int], Any]


class OverTime(nn.Module):
    """Runs layers over `(batch, time, channel)`."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        y = x.transpose(1, 2)
        for layer in self.layers:
            y = layer(y, y, y, need_weights=False)[0] if isinstance(layer, nn.MultiheadAttention) else layer(y)
            y = y[0] if isinstance(y, tuple) else y
        return y


class Causal(nn.Module):
    """Dilated causal convolutions with a way round each, as a TCN has them."""

    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Conv1d(C, D, 1)
        self.convolutions = nn.ModuleList(nn.Conv1d(D, D, 3, dilation=2**level) for level in range(2))

    def forward(self, x: Tensor) -> Tensor:
        y = self.start(x)
        for level, convolution in enumerate(self.convolutions):
            y = y + torch.relu(convolution(nn.functional.pad(y, (2 * 2**level, 0))))
        return y


class Memory(nn.Module):
    """Retrieval from parameters, as a Hopfield layer does: no module to hook."""

    def __init__(self) -> None:
        super().__init__()
        self.patterns = nn.Parameter(torch.randn(20, C))

    def forward(self, x: Tensor) -> Tensor:
        state = x.transpose(1, 2)
        for _ in range(2):
            state = torch.softmax(4.0 * state @ self.patterns.T, dim=2) @ self.patterns
        return state


class Spectrum(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.fft.rfft(x, dim=2).abs()


NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "convolution": (lambda: nn.Sequential(nn.Conv1d(C, D, 5, padding=2), nn.BatchNorm1d(D), nn.ReLU()), T * C * D * 5),
    "depthwise": (lambda: nn.Sequential(nn.Conv1d(C, C, 5, groups=C), nn.Conv1d(C, D, 1)), (T - 4) * (C * 5 + C * D)),
    "linear": (lambda: OverTime(nn.Linear(C, D)), T * C * D),
    "attention": (lambda: OverTime(nn.MultiheadAttention(C, 2, batch_first=True)), 4 * T * C * C + 2 * T * T * C),
    "LSTM": (lambda: OverTime(nn.LSTM(C, D, batch_first=True)), 4 * T * D * (C + D)),
    "GRU": (lambda: OverTime(nn.GRU(C, D, batch_first=True, bidirectional=True)), 6 * T * D * (C + D)),
    "TCN": (Causal, T * C * D + 2 * T * D * D * 3),
    "Hopfield": (Memory, 2 * 2 * T * 20 * C),
}


@pytest.mark.parametrize(("make", "by_hand"), NETWORKS.values(), ids=NETWORKS.keys())
def test_the_walk_and_torch_agree_to_the_unit(make: Callable[[], nn.Module], by_hand: int, export: Export) -> None:
    model = make()
    cost = walk(export(model, C, T))
    assert cost.macs == count_macs(model, C, T) == by_hand
    assert cost.unknown == () and cost.analytic_macs == 0


@pytest.mark.parametrize("name", ["tsak_student", "reference", "tsak_teacher"])
def test_the_walk_and_torch_agree_on_our_networks(name: str, export: Export) -> None:
    layout = Layout(channels=tuple(c for site in ("a", "b") for c in sensor_channels(site, "acc", 25.0)))
    model = ARCHITECTURES[name]().build(Shape(layout, W, 4))
    cost, count = walk(export(model, C, W)), count_parts(model, C, W)
    # an export holds what the answer needs; a teacher's other heads are torch's alone
    other_heads = sum(part.macs for part in count.parts if part.name in ("attention_head", "causal_head"))
    assert cost.macs == count.macs - other_heads > 1_000
    assert (cost.unknown, cost.analytic_macs, count.analytic_macs) == ((), 0, 0)
    assert cost.steps == {"tsak_student": 0, "reference": 2 * W // 4, "tsak_teacher": W // 2}[name]
    # batch norms fold away and a constant may join in, so the two do not hold the very same numbers
    assert cost.weight_bytes == pytest.approx(count.size_bytes, rel=0.15)


def test_a_fourier_transform_is_counted_apart_and_alike(export: Export) -> None:
    cost, count = walk(export(Spectrum(), C, 128)), count_parts(Spectrum(), C, 128)
    assert (cost.macs, count.macs) == (0, 0)
    assert cost.analytic_macs == count.analytic_macs == 2.5 * 128 * 7 * 6 / 2


def resnet18(drawn: Any) -> str:
    x = drawn.pool(drawn.conv("window", 4, 7))
    for channels in (4, 8, 12, 16):
        for _ in range(2):
            way_round = x if drawn.channels[x] == channels else drawn.conv(x, channels, relu=False)
            inner = drawn.conv(drawn.conv(x, channels, 3), channels, 3, relu=False)
            x = drawn.add("Relu", drawn.add("Add", inner, way_round))
    return drawn.linear(drawn.add("Flatten", drawn.add("GlobalAveragePool", x)), 16, 5)


def alexnet(drawn: Any) -> str:
    x = drawn.pool(drawn.conv("window", 4, 5))
    x = drawn.pool(drawn.conv(x, 4, 5))
    x = drawn.pool(drawn.conv(drawn.conv(drawn.conv(x, 6, 3), 5, 3), 5, 3))
    x = drawn.add("Flatten", drawn.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2]))
    x = drawn.add("Relu", drawn.linear(x, 80, 10))
    return drawn.linear(drawn.add("Relu", drawn.linear(x, 10, 10)), 10, 5)


def squeezenet(drawn: Any) -> str:
    x = drawn.pool(drawn.conv("window", 4, 7))
    for fire in range(8):
        small = drawn.conv(x, 2)
        x = drawn.add("Concat", drawn.conv(small, 3), drawn.conv(small, 3, 3), axis=1, channels=6)
        x = drawn.pool(x) if fire in (2, 6) else x
    return drawn.add("Flatten", drawn.add("GlobalAveragePool", drawn.conv(x, 5)))


def mobilenet_v2(drawn: Any) -> str:
    x = drawn.conv("window", 4, 3)
    x = drawn.conv(drawn.conv(x, 4, 3, group=4), 4, relu=False)
    for block in range(16):
        inner = drawn.conv(drawn.conv(x, 8), 8, 3, group=8)
        inner = drawn.conv(inner, 4, relu=False)
        x = drawn.add("Add", x, inner) if block % 2 else inner
    x = drawn.add("GlobalAveragePool", drawn.conv(x, 8))
    return drawn.linear(drawn.add("Flatten", x), 8, 5)


@pytest.mark.parametrize("build", [resnet18, alexnet, squeezenet, mobilenet_v2])
def test_kernels_are_counted_as_for_the_published_measurements(
    build: Callable[[Any], str], draw: Callable[..., Any], table: list[Any]
) -> None:
    stored = {row.launches for row in table if row.runtime == "tensorrt" and row.network.startswith(build.__name__)}
    drawn = draw(3)
    cost = walk(drawn.model(build(drawn)))
    assert {cost.kernels} == stored
    assert cost.unknown == () and cost.notes == ()


def drawn_cost(draw: Callable[..., Any], build: Callable[[Any], str]) -> GraphCost:
    drawn = draw(2)
    return walk(drawn.model(build(drawn)))


def test_element_wise_work_joins_only_what_nobody_else_reads(draw: Callable[..., Any]) -> None:
    def branching(d: Any) -> str:
        first = d.conv("window", 6, relu=False)
        return d.add("Add", d.conv(first, 6, relu=False), d.add("Relu", first))

    cost = drawn_cost(draw, branching)
    assert (cost.ops, cost.kernels) == (4, 3), "two convolutions, the second with the sum, and the activation apart"


WINDOW = 2 * 64 * 4


def test_a_convolution_holds_what_goes_in_and_what_comes_out(draw: Callable[..., Any]) -> None:
    cost = drawn_cost(draw, lambda d: d.conv("window", 6, 3))
    assert cost.input_bytes == WINDOW
    assert cost.peak_activation_bytes == WINDOW + 6 * 64 * 4, "the activation is written over the convolution"
    assert cost.weight_bytes == 6 * 2 * 9 * 4
    assert cost.moved_bytes == cost.weight_bytes + WINDOW + 2 * 6 * 64 * 4
    assert (cost.ops, cost.kernels) == (2, 1)


def test_a_way_round_keeps_its_start_alive(draw: Callable[..., Any]) -> None:
    def residual(d: Any) -> str:
        first = d.conv("window", 6, relu=False)
        return d.add("Add", d.conv(d.conv(first, 6, relu=False), 6, relu=False), first)

    assert drawn_cost(draw, residual).peak_activation_bytes == 3 * 6 * 64 * 4


def test_the_window_is_never_written_over(draw: Callable[..., Any]) -> None:
    assert drawn_cost(draw, lambda d: d.add("Relu", "window")).peak_activation_bytes == 2 * WINDOW


def test_a_view_takes_no_memory_and_is_no_operator(draw: Callable[..., Any]) -> None:
    def viewed(d: Any) -> str:
        return d.linear(d.add("Flatten", d.conv("window", 2)), 128, 5)

    cost = drawn_cost(draw, viewed)
    assert cost.peak_activation_bytes == 2 * WINDOW
    assert cost.ops == sum(count for op, count in cost.operators.items() if op not in {"Flatten", "Reshape"}) == 3


def test_a_model_is_left_as_it_was(draw: Callable[..., Any]) -> None:
    drawn = draw(2)
    model = drawn.model(drawn.conv("window", 6), shape=("batch", 2, 8, 8))
    before = model.SerializeToString(deterministic=True)
    assert walk(model).macs == 64 * 2 * 6
    assert model.SerializeToString(deterministic=True) == before


def quantised(bits: str) -> str:
    return f"""<ir_version: 8, opset_import: ["" : 18]>
    drawn (float[1, 4, 16] window) => (float[1, 8, 14] out)
      <float[1] scale = {{0.1}}, {bits}[1] zero = {{0}}, int8[1] none = {{0}},
       int8[8, 4, 3] w = {{{", ".join(["1"] * 96)}}}>
    {{
      q = QuantizeLinear(window, scale, zero)
      x = DequantizeLinear(q, scale, zero)
      weights = DequantizeLinear(w, scale, none)
      y = Conv(x, weights)
      z = QuantizeLinear(y, scale, zero)
      out = DequantizeLinear(z, scale, zero)
    }}"""


@pytest.mark.parametrize("bits", ["uint8", "int8"])
def test_a_quantised_graph_keeps_its_macs_and_holds_bytes(bits: str, parse: Callable[[str], Any]) -> None:
    cost = walk(parse(quantised(bits)))
    assert cost.macs == 14 * 8 * 4 * 3 and cost.unknown == ()
    assert cost.weight_bytes == pytest.approx(96, abs=16), "the weights stay bytes"
    assert cost.peak_activation_bytes == 4 * 16 * 4 + 4 * 16, "the window in float32, beside it quantised"
    assert cost.kernels == 1


OTHERS = {
    "ConvTranspose": ("float[1, 4, 10] x", "ConvTranspose(x, w)", "float[4, 3, 5] w", 4 * 10 * 3 * 5),
    "Einsum": ("float[1, 4, 10] x", 'Einsum <equation = "bct,cd->bdt"> (x, w)', "float[4, 6] w", 4 * 10 * 6),
    "Gemm": ("float[1, 7] x", "Gemm <transB = 1> (x, w)", "float[3, 7] w", 21),
    "MatMul": ("float[1, 4, 10] x", "MatMul(x, w)", "float[10, 3] w", 4 * 10 * 3),
}


@pytest.mark.parametrize("op", OTHERS)
def test_other_products_are_counted(op: str, parse: Callable[[str], Any]) -> None:
    given, call, weight, macs = OTHERS[op]
    shape = [int(size) for size in weight.split("[")[1].split("]")[0].split(",")]
    values = ", ".join(["1.5"] * prod(shape))
    cost = walk(
        parse(
            f'<ir_version: 8, opset_import: ["" : 18]> drawn ({given}) => (float[n, m] y) <{weight} = {{{values}}}>'
            f" {{ y = {call} }}"
        )
    )
    assert (cost.macs, cost.unknown) == (macs, ())

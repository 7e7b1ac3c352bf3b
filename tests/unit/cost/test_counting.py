"""MACs: equal to hand counts to the unit, whatever path torch would take, and the model is left as it was."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from stillroom.cost.counting import count_macs, countable
from stillroom.models.architecture import ARCHITECTURES, Shape
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

C, T, D, HEADS = 6, 128, 32, 4


class Steps(nn.Module):
    """Runs a module over `(batch, time, channel)`."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        y = x.transpose(1, 2)
        for part in self.parts:
            y = part(y, y, y, need_weights=False)[0] if isinstance(part, nn.MultiheadAttention) else part(y)
            y = y[0] if isinstance(y, tuple) else y
        return y


class Attention(nn.Module):
    """Bare attention between the channels' values, no weights."""

    def forward(self, x: Tensor) -> Tensor:
        y = x.transpose(1, 2)
        return nn.functional.scaled_dot_product_attention(y, y, y)


class Dft(nn.Module):
    """The discrete Fourier transform as a matrix product: real and imaginary parts of 65 bins."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("matrix", torch.zeros(T, 2 * (T // 2 + 1)))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.matrix


class Retrieval(nn.Module):
    """Three steps of attention over 64 learned patterns, as a Hopfield memory retrieves."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(C, D)
        self.patterns = nn.Parameter(torch.zeros(64, D))

    def forward(self, x: Tensor) -> Tensor:
        state = self.embed(x.transpose(1, 2))
        for _ in range(3):
            state = torch.softmax(state @ self.patterns.T, dim=2) @ self.patterns
        return state


class Mixed(nn.Module):
    """Convolution, attention, GRU, head."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(C, D, 5, padding=2)
        self.rest = Steps(nn.MultiheadAttention(D, HEADS, batch_first=True), nn.GRU(D, D, batch_first=True))
        self.head = nn.Linear(D, 6)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rest(self.convolution(x)).mean(dim=1))


def convolution(inputs: int, outputs: int, kernel: int, **settings: int) -> nn.Conv1d:
    return nn.Conv1d(inputs, outputs, kernel, padding="same", **settings)


def attention(layer: bool) -> nn.Module:
    mixing = (
        nn.TransformerEncoderLayer(D, HEADS, 64, batch_first=True)
        if layer
        else nn.MultiheadAttention(D, HEADS, batch_first=True)
    )
    return Steps(nn.Linear(C, D), mixing)


PROJECTIONS, PRODUCTS = 4 * T * D * D, 2 * T * T * D
BLOCKS: dict[str, tuple[Callable[[], nn.Module], int, int]] = {
    # module, the count by hand as a formula, and as the number that other tools were held against
    "conv": (lambda: nn.Sequential(convolution(C, D, 5), nn.BatchNorm1d(D), nn.ReLU()), T * C * D * 5, 122_880),
    "separable": (
        lambda: nn.Sequential(convolution(C, C, 5, groups=C), convolution(C, D, 1)),
        T * C * 5 + T * C * D,
        28_416,
    ),
    "dilated": (lambda: convolution(C, D, 3, dilation=4), T * C * D * 3, 73_728),
    "attention": (lambda: attention(False), T * C * D + PROJECTIONS + PRODUCTS, 1_597_440),
    "transformer": (lambda: attention(True), T * C * D + PROJECTIONS + PRODUCTS + 2 * T * D * 64, 2_121_728),
    "bare attention": (Attention, 2 * T * T * C, 196_608),
    "GRU": (lambda: Steps(nn.GRU(C, D, batch_first=True)), 3 * T * D * (C + D), 466_944),
    "LSTM": (lambda: Steps(nn.LSTM(C, D, batch_first=True)), 4 * T * D * (C + D), 622_592),
    "bidirectional LSTM": (
        lambda: Steps(nn.LSTM(C, D, batch_first=True, bidirectional=True)),
        8 * T * D * (C + D),
        1_245_184,
    ),
    "DFT": (Dft, C * T * 130, 99_840),
    "retrieval": (Retrieval, T * C * D + 3 * 2 * T * 64 * D, 1_597_440),
    "mixed": (Mixed, T * C * D * 5 + PROJECTIONS + PRODUCTS + 3 * T * D * 2 * D + D * 6, 2_482_368),
    "linear": (lambda: Steps(nn.Linear(C, D)), T * C * D, 24_576),
    "nothing": (nn.ReLU, 0, 0),
}


@pytest.mark.parametrize(("make", "formula", "stored"), BLOCKS.values(), ids=BLOCKS.keys())
def test_macs_equal_the_hand_count(make: Callable[[], nn.Module], formula: int, stored: int) -> None:
    assert count_macs(make(), C, T) == formula == stored


def test_the_student_s_macs_equal_the_hand_count() -> None:
    layout = Layout(channels=tuple(c for site in ("a", "b") for c in sensor_channels(site, "acc", 25.0)))
    student = ARCHITECTURES["tsak_student"]().build(Shape(layout, T, 4))
    by_hand = 64 * 5 * 6 * 16 + 32 * 5 * 16 * 32 + 16 * 5 * 32 * 64 + 64 * 96 + 96 * 4
    assert count_macs(student, C, T) == by_hand


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_every_architecture_is_counted_alike_in_training_and_out_of_it(name: str) -> None:
    layout = Layout(channels=sensor_channels("a", "acc", 25.0))
    model = ARCHITECTURES[name]().build(Shape(layout, 50, 4))
    if name == "forest":
        assert count_macs(model, 3, 50) == 0, "comparisons are no multiplications"
        return
    assert count_macs(model.train(), 3, 50) == count_macs(model.eval(), 3, 50) > 0


def test_every_part_of_the_model_is_left_in_its_mode() -> None:
    model = nn.Sequential(nn.Conv1d(C, D, 3), nn.BatchNorm1d(D), nn.Sequential(nn.Dropout(0.5), nn.ReLU()))
    model.train()
    model[1].eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    count_macs(model, C, T)
    assert [module.training for module in model.modules()] == [True, True, False, True, True, True]
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


class Broken(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("broken")


def flags() -> tuple[bool, ...]:
    cuda = torch.backends.cuda
    return (
        torch.backends.mha.get_fastpath_enabled(), torch.backends.mkldnn.enabled, torch.is_grad_enabled(),
        cuda.flash_sdp_enabled(), cuda.mem_efficient_sdp_enabled(), cuda.math_sdp_enabled(), cuda.cudnn_sdp_enabled(),
    )  # fmt: skip


@pytest.mark.parametrize("fast", [True, False])
def test_torch_s_switches_are_left_as_they_were(fast: bool) -> None:
    torch.backends.mha.set_fastpath_enabled(fast)
    try:
        before = flags()
        count_macs(attention(True), C, T)
        assert flags() == before
        model = nn.Sequential(Broken()).train()
        with pytest.raises(RuntimeError, match="broken"):
            count_macs(model, C, T)
        assert flags() == before and model.training
        with countable():
            assert not torch.backends.mha.get_fastpath_enabled() and not torch.backends.mkldnn.enabled
        assert flags() == before
    finally:
        torch.backends.mha.set_fastpath_enabled(True)


def test_counting_warns_of_nothing() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        count_macs(Mixed(), C, T)
    assert [str(warning.message) for warning in seen] == []


def test_a_model_of_another_precision_is_counted() -> None:
    assert count_macs(Mixed().double(), C, T) == 2_482_368

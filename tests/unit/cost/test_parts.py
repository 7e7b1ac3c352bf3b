"""The parts add up to the whole, wrappers are gone through, and what nobody counts is said."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import stillroom.models.reference
import stillroom.models.student
import stillroom.models.teacher  # noqa: F401  (they register themselves)
from stillroom.cost.counting import count_macs
from stillroom.cost.operators import count_eager_ops
from stillroom.cost.parts import count_parts
from stillroom.models.architecture import ARCHITECTURES, Shape
from stillroom.models.forest import ForestConfig
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

LAYOUT = Layout(channels=tuple(c for site in ("a", "b") for c in sensor_channels(site, "acc", 25.0)))
FACE = Interface(LAYOUT, 25.0, 40, ("sit", "walk", "run"))
NAMES = ("tsak_student", "reference", "tsak_teacher")


def recogniser(*names: str) -> Recogniser:
    return Recogniser(FACE, [Member(ARCHITECTURES[name](), FACE.shape) for name in names])


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("names", [*((name,) for name in NAMES), ("tsak_teacher", "tsak_student")], ids="+".join)
def test_the_parts_add_up_to_the_whole(names: tuple[str, ...], depth: int) -> None:
    model = recogniser(*names)
    count = count_parts(model, 6, 40, depth)
    assert count.macs == count_macs(model, 6, 40) == sum(part.macs for part in count.parts) > 0
    assert count.parameters == model.parameter_count() == sum(part.parameters for part in count.parts)
    held = [*model.parameters(), *model.buffers()]
    assert count.size_bytes == sum(part.size_bytes for part in count.parts) == sum(one.nbytes for one in held)
    assert len({part.name for part in count.parts}) == len(count.parts)
    assert count.warnings == ()


def test_a_wrapper_is_gone_through() -> None:
    parts = {part.name: part for part in count_parts(recogniser("tsak_teacher"), 6, 40).parts}
    assert {"attention.spectrum", "attention.attention", "stem", "lstm", "head", "attention (itself)"} <= set(parts)
    assert parts["attention (itself)"].parameters == 6 * 64, "the learned places of the channels are in no child"
    assert parts["attention.attention"].macs == 4 * 6 * 64 * 64 + 2 * 6 * 6 * 64
    assert parts["lstm"].macs == max(part.macs for part in parts.values())


def test_members_of_an_ensemble_are_told_apart() -> None:
    parts = {part.name: part for part in count_parts(recogniser("tsak_student", "reference"), 6, 40, 1).parts}
    for name, alone in (("0", "tsak_student"), ("1", "reference")):
        assert parts[name].macs == count_macs(recogniser(alone), 6, 40)
        assert parts[name].parameters == recogniser(alone).parameter_count()


def test_a_forest_has_transforms_and_nothing_else_to_count() -> None:
    count = count_parts(Member(ForestConfig(trees=3), FACE.shape).net.eval(), 6, 40)
    assert (count.macs, count.parameters) == (0, 0)
    assert count.analytic_macs == int(2.5 * 40 * torch.log2(torch.tensor(40.0)).item() * 6 / 2)


class Transform(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        if self.kind == "complex":
            return torch.fft.fft(x + 0j)
        spectrum = torch.fft.rfft(x)
        return spectrum if self.kind == "forth" else torch.fft.irfft(spectrum)


@pytest.mark.parametrize(("kind", "each"), [("forth", 2.5), ("forth and back", 5.0), ("complex", 5.0)])
def test_transforms_are_counted_by_formula(kind: str, each: float) -> None:
    count = count_parts(Transform(kind), 3, 64)
    assert (count.macs, count.analytic_macs) == (0, each * 64 * 6 * 3 / 2)


class Distance(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.before = nn.Conv1d(6, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.before(x).transpose(1, 2)
        return torch.cdist(y, y, p=1.0)


def test_an_operator_that_nobody_counts_is_said() -> None:
    count = count_parts(Distance(), 6, 40)
    assert count.macs == 38 * 8 * 6 * 3
    assert [warning.split(" ")[0] for warning in count.warnings] == ["aten._cdist_forward"]
    assert "counted as nothing" in count.warnings[0]


def test_one_that_hardly_moves_anything_is_not() -> None:
    class Small(Distance):
        def forward(self, x: Tensor) -> Tensor:
            return self.before(x).sum() + torch.cdist(x[:, :2, :2], x[:, :2, :2], p=1.0)

    assert count_parts(Small(), 6, 200).warnings == ()


def eager(model: nn.Module) -> int:
    return count_eager_ops(model.eval(), torch.zeros(1, 6, 40))


def test_eager_operators_are_counted_without_views() -> None:
    block = nn.Sequential(nn.Conv1d(6, 8, 3), nn.BatchNorm1d(8), nn.ReLU(), nn.Flatten(), nn.Linear(304, 5))
    assert eager(block) == 4, "convolution, norm, activation, product; flattening and transposing look only"


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
@pytest.mark.parametrize("both", [False, True])
def test_a_recurrent_layer_counts_its_steps(kind: type[nn.RNNBase], both: bool) -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = kind(6, 4, num_layers=2, batch_first=True, bidirectional=both)

        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(self.layer(x.transpose(1, 2))[0])

    model = Recurrent()
    assert eager(model) == 40 * 2 * (1 + both) + 1
    assert not model.layer._forward_hooks and not model.layer._forward_pre_hooks


def test_counting_leaves_modes_and_switches_as_they_were() -> None:
    model = recogniser("reference").train()
    model.members[0].net.dropout.eval()
    before = [module.training for module in model.modules()]
    count_parts(model, 6, 40)
    assert [module.training for module in model.modules()] == before
    assert torch.backends.mha.get_fastpath_enabled() and torch.is_grad_enabled()


def test_a_shape_that_the_model_refuses_leaves_it_whole() -> None:
    model = ARCHITECTURES["reference"]().build(Shape(LAYOUT, 40, 3)).train()
    with pytest.raises(RuntimeError):
        count_parts(model, 5, 40)
    assert model.training and not any(module._forward_hooks for module in model.modules())

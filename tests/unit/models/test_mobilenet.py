"""SMLDist's networks: the tables and sizes of the released example, anchors that meet, and what is made of them."""

from __future__ import annotations

import math
from itertools import pairwise, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from stillroom.base.errors import InputError
from stillroom.cost.counting import count_macs
from stillroom.export.converting import shaped
from stillroom.export.sessions import opened
from stillroom.export.tracing import traced
from stillroom.models.architecture import Shape
from stillroom.models.block_tables import Block, Table, rounded_up, scaled
from stillroom.models.bundle import load_model, save_model
from stillroom.models.inverted import InvertedResidual, SqueezeExcite
from stillroom.models.mobilenet import SmldistNet, SmldistNetConfig
from stillroom.models.pruning import kept_channels, pruned
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.sensors.channel import Channel
from stillroom.sensors.layout import Layout

# of the released example, for windows of 225 samples: kernel, stride, widths, squeeze, activation, length behind it
TEACHER = """
    3 2 64-64-64       y selu 57
    3 2 64-288-128     n selu 29
    3 1 128-352-128    n selu 29
    5 2 128-384-256    y hardswish 15
    7 1 256-480-256    y selu 15
    5 1 256-480-256    y selu 15
    3 2 256-960-512    n hardswish 8
    3 1 512-800-512    n hardswish 8
    3 1 512-736-512    n hardswish 8
    3 1 512-736-512    n hardswish 8
    3 1 512-1920-1024  y hardswish 8
    3 1 1024-2688-1024 y hardswish 8
    5 2 1024-2688-2048 y hardswish 4
    7 1 2048-3840-2048 y hardswish 4
    5 1 2048-3840-2048 y hardswish 4
"""
STUDENT = """
    3 2 64-64-64       y selu 57
    5 2 64-352-128     n selu 29
    5 2 128-384-256    y hardswish 15
    9 1 256-480-256    y selu 15
    3 1 256-960-512    n hardswish 15
    5 2 512-800-512    n hardswish 8
    5 1 512-1920-1024  y hardswish 8
    3 1 1024-2688-1024 y hardswish 8
    5 2 1024-2688-2048 y hardswish 4
    9 1 2048-3840-2048 y hardswish 4
"""
HEADS = ("linear", "cosine", "mlp", "hopfield")
TINY = SmldistNetConfig(width=1 / 16)
BOTH = pytest.mark.parametrize("table", ["teacher", "student"])


def layout(channels: int) -> Layout:
    made = [Channel(site=f"s{i // 3:02}", kind="acc", axis="xyz"[i % 3], unit="m/s2", rate_hz=25) for i in range(63)]
    return Layout(channels=tuple(made[:channels]))


def net(config: SmldistNetConfig, channels: int = 9, width: int = 225, device: str = "meta") -> SmldistNet:
    """A network; on `meta` it has shapes alone and costs nothing."""
    torch.manual_seed(3)
    with torch.device(device):
        made = config.build(Shape(layout(channels), width, 8, 25.0))
    assert isinstance(made, SmldistNet)
    return made


def outputs(made: nn.Module, paths: tuple[str, ...], x: Tensor) -> list[Tensor]:
    """What modules give on the way, as a tap would see it."""
    seen: list[Tensor] = []
    hooks = [
        made.get_submodule(path).register_forward_hook(lambda module, given, output: seen.append(output))
        for path in paths
    ]
    made(x)
    for hook in hooks:
        hook.remove()
    return seen


def settled(config: SmldistNetConfig, channels: int = 6, width: int = 50) -> Recogniser:
    """A recogniser in eval whose batch norms differ as after a training."""
    face = Interface(layout(channels), 25.0, width, ("sit", "walk", "run"))
    torch.manual_seed(4)
    model = Recogniser(face, [Member(config, face.shape)])
    with torch.no_grad():
        for norm in (module for module in model.modules() if isinstance(module, nn.BatchNorm2d)):
            norm.momentum = 1.0
            norm.weight.copy_(1 + 0.3 * torch.randn(norm.num_features))
            norm.bias.copy_(0.3 * torch.randn(norm.num_features))
    model.train()(windows(32, channels, width))
    return model.eval()


def windows(count: int, channels: int = 6, width: int = 50) -> Tensor:
    return torch.randn(count, channels, width, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize(("table", "rows"), [("teacher", TEACHER), ("student", STUDENT)])
def test_blocks_are_those_of_the_released_example(table: Table, rows: str) -> None:
    made = net(SmldistNetConfig(table=table, width=1.0), 63)
    paths = tuple(f"blocks.{place}" for place in range(len(made.blocks)))
    lengths = [output.shape[3] for output in outputs(made, ("stem", *paths), torch.zeros(2, 63, 225, device="meta"))]
    assert lengths.pop(0) == 113
    found = [
        f"{b.kernel} {b.stride} {b.inputs}-{b.expansion}-{b.outputs} {'ny'[b.squeeze]} {b.activation} {length}"
        for b, length in zip(scaled(table), lengths, strict=True)
    ]
    assert found == [" ".join(row.split()) for row in rows.strip().splitlines()]
    assert (made.stem[0][0].kernel_size, made.tail[0][0].kernel_size) == ((1, 3), (1, 1))
    assert made.tail[0][0].out_channels == 512


@pytest.mark.parametrize(
    ("table", "width", "channels", "parameters", "macs"),
    [
        ("teacher", 1.0, 63, "78.2", "310.5"),
        ("student", 1.0, 63, "53.1", "228.5"),
        ("teacher", 0.5, 9, "19.6", None),
        ("student", 0.5, 9, "13.3", None),
        ("teacher", 0.25, 9, "4.93", None),
        ("student", 0.25, 9, "3.35", None),
        ("teacher", 0.125, 9, "1.25", "5.0"),
        ("student", 0.125, 9, "0.85", "3.7"),
    ],
)
def test_it_has_the_size_that_the_released_tables_and_head_have(
    table: Table, width: float, channels: int, parameters: str, macs: str | None
) -> None:
    """Millions, of windows of 225 samples and 8 classes; batch norms have two parameters a channel and no MACs."""
    made = net(SmldistNetConfig(table=table, width=width, head=("released", "linear")), channels)
    count = sum(parameter.numel() for parameter in made.parameters())
    assert f"{count / 1e6:.{len(parameters.split('.')[1])}f}" == parameters
    assert macs is None or f"{count_macs(made, channels, 225) / 1e6:.1f}" == macs


@pytest.mark.parametrize(
    ("table", "paths"), [("teacher", ("blocks.5", "blocks.10")), ("student", ("blocks.3", "blocks.6"))]
)
def test_anchors_are_the_outputs_of_the_released_blocks(table: Table, paths: tuple[str, ...]) -> None:
    made = net(SmldistNetConfig(table=table, width=1.0), 63)
    assert made.anchor_paths == paths
    taken = outputs(made, made.anchor_paths, torch.zeros(2, 63, 225, device="meta"))
    assert [tuple(anchor.shape[1:]) for anchor in taken] == [(256, 1, 15), (1024, 1, 8)]
    third = {"teacher": 13, "student": 8}[table]
    assert [place for place, block in enumerate(scaled(table)) if block.anchor][2] == third


@pytest.mark.parametrize(
    ("width", "time", "depth"),
    [(1.0, 225, 0.5), (1 / 16, 125, 0.0), (1 / 16, 60, 2.0), (1 / 24, 32, 0.4), (0.04, 61, 1.5)],
)
@pytest.mark.parametrize("pair", [("teacher", "student"), ("wearable_teacher", "wearable_student")])
def test_teacher_and_student_meet_at_their_anchors_whatever_their_depth(
    width: float, time: int, depth: float, pair: tuple[Table, Table]
) -> None:
    shapes = set()
    for table, deep in product(pair, (1.0, depth)):
        made = net(SmldistNetConfig(table=table, width=width, depth=deep), 3, time)
        taken = outputs(made, made.anchor_paths, torch.zeros(2, 3, time, device="meta"))
        shapes.add(tuple(tuple(anchor.shape) for anchor in taken))
    assert len(shapes) == 1 and all(len(anchors) == 2 for anchors in shapes)


@pytest.mark.parametrize(
    ("table", "depth", "blocks", "anchors"),
    [
        ("teacher", 0.0, 6, [2, 4, 5]),
        ("teacher", 0.5, 12, [4, 8, 11]),
        ("teacher", 2.0, 24, [8, 16, 21]),
        ("student", 0.0, 7, [2, 5, 6]),
        ("student", 2.0, 13, [4, 7, 10]),
    ],
)
def test_depth_repeats_or_leaves_out_the_blocks_behind_each_change_of_shape(
    table: Table, depth: float, blocks: int, anchors: list[int]
) -> None:
    made, whole = scaled(table, depth=depth), scaled(table)
    assert len(made) == blocks
    assert [place for place, block in enumerate(made) if block.anchor] == anchors
    changing = [[(b.kernel, b.expansion, b.outputs) for b in each if not b.keeps_shape] for each in (made, whole)]
    assert changing[0] == changing[1]
    assert {b._replace(anchor=False) for b in made} <= {b._replace(anchor=False) for b in whole}
    assert all(one.outputs == other.inputs for one, other in pairwise(made))


def test_twice_as_deep_is_every_block_of_a_run_twice() -> None:
    kernels = [block.kernel for block in scaled("teacher", depth=2.0)[4:9]]
    assert kernels == [5, 7, 7, 5, 5]


@given(st.sampled_from(["teacher", "student"]), st.floats(0.005, 2.0), st.floats(0.01, 1.0))
def test_channels_are_the_next_multiples_of_eight_and_pruned_ones_the_next_number(
    table: Table, width: float, expansion: float
) -> None:
    for block, first in zip(scaled(table, width, 1.0, expansion), scaled(table), strict=True):
        for now, then in ((block.inputs, first.inputs), (block.outputs, first.outputs)):
            assert now % 8 == 0 and then * width - 1e-6 <= now < then * width + 8
        whole = rounded_up(first.expansion * width)
        assert 1 <= block.expansion <= whole and whole * expansion - 1e-6 <= block.expansion < whole * expansion + 1
        assert block.squeezed == max(1, block.expansion // 4)


def by_hand(block: InvertedResidual, sizes: Block, x: np.ndarray) -> np.ndarray:
    """The block's formula, one output at a time, in float64."""

    def weights(module: nn.Module) -> np.ndarray:
        return module.weight.detach().double().numpy()

    def norm(layer: nn.BatchNorm2d, y: np.ndarray) -> np.ndarray:
        mean, var = layer.running_mean.double().numpy(), layer.running_var.double().numpy()
        scaled_up = weights(layer) / np.sqrt(var + layer.eps)
        return (y - mean[:, None]) * scaled_up[:, None] + layer.bias.detach().double().numpy()[:, None]

    def act(y: np.ndarray) -> np.ndarray:
        if sizes.activation == "hardswish":
            return y * np.clip(y + 3, 0, 6) / 6
        return 1.0507009873554805 * np.where(y > 0, y, 1.6732632423543772 * np.expm1(np.minimum(y, 0)))

    wide = act(norm(block.expand[0][1], weights(block.expand[0][0])[:, :, 0, 0] @ x))
    pad, taps = (sizes.kernel - 1) // 2, weights(block.depthwise[0])[:, 0, 0]
    padded = np.pad(wide, ((0, 0), (pad, pad)))
    steps = range(math.ceil(x.shape[1] / sizes.stride))
    deep = np.stack([(taps * padded[:, t * sizes.stride :][:, : sizes.kernel]).sum(axis=1) for t in steps], axis=1)
    deep = norm(block.depthwise[1], deep)
    if sizes.squeeze:
        hidden = np.maximum(weights(block.squeeze.reduce)[..., 0, 0] @ deep.mean(axis=1), 0)
        deep = deep * np.clip(weights(block.squeeze.widen)[..., 0, 0] @ hidden / 6 + 0.5, 0, 1)[:, None]
    narrow = norm(block.project[1], weights(block.project[0])[:, :, 0, 0] @ act(deep))
    return x + narrow if sizes.stride == 1 and sizes.inputs == sizes.outputs else narrow


@pytest.mark.parametrize(
    "sizes",
    [
        Block(3, 1, 8, 12, 8, True, "selu"),
        Block(5, 2, 8, 12, 8, False, "hardswish"),
        Block(9, 1, 8, 6, 4, True, "hardswish"),
        Block(7, 1, 4, 8, 4, False, "selu"),
    ],
)
@pytest.mark.parametrize("time", [1, 4, 15])
def test_a_block_is_what_its_formula_gives(sizes: Block, time: int) -> None:
    torch.manual_seed(1)
    block, x = InvertedResidual(sizes).eval(), windows(2, sizes.inputs, time)
    with torch.no_grad():
        for name, tensor in block.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand_like(tensor) + 0.1 if name.endswith("var") else torch.randn_like(tensor))
        found = block(x[:, :, None])[:, :, 0].numpy()
    for window in range(2):
        expected = by_hand(block, sizes, x[window].double().numpy())
        np.testing.assert_allclose(found[window], expected, atol=1e-3, rtol=1e-4)


def test_weights_are_drawn_as_the_released_code_draws_them() -> None:
    made = net(SmldistNetConfig(width=0.5), device="cpu")
    squeezes = [module for module in made.modules() if isinstance(module, SqueezeExcite)]
    inside = {id(layer) for squeeze in squeezes for layer in (squeeze.reduce, squeeze.widen)}
    assert len(squeezes) == 7 and not any(layer.bias for squeeze in squeezes for layer in squeeze.children())
    for layer in (module for module in made.modules() if isinstance(module, nn.Conv2d)):
        spread = 0.01 if id(layer) in inside else math.sqrt(2 / (layer.out_channels * layer.kernel_size[1]))
        assert float(layer.weight.detach().std()) == pytest.approx(spread, rel=0.15)
    assert float(made.head.linear.weight.detach().std()) == pytest.approx(0.01, rel=0.15)
    assert not made.head.linear.bias.any()


def test_the_representation_is_what_the_head_reads_and_is_not_dropped() -> None:
    made = net(TINY.changed(dropout=0.9), device="cpu").train()
    x = windows(64, 9, 225)
    torch.manual_seed(1)
    one = made(x)
    other = made(x)
    torch.testing.assert_close(one.representation, other.representation)
    assert one.representation.shape == (64, 32) and not torch.allclose(one.logits, other.logits)
    with torch.no_grad():
        output = made.eval()(x)
        torch.testing.assert_close(made.head.linear(output.representation), output.logits)


@pytest.mark.parametrize(
    ("settings", "width"), [({}, 64), ({"width": 1 / 24}, 24), ({"width": 1.0}, 512), ({"pooled": 50}, 50)]
)
def test_the_pooled_width_is_the_table_s_or_the_one_that_is_set(settings: dict[str, object], width: int) -> None:
    assert SmldistNetConfig.model_validate(settings).pooled_width == width


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"table": "assistant"}, "table"),
        ({"width": 0}, "width"),
        ({"depth": -0.1}, "depth"),
        ({"expansion": 1.1}, "expansion"),
        ({"head": []}, "head"),
        ({"head": ["linear", "linear"]}, "twice"),
        ({"head": ["forest"]}, "head"),
        ({"memory": {"per_class": 0}}, "per_class"),
        ({"memory": {"updates": 4}}, "updates"),
        ({"memory": {"beta": 0}}, "beta"),
    ],
)
def test_settings_that_make_no_network_are_refused(settings: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=named):
        SmldistNetConfig.from_input(settings, where="recipe")


@pytest.mark.parametrize("settings", [{"depth": 0.0}, {"table": "teacher", "depth": 0.0, "head": (*HEADS, "released")}])
def test_a_graph_answers_as_the_network(settings: dict[str, object]) -> None:
    model, x = settled(TINY.changed(**settings)), windows(40)
    with torch.no_grad():
        expected = model(x).logits
    assert float(expected.std()) > 1e-3, "answers that hardly differ would prove nothing"
    plain = traced(model, 6, 50)
    for form, opset in (("conv1d", 18), ("conv2d", 17)):
        proto = shaped(plain, opset=opset, form=form)
        run = opened(proto)
        for count in (1, 7, 40):
            np.testing.assert_allclose(run(x[:count].numpy()), expected[:count], atol=1e-4, rtol=1e-4)
        assert "Squeeze" not in {node.op_type for node in proto.graph.node}, "all blocks work on one image"


@BOTH
def test_keeping_every_channel_is_the_same_function_bit_for_bit(table: Table) -> None:
    model, x = settled(TINY.changed(table=table, head=HEADS)), windows(5)
    same = pruned(model, 1.0)
    assert same.members[0].architecture == model.members[0].architecture
    ours, theirs = model(x).answers(), same(x).answers()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@BOTH
@pytest.mark.parametrize("keep", [0.01, 0.45, 0.7])
def test_a_pruned_network_is_the_whole_one_with_those_channels_at_zero(table: Table, keep: float) -> None:
    model, x = settled(TINY.changed(table=table)), windows(5)
    whole, kept = model.members[0].net, kept_channels(model, keep)

    def only(stays: Tensor):
        def zero(module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> Tensor:
            mask = torch.zeros(output.shape[1])
            mask[stays] = 1
            return output * mask[:, None, None]

        return zero

    hooks = [whole.get_submodule(name).register_forward_hook(only(stays)) for name, stays in kept.items()]
    with torch.no_grad():
        silenced, narrow = model(x), pruned(model, keep)(x)
        for hook in hooks:
            hook.remove()
        assert not torch.allclose(model(x).logits, silenced.logits, atol=1e-3)
    torch.testing.assert_close(narrow.logits, silenced.logits, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(narrow.representation, silenced.representation, atol=1e-5, rtol=1e-4)


def test_pruning_leaves_shares_of_the_original_and_the_anchors_as_they_are(tmp_path) -> None:
    model, x = settled(TINY), windows(5)
    first = pruned(model, 0.7)
    second = pruned(first, 0.45, model.members[0].architecture)
    sizes = [one.members[0].architecture.blocks for one in (model, first, second)]
    assert [block.expansion for block in sizes[1]] == [math.ceil(0.7 * block.expansion) for block in sizes[0]]
    assert sizes[2] == pruned(model, 0.45).members[0].architecture.blocks
    paths = model.members[0].net.anchor_paths
    shapes = [[a.shape for a in outputs(one.members[0].net, paths, x)] for one in (model, second)]
    assert shapes[0] == shapes[1]
    save_model(second, tmp_path, {})
    again, _ = load_model(tmp_path)
    assert torch.equal(again(x).logits, second(x).logits)
    assert again.parameter_count() < 0.6 * model.parameter_count()


@pytest.mark.parametrize("change", [{"table": "teacher"}, {"width": 0.125}, {"depth": 2.0}])
def test_an_original_with_other_blocks_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError, match="other blocks"):
        pruned(settled(TINY), 0.5, TINY.changed(**change))

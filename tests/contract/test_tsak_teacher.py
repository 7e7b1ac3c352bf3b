"""What the two-stage teacher and its attention promise: no look ahead, shares that are shares, and a frozen stage 1."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from stillroom.export.sessions import opened
from stillroom.export.tracing import traced
from stillroom.models.architecture import ARCHITECTURES, Shape
from stillroom.models.attention_har import AttentionHar, AttentionHarConfig
from stillroom.models.output import Output
from stillroom.models.semantic import SemanticConfig, SemanticTeacher, semantic_input
from stillroom.models.teacher import TsakTeacher, TsakTeacherConfig
from stillroom.sensors.channel import Channel, sensor_channels
from stillroom.sensors.layout import Layout

CLASSES = 4
SMALL = {"token": 16, "heads": 2, "causal": 24}
SITES = ("right_wrist", "left_wrist")
HANDS: tuple[Channel, ...] = tuple(
    channel
    for site in SITES
    for kind, rate_hz in (("acc", 30.0), ("gyro", 30.0), ("capacitive", 20.0), ("eda", 4.0))
    for channel in sensor_channels(site, kind, rate_hz)
)
SHAPES = [(1, 32), (3, 33), (20, 60)]


def shape(channels: tuple[Channel, ...] = HANDS, width: int = 60) -> Shape:
    return Shape(Layout(channels=channels), width, CLASSES, 30.0)


def teacher(width: int = 60, channels: tuple[Channel, ...] = HANDS, **settings: object) -> TsakTeacher:
    torch.manual_seed(3)
    net = TsakTeacherConfig.model_validate({**SMALL, **settings}).build(shape(channels, width)).eval()
    assert isinstance(net, TsakTeacher)
    return net


def har(channels: tuple[Channel, ...] = HANDS, width: int = 60) -> AttentionHar:
    torch.manual_seed(3)
    net = AttentionHarConfig(width=16, feedforward=32, filters=8).build(shape(channels, width)).eval()
    assert isinstance(net, AttentionHar)
    return net


def both_stages() -> SemanticTeacher:
    torch.manual_seed(3)
    net = SemanticConfig(teacher={"name": "tsak_teacher", "settings": SMALL}, hidden=8).build(shape())
    assert isinstance(net, SemanticTeacher)
    return net


def windows(count: int = 6, channels: int = len(HANDS), width: int = 60) -> Tensor:
    return torch.randn(count, channels, width, generator=torch.Generator().manual_seed(9))


def seen_by(step: int, width: int) -> int:
    """The last sample that a step may know."""
    return 2 * step + (width - 1) % 2


@pytest.mark.parametrize("width", [33, 60])
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_the_future_changes_no_state_before_it(width: int, mode: str) -> None:
    net, x = teacher(width).train(mode == "train"), windows(width=width)
    with torch.no_grad():
        before = net.states(x)
        for first in (1, 2, 17, width - 2, width - 1):
            other = x.clone()
            other[..., first:] = 50 * torch.randn(other[..., first:].shape) - 7
            after = net.states(other)
            known = [step for step in range(before.shape[1]) if seen_by(step, width) < first]
            assert torch.equal(after[:, known], before[:, known])
            assert not (after[:, len(known) :] == before[:, len(known) :]).all(dim=2).any(), "a step that saw nothing"


@pytest.mark.parametrize("width", [8, 33, 60])
def test_the_causal_representation_knows_the_last_sample(width: int) -> None:
    net, x = teacher(width), windows(width=width)
    other = x.clone()
    other[..., -1] += 3
    with torch.no_grad():
        one, two, states = net(x), net(other), net.states(x)
    assert states.shape == (6, (width + 1) // 2, SMALL["causal"])
    assert torch.equal(states[:, -1], one.parts["causal"])
    assert not (one.parts["causal"] == two.parts["causal"]).all(dim=1).any()


@pytest.mark.parametrize(("channels", "width"), SHAPES)
def test_attention_maps_are_shares_in_the_input_s_order(channels: int, width: int) -> None:
    net, x = teacher(width, HANDS[:channels]), windows(5, channels, width)
    with torch.no_grad():
        maps = net.attention_maps(x)
    assert maps.shape == (5, SMALL["heads"], channels, channels) and (maps >= 0).all()
    torch.testing.assert_close(maps.sum(dim=3), torch.ones(5, SMALL["heads"], channels))


@pytest.mark.parametrize(("channels", "width"), [*SHAPES, (2, 8), (20, 125)])
def test_sensor_and_temporal_attention_are_shares(channels: int, width: int) -> None:
    net, x = har(HANDS[:channels], width), windows(5, channels, width)
    with torch.no_grad():
        sensors, times = net.sensor_attention(x), net.temporal_attention(x)
    assert sensors.shape == x.shape and (sensors >= 0).all()
    torch.testing.assert_close(sensors.sum(dim=1), torch.ones(5, width))
    assert times.shape == (5, width) and (times >= 0).all()
    torch.testing.assert_close(times.sum(dim=1), torch.ones(5))


def moved(seed: int) -> tuple[tuple[Channel, ...], Tensor]:
    order = torch.randperm(len(HANDS), generator=torch.Generator().manual_seed(seed))
    return tuple(HANDS[place] for place in order.tolist()), order


def alike(one: Output, other: Output) -> bool:
    ours, theirs = one.answers(), other.answers()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[key], theirs[key]) for key in ours)


@pytest.mark.parametrize("build", [lambda c: teacher(channels=c), har, lambda c: teacher(channels=c, combined="mix")])
@pytest.mark.parametrize("seed", range(3))
def test_channels_that_move_with_their_names_change_nothing(build, seed: int) -> None:
    (channels, order), x = moved(seed), windows()
    one, other = build(HANDS), build(channels)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    with torch.no_grad():
        assert alike(one(x), other(x[:, order]))
        assert alike(one(x), other(x.transpose(1, 2).contiguous().transpose(1, 2)[:, order])), "another lie in memory"
        assert not torch.equal(one(x).logits, one(x[:, order]).logits), "channels that move without their names"


def test_maps_follow_the_input_s_order_of_channels() -> None:
    (channels, order), x = moved(4), windows()
    with torch.no_grad():
        maps, others = teacher().attention_maps(x), teacher(channels=channels).attention_maps(x[:, order])
        shares, theirs = har().sensor_attention(x), har(channels).sensor_attention(x[:, order])
    assert torch.equal(others, maps[:, :, order][:, :, :, order])
    assert torch.equal(theirs, shares[:, order])
    assert not torch.equal(others, maps)


def test_sensors_fall_silent_alike_however_the_channels_lie() -> None:
    (channels, order), x = moved(5), windows()
    answers = []
    for net, seen in ((teacher(sensor_dropout=0.6), x), (teacher(channels=channels, sensor_dropout=0.6), x[:, order])):
        torch.manual_seed(11)
        answers.append(net.train()(seen))
    assert alike(*answers)


def three_losses(output: Output) -> Tensor:
    label = torch.arange(len(output.logits)) % CLASSES
    heads = (output.logits, output.parts["attention_logits"], output.parts["causal_logits"])
    return torch.stack([nn.functional.cross_entropy(head, label) for head in heads]).sum()


@pytest.mark.parametrize("combined", ["concatenation", "mix"])
def test_three_losses_reach_every_parameter_of_stage_1(combined: str) -> None:
    net = teacher(combined=combined).train()
    three_losses(net(windows(16))).backward()
    assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().max() > 0] == []


def test_stage_2_gives_stage_1_no_gradient_and_reaches_all_of_its_own() -> None:
    net = both_stages().train()
    output = net(windows(16))
    nn.functional.cross_entropy(output.logits, torch.arange(16) % CLASSES).backward()
    assert [name for name, p in net.stage1.named_parameters() if p.grad is not None or p.requires_grad] == []
    assert [name for name, p in net.head.named_parameters() if p.grad is None or not p.grad.abs().max() > 0] == []
    assert not output.parts["stage1_logits"].requires_grad


def test_fitting_the_semantic_head_leaves_stage_1_as_it_was() -> None:
    net, x, label = both_stages(), windows(16), torch.arange(16) % CLASSES
    before = {name: tensor.clone() for name, tensor in net.stage1.state_dict().items()}
    buffers = {name: tensor.clone() for name, tensor in net.stage1.named_buffers()}
    first = net.eval()(x)
    optimiser = torch.optim.AdamW(net.parameters(), lr=0.05, weight_decay=0.1)
    losses = []
    for _ in range(12):
        loss = nn.functional.cross_entropy(net.train()(x).logits, label)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    last = net.eval()(x)
    assert losses[-1] < 0.5 * losses[0] and not torch.equal(first.logits, last.logits)
    assert all(torch.equal(value, before[name]) for name, value in net.stage1.state_dict().items())
    assert all(torch.equal(value, buffers[name]) for name, value in net.stage1.named_buffers())
    for part in ("attention", "causal", "combined", "stage1_logits"):
        assert torch.equal(first.parts[part], last.parts[part])


def test_stage_1_of_both_stages_is_never_in_training() -> None:
    net = both_stages()
    assert net.training and net.head.training
    for mode in (True, False, True):
        assert not any(part.training for part in net.train(mode).stage1.modules())
        assert all(part.training is mode for part in net.head.modules())


def test_a_head_that_was_fitted_alone_answers_as_it_does_in_its_place() -> None:
    config, x = SemanticConfig(teacher={"name": "tsak_teacher", "settings": SMALL}), windows(16)
    first, head = teacher(), config.head(shape())
    head.train()(semantic_input(first(x)).detach())
    whole = config.build(shape())
    whole.stage1.load_state_dict(first.state_dict())
    whole.head.load_state_dict(head.state_dict())
    with torch.no_grad():
        answer, alone = whole.eval()(x), head.eval()(semantic_input(first(x)))
    torch.testing.assert_close(answer.logits, alone.logits)
    torch.testing.assert_close(answer.representation, alone.representation)
    torch.testing.assert_close(answer.parts["combined"], first(x).representation)
    torch.testing.assert_close(semantic_input(answer), semantic_input(first(x)))


def silent_sensors(net: TsakTeacher, x: Tensor) -> Tensor:
    """`(batch, channel)`: which channels a training batch falls silent in, in the network's order."""
    seen: list[Tensor] = []
    hook = net.silence.register_forward_hook(lambda module, given, taken: seen.append(taken))
    net(x)
    hook.remove()
    return (seen[0] == 0).all(dim=2)


@pytest.mark.parametrize("chance", [0.3, 0.97])
def test_whole_sensors_fall_silent_in_training_and_one_always_stays(chance: float) -> None:
    net, x = teacher(sensor_dropout=chance).train(), windows(800)
    torch.manual_seed(1)
    silent = silent_sensors(net, x)
    ordered = sorted(HANDS, key=lambda channel: (channel.kind, channel.name))
    sensors = [channel.sensor for channel in ordered]
    for place, (one, following) in enumerate(pairwise(sensors)):
        if one == following:
            assert torch.equal(silent[:, place], silent[:, place + 1]), "half a sensor is silent"
    assert not silent.all(dim=1).any(), "nothing is left of a window"
    share = silent[:, [sensors.index(sensor) for sensor in dict.fromkeys(sensors)]].float().mean(dim=0)
    left_alone = chance ** len(share) / len(share)
    torch.testing.assert_close(share, torch.full_like(share, chance - left_alone), atol=0.06, rtol=0)


def test_a_silent_sensor_is_one_that_lies_at_its_training_mean() -> None:
    net, x = teacher(sensor_dropout=0.5, dropout=0.0).train(), windows(1)
    torch.manual_seed(2)
    silent = silent_sensors(net, x)[0][net.order.inverse]
    assert 0 < silent.sum() < len(HANDS)
    torch.manual_seed(2)
    dropped = net(x)
    x[:, silent] = 0
    assert alike(dropped, net.eval()(x))


def test_sensor_dropout_touches_no_answer_in_eval_and_no_random_number() -> None:
    x = windows()
    with torch.no_grad():
        assert alike(teacher(sensor_dropout=0.9)(x), teacher()(x))
    torch.manual_seed(2)
    state = torch.get_rng_state()
    teacher_in_eval = teacher(sensor_dropout=0.9)
    torch.set_rng_state(state)
    teacher_in_eval(x)
    assert torch.equal(torch.get_rng_state(), state)
    quiet = teacher(dropout=0.0).train()
    torch.set_rng_state(state)
    quiet(x)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", ["tsak_teacher", "attention_har"])
def test_training_and_eval_compute_alike(name: str) -> None:
    torch.manual_seed(3)
    net, x = ARCHITECTURES[name](dropout=0.0).build(shape()), windows()
    learning = net.train()(x)
    with torch.no_grad():
        assert alike(learning, net.eval()(x))


@pytest.mark.parametrize("name", ["tsak_teacher", "attention_har"])
def test_a_frozen_copy_computes_alike(name: str) -> None:
    torch.manual_seed(3)
    net, x = ARCHITECTURES[name]().build(shape()).eval(), windows(16)
    learning = net(x)
    assert alike(learning, net.requires_grad_(False)(x))


def test_concatenation_shows_both_parts_and_a_mix_is_its_own() -> None:
    x = windows()
    with torch.no_grad():
        plain, mixed = teacher()(x), teacher(combined="mix")(x)
    joined = torch.cat([plain.parts["attention"], plain.parts["causal"]], dim=1)
    assert torch.equal(plain.representation, joined)
    assert mixed.representation.shape == joined.shape and (mixed.representation >= 0).all()
    assert not torch.equal(mixed.representation, torch.relu(joined))
    for output in (plain, mixed):
        assert set(output.parts) == {"attention", "causal", "attention_logits", "causal_logits"}
        assert semantic_input(output).shape == (6, 2 * joined.shape[1])


@pytest.mark.parametrize("name", ["tsak_teacher", "semantic", "attention_har"])
@pytest.mark.parametrize("globs", ["*.capacitive.*", "right_wrist.eda.*", "*.eda.*,left_wrist.acc.*", "*"])
def test_capacitive_channels_and_mixed_rates_are_taken(name: str, globs: str) -> None:
    view = Layout(channels=HANDS).select(globs)
    net = ARCHITECTURES[name]().build(Shape(view, 60, CLASSES, 30.0)).eval()
    with torch.no_grad():
        assert torch.isfinite(net(windows(2, len(view))).logits).all()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("semantic", {"teacher": {"name": "tsak_teacher", "settings": {**SMALL, "combined": "mix"}}}),
        ("attention_har", {"width": 16, "feedforward": 32, "filters": 8, "blocks": 1}),
    ],
)
def test_a_graph_answers_as_the_network_for_any_number_of_windows(name: str, settings: dict[str, object]) -> None:
    torch.manual_seed(3)
    net = ARCHITECTURES[name].model_validate(settings).build(shape(width=33)).eval()
    run = opened(traced(net, len(HANDS), 33))
    for count in (1, 5):
        x = windows(count, width=33)
        with torch.no_grad():
            torch.testing.assert_close(torch.from_numpy(run(x.numpy())), net(x).logits, atol=1e-4, rtol=1e-4)

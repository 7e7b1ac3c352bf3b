"""Heads: the mixture is a mixture, any classifier can be had alone, and what the released head really is."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from stillroom.base.errors import InputError
from stillroom.models.bundle import load_model, save_model
from stillroom.models.classifiers import CosineHead, make_classifier
from stillroom.models.discretising import candidates_of, discretised
from stillroom.models.heads import HeadedConfig, MixedHead
from stillroom.models.memory import MemoryConfig
from stillroom.models.mobilenet import SmldistNetConfig
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.models.released_head import ReleasedHead

HEADS = ("linear", "cosine", "mlp", "hopfield", "released")
FEATURES, CLASSES = 16, 8


def feature(count: int = 12) -> Tensor:
    return 2 * torch.randn(count, FEATURES, generator=torch.Generator().manual_seed(3))


def head(**settings: object) -> MixedHead:
    """A head whose classifiers say something, and not all the same."""
    torch.manual_seed(1)
    made = MixedHead(SmldistNetConfig.model_validate({"head": HEADS, **settings}), FEATURES, CLASSES)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if name.endswith(("output.weight", "linear.weight", "mlp.2.weight")):
                parameter.normal_()
    return made


def recogniser(face: Interface, *names: str, **settings: object) -> Recogniser:
    torch.manual_seed(2)
    config = SmldistNetConfig.model_validate({"width": 1 / 16, "head": names, **settings})
    member = Member(config, face.shape)
    for norm in (module for module in member.modules() if isinstance(module, nn.BatchNorm2d)):
        norm.momentum = 1.0
    member.train()(torch.randn(16, len(face.layout), face.width))
    if member.net.head.mixing is not None:
        nn.init.normal_(member.net.head.mixing)
    return Recogniser(face, [member]).eval()


def test_a_mixture_is_the_weighted_mean_of_probabilities() -> None:
    made, z = head(), feature()
    nn.init.normal_(made.mixing)
    logits, parts = made(z)
    each = [parts[f"{name}_logits"].double().softmax(dim=1) for name in HEADS]
    expected = sum(weight * share for weight, share in zip(made.weights.double(), each, strict=True))
    torch.testing.assert_close(logits.double().exp(), expected, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(logits.exp().sum(dim=1), torch.ones(12))


def test_a_mixture_of_certain_and_contrary_classifiers_stays_finite_with_its_gradient() -> None:
    made, z = head(head=("linear", "mlp")), feature()
    with torch.no_grad():
        made.linear.weight.mul_(1e4)
        made.mlp[2].weight.mul_(-1e4)
    logits, _ = made(z)
    nn.functional.cross_entropy(logits, torch.zeros(12).long()).backward()
    assert torch.isfinite(logits).all() and all(torch.isfinite(p.grad).all() for p in made.parameters())


@pytest.mark.parametrize("place", range(len(HEADS)))
def test_every_classifier_can_be_all_of_the_mixture(place: int) -> None:
    made, z = head(), feature()
    made.set_weights(torch.eye(len(HEADS))[place])
    torch.testing.assert_close(made.weights, torch.eye(len(HEADS))[place])
    logits, parts = made(z)
    torch.testing.assert_close(logits, parts[f"{HEADS[place]}_logits"].log_softmax(dim=1), atol=1e-5, rtol=1e-5)


def test_all_weigh_the_same_at_first_and_what_is_set_is_what_they_weigh() -> None:
    made = head()
    assert made.weights.tolist() == pytest.approx([1 / 5] * 5)
    wanted = [0.1, 0.2, 0.3, 0.25, 0.15]
    made.set_weights(torch.tensor(wanted))
    assert made.weights.tolist() == pytest.approx(wanted)
    alone = head(head=("cosine",))
    assert alone.weights.tolist() == [1.0] and alone.mixing is None


def test_parts_are_each_classifier_s_logits_and_the_memory_s_scores() -> None:
    made, z = head(memory={"per_class": 3}), feature()
    _, parts = made(z)
    assert parts.keys() == {*(f"{name}_logits" for name in HEADS), "association"}
    assert parts["association"].shape == (12, 3 * CLASSES)
    assert torch.equal(made.hopfield.read(parts["association"]), parts["hopfield_logits"])
    assert torch.equal(made.hopfield(z), parts["hopfield_logits"])
    assert head(head=("hopfield",))(z)[1].keys() == {"association"}
    assert head(head=("linear",))(z)[1] == {}


def test_every_weight_lies_under_its_classifier_s_name() -> None:
    owners = {name.split(".")[0] for name in head().state_dict()}
    assert owners == {*HEADS, "mixing"}
    assert {"hopfield.bank", "hopfield.key.weight", "linear.weight"} <= head().state_dict().keys()


def test_a_teacher_s_head_can_be_copied_into_a_student_s(face: Interface) -> None:
    teacher = recogniser(face, *HEADS, table="teacher", pooled=24).members[0].net
    student = recogniser(face, *HEADS, table="student", width=1 / 24, pooled=24).members[0].net
    student.head.load_state_dict(teacher.head.state_dict())
    z = torch.randn(4, 24)
    assert torch.equal(student.head(z)[0], teacher.head(z)[0])


@pytest.mark.parametrize("name", HEADS)
def test_a_classifier_alone_says_what_it_said_among_the_others(face: Interface, x: Tensor, tmp_path, name: str) -> None:
    whole = recogniser(face, *HEADS)
    state = {key: tensor.clone() for key, tensor in whole.state_dict().items()}
    alone = discretised(whole, name)
    with torch.no_grad():
        before, after = whole(x), alone(x)
    assert torch.equal(after.logits, before.parts[f"{name}_logits"])
    assert torch.equal(after.representation, before.representation)
    assert after.parts.keys() == ({"association"} if name == "hopfield" else set())
    assert candidates_of(whole) == HEADS and candidates_of(alone) == (name,)
    assert all(torch.equal(tensor, state[key]) for key, tensor in whole.state_dict().items())
    assert alone.parameter_count() < whole.parameter_count() and not alone.training
    save_model(alone, tmp_path, {})
    with torch.no_grad():
        assert torch.equal(load_model(tmp_path)[0](x).logits, after.logits)


def test_a_copy_of_one_classifier_shares_no_weight_with_the_whole(face: Interface) -> None:
    whole = recogniser(face, *HEADS)
    generator, before = torch.random.get_rng_state(), whole.members[0].net.head.linear.weight.clone()
    alone = discretised(whole, "linear")
    assert torch.equal(torch.random.get_rng_state(), generator)
    nn.init.zeros_(alone.members[0].net.head.linear.weight)
    assert torch.equal(whole.members[0].net.head.linear.weight, before)


def test_what_has_no_such_classifier_is_refused(make, face: Interface) -> None:
    with pytest.raises(InputError, match=r"no classifier 'hopfeld'.*Did you mean hopfield"):
        discretised(recogniser(face, "linear", "hopfield"), "hopfeld")
    pair = Recogniser(face, [recogniser(face, *HEADS).members[0]] * 2)
    for model in (make("tsak_student"), make("forest"), make("smldist_net", "forest"), pair):
        with pytest.raises(InputError, match="no classifiers to choose among"):
            discretised(model, "linear")
        assert candidates_of(model) == ()


def test_the_released_memory_is_a_layer_norm_and_two_linear_maps() -> None:
    torch.manual_seed(5)
    layer, z = ReleasedHead(FEATURES, CLASSES, beta=0.25, updates=2), feature()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_()
        expected = layer.output(layer.value(layer.norms["value"](z)))
        torch.testing.assert_close(layer(z), expected)
        layer.beta, layer.updates = 40.0, 0
        torch.testing.assert_close(layer(z), expected)


def test_the_released_memory_s_queries_and_keys_never_learn() -> None:
    layer = ReleasedHead(FEATURES, CLASSES, beta=0.25, updates=1)
    nn.functional.cross_entropy(layer(feature()), torch.arange(12) % CLASSES).backward()
    asleep = {name for name, p in layer.named_parameters() if p.grad is None or not p.grad.any()}
    sides = ("query.weight", "query.bias", "key.weight", "key.bias")
    assert asleep == {*sides, *(f"norms.{side}" for side in sides)}


def test_the_released_memory_has_as_many_parameters_as_the_released_one() -> None:
    made = make_classifier("released", 512, 8, MemoryConfig())
    assert sum(p.numel() for p in made.parameters()) == 795_144
    assert sum(p.numel() for p in made.parameters() if p.shape == (512, 512)) == 3 * 262_144
    assert sum(p.numel() for p in make_classifier("linear", 512, 8, MemoryConfig()).parameters()) == 4_104


def test_the_released_mix_takes_the_softmax_twice_and_cannot_learn_below_a_floor() -> None:
    floor = math.log(1 + 7 / math.e)
    assert f"{floor:.3f}" == "1.274"
    made, sound, z = head(mix="released"), head(), feature(64)
    nn.init.normal_(made.mixing)
    sound.load_state_dict(made.state_dict())
    torch.testing.assert_close(made(z)[0], sound(z)[0].exp())
    with torch.no_grad():
        for name in ("linear", "mlp"):
            only = head(head=(name, "cosine"), mix="released")
            only.set_weights(torch.tensor([1.0, 0.0]))
            layer = only.linear if name == "linear" else only.mlp[2]
            layer.weight.mul_(1e4)
            logits, parts = only(z)
            best = parts[f"{name}_logits"].argmax(dim=1)
            losses = nn.functional.cross_entropy(logits, best, reduction="none")
            assert float(losses.min()) >= floor - 1e-6 and float(losses.median()) == pytest.approx(floor, abs=1e-3)
    assert nn.functional.cross_entropy(sound(z)[0], sound(z)[0].argmax(dim=1)) < floor


def test_a_cosine_hears_the_direction_and_not_the_loudness() -> None:
    torch.manual_seed(6)
    layer, z = CosineHead(FEATURES, CLASSES), feature()
    with torch.no_grad():
        torch.testing.assert_close(layer(z), layer(50 * z))
        assert float(layer(z).abs().max()) <= 10
        torch.testing.assert_close(layer(layer.prototypes).diagonal(), torch.full((CLASSES,), 10.0))
        assert not layer(torch.zeros(1, FEATURES)).any()
    layer(z).sum().backward()
    assert layer.scale.grad and layer.prototypes.grad.any()


@pytest.mark.parametrize("name", HEADS)
def test_each_classifier_tells_classes_apart_once_it_has_learned(name: str) -> None:
    torch.manual_seed(7)
    layer = make_classifier(name, FEATURES, 4, MemoryConfig())
    centre, label = torch.randn(4, FEATURES), torch.arange(200) % 4
    z = centre[label] + 0.5 * torch.randn(200, FEATURES)
    optimiser = torch.optim.Adam(layer.parameters(), lr=1e-2)
    for _ in range(150):
        optimiser.zero_grad()
        nn.functional.cross_entropy(layer(z), label).backward()
        optimiser.step()
    assert float((layer(z).argmax(dim=1) == label).float().mean()) > 0.97


def test_without_a_choice_the_head_is_one_linear_layer(face: Interface) -> None:
    assert issubclass(SmldistNetConfig, HeadedConfig)
    made = SmldistNetConfig(width=1 / 16).build(face.shape)
    assert made.head.state_dict().keys() == {"linear.weight", "linear.bias"}

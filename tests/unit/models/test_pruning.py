"""A pruned network is the whole one without its weakest channels, and a model like any other."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from stillroom.base.errors import InputError
from stillroom.models.bundle import load_model, save_model
from stillroom.models.pruning import PRUNABLE, fewer, kept_channels, pruned
from stillroom.models.recogniser import Recogniser
from stillroom.models.reference import ReferenceConfig
from stillroom.models.student import TsakStudentConfig


@pytest.fixture(params=["tsak_student", "reference"])
def model(request: pytest.FixtureRequest, make) -> Recogniser:
    """A network of each kind that can be pruned, its batch norms as different as after a training."""
    made = make(request.param)
    draw = torch.Generator().manual_seed(8)
    with torch.no_grad():
        for norm in (module for module in made.modules() if isinstance(module, nn.BatchNorm1d)):
            norm.weight.copy_(torch.randn(norm.num_features, generator=draw))
            norm.bias.copy_(torch.randn(norm.num_features, generator=draw))
            norm.running_var.copy_(torch.rand(norm.num_features, generator=draw) + 0.1)
    return made


def config(model: Recogniser):
    return model.members[0].architecture


def answers(model: Recogniser, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.no_grad():
        output = model(x)
    return output.logits, output.representation


def silenced(model: Recogniser, kept: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """The whole model's logits with what the other channels give set to zero, ahead of who reads it."""

    def only(stays: torch.Tensor):
        def zero(module: nn.Module, inputs: tuple, output: torch.Tensor) -> torch.Tensor:
            mask = torch.zeros(output.shape[1])
            mask[stays] = 1
            return output * (mask[:, None] if output.ndim == 3 else mask)

        return zero

    net = model.members[0].net
    hooks = [net.get_submodule(name).register_forward_hook(only(stays)) for name, stays in kept.items()]
    try:
        return answers(model, x)[0]
    finally:
        for hook in hooks:
            hook.remove()


def test_keeping_all_is_the_same_function_bit_for_bit(model, x) -> None:
    same = pruned(model, 1.0)
    assert config(same) == config(model)
    for before, after in zip(answers(model, x), answers(same, x), strict=True):
        assert torch.equal(before, after)


@pytest.mark.parametrize("keep", [0.01, 0.45, 0.7, 0.99])
def test_it_computes_what_the_whole_one_does_with_those_channels_at_zero(model, x, keep: float) -> None:
    kept = kept_channels(model, keep)
    torch.testing.assert_close(answers(pruned(model, keep), x)[0], silenced(model, kept, x), atol=1e-6, rtol=1e-6)
    assert keep > 0.9 or not torch.allclose(answers(model, x)[0], silenced(model, kept, x), atol=1e-2)


def test_every_layer_keeps_its_share_rounded_up(make) -> None:
    narrow = pruned(make("tsak_student"), 0.45)
    assert (config(narrow).widths, config(narrow).hidden) == ((8, 15, 29), 44)
    assert config(pruned(make("reference"), 0.45)).widths == (15, 29)
    least = config(pruned(make("tsak_student"), 1e-9))
    assert (least.widths, least.hidden) == ((1, 1, 1), 4)
    count = sum(i * o * 5 + 2 * o for i, o in ((6, 8), (8, 15), (15, 29))) + 29 * 44 + 44 + 44 * 3 + 3
    assert narrow.parameter_count() == count


@given(st.integers(1, 512), st.integers(1, 512), st.floats(1e-6, 1.0))
def test_a_share_is_never_none_nor_more_than_there_are(now: int, first: int, keep: float) -> None:
    stays = fewer(now, first, keep)
    assert 1 <= stays <= now
    assert stays == now or keep * first - 1e-6 <= stays < keep * first + 1 + 1e-6


@pytest.mark.parametrize(("keep", "of", "stays"), [(0.55, 100, 55), (0.7, 10, 7), (0.07, 100, 7), (1 / 3, 96, 32)])
def test_a_share_that_comes_out_even_is_not_rounded_up(keep: float, of: int, stays: int) -> None:
    assert fewer(of, of, keep) == stays


def test_the_strongest_filters_stay_as_the_batch_norm_and_the_readers_scale_them(make) -> None:
    model = make("tsak_student")
    block = model.members[0].net.features[0]
    norms, gamma = torch.ones(16), torch.ones(16)
    spread, reader = torch.ones(16), torch.ones(16)
    norms[3], gamma[5], spread[7], reader[11] = 4.0, -4.0, 1 / 16, 4.0  # each four times as strong as the rest
    norms[9], gamma[9] = 100.0, 0.001  # a large filter that the batch norm silences
    with torch.no_grad():
        filters = block[0].weight
        filters *= (norms / filters.flatten(1).norm(dim=1))[:, None, None]
        following = model.members[0].net.features[1][0].weight
        following *= (reader / following.transpose(0, 1).flatten(1).norm(dim=1))[None, :, None]
        block[1].weight.copy_(gamma)
        block[1].running_var.copy_(spread)
    assert kept_channels(model, 4 / 16)["features.0"].tolist() == [3, 5, 7, 11]
    assert 9 not in kept_channels(model, 15 / 16)["features.0"]


def test_steps_are_shares_of_the_original_not_of_each_other(make) -> None:
    whole = make("tsak_student")
    first = pruned(whole, 0.7)
    second = pruned(first, 0.45, config(whole))
    assert config(first).widths == (12, 23, 45)
    assert config(second) == config(pruned(whole, 0.45))
    assert config(pruned(first, 0.45)).widths == (6, 11, 21), "without the original the share is of what is there"
    assert config(pruned(second, 0.7, config(whole))) == config(second), "nothing grows back"


def test_a_pruned_model_is_saved_and_read_like_any_other(model, x, tmp_path) -> None:
    narrow = pruned(model, 0.5)
    save_model(narrow, tmp_path, {"role": "pruned_50"})
    again, provenance = load_model(tmp_path)
    assert torch.equal(answers(again, x)[0], answers(narrow, x)[0]) and provenance == {"role": "pruned_50"}
    assert config(again) == config(narrow) and again.parameter_count() < model.parameter_count()


def test_what_is_not_a_channel_stays(make, face) -> None:
    model = make("tsak_student").train()
    narrow = pruned(model, 0.5)
    member, before = narrow.members[0], model.members[0]
    assert narrow.interface is model.interface and narrow.training
    assert torch.equal(member.mean, before.mean) and torch.equal(member.sd, before.sd)
    changed = {"widths": config(narrow).widths, "hidden": config(narrow).hidden}
    odd = TsakStudentConfig(kernel=3, dropout=0.4)
    kept = pruned(Recogniser(face, [type(before)(odd, face.shape)]), 0.5)
    assert config(kept) == odd.changed(**changed) and kept.members[0].net.dropout.p == 0.4


def test_the_whole_model_and_torch_s_generator_are_left_as_they_were(model, x) -> None:
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    generator = torch.random.get_rng_state()
    narrow = pruned(model, 0.7)
    assert torch.equal(torch.random.get_rng_state(), generator)
    with torch.no_grad():
        for tensor in narrow.state_dict().values():
            tensor.zero_()
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in narrow.parameters())


@pytest.mark.parametrize("names", [("tsak_teacher",), ("forest",), ("tsak_student", "forest"), ("reference",) * 2])
def test_a_teacher_a_forest_and_an_ensemble_are_refused(make, names: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="cannot be pruned") as refused:
        pruned(make(*names), 0.5)
    assert names[0] in refused.value.what and refused.value.where
    assert all(kind in refused.value.mend for kind in PRUNABLE)


@pytest.mark.parametrize("keep", [0.0, -0.5, 1.5, math.nan, math.inf])
def test_no_share_is_refused(make, keep: float) -> None:
    with pytest.raises(InputError, match="no share of channels") as refused:
        pruned(make("tsak_student"), keep)
    assert refused.value.where == "keep" and refused.value.mend


@pytest.mark.parametrize("original", [ReferenceConfig(), TsakStudentConfig(widths=(16, 32))])
def test_an_original_of_another_kind_or_depth_is_refused(make, original) -> None:
    with pytest.raises(InputError, match="the original"):
        pruned(make("tsak_student"), 0.5, original)

"""The memory: what is stored is found again, its energy never rises, and one pattern is none."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from stillroom.models.memory import Memory, MemoryConfig, recalled


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def memory(patterns: int = 12, *, beta: float = 0.5, updates: int = 1, features: int = 6, classes: int = 4) -> Memory:
    torch.manual_seed(2)
    return Memory(features, classes, patterns, beta, updates)


def energy(state: Tensor, stored: Tensor, beta: float) -> Tensor:
    """`|xi|^2 / 2 - lse(beta, K xi)` of each state, up to a constant."""
    return state.square().sum(dim=1) / 2 - torch.logsumexp(beta * state @ stored.T, dim=1) / beta


def test_a_stored_pattern_is_found_again_from_a_noisy_one_where_the_choice_is_sharp() -> None:
    stored = drawn(20, 32)
    noisy = stored + 0.3 * drawn(20, 32, seed=2)
    found = recalled(noisy, stored, beta=8.0, updates=1)
    torch.testing.assert_close(found, stored, atol=1e-4, rtol=0)


def test_a_dull_choice_finds_the_mean_of_all() -> None:
    stored = drawn(20, 32)
    found = recalled(drawn(5, 32, seed=2), stored, beta=1e-6, updates=1)
    torch.testing.assert_close(found, stored.mean(dim=0).expand(5, -1), atol=1e-4, rtol=0)


@given(st.integers(0, 10_000), st.floats(0.01, 5), st.integers(1, 30), st.floats(0.1, 4))
def test_no_move_raises_the_energy(seed: int, beta: float, patterns: int, scale: float) -> None:
    stored = scale * drawn(patterns, 8, seed=seed).double()
    state = 3 * drawn(6, 8, seed=seed + 1).double()
    energies = [energy(recalled(state, stored, beta, moves), stored, beta) for moves in range(4)]
    for before, after in pairwise(energies):
        assert (after <= before + 1e-9 * (1 + before.abs())).all()
    assert patterns == 1 or (energies[1] < energies[0]).any()


@pytest.mark.parametrize("updates", [0, 1, 3])
def test_logits_are_what_the_formulas_give(updates: int) -> None:
    layer, z = memory(updates=updates), drawn(3, 6)

    def normed(rows: np.ndarray) -> np.ndarray:
        return (rows - rows.mean(axis=1, keepdims=True)) / np.sqrt(rows.var(axis=1, keepdims=True) + 1e-5)

    def through(linear: nn.Linear, rows: np.ndarray) -> np.ndarray:
        bias = 0 if linear.bias is None else linear.bias.detach().double().numpy()
        return rows @ linear.weight.detach().double().numpy().T + bias

    def shares(scores: np.ndarray) -> np.ndarray:
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)

    bank = normed(layer.bank.detach().double().numpy())
    state, stored = through(layer.query, normed(z.double().numpy())), through(layer.key, bank)
    for _ in range(updates):
        state = shares(0.5 * state @ stored.T) @ stored
    scores = 0.5 * state @ stored.T
    logits = through(layer.output, shares(scores) @ through(layer.value, bank))
    with torch.no_grad():
        np.testing.assert_allclose(layer.scores(z), scores, atol=1e-5)
        np.testing.assert_allclose(layer(z), logits, atol=1e-5)
        assert torch.equal(layer.read(layer.scores(z)), layer(z))


def slopes(layer: Memory) -> dict[str, float]:
    """The largest gradient of each parameter's, of a loss on two windows."""
    nn.functional.cross_entropy(layer(drawn(8, 6)), torch.arange(8) % 4).backward()
    return {name: float(parameter.grad.abs().max()) for name, parameter in layer.named_parameters()}


@pytest.mark.parametrize("updates", [0, 1, 2])
def test_a_bank_is_asked_stored_and_read_by_weights_that_all_learn(updates: int) -> None:
    found = slopes(memory(updates=updates))
    assert found.keys() >= {"bank", "query.weight", "key.weight", "value.weight"}
    assert [name for name, slope in found.items() if slope < 1e-7] == []


@pytest.mark.parametrize("updates", [0, 1, 2])
def test_a_bank_of_one_pattern_answers_the_same_whatever_it_is_asked(updates: int) -> None:
    layer = memory(1, updates=updates)
    answers = layer(drawn(8, 6))
    torch.testing.assert_close(answers, answers[:1].expand(8, -1))
    found = slopes(layer)
    assert {name for name, slope in found.items() if slope == 0} == {"query.weight", "query.bias", "key.weight"}


def test_more_patterns_depend_on_what_is_asked_and_on_how_sharply() -> None:
    answers = [memory(beta=beta, updates=moves)(drawn(8, 6)).detach() for beta in (0.5, 2.0) for moves in (0, 1)]
    assert all(float(answer.std(dim=0).max()) > 1e-4 for answer in answers)
    assert all(not torch.allclose(answers[0], other, atol=1e-4) for other in answers[1:])


def test_a_sharper_choice_is_a_choice_of_fewer() -> None:
    spread = []
    for beta in (0.1, 1.0, 10.0):
        share = torch.softmax(memory(beta=beta, updates=0).scores(drawn(50, 6)), dim=1).detach()
        spread.append(float(-(share * share.clamp_min(1e-30).log()).sum(dim=1).mean()))
    assert spread == sorted(spread, reverse=True) and spread[0] < math.log(12) + 1e-6


def test_a_bank_and_keys_that_rest_keep_what_is_stored_as_it_was() -> None:
    layer = memory(updates=0)
    before = layer.key(layer.norm(layer.bank)).detach().clone()
    for parameter in (layer.bank, layer.key.weight):
        parameter.requires_grad_(False)
    learning = [parameter for parameter in layer.parameters() if parameter.requires_grad]
    optimiser = torch.optim.SGD(learning, lr=1.0)
    nn.functional.cross_entropy(layer(drawn(8, 6)), torch.arange(8) % 4).backward()
    optimiser.step()
    assert torch.equal(layer.key(layer.norm(layer.bank)), before)


def test_beta_is_one_over_the_root_of_the_width_or_what_is_set() -> None:
    assert MemoryConfig().sharpness(64) == pytest.approx(1 / 8)
    assert MemoryConfig(beta=0.7).sharpness(64) == 0.7
    assert MemoryConfig().model_dump() == {"per_class": 8, "updates": 1, "beta": None}

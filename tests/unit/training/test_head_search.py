"""The search among classifiers: the likeliest mixture, found the same way every time."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from stillroom.base.errors import InputError
from stillroom.training.head_search import even_shares, searched


def candidates(windows: int, count: int, classes: int = 5, seed: int = 0, sharpness: float = 2.0) -> Tensor:
    """Log-probabilities `(window, candidate, class)` that have nothing to do with one another."""
    generator = torch.Generator().manual_seed(seed)
    logits = sharpness * torch.randn(windows, count, classes, generator=generator)
    return logits.log_softmax(dim=2)


def labels(log_probs: Tensor, weights: Tensor, seed: int = 1) -> Tensor:
    """Drawn from a mixture of the candidates."""
    mixture = (weights[:, None] * log_probs.exp()).sum(dim=1)
    return torch.multinomial(mixture, 1, generator=torch.Generator().manual_seed(seed))[:, 0]


def likelihood(log_probs: Tensor, label: Tensor, weights: Tensor) -> float:
    """The mean log-likelihood of a mixture, nats, in float64."""
    of_label = log_probs.double().gather(2, label[:, None, None].expand(-1, log_probs.shape[1], 1))[..., 0]
    return float(torch.logsumexp(of_label + weights.double().log(), dim=1).mean())


def test_a_known_mixture_is_recovered() -> None:
    wanted = torch.tensor([0.6, 0.1, 0.3])
    given_to = candidates(20_000, 3)
    found = searched(given_to, labels(given_to, wanted))
    assert float(found.sum()) == pytest.approx(1)
    torch.testing.assert_close(found.float(), wanted, atol=0.03, rtol=0)


def test_the_likelihood_never_falls_from_step_to_step() -> None:
    log_probs = candidates(300, 4)
    label = labels(log_probs, torch.tensor([0.7, 0.05, 0.05, 0.2]))
    path = [likelihood(log_probs, label, searched(log_probs, label, most=most, tolerance=0)) for most in range(40)]
    assert all(after >= before - 1e-12 for before, after in pairwise(path))
    assert path[-1] > path[0] + 0.01


@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(1, 60))
def test_nothing_is_left_to_gain(seed: int, count: int, windows: int) -> None:
    log_probs = candidates(windows, count, seed=seed, sharpness=4.0)
    label = torch.randint(0, 5, (windows,), generator=torch.Generator().manual_seed(seed))
    found = searched(log_probs, label)
    assert (found >= 0).all() and float(found.sum()) == pytest.approx(1)
    best = likelihood(log_probs, label, found)
    draw = torch.Generator().manual_seed(seed + 1)
    others = [torch.rand(count, generator=draw) for _ in range(30)] + list(torch.eye(count).clamp_min(1e-12))
    nearby = [found + 0.01 * torch.rand(count, generator=draw).double() for _ in range(10)]
    for other in [*others, *nearby]:
        assert best >= likelihood(log_probs, label, other / other.sum()) - 2e-6


def test_two_candidates_weigh_what_a_fine_grid_says() -> None:
    log_probs = candidates(400, 2)
    label = labels(log_probs, torch.tensor([0.35, 0.65]))
    grid = torch.linspace(1e-6, 1 - 1e-6, 4001, dtype=torch.float64)
    best = max(grid, key=lambda first: likelihood(log_probs, label, torch.stack([first, 1 - first])))
    assert float(searched(log_probs, label)[0]) == pytest.approx(float(best), abs=2e-3)


def test_the_better_of_two_is_weighed_more() -> None:
    label = torch.arange(600) % 5
    good = torch.full((600, 5), math.log(0.05)).scatter(1, label[:, None], math.log(0.8))
    dull = torch.full((600, 5), math.log(0.2))
    found = searched(torch.stack([dull, good], dim=1), label)
    assert found[1] > 0.999
    assert float(searched(torch.stack([good, dull], dim=1), label)[0]) == pytest.approx(float(found[1]))


def test_who_is_right_where_the_other_is_wrong_keeps_a_share() -> None:
    label = torch.zeros(100, dtype=torch.int64)
    right, wrong = torch.tensor([0.9, 0.1]).log(), torch.tensor([0.1, 0.9]).log()
    first = torch.where(torch.arange(100)[:, None] < 70, right, wrong)
    second = torch.where(torch.arange(100)[:, None] < 70, wrong, right)
    found = searched(torch.stack([first, second], dim=1), label)
    # 0.7 * 0.8 / (0.1 + 0.8 w) = 0.3 * 0.8 / (0.9 - 0.8 w)
    assert found.tolist() == pytest.approx([0.75, 0.25], abs=1e-3)


def test_the_same_candidates_share_evenly_and_the_same_answers_give_the_same_weights() -> None:
    log_probs = candidates(200, 2)[:, [0, 1, 0]]
    label = torch.arange(200) % 5
    found = searched(log_probs, label)
    assert found[0] == found[2] and torch.equal(found, searched(log_probs, label))
    alike = searched(log_probs[:, [0, 0, 0]], label)
    assert alike.tolist() == pytest.approx([1 / 3] * 3) and int(alike.argmax()) == 0


def test_shares_count_as_windows_that_come_several_times() -> None:
    log_probs, label = candidates(60, 3), torch.arange(60) % 5
    times = (1 + torch.arange(60) % 3).double()
    again = torch.repeat_interleave(torch.arange(60), times.long())
    torch.testing.assert_close(
        searched(log_probs, label, times), searched(log_probs[again], label[again]), atol=1e-6, rtol=0
    )
    none = times * (torch.arange(60) < 30)
    torch.testing.assert_close(searched(log_probs, label, none), searched(log_probs[:30], label[:30], times[:30]))


def test_every_group_counts_alike_however_many_windows_it_has() -> None:
    group = torch.tensor([7, 7, 7, 2, 9, 9])
    share = even_shares(group)
    assert [float(share[group == who].sum()) for who in (7, 2, 9)] == pytest.approx([1 / 3] * 3)
    assert share[0] == share[1] == share[2]


def test_a_candidate_that_is_never_possible_and_answers_far_apart_do_no_harm() -> None:
    log_probs, label = candidates(50, 2), torch.arange(50) % 5
    log_probs = torch.cat([log_probs, torch.full((50, 1, 5), -torch.inf), log_probs[:, :1] - 2000], dim=1)
    found = searched(log_probs.float(), label.int())
    assert torch.isfinite(found).all() and found[2] == 0 and found[3] < 1e-9
    torch.testing.assert_close(found[:2], searched(log_probs[:, :2], label), atol=1e-3, rtol=0)


def test_a_window_that_nobody_thinks_likely_counts_by_who_thinks_it_less_unlikely() -> None:
    log_probs, label = candidates(50, 2), torch.arange(50) % 5
    far = torch.where(torch.arange(50) < 10, -2000.0, 0.0)[:, None, None]
    torch.testing.assert_close(searched(log_probs + far, label), searched(log_probs, label), atol=1e-3, rtol=0)


def test_what_cannot_be_weighed_is_refused() -> None:
    log_probs, label = candidates(4, 2), torch.zeros(4, dtype=torch.int64)
    log_probs[2] = -torch.inf
    with pytest.raises(InputError, match=r"no candidate.*window 2"):
        searched(log_probs, label)
    for share in (torch.zeros(4), torch.tensor([1.0, -1.0, 1.0, 1.0]), torch.full((4,), torch.nan)):
        with pytest.raises(InputError, match="no window counts"):
            searched(candidates(4, 2), label, share)
    with pytest.raises(InputError, match="no window counts"):
        searched(candidates(0, 2), label[:0])

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from stillroom.base.errors import InputError, StoppedError
from stillroom.base.events import Event
from stillroom.evaluation.metrics import scores
from stillroom.explain.ablation import Windows, ablate, scored_subset, subset_value
from stillroom.explain.shapley import shapley
from stillroom.explain.subsets import EMPTY

CLASSES = ("rest", "work")
GROUPS = {"a": np.array([0, 2]), "b": np.array([1]), "c": np.array([3])}
MEAN = torch.tensor([5.0, 1.0, -2.0, 0.0])
PEOPLE = ("ann", "bea", "cleo")


def windows_of(signal: Tensor, truth: np.ndarray, windows: int) -> Windows:
    persons = np.array(PEOPLE)[np.arange(windows) % 3]
    return Windows(lambda ids: signal[torch.from_numpy(ids)], np.arange(windows), persons, truth, CLASSES)


def planted(windows: int = 240, both: tuple[str, ...] = ("a", "b")) -> Windows:
    """Windows whose class stands in the channels of the named groups: their mean, one up for work and one down."""
    truth = np.random.default_rng(0).integers(0, 2, windows)
    signal = MEAN[None, :, None] + 0.1 * torch.randn(windows, 4, 8, generator=torch.Generator().manual_seed(1))
    for group in both:
        signal[:, GROUPS[group]] += torch.from_numpy(2.0 * truth - 1)[:, None, None].float()
    return windows_of(signal, truth, windows)


def linear(*weights: float):
    """Work where the weighed sum of the channels' means, each less its training mean, is above zero."""

    def ask(x: Tensor) -> Tensor:
        work = (x.mean(dim=2) - MEAN) @ torch.tensor(weights, dtype=torch.float32)
        return torch.stack([torch.zeros_like(work), work], dim=1)

    return ask


def test_the_sensor_that_carries_the_class_is_missed_and_no_other() -> None:
    windows = planted(both=("a",))
    for way in ("mean", "permutation"):
        found = ablate(linear(1, 0.01, 1, 0.01), windows, GROUPS, MEAN, way)
        assert found.whole == dict.fromkeys(PEOPLE, 1.0)
        assert found.drop("a").mean > 0.4
        assert (found.drop("b").mean, found.drop("c").mean) == (0.0, 0.0)


def test_without_what_it_knows_by_a_model_says_what_its_rest_says() -> None:
    # a at its mean and no weight elsewhere: the sum is 0 and the answer `rest`, whatever the truth
    windows = planted(both=("a",))
    found = ablate(linear(1, 0, 1, 0), windows, GROUPS, MEAN, "mean")
    for person in PEOPLE:
        rows = windows.persons == person
        blind = scores(windows.truth[rows], np.zeros(rows.sum(), dtype=int), CLASSES).macro_f1
        assert found.without["a"][person] == pytest.approx(blind)


def test_a_sensor_with_a_twin_is_not_missed_at_its_mean_but_contradicts_when_permuted() -> None:
    windows, leaning = planted(both=("a", "b")), linear(1, 1, 1, 0)
    assert ablate(leaning, windows, GROUPS, MEAN, "mean").drop("a").mean == 0.0
    permuted = ablate(leaning, windows, GROUPS, MEAN, "permutation")
    assert permuted.drop("a").mean > 0.3
    assert permuted.drop("b").mean == 0.0


def named_windows(windows: int = 60) -> Windows:
    """Every sample of a window is its number, so that each can be told wherever it turns up."""
    signal = torch.arange(windows, dtype=torch.float32)[:, None, None].expand(windows, 4, 5)
    return windows_of(signal, np.arange(windows) % 2, windows)


def heard_by_model(windows: Windows, seed: int = 0, groups: dict[str, np.ndarray] = GROUPS) -> list[np.ndarray]:
    heard: list[np.ndarray] = []

    def ask(x: Tensor) -> Tensor:
        assert torch.equal(x, x[:, :, :1].expand_as(x))
        heard.append(x[:, :, 0].numpy().astype(int))
        return torch.zeros(len(x), 2)

    ablate(ask, windows, groups, MEAN, "permutation", seed=seed)
    return heard


@pytest.mark.parametrize("count", [60, 1_100])
def test_another_persons_windows_never_enter_a_permutation(count: int) -> None:
    windows = named_windows(count)
    heard = heard_by_model(windows)
    for number, places in enumerate(GROUPS.values(), start=1):
        # the model hears batch by batch, and in each all windows first and then each group's
        donors = np.concatenate(heard[number :: 1 + len(GROUPS)])[:, places[0]]
        assert (windows.persons[donors] == windows.persons).all()
        assert (donors != windows.ids).all()
        assert sorted(donors) == sorted(windows.ids)


def test_where_stretches_are_scored_donors_come_from_all_of_the_person_s() -> None:
    windows = named_windows()
    stretches = np.char.add(windows.persons, np.where(windows.ids < 30, " early", " late"))
    donors = heard_by_model(replace(windows, persons=stretches, donors=windows.persons))[1][:, 0]
    assert (windows.persons[donors] == windows.persons).all()
    assert (stretches[donors] != stretches).any(), "another stretch of the same person gives as well"
    found = ablate(
        linear(1, 0, 1, 0), replace(windows, persons=stretches, donors=windows.persons), GROUPS, MEAN, "mean"
    )
    assert set(found.whole) == set(stretches.tolist())


def test_a_sensors_channels_come_together_from_another_window_and_the_rest_stays() -> None:
    windows = named_windows()
    whole, without_a, without_b, _ = heard_by_model(windows)
    assert (whole == windows.ids[:, None]).all()
    assert (without_a[:, 0] == without_a[:, 2]).all()
    assert (without_a[:, 0] != windows.ids).all()
    assert sorted(without_a[:, 0]) == sorted(windows.ids)
    assert (without_a[:, [1, 3]] == windows.ids[:, None]).all()
    assert (without_b[:, [0, 2, 3]] == windows.ids[:, None]).all()


def test_permutations_are_repeatable_and_a_groups_does_not_hang_on_the_others() -> None:
    windows = named_windows()
    first, again, other = heard_by_model(windows), heard_by_model(windows), heard_by_model(windows, seed=1)
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])
    assert not np.array_equal(first[1][:, 0], first[2][:, 1])
    alone = heard_by_model(windows, groups={"b": GROUPS["b"]})
    assert np.array_equal(alone[1], first[2])


def test_draws_are_averaged_score_by_score() -> None:
    windows, model = planted(both=("a",)), linear(1, 0, 1, 0)
    one = ablate(model, windows, GROUPS, MEAN, "permutation", draws=1)
    many = ablate(model, windows, GROUPS, MEAN, "permutation", draws=8)
    assert (one.draws, many.draws) == (1, 8)
    assert one.without["a"] != many.without["a"]
    # permuted answers are right for about half of the windows of each class
    assert many.without["a"]["ann"] == pytest.approx(0.5, abs=0.06)


def test_the_windows_themselves_are_left_as_they_are() -> None:
    windows = planted()
    before = windows.give(windows.ids).clone()
    view = before.clone()
    shared = Windows(lambda ids: view[: len(ids)], windows.ids, windows.persons, windows.truth, CLASSES)
    for way in ("mean", "permutation"):
        ablate(linear(1, 1, 1, 1), shared, GROUPS, MEAN, way)
    assert torch.equal(view, before)


def test_only_the_sensors_of_the_subset_are_left_to_the_model() -> None:
    windows = named_windows()
    heard: list[Tensor] = []

    def ask(x: Tensor) -> Tensor:
        heard.append(x)
        return torch.zeros(len(x), 2)

    # channel 3 is in no group here: it is at rest as well
    some = {"a": GROUPS["a"], "b": GROUPS["b"]}
    scored_subset(ask, windows, some, MEAN, {"a"})
    assert (heard[0][:, [0, 2], 0].numpy() == windows.ids[:, None]).all()
    assert torch.equal(heard[0][:, [1, 3]], MEAN[[1, 3]][None, :, None].expand(60, 2, 5))
    scored_subset(ask, windows, some, MEAN, ())
    assert torch.equal(heard[1], MEAN[None, :, None].expand(60, 4, 5))


def test_subset_scores_are_a_value_that_is_shared_out() -> None:
    value = subset_value(linear(1, 0, 1, 0), planted(both=("a",)), GROUPS, MEAN)
    assert value(frozenset("a")) == dict.fromkeys(PEOPLE, 1.0)
    shares = {share.group: share.mean for share in shapley("abc", value).shares}
    assert shares["a"] == pytest.approx(1.0 - np.mean(list(value(EMPTY).values())))
    assert (shares["b"], shares["c"]) == pytest.approx((0.0, 0.0))


def test_batches_are_small_without_gradient_and_change_no_score() -> None:
    sizes: list[int] = []
    weights = torch.nn.Parameter(torch.tensor([1.0, 0.0, 1.0, 0.0]))

    def ask(x: Tensor) -> Tensor:
        sizes.append(len(x))
        work = (x.mean(dim=2) - MEAN) @ weights
        assert not work.requires_grad
        return torch.stack([torch.zeros_like(work), work], dim=1)

    found = ablate(ask, planted(1_100, both=("a",)), GROUPS, MEAN, "mean")
    assert sizes == [512] * 8 + [76] * 4
    assert found.whole == dict.fromkeys(PEOPLE, 1.0)


def test_progress_is_told_and_a_wish_to_stop_is_heard() -> None:
    heard: list[Event] = []
    with pytest.raises(StoppedError, match="batch 3 of 8"):
        ablate(linear(1, 0, 1, 0), planted(600), GROUPS, MEAN, "mean", emit=heard.append, stop=lambda: len(heard) == 2)
    assert [event.data for event in heard] == [{"done": 1, "of": 8}, {"done": 2, "of": 8}]


def test_input_that_cannot_be_right_is_refused() -> None:
    windows, model = planted(12), linear(1, 0, 1, 0)
    with pytest.raises(InputError, match="are not among 4"):
        ablate(model, windows, {"a": np.array([4])}, MEAN, "mean")
    with pytest.raises(InputError, match="Known: mean, permutation"):
        ablate(model, windows, GROUPS, MEAN, "zero")
    with pytest.raises(InputError, match="no group 'z'"):
        scored_subset(model, windows, GROUPS, MEAN, {"z"})
    lonely = Windows(windows.give, windows.ids[:4], windows.persons[:4], windows.truth[:4], CLASSES)
    with pytest.raises(InputError, match="bea has a single window"):
        ablate(model, lonely, GROUPS, MEAN, "permutation")
    nothing = Windows(windows.give, windows.ids[:0], windows.persons[:0], windows.truth[:0], CLASSES)
    with pytest.raises(InputError, match="at least one"):
        ablate(model, nothing, GROUPS, MEAN, "mean")


def test_an_ablation_is_ready_for_json() -> None:
    told = json.loads(json.dumps(ablate(linear(1, 0, 1, 0), planted(), GROUPS, MEAN, "mean").as_dict()))
    assert set(told["drop"]) == set(told["without"]) == set(GROUPS)
    assert set(told["whole"]) == set(PEOPLE)

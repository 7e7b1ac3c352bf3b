"""Checks of attributions, which an explanation that knows nothing of the model fails."""

import math

import pytest
import torch

from stillroom.base.errors import InputError
from stillroom.explain.attribution import METHODS, attribute
from stillroom.explain.baselines import quiet_recording
from stillroom.explain.deletion import deletion_insertion
from stillroom.explain.sanity import completeness_error, randomised, stability


@pytest.fixture(scope="module")
def few(world):
    return world.only("buzz")


@pytest.fixture(scope="module")
def explain(few):
    """Integrated gradients of any model, of the same windows."""

    def of(ask):
        return attribute("integrated_gradients", ask, few.windows, few.label, few.baseline, few.layout)

    return of


def missed(few, found, **more):
    return completeness_error(few.net, few.windows, few.label, few.baseline, found, **more)


def test_integrated_gradients_are_complete_as_promised(few, explain):
    assert METHODS["integrated_gradients"].complete and not METHODS["occlusion"].complete
    told = missed(few, explain(few.net), batch=5)
    assert told.overall < 0.05 and told.median < 0.05 and told.windows == len(told.per_window) == 24
    assert "per_window" not in told.as_dict()


def test_what_is_missed_is_measured(few, explain):
    found = explain(few.net)
    half = missed(few, found / 2)
    assert half.overall == pytest.approx(0.5, abs=0.01) and half.median == pytest.approx(0.5, abs=0.01)
    found[3] = 0
    assert missed(few, found).worst == pytest.approx(1) and missed(few, found).median < 0.01
    coarse = attribute("integrated_gradients", few.net, few.windows, few.label, few.baseline, few.layout, steps=2)
    assert missed(few, coarse).overall > 3 * missed(few, explain(few.net)).overall
    assert missed(few, explain(few.net), score="logit").overall > 0.05, "of another score"


def test_a_window_that_is_its_baseline_misses_nothing(few):
    same = completeness_error(few.net, few.windows, few.label, few.windows, torch.zeros_like(few.windows))
    assert same.worst == same.overall == 0


def test_a_window_that_changes_next_to_nothing_is_measured_by_what_others_change():
    windows = torch.tensor([1.0, 1.0, 1e-7])[:, None, None]
    found = windows + torch.tensor([0, 0, 1e-3])[:, None, None]
    told = completeness_error(lambda x: torch.cat([x[:, 0], -x[:, 0]], 1) / 2, windows, torch.zeros(3).long(),
                              torch.zeros(1, 1), found)  # fmt: skip
    assert told.per_window == pytest.approx((0, 0, 1e-3 / (0.01 * 2 / 3)), abs=1e-3)


def test_the_explanation_depends_on_what_was_learned(few, explain, fresh, again, permuted):
    found = explain(few.net)
    untrained = randomised(found, explain, fresh)
    assert abs(untrained.signed) < 0.3 and untrained.absolute < 0.3 and len(untrained.draws) == 6
    assert abs(randomised(found, explain, [permuted]).signed) < 0.3
    assert randomised(found, explain, [again]).signed > 0.6, "learned the same"
    assert randomised(found, explain, [few.net]).signed == pytest.approx(1)


def test_an_explanation_of_the_input_alone_fails_the_control(few, fresh):
    def loudness(_):
        return (few.windows - few.baseline).abs()

    told = randomised(loudness(None), loudness, fresh)
    assert told.signed == told.magnitude == pytest.approx(1)
    assert told.as_dict()["draws"][0]["windows"] == 24


def test_the_input_with_another_sign_each_time_fails_it_as_well(few, fresh):
    draw = torch.Generator().manual_seed(9)

    def flipped(_):
        signs = torch.randint(0, 2, (len(few.windows), 1, 1), generator=draw) * 2 - 1
        return (few.windows - few.baseline) * signs

    told = randomised(flipped(None), flipped, fresh)
    assert abs(told.signed) < 0.3, "signs cancel"
    assert told.absolute == pytest.approx(1) and told.absolute_by_chance < 0.1


def test_what_has_nothing_in_common_is_as_alike_as_chance_makes_it(few):
    draw = torch.Generator().manual_seed(10)
    told = stability(*(torch.randn(few.windows.shape, generator=draw) for _ in range(2)))
    assert told.absolute == pytest.approx(told.absolute_by_chance, rel=0.3)
    assert told.absolute_by_chance == pytest.approx((2 / (math.pi * 89)) ** 0.5), "nine channels by ten stretches"


def test_stability_over_baselines_is_told(few, world, explain):
    quiet_one = quiet_recording(world.only("rest").windows, world.sd)
    other = attribute("integrated_gradients", few.net, few.windows, few.label, quiet_one, few.layout)
    told = stability(explain(few.net), other)
    assert 0.3 < told.signed < 1 and told.undefined == 0
    flat = stability(torch.zeros_like(other), other)
    assert flat.signed is None and flat.undefined == 24


def curves(few, found, **more):
    return deletion_insertion(few.net, few.windows, few.label, found, few.baseline, few.layout, **more)


def test_deletion_and_insertion_beat_the_random_order_where_the_explanation_is_right(few, explain):
    told = curves(few, explain(few.net))
    assert told.deletion_area < 0.5 * told.random_area and told.insertion_area > 1 - 0.5 * (1 - told.random_area)
    assert told.better == 1 and len(told.random_areas) == 3 and told.cells == 90
    wrong = curves(few, -explain(few.net))
    assert wrong.deletion_area > told.random_area > wrong.insertion_area and wrong.better < 0.1


def test_an_explanation_drawn_at_random_does_not_beat_the_random_order(few):
    drawn = torch.randn(few.windows.shape, generator=torch.Generator().manual_seed(8))
    told = curves(few, drawn, orders=6)
    assert told.deletion_area == pytest.approx(told.random_area, abs=0.1) and 0.2 < told.better < 0.8


def test_curves_run_between_the_window_and_its_baseline(few, explain):
    told = curves(few, explain(few.net), steps=4, blocks=7, orders=2, batch=5)
    at = few.net(torch.stack([few.baseline, few.baseline])).softmax(1)[0, 1].item()
    top = few.net(few.windows).softmax(1)[:, 1].mean().item()
    assert told.shares == (0, 0.25, 0.5, 0.75, 1) and told.cells == 63
    for curve, ends in ((told.deletion, (top, at)), (told.insertion, (at, top)), (told.random, (top, at))):
        assert (curve[0], curve[-1]) == pytest.approx(ends, abs=1e-5)
    again = curves(few, explain(few.net), steps=4, blocks=7, orders=2)
    assert again.random_areas == pytest.approx(told.random_areas, abs=1e-5), "the same whatever the batch"
    assert isinstance(told.as_dict()["random"], list)


def test_the_model_is_never_asked_more_than_the_batch_at_once(few, explain):
    rows = []

    def ask(x):
        rows.append(len(x))
        return few.net(x)

    deletion_insertion(
        ask, few.windows, few.label, explain(few.net), few.baseline, few.layout, batch=7, steps=2, orders=1
    )
    assert max(rows) == 7


def test_what_does_not_fit_is_one_clear_error(few, explain):
    found = explain(few.net)
    with pytest.raises(InputError, match="0 steps"):
        curves(few, found, steps=0)
    with pytest.raises(InputError, match="no other model"):
        randomised(found, explain, [])
    with pytest.raises(InputError, match="0 random orders"):
        curves(few, found, orders=0)

"""Whether a student looks where its teacher looks."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from stillroom.base.errors import InputError
from stillroom.explain.agreement import Explained, agreement, shared_cells
from stillroom.explain.attribution import attribute
from stillroom.explain.cells import cell_sums, time_blocks
from stillroom.explain.ranks import rank_correlation, top_overlap
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

DRAW = np.random.default_rng(0)
WIDE = Layout(channels=tuple(c for site in ("torso", "right_wrist") for c in sensor_channels(site, "acc", 20.0)))
WRIST = WIDE.select("right_wrist.*")


def test_rank_correlation_is_spearman_s_with_ties_and_undefined_where_one_side_is_flat():
    a, b = DRAW.normal(size=(5, 12)), DRAW.integers(0, 4, size=(5, 12)).astype(float)
    b[4] = 2.0
    found = rank_correlation(a, b)
    assert np.allclose(found[:4], [spearmanr(x, y).statistic for x, y in zip(a[:4], b[:4], strict=True)])
    assert np.isnan(found[4])


def test_the_top_is_shared_by_k_of_n_by_chance():
    a, b = DRAW.normal(size=(4000, 20)), DRAW.normal(size=(4000, 20))
    assert top_overlap(a, b, 4).mean() == pytest.approx(4 / 20, abs=0.02)
    assert top_overlap(a, np.exp(a), 4).min() == 1 and top_overlap(a, -a, 10).max() == 0
    assert top_overlap(np.array([[9.0, 8.0, 1.0, 0.0]]), np.array([[9.0, 0.0, 1.0, 8.0]]), 2) == 0.5
    assert top_overlap(np.array([[9.0, 8.0, 1.0]]), np.array([[7.0, 9.0, 0.0]]), 2) == 1, "the largest"
    with pytest.raises(InputError, match="the top 21 of 20"):
        top_overlap(a, b, 21)


def test_cells_hold_every_sample_once_and_magnitudes_do_not_cancel():
    some = torch.tensor([[[1.0, -1.0, 2.0, 2.0, 5.0]]])
    assert time_blocks(5, 2).tolist() == [0, 0, 0, 1, 1] and time_blocks(3, 10).tolist() == [0, 1, 2]
    assert cell_sums(some, 2).tolist() == [[[2.0, 7.0]]]
    assert cell_sums(some, 2, absolute=True).tolist() == [[[4.0, 7.0]]]


def test_models_are_compared_on_the_channels_both_have_whatever_their_order_and_rate():
    fine = torch.from_numpy(DRAW.normal(size=(6, 6, 40)))
    coarse = fine[:, 3:].unflatten(2, (20, 2)).sum(3).flip(1)
    turned = Layout(channels=WRIST.channels[::-1])
    names, teacher, student = shared_cells(Explained(fine, WIDE), Explained(coarse, turned), blocks=10)
    assert names == turned.names and np.allclose(teacher, student)


def test_people_count_once_and_the_windows_that_differ_most_are_named():
    teacher = torch.from_numpy(DRAW.normal(size=(10, 6, 8)))
    student = teacher[:, 3:].clone()
    student[7] *= -1
    student[8] = 0
    person = ["p"] * 7 + ["q"] * 3
    told = agreement(Explained(teacher, WIDE), Explained(student, WRIST), person, range(100, 110), blocks=4, worst=2)
    assert told.rank.mean == pytest.approx((1 + 0) / 2) and told.undefined == 1
    assert told.apart[0] == 107 and len(told.apart) == 2 and 108 not in told.apart
    assert told.by_window[7:9] == (pytest.approx(-1), None) and told.as_dict()["by_window"] == list(told.by_window)
    assert (told.cells, told.top, told.overlap_by_chance) == (12, 2, 2 / 12)
    assert abs(told.rank_by_chance) < 0.4 and told.channels == WRIST.names
    assert told.as_dict()["rank"] == {"mean": told.rank.mean, "low": told.rank.low, "high": told.rank.high}


def test_by_chance_no_window_is_beside_itself():
    teacher = torch.from_numpy(DRAW.normal(size=(2, 6, 8)))
    teacher[1] = -teacher[0]
    told = agreement(Explained(teacher, WIDE), Explained(teacher, WIDE), ["p", "p"], [0, 1])
    assert told.rank.mean == 1 and told.rank_by_chance == pytest.approx(-1)
    one = agreement(Explained(teacher[:1], WIDE), Explained(teacher[:1], WIDE), ["p"], [0])
    assert one.rank_by_chance is None and one.rank.low is None
    flat = agreement(Explained(0 * teacher, WIDE), Explained(teacher, WIDE), ["p", "p"], [0, 1])
    assert flat.rank is None and flat.undefined == 2 and flat.apart == ()


def test_a_model_agrees_with_one_that_learned_the_same_and_not_with_one_that_learned_nothing(world, again, permuted):
    few = world.only("buzz")

    def explained(ask):
        found = attribute("integrated_gradients", ask, few.windows, few.label, few.baseline, few.layout)
        return Explained(found, few.layout)

    same, other = (
        agreement(explained(few.net), explained(net), few.person, range(24), blocks=8) for net in (again, permuted)
    )
    assert same.rank.low > 0.5 > 0.2 > abs(other.rank.mean) and same.rank.mean > same.rank_by_chance + 0.1
    assert same.overlap.low > 2 * same.overlap_by_chance > other.overlap.mean


def test_what_cannot_be_compared_is_one_clear_error():
    some = torch.zeros(2, 3, 8)
    elsewhere = Layout(channels=sensor_channels("head", "acc", 20.0))
    with pytest.raises(InputError, match="share no channel"):
        agreement(Explained(some, WRIST), Explained(some, elsewhere), ["p", "q"], [0, 1])
    with pytest.raises(InputError, match="explanations of shapes"):
        agreement(Explained(some, WRIST), Explained(some[:1], WRIST), ["p", "q"], [0, 1])
    in_g = Layout(channels=sensor_channels("right_wrist", "acc", 20.0, unit="g"))
    with pytest.raises(InputError, match="is in m/s2, expected g"):
        agreement(Explained(some, WRIST), Explained(some, in_g), ["p", "q"], [0, 1])

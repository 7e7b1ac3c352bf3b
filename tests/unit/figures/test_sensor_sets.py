"""Which sensors can go: all four costs are drawn as given, and the front is named set by set."""

from itertools import combinations
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.figures import sensor_sets
from stillroom.figures.theme import DARK, Look
from stillroom.figures.thinning import POINTS

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
NAMES = ("right_wrist.acc", "right_wrist.gyro", "left_wrist.acc")
COSTS = (0.02, 0.2, -0.01)


def _one(value: float, reach: float = 0.05) -> dict[str, float]:
    return {"mean": value, "low": value - reach, "high": value + reach}


def _step(subset: list[str], value: float, price: float) -> dict[str, Any]:
    return {"subset": subset, **_one(value), "price": price, "discomfort": 1.0}


@pytest.fixture
def part() -> dict[str, Any]:
    given = list(zip(NAMES, COSTS, strict=True))
    price = dict(zip(NAMES, (1.0, 2.0, 1.0), strict=True))
    subsets = [list(some) for size in (1, 2, 3) for some in combinations(NAMES, size)]
    return {
        "whole": _one(0.7),
        "dropped": [{"name": name, **_one(cost)} for name, cost in given],
        "shapley": {"shares": [{"group": name, **_one(cost + 0.1)} for name, cost in given]},
        "ablation": {
            "mean": {"drop": {name: _one(cost + 0.2) for name, cost in given}},
            "permutation": {"drop": {name: _one(cost + 0.3) for name, cost in given}},
        },
        "subsets": [{"subset": some, **_one(0.1 * number)} for number, some in enumerate(subsets)],
        "suggested": {
            "front": [_step([NAMES[1]], 0.65, 2), _step([NAMES[0]], 0.5, 1), _step(list(NAMES[:2]), 0.72, 3)],
            "price": {"of": price, "assumed": list(NAMES)},
        },
    }


@looks
def test_all_four_costs_are_drawn_in_the_sensor_s_row(check, part: Any, look: Look) -> None:
    figure = check(sensor_sets.going_without(part, origin="Made up", look=look))
    ranked = sorted(COSTS, reverse=True)
    for trace, more in zip(figure.data, (0, 0.1, 0.2, 0.3), strict=True):
        assert list(trace.x) == pytest.approx([cost + more for cost in ranked])
        assert [round(y) for y in trace.y] == [0, 1, 2]
        assert list(trace.error_x.array) == pytest.approx([0.05] * 3)
    assert [name.replace("<br>", " ") for name in figure.layout.yaxis.ticktext] == [
        "right wrist gyro", "right wrist acc", "left wrist acc",
    ]  # fmt: skip
    assert len({(trace.marker.color, trace.marker.symbol) for trace in figure.data}) == 4


def test_who_is_named_is_clearly_missed_and_not_merely_the_largest(check, part: Any) -> None:
    other = next(one for one in part["dropped"] if one["name"] == "right_wrist.acc")
    other |= {"mean": 0.5, "low": -0.1, "high": 1.1}
    said = check(sensor_sets.going_without(part, origin="Made up")).layout.meta["alt"]
    assert "1 of 3 clearly missed" in said and "right wrist gyro most" in said


def test_only_a_cost_beyond_nothing_is_called_missed(check, part: Any) -> None:
    said = check(sensor_sets.going_without(part, origin="Made up")).layout.meta["alt"]
    assert said == (
        "Estimated: 1 of 3 clearly missed when one alone goes, right wrist gyro most: +0.200 (+0.150 to +0.250)"
    )
    part["dropped"] = [{"name": name, **_one(0.01)} for name in NAMES]
    assert "none of 3" in sensor_sets.going_without(part, origin="Made up").layout.meta["alt"]
    part["dropped"] = [{"name": name, "mean": 0.1, "low": None, "high": None} for name in NAMES]
    assert "clearly" not in sensor_sets.going_without(part, origin="Made up").layout.meta["alt"]


def test_a_run_without_a_teacher_has_no_ablation(check, part: Any) -> None:
    assert len(check(sensor_sets.going_without(part | {"ablation": {}}, origin="Made up")).data) == 2
    with pytest.raises(InputError, match="no sensor"):
        sensor_sets.going_without(part | {"dropped": []}, origin="Made up")


@looks
def test_sets_stand_at_their_price_and_the_front_is_named(check, part: Any, look: Look) -> None:
    figure = check(sensor_sets.price(part, origin="Made up", look=look))
    sets, front = figure.data
    assert list(sets.x) == [1, 2, 1, 3, 2, 3, 4]
    assert list(sets.y) == pytest.approx([0.1 * number for number in range(7)])
    assert list(front.x) == [1, 2, 3] and list(front.y) == [0.5, 0.65, 0.72], "rising in price"
    assert [text.strip("</b>") for text in front.text] == ["1", "2", "3"]
    key = figure.layout.annotations[-1].text
    assert "<b>1</b>  right wrist acc<br><b>2</b>  right wrist gyro<br><b>3</b>" in key
    assert figure.layout.margin.b > 3 * 17
    assert figure.layout.shapes[0].y0 == 0.7
    assert figure.layout.meta["alt"] == (
        "Estimated: 3 price points (right wrist acc + right wrist gyro) score 0.72 (0.67 to 0.77),"
        " all 3 score 0.70 (0.65 to 0.75)"
    )


def test_assumed_points_are_called_so_and_nothing_suggested_is_refused(part: Any) -> None:
    def below() -> str:
        return sensor_sets.price(part, origin="Made up").layout.title.subtitle.text

    assert "Points are assumptions" in below()
    part["suggested"]["price"]["assumed"] = []
    assert "Points are assumptions" not in below()
    part["suggested"]["front"] = []
    with pytest.raises(InputError, match="no set"):
        below()


def test_very_many_sets_are_thinned(check, part: Any) -> None:
    part["subsets"] = part["subsets"] * 1000
    assert len(check(sensor_sets.price(part, origin="Made up")).data[0].x) <= POINTS

"""Two students beside each other: each person's way, and each activity's change, as the numbers say."""

from __future__ import annotations

import pytest

from stillroom.base.errors import InputError
from stillroom.figures import pair_deltas
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)])
BEFORE, AFTER = {"1": 0.5, "2": 0.8, "3": 0.6}, {"1": 0.7, "2": 0.7, "3": 0.65}
CHANGES = {
    "pick": {"mean": 0.1, "low": 0.02, "high": 0.18, "n": 9, "p_holm": 0.012},
    "tape <b>box</b>": {"mean": -0.05, "low": -0.2, "high": 0.1, "n": 9, "p_holm": 0.6},
    "seal": {"mean": 0.05, "low": 0.01, "high": 0.09, "n": 9, "p_holm": 0.08},
    "scan": {"mean": 0.2, "low": None, "high": None, "n": 1, "p_holm": 1.0},
}


@looks
def test_each_person_s_way_is_drawn_the_greatest_gain_on_top(check, look: Look) -> None:
    figure = check(pair_deltas.people(BEFORE, AFTER, ("one", "two"), origin="Made up", look=look))
    first, second = figure.data
    assert list(first.customdata) == ["1", "3", "2"] == list(second.customdata)
    assert list(first.x) == [0.5, 0.6, 0.8] and list(second.x) == [0.7, 0.65, 0.7]
    assert [note.text for note in figure.layout.annotations if note.text] == [
        "<b>+0.200</b>", "<b>+0.050</b>", "<b>-0.100</b>",
    ]  # fmt: skip
    assert (first.marker.symbol, second.marker.symbol) == ("circle-open", "circle")
    assert figure.layout.meta["alt"] == "2 of 3 gain by two."


@looks
def test_each_activity_s_change_has_its_interval_and_those_that_differ_corrected_are_counted(check, look: Look) -> None:
    figure = check(pair_deltas.classes(CHANGES, ("one", "two"), origin="Made up", look=look))
    (trace,) = figure.data
    assert list(trace.x) == [0.2, 0.1, 0.05, -0.05]
    assert trace.error_x.array[1] == pytest.approx(0.08) and trace.error_x.array[0] == 0
    said = figure.layout.meta["alt"]  # seal's interval lies above 0, but not once it is one of four
    assert said == "1 of 4 activities shown to differ after correction; pick most: +0.10 (+0.02 to +0.18)."


def test_where_no_activity_differs_it_says_so() -> None:
    figure = pair_deltas.classes({"seal": CHANGES["seal"]}, ("one", "two"), origin="Made up")
    assert figure.layout.meta["alt"].startswith("None of 1 activities shown to differ")


@pytest.mark.parametrize(("n", "units", "over"), [(7, "people", "7 people"), (20, "stretches", "20 stretches")])
def test_of_few_people_and_of_stretches_nothing_is_claimed(n: int, units: str, over: str) -> None:
    changes = {name: {**CHANGES[name], "n": n} for name in ("pick", "seal")}
    figure = pair_deltas.classes(changes, ("one", "two"), origin="Made up", units=units)
    assert figure.layout.meta["alt"] == f"A pilot over {over}: pick changes most, +0.10."


def test_other_people_and_no_activity_are_refused() -> None:
    with pytest.raises(InputError, match="not judged on the same people"):
        pair_deltas.people(BEFORE, {"1": 0.5}, ("one", "two"), origin="Made up")
    with pytest.raises(InputError, match="no activity"):
        pair_deltas.classes({}, ("one", "two"), origin="Made up")

"""Compare: an answer at once, what it does not show, two runs in detail, and refusals that say why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.app.kit import opened, words
from tests.app.made import changed, run_like

from stillroom.data.splits import BLOCKS_WARNING, LEAK_WARNING


def said(at) -> str:
    return words(at).replace("\\", "")


def test_the_demo_gives_an_answer_with_its_interval_and_what_it_does_not_show() -> None:
    at = opened("compare")
    assert "9 channels" in said(at) and "macro-F1 0.89 (0.81 to 0.96)" in said(at)
    assert "within 1 point of it" in said(at) and "Not shown" in said(at) and "fast setting" in said(at)
    assert at.multiselect(key="compare_runs").value[0] == "demo:tsak"
    assert "exact sign-flip p" in said(at)


def test_a_split_that_leaks_is_said_and_stands_below_every_picture(workspace: Path) -> None:
    for name in ("one", "two"):
        changed(run_like("tsak", workspace / name, protocol="random:5"), warning=LEAK_WARNING)
    at = opened("compare", runs="one,two")
    assert at.warning[0].value.replace("\\", "") == LEAK_WARNING
    pictures = at.get("plotly_chart")
    assert len(pictures) == 3 and all("split at random" in picture.proto.spec for picture in pictures)
    assert all("fast setting" in picture.proto.spec for picture in pictures)


def test_stretches_are_not_called_people(workspace: Path) -> None:
    for name in ("one", "two"):
        folder = changed(run_like("tsak", workspace / name, protocol="blocks"), units="stretches", pilot=True)
        changed(folder, warning=BLOCKS_WARNING)
    at = opened("compare", runs="one,two", teach="true")
    assert "Each stretch is one number" in said(at) and "Stretches say nothing of other people" in said(at)
    assert "Few people" not in said(at) and "over people" not in "".join(p.proto.spec for p in at.get("plotly_chart"))


@pytest.mark.parametrize(("seeds", "one_seed"), [([0], True), ([0, 1, 2], False)])
def test_one_seed_is_said_where_one_stands_behind_the_score(workspace: Path, seeds: list[int], one_seed: bool) -> None:
    mine = run_like("tsak", workspace / "mine", index_key="of its own")
    report = json.loads((mine / "report.json").read_text())
    changed(mine, student={**report["student"], "seeds": seeds}, models=["student"])
    assert ("one seed does not say" in said(opened("compare"))) == one_seed


def test_more_reach_and_a_budget_choose_a_cheaper_student() -> None:
    at = opened("compare")
    at.slider(key="reach").set_value(8.0).run()
    assert "3 channels, 85" in said(at) and "The cheapest by channels" in said(at)
    at.slider(key="reach").set_value(0.0)
    at.slider(key="most_channels").set_value(6).run()
    assert not at.exception and "9 channels, 87 kB" not in said(at)


def test_every_known_cost_can_be_chosen_also_by_its_logarithm() -> None:
    at = opened("compare", cost="MACs", log="true")
    assert at.selectbox(key="cost").value == "MACs" and not at.exception
    for cost in ("sensors", "size", "parameters"):
        at.selectbox(key="cost").set_value(cost).run()
        assert not at.exception, cost


def test_runs_of_the_address_are_compared_the_first_as_the_baseline() -> None:
    at = opened("compare", runs="demo:smldist,demo:tsak-left-acc,demo:tsak")
    assert at.multiselect(key="compare_runs").value == ["demo:smldist", "demo:tsak-left-acc", "demo:tsak"]
    assert "demo:tsak against demo:smldist" in said(at).replace("**", "") and "p by Holm over 2 comparisons" in said(at)
    assert at.selectbox(key="against").options == ["demo:tsak-left-acc", "demo:tsak"]


def test_a_run_on_other_data_is_refused_with_the_reason(workspace: Path) -> None:
    run_like("tsak", workspace / "other", data_key="x", data="dsads")
    at = opened("compare", runs="demo:tsak,other")
    assert "other cannot be compared with demo:tsak" in at.warning[0].value.replace("\\", "")
    assert "other recordings" in at.warning[0].value.replace("\\", "")
    at = opened("compare", runs="demo:tsak,no such run")
    assert not at.error and not at.exception


def test_a_cell_can_be_chosen_without_a_mouse() -> None:
    at = opened("compare", runs="demo:tsak,demo:tsak-wrist-acc-gyro")
    at.selectbox(key="cell_done").set_value("pick items")
    at.selectbox(key="cell_said").set_value("insert items").run()
    assert "24 windows of pick items that exactly one of them calls insert items" in said(at)
    examples = next(one for one in at.dataframe if "from, s" in one.value)
    assert len(examples.value) == 24 and examples.value["recording"].str.startswith("p").all()


def test_predictions_that_are_gone_are_said_and_the_rest_is_shown(workspace: Path) -> None:
    mine = run_like("tsak", workspace / "mine")
    for path in mine.rglob("student/predictions.npz"):
        path.unlink()
    at = opened("compare", runs="demo:tsak,mine")
    assert "does not hold this model" in at.error[0].value.replace("\\", "")
    assert "gained nothing" in said(at)


def test_one_run_alone_asks_for_another(workspace: Path) -> None:
    at = opened("compare")
    at.multiselect(key="compare_runs").set_value(["demo:tsak"]).run()
    assert "Choose two runs or more" in said(at)


def test_teaching_shows_the_test_s_formula_with_the_numbers_of_these_runs() -> None:
    assert not opened("compare").get("latex")
    at = opened("compare", teach="true")
    assert r"d_i" in at.latex[0].value and "n = 10, d = " in said(at)


def test_a_run_whose_name_holds_a_comma_can_be_named(workspace: Path) -> None:
    run_like("tsak", workspace / "a,b")
    assert opened("compare", runs="a,b").multiselect(key="compare_runs").value[0] == "a,b"

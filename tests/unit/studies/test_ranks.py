"""Ranks over data sets: against a slow reference, with ties; and a sentence that claims no more than was shown."""

from itertools import product
from typing import Any

import pytest
from scipy import stats

from stillroom.studies.ranks import friedman, rank_methods, ranks_table, sentence, to_markdown

ALL = {"one": {"done": 9, "planned": 9}}


def gain(mean: float, low: float | None, p_holm: float) -> dict[str, Any]:
    return {"mean": mean, "low": low, "high": None if low is None else 2 * mean - low, "p_holm": p_holm, "n": 8,
            "p": p_holm / 3}  # fmt: skip


def row(cell: str, score: float | None, against: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"cell": cell, "macro_f1": score, "against_first": against}


def table(**scores: float | None) -> list[dict[str, Any]]:
    return [row(name, score) for name, score in scores.items()]


def ranks_by_hand(scores: dict[str, float]) -> dict[str, float]:
    """One and how many are better, and half of who else is as good."""
    return {
        name: 1 + sum(other > score for other in scores.values()) + (list(scores.values()).count(score) - 1) / 2
        for name, score in scores.items()
    }


def test_ranks_are_those_that_counting_by_hand_finds_and_ties_share_theirs() -> None:
    for a, b, c, d in product((0.5, 0.6, 0.7), repeat=4):
        scores = {"a": a, "b": b, "c": c, "d": d}
        found = {entry["method"]: entry["ranks"]["one"] for entry in rank_methods({"one": table(**scores)})}
        assert found == ranks_by_hand(scores)


def test_the_best_mean_rank_stands_first_and_equals_by_name() -> None:
    found = rank_methods({"one": table(b=0.5, a=0.7, c=0.7), "two": table(b=0.9, a=0.1, c=0.5)})
    assert [(entry["method"], entry["mean_rank"]) for entry in found] == [("c", 1.75), ("b", 2.0), ("a", 2.25)]
    assert [entry["method"] for entry in rank_methods({"one": table(b=0.5, a=0.5)})] == ["a", "b"]


def test_only_what_every_data_set_has_scored_is_ranked() -> None:
    found = rank_methods({"one": table(a=0.5, b=0.7, c=0.9), "two": table(a=0.5, b=0.4, c=None)})
    assert {entry["method"]: entry["ranks"] for entry in found} == {
        "a": {"one": 2.0, "two": 1.0},
        "b": {"one": 1.0, "two": 2.0},
    }
    assert rank_methods({"one": table(a=None)}) == [] == rank_methods({})


def test_friedman_s_p_is_scipy_s_over_data_sets() -> None:
    tables = {"one": table(a=0.5, b=0.6, c=0.7), "two": table(a=0.4, b=0.5, c=0.9), "three": table(a=0.5, b=0.4, c=0.8)}
    expected = stats.friedmanchisquare([0.5, 0.4, 0.5], [0.6, 0.5, 0.4], [0.7, 0.9, 0.8]).pvalue
    assert friedman(rank_methods(tables)) == pytest.approx(float(expected))


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"one": table(a=0.5, b=0.6, c=0.7)},
        {"one": table(a=0.5, b=0.6), "two": table(a=0.5, b=0.7)},
        {"one": table(a=0.5, b=0.5, c=0.5), "two": table(a=0.7, b=0.7, c=0.7)},
    ],
    ids=["nothing", "one set", "two methods", "all equal"],
)
def test_where_friedman_s_test_has_nothing_to_say_it_says_nothing(tables: dict[str, Any]) -> None:
    ranked = rank_methods(tables)
    assert friedman(ranked) is None and "Friedman" not in sentence(ranked, ALL)


@pytest.mark.parametrize(
    ("against", "shown"),
    [
        (gain(0.1, 0.02, 0.04), True),
        (gain(0.1, 0.02, 0.05), True),
        (gain(0.1, 0.02, 0.0501), False),  # the interval alone shows nothing once many are compared
        (gain(0.1, -0.001, 0.04), False),
        (gain(0.1, 0.0, 0.04), False),
        (gain(0.1, None, 0.04), False),
        (gain(-0.1, -0.2, 0.001), False),
        (None, False),
    ],
)
def test_a_gain_is_claimed_only_where_interval_and_corrected_p_both_show_it(
    against: dict[str, Any] | None, shown: bool
) -> None:
    said = sentence(rank_methods({"one": [row("plain", 0.5), row("dkd", 0.6, against)]}), ALL)
    assert ("was shown for dkd on one (+0.100" in said) == shown
    assert said.startswith("No method gained over the plain student so that it could be shown") == (not shown)
    assert "The best mean rank is dkd's (1.0 of 2)." in said


def test_each_data_set_is_named_by_itself_and_so_are_runs_that_are_missing() -> None:
    rows = [row("plain", 0.5), row("dkd", 0.6, gain(0.1, 0.02, 0.01))]
    other = [row("plain", 0.5), row("dkd", 0.6, gain(0.1, -0.02, 0.3))]
    studies = {"one": {"done": 2, "planned": 4}, "two": {"done": 4, "planned": 4}}
    said = sentence(rank_methods({"one": rows, "two": other}), studies)
    assert "for dkd on one (+0.100, Holm's p = 0.01)." in said and "on two" not in said
    assert said.endswith("2 of 8 runs are not there.")
    assert "runs are not there" not in sentence(rank_methods({"one": rows}), ALL)


def test_nothing_finished_is_said_as_such_and_drawn() -> None:
    said = sentence([], {"one": {"done": 0, "planned": 4}})
    assert said.startswith("Nothing can be compared")
    studies = {"one": {"sentence": "s", "caveats": [], "done": 0, "planned": 4}}
    assert said in to_markdown({"ranks": [], "sentence": said, "studies": studies})


def test_the_table_has_a_row_for_each_and_no_bar_breaks_it() -> None:
    ranked = rank_methods({"o|ne": [row("plain", 0.5), row("dkd", 0.6, gain(0.1, 0.02, 0.01))]})
    head, first, second = ranks_table(ranked)
    assert head[-1].startswith("o|ne: macro-F1")
    assert first == ["dkd", "1.0", "+0.100", "0.600 (+0.100, +0.020 to +0.180)"]
    assert second == ["plain", "2.0", "the first", "0.500"]
    studies = {"o|ne": {"sentence": "s", "caveats": ["c"]}}
    lines = to_markdown({"ranks": ranked, "sentence": "S.", "studies": studies}).splitlines()
    rows = [line.replace("\\|", "") for line in lines if line.startswith("|")]
    assert len(rows) == 4 and {line.count("|") for line in rows} == {5}

"""What a search chose: weights that fill a bar, the largest in full colour, and a title that counts."""

from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.figures import classifier_search
from stillroom.figures.palette import face_of
from stillroom.figures.theme import DARK, Look

WEIGHTS = {
    "student": {
        "1": {"linear": 0.2, "hopfield": 0.7, "cosine": 0.1},
        "2": {"linear": 0.55, "hopfield": 0.4, "cosine": 0.05},
    },
    "alone": {
        "1": {"linear": 0.0, "hopfield": 0.01, "cosine": 0.99},
        "2": {"linear": 0.1, "hopfield": 0.1, "cosine": 0.8},
    },
}
looks = pytest.mark.parametrize(
    "look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)], ids=["light", "dark", "narrow", "both"]
)


@pytest.fixture
def searched(report: dict[str, Any]) -> dict[str, Any]:
    """A report of a recipe that searches, as `recipes.report` writes it."""
    return report | {"classifier": {"weights": WEIGHTS["student"], "alone": {"weights": WEIGHTS["alone"]}}}


@looks
def test_the_weights_of_a_fold_fill_one_bar_in_their_order(check, searched: dict[str, Any], look: Look) -> None:
    figure = check(classifier_search.weights(searched, look=look))
    rows = sorted({trace.y[0] for trace in figure.data})
    expected = [WEIGHTS[role][fold] for fold in ("1", "2") for role in ("student", "alone")]
    for row, shares in zip(rows, expected, strict=True):
        pieces = [trace for trace in figure.data if trace.y[0] == row]
        assert {trace.name: trace.x[0] for trace in pieces} == shares
        ends = [trace.base[0] + trace.x[0] for trace in pieces]
        assert [trace.base[0] for trace in pieces] == pytest.approx([0.0, *ends[:-1]]) and ends[-1] == pytest.approx(1)


@looks
def test_only_what_was_kept_has_the_model_s_full_colour(check, searched: dict[str, Any], look: Look) -> None:
    figure = check(classifier_search.weights(searched, look=look))
    for role, kept in (("student", ["hopfield", "linear"]), ("alone", ["cosine", "cosine"])):
        assert [t.name for t in figure.data if t.marker.color == face_of(role).colour(look.dark)] == kept


def test_the_title_counts_the_folds_of_each_classifier(check, searched: dict[str, Any]) -> None:
    said = check(classifier_search.weights(searched)).layout.meta["alt"]
    assert "kept hopfield in 1, linear in 1 of 2 folds; for the student alone cosine in 2 of 2 folds" in said
    assert "hopfield 70%" in said


def test_a_name_is_written_only_where_it_fits(check, searched: dict[str, Any]) -> None:
    figure = check(classifier_search.weights(searched, look=Look(narrow=True)))
    texts = {(trace.name, trace.x[0]): trace.text[0] for trace in figure.data}
    assert texts["cosine", 0.99] == "cosine 99%" and texts["cosine", 0.05] == ""


def test_names_of_folds_are_no_markup(check, searched: dict[str, Any]) -> None:
    for role in (searched["classifier"], searched["classifier"]["alone"]):
        role["weights"] = {"tape <b>box</b>": role["weights"]["1"]}
    assert "tape &lt;b&gt;" in check(classifier_search.weights(searched)).layout.yaxis.ticktext[0]


def test_a_run_without_a_search_is_refused(report: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no classifier"):
        classifier_search.weights(report)

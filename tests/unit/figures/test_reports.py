"""Figures of a report: the numbers shown are the report's."""

from typing import Any

import numpy as np
import pytest

from stillroom.figures import comparison, confusion, per_class, softening, training
from stillroom.figures.palette import FACES
from stillroom.figures.theme import DARK, Look

looks = pytest.mark.parametrize("look", [Look(), DARK, Look(narrow=True)], ids=["light", "dark", "narrow"])
HISTORY = [
    {"epoch": e, "losses": {"cross_entropy": 2 / e, "hinton": 1 / e}, "validation_macro_f1": f}
    for e, f in ((1, 0.2), (2, 0.6), (3, 0.5))
]


@looks
def test_the_comparison_shows_every_model_with_mean_interval_and_people(check, report: Any, look: Look) -> None:
    figure = check(comparison.models(report, look=look))
    for place, role in enumerate(FACES):
        people, mean = figure.data[2 * place : 2 * place + 2]
        assert mean.x[0] == report[role]["macro_f1"]
        assert mean.x[0] + mean.error_x.array[0] == pytest.approx(report[role]["high"])
        assert mean.x[0] - mean.error_x.arrayminus[0] == pytest.approx(report[role]["low"])
        assert list(people.x) == list(report[role]["per_person"].values())


def test_one_person_has_no_interval_and_the_figure_says_so(check, report: Any) -> None:
    one = {r: report[r] | {"low": None, "high": None, "per_person": {"1": report[r]["macro_f1"]}} for r in FACES}
    figure = check(comparison.models(report | one | {"n": 1}))
    assert "no interval" in figure.layout.title.subtitle.text
    assert all(trace.error_x.array is None for trace in figure.data)


def test_a_report_without_some_baselines_is_still_drawn(check, report: Any) -> None:
    del report["forest"], report["reference"]
    assert len(check(comparison.models(report)).data) == 2 * 4


@looks
def test_the_gain_points_from_alone_to_distilled_and_quotes_the_report(check, report: Any, look: Look) -> None:
    figure = check(comparison.gain(report, look=look))
    arrows = [a for a in figure.layout.annotations if a.showarrow]
    assert {a.y: (a.ax, a.x) for a in arrows} == {
        name: (report["alone"]["per_person"][name], report["student"]["per_person"][name]) for name in ("1", "2", "3")
    }
    gains = [report["gain"]["per_person"][name] for name in figure.layout.yaxis.categoryarray]
    assert gains == sorted(gains)
    quoted = figure.layout.title.subtitle.text.replace("<br>", " ").lower()
    assert report["gain"]["sentence"].lower()[:60] in quoted


@looks
def test_a_confusion_row_sums_to_one(check, report: Any, look: Look) -> None:
    figure = check(confusion.matrix(report, "student", look=look))
    assert np.asarray(figure.data[0].z).sum(axis=1) == pytest.approx(1)
    assert np.array_equal(figure.data[0].customdata, report["student"]["confusion"])
    assert "Most often" in figure.layout.meta["alt"]


def test_a_class_that_was_never_tested_breaks_no_confusion(check, report: Any) -> None:
    report["student"]["confusion"][1] = [0, 0, 0]
    assert np.asarray(check(confusion.matrix(report)).data[0].z)[1].tolist() == [0, 0, 0]


def test_a_perfect_model_confuses_nothing(check, report: Any) -> None:
    report["teacher"]["confusion"] = [[4, 0, 0], [0, 4, 0], [0, 0, 4]]
    assert "No window" in check(confusion.matrix(report, "teacher")).layout.meta["alt"]


@looks
def test_activities_are_ordered_by_what_the_student_lost(check, report: Any, look: Look) -> None:
    report["student"]["per_class"]["pick"] = 0.1
    figure = check(per_class.classes(report, look=look))
    assert figure.layout.yaxis.categoryarray[-1].startswith("pick")
    assert "pick" in figure.layout.meta["alt"]


def test_an_activity_without_a_score_is_left_out(check, report: Any) -> None:
    report["student"]["per_class"]["pick"] = None
    assert len(check(per_class.classes(report)).layout.yaxis.categoryarray) == 2


@looks
def test_learning_curves_ring_the_epoch_that_is_kept(check, look: Look) -> None:
    figure = check(training.curves({"student": HISTORY, "alone": HISTORY}, origin="Made up, run first", look=look))
    rings = [trace for trace in figure.data if trace.mode == "markers"]
    assert [(ring.x[0], ring.y[0]) for ring in rings] == [(2, 0.6)] * 2
    assert sum("hinton" in (trace.name or "") for trace in figure.data) == 2


def test_a_training_that_has_not_ended_an_epoch_is_drawn_empty(check) -> None:
    check(training.curves({"student": []}, origin="Made up, run first"))


def test_softening_follows_its_formula() -> None:
    logits = np.array([2.0, 0.0, -1.0])
    expected = np.exp(logits / 4) / np.exp(logits / 4).sum()
    assert softening.softened(logits, 4) == pytest.approx(expected)
    assert softening.softened(logits + 100, 4) == pytest.approx(expected), "a constant changes nothing"
    assert softening.softened(np.log(softening.softened(logits, 1)), 4) == pytest.approx(expected)
    assert softening.softened([1e4, 0.0], 0.5).tolist() == [1.0, 0.0]


@looks
def test_soft_targets_show_the_shares_and_mark_what_was_done(check, look: Look) -> None:
    figure = check(
        softening.soft_targets(
            [2.0, 0.0], ["pick", "tape <b>box</b>"], temperature=2, truth="pick", origin="Made up, window 3", look=look
        )
    )
    assert figure.data[0].x == pytest.approx(softening.softened([2.0, 0.0], 2))
    assert "done" in figure.data[0].y[0]
    assert "done" not in figure.data[0].y[1]
    assert figure.data[0].marker.color == FACES["teacher"].colour(look.dark)


def test_a_certain_answer_has_no_entropy(check) -> None:
    figure = check(softening.soft_targets([1e4, 0.0], ["a", "b"], temperature=1, origin="Made up, window 3"))
    assert "Entropy 0.00 of at most 1.00" in figure.layout.title.subtitle.text


def test_answers_of_several_models_stand_beside_each_other(check) -> None:
    shares = {"student": [0.7, 0.3], "alone": [0.4, 0.6]}
    figure = check(softening.answers(shares, ["a", "b"], truth="b", origin="Made up, window 3"))
    assert [trace.name for trace in figure.data] == ["student, distilled", "student, alone"]
    assert figure.layout.showlegend


def test_a_model_that_was_not_made_is_left_out(check, report: Any) -> None:
    absent = dict.fromkeys(("teacher", "small_teacher"))
    figure = check(comparison.models(report | absent))
    assert len(figure.data) == len(check(comparison.models(report)).data) - 2 * len(absent)

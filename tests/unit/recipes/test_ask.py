"""Asking for an experiment in a few words."""

from collections.abc import Callable

import pytest

from stillroom.base.errors import InputError
from stillroom.data.dataset import Dataset
from stillroom.recipes.ask import ask, with_people


def test_what_is_left_out_is_the_data_set_s_own(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset()
    asked = ask("tsak", "made", dataset=dataset, student_view="right_wrist.acc.*").settings
    assert (asked.windows.window_s, asked.windows.stride_s) == (dataset.card.window_s, dataset.card.stride_s)
    assert asked.protocol == dataset.card.protocol
    assert asked.teacher_view == "*"
    assert asked.threads >= 1


def test_a_window_length_alone_brings_half_of_it_as_stride(make_dataset: Callable[..., Dataset]) -> None:
    asked = ask("tsak", "made", dataset=make_dataset(), student_view="*", window_s=3.0).settings
    assert (asked.windows.window_s, asked.windows.stride_s) == (3.0, 1.5)


def test_changes_come_on_top_of_the_fast_setting(make_dataset: Callable[..., Dataset]) -> None:
    experiment = ask(
        "tsak", "made", dataset=make_dataset(), student_view="*", fast=True, changes=["student.training.epochs=3"]
    )
    assert experiment.recipe.student.training.epochs == 3
    assert experiment.recipe.teacher.training.epochs == 10
    assert experiment.settings.fast


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({}, "student_view"),
        ({"student_view": "left_foot.*"}, "left_foot"),
        ({"student_view": "*", "protocol": "nonsense"}, "nonsense"),
        ({"student_view": "*", "colour": "red"}, "colour"),
        ({"student_view": "*", "changes": ["student.terms"]}, "PATH=VALUE"),
    ],
)
def test_a_wrong_question_gets_one_clear_error(
    make_dataset: Callable[..., Dataset], asked: dict[str, object], named: str
) -> None:
    with pytest.raises(InputError, match=named):
        ask("tsak", "made", dataset=make_dataset(), **asked)  # type: ignore[arg-type]


def test_some_people_make_a_data_set_of_their_own(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(people=4, sessions=2)
    some = with_people(dataset, ["p3", "p1", "p4"])
    assert some.people == ("p1", "p3", "p4")
    assert len(some.recordings) == 6
    assert some.key != dataset.key
    assert some.key == with_people(dataset, ["p1", "p3", "p4"]).key


@pytest.mark.parametrize("people", [[], ["p9"]])
def test_people_who_are_not_there_are_named(make_dataset: Callable[..., Dataset], people: list[str]) -> None:
    with pytest.raises(InputError, match="People: p1, p2, p3, p4"):
        with_people(make_dataset(), people)

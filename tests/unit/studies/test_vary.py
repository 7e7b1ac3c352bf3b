"""What may be varied, and what is refused before anything runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.studies.vary import Axis, apply, cells, label, parse_axis


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("student.terms.hinton.temperature=1,2,4", "student.terms.hinton.temperature", ("1", "2", "4")),
        ("student.model.settings.widths=[8,16],[16,32]", "student.model.settings.widths", ("[8,16]", "[16,32]")),
        ("student-view='left_*.acc.*,right_*.acc.*',right_*.acc.*", "student_view",
         ("left_*.acc.*,right_*.acc.*", "right_*.acc.*")),
        ("--window-s= 2 , 4", "window_s", ("2", "4")),
        ("recipe=tsak,hinton", "recipe", ("tsak", "hinton")),
    ],
)  # fmt: skip
def test_commas_within_brackets_or_quotes_belong_to_a_value(text: str, key: str, values: tuple[str, ...]) -> None:
    assert parse_axis(text) == Axis(key=key, values=values)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("temperature", "KEY=V1,V2"), ("=1,2", "KEY=V1,V2"), ("a=1,", "KEY=V1,V2"), ("a=1", "varies nothing"),
        ("a=1,2,1", "1 is given twice"), ("a=[1,2", "not closed"), ("a='1,2", "not closed"),
    ],
)  # fmt: skip
def test_what_varies_nothing_or_cannot_be_read_is_one_clear_error(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        parse_axis(text)
    assert text in refused.value.where


@given(st.lists(st.integers(2, 4), min_size=1, max_size=3))
def test_every_combination_is_made_once_and_the_first_values_come_first(sizes: list[int]) -> None:
    axes = [Axis(key=f"k{n}", values=tuple(map(str, range(size)))) for n, size in enumerate(sizes)]
    made = cells(axes)
    assert len({tuple(cell.items()) for cell in made}) == len(made) == int(__import__("math").prod(sizes))
    assert set(made[0].values()) == {"0"}


def test_names_are_short_unless_two_would_read_alike() -> None:
    assert label({"student.terms.hinton.temperature": "2", "recipe": "tsak"}) == "temperature=2, recipe=tsak"
    assert label({"teacher.training.lr": "1", "student.training.lr": "2"}) == (
        "teacher.training.lr=1, student.training.lr=2"
    )


def test_settings_become_changes_and_options_become_options() -> None:
    settings = {"recipe": "hinton", "window_s": "2", "student_view": "a.*", "augmentation.views": "4"}
    given_options = {"data": "factory", "change": ["x=1"]}
    recipe, options = apply(settings, "tsak", given_options)
    assert recipe == "hinton"
    assert options == {
        "data": "factory", "window_s": 2.0, "student_view": "a.*", "change": ["x=1", "augmentation.views=4"]
    }  # fmt: skip
    assert given_options == {"data": "factory", "change": ["x=1"]}
    with pytest.raises(InputError, match="is no number"):
        apply({"window_s": "two"}, "tsak", {})

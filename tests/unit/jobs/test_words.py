"""Options become words and words options again, without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.base.errors import InputError
from stillroom.jobs.words import options_of, words_of

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
OPTIONS = st.fixed_dictionaries(
    {"data": TEXT, "student_view": TEXT},
    optional={
        "teacher_view": TEXT, "protocol": TEXT, "seed": st.integers(0, 9).map(str), "fast": st.just(True),
        "change": st.lists(TEXT, min_size=1, max_size=3), "drop_class": st.lists(TEXT, min_size=1, max_size=2),
        "i_know_it_leaks": st.just(True),
    },
)  # fmt: skip


@given(OPTIONS)
def test_options_go_through_their_words_unchanged(options: dict[str, object]) -> None:
    assert options_of(words_of("tsak", options)) == ("tsak", options)


def test_where_a_run_lies_is_no_option_of_the_experiment() -> None:
    words = [
        "distil",
        "tsak",
        "--data=factory",
        "--student-view",
        "a",
        "--run",
        "x",
        "--resume",
        "--json",
        "--set",
        "a=1",
    ]
    assert options_of(words) == ("tsak", {"data": "factory", "student_view": "a", "change": ["a=1"]})


@pytest.mark.parametrize(
    "words", [["export", "run"], ["distil"], ["distil", "tsak", "data"], ["distil", "tsak", "--data"]]
)
def test_other_words_are_refused(words: list[str]) -> None:
    with pytest.raises(InputError):
        options_of(words)


def test_the_command_is_shown_without_torch() -> None:
    code = "import sys, stillroom.jobs.words; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

"""How long the rest takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.studies.time_left import in_words, time_left

SECONDS = st.lists(st.floats(0.1, 1e4), min_size=1, max_size=40)


def test_nothing_is_guessed_before_any_run_has_ended() -> None:
    assert time_left([], 5, 2) is None and in_words(None) == ""


@given(SECONDS, st.floats(0.1, 100), st.integers(1, 8))
def test_the_guess_is_a_range_that_holds_what_equal_runs_take(took: list[float], left: float, at_once: int) -> None:
    low, high = time_left(took, left, at_once) or (0, 0)
    assert 0 <= low <= high
    same = time_left([10.0] * len(took), left, at_once)
    assert same is not None and same[0] <= 10 * max(left / at_once, min(left, 1)) <= same[1]


def test_the_last_runs_count_not_those_that_made_what_the_others_share() -> None:
    assert time_left([1000.0] * 5 + [1.0] * 20, 4, 2) == pytest.approx(time_left([1.0] * 20, 4, 2))


@pytest.mark.parametrize(
    ("left", "said"),
    [((0, 0), "0 s left"), ((5, 20), "5 to 20 s left"), ((90, 200), "2 to 3 min left"), ((7000, 9000), "2 h left")],
)
def test_it_is_told_in_the_unit_that_fits(left: tuple[float, float], said: str) -> None:
    assert in_words(left) == said
